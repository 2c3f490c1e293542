#include "angle/io/line_reader.h"

#include <optional>
#include <string_view>
#include <utility>

#include "angle/error.h"

#include "io/byte_stream.h"
#include "io/utf16.h"

namespace angle {

struct LineReader::Stream {
  Stream(const std::filesystem::path& path, const std::atomic<bool>* stop)
      : bytes(std::in_place, path, stop), name(bytes->name()), buffer(kBufferBytes, '\0') {}

  Stream(std::string piece, std::string file, int64_t lines_before)
      : name(std::move(file)), buffer(std::move(piece)), unread(buffer), line_number(lines_before) {}

  static constexpr size_t kBufferBytes = size_t{1} << 18;
  std::optional<ByteStream> bytes;  // where the buffer is filled from
  std::string name;
  std::string buffer;
  std::string_view unread;  // in buffer
  int64_t line_number = 0;
  int64_t offset = 0;  // of the first unread byte

  std::string location() const { return fmt::format("{}:{}", name, line_number); }

  bool refill() {
    if (!bytes) return false;
    unread = std::string_view(buffer.data(), bytes->read(buffer));
    return !unread.empty();
  }

  /// Moves the unread bytes, up to and without the next LF, to the end of `line`; true when there was a LF.
  bool take(std::string& line) {
    const size_t end = unread.find('\n');
    const std::string_view piece = unread.substr(0, end);
    if (line.size() + piece.size() > size_t{kMaxLineBytes})
      fail("{}: the line is longer than {} bytes; is this a text file?", location(), kMaxLineBytes);
    line += piece;
    const size_t taken = end == std::string_view::npos ? piece.size() : end + 1;
    offset += static_cast<int64_t>(taken);
    unread.remove_prefix(taken);
    return end != std::string_view::npos;
  }
};

LineReader::LineReader(const std::filesystem::path& path, const std::atomic<bool>* stop)
    : stream_(std::make_unique<Stream>(path, stop)) {}
LineReader::LineReader(std::string bytes, std::string name, int64_t lines_before)
    : stream_(std::make_unique<Stream>(std::move(bytes), std::move(name), lines_before)) {}
LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

bool LineReader::next(std::string& line) {
  line.clear();
  if (stream_->unread.empty() && !stream_->refill()) return false;
  ++stream_->line_number;
  bool ended = stream_->take(line);
  while (!ended && stream_->refill()) ended = stream_->take(line);
  if (ended && line.ends_with('\r')) line.pop_back();
  if (stream_->line_number == 1) {
    if (line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    refuse_utf16(line, stream_->name);
  }
  return true;
}

int64_t LineReader::line_number() const { return stream_->line_number; }

int64_t LineReader::offset() const { return stream_->offset; }

std::string LineReader::location() const { return stream_->location(); }

}  // namespace angle
