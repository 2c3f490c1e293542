#include "angle/io/line_reader.h"

#include <span>
#include <string_view>
#include <vector>

#include "angle/error.h"

#include "io/byte_stream.h"

namespace angle {

struct LineReader::Stream {
  explicit Stream(const std::filesystem::path& path) : bytes(path), buffer(kBufferBytes) {}

  static constexpr size_t kBufferBytes = size_t{1} << 18;
  ByteStream bytes;
  std::vector<char> buffer;
  std::string_view unread;  // in buffer
  int64_t line_number = 0;

  std::string location() const { return fmt::format("{}:{}", bytes.name(), line_number); }

  bool refill() {
    unread = std::string_view(buffer.data(), bytes.read(buffer));
    return !unread.empty();
  }

  /// Moves the unread bytes, up to and without the next LF, to the end of `line`; true when there was a LF.
  bool take(std::string& line) {
    const size_t end = unread.find('\n');
    const std::string_view piece = unread.substr(0, end);
    if (line.size() + piece.size() > size_t{kMaxLineBytes})
      fail("{}: the line is longer than {} bytes; is this a text file?", location(), kMaxLineBytes);
    line += piece;
    unread.remove_prefix(end == std::string_view::npos ? piece.size() : end + 1);
    return end != std::string_view::npos;
  }
};

LineReader::LineReader(const std::filesystem::path& path) : stream_(std::make_unique<Stream>(path)) {}
LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;

bool LineReader::next(std::string& line) {
  line.clear();
  if (stream_->unread.empty() && !stream_->refill()) return false;
  ++stream_->line_number;
  bool ended = stream_->take(line);
  while (!ended && stream_->refill()) ended = stream_->take(line);
  if (ended && line.ends_with('\r')) line.pop_back();
  if (stream_->line_number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  return true;
}

int64_t LineReader::line_number() const { return stream_->line_number; }

std::string LineReader::location() const { return stream_->location(); }

}  // namespace angle
