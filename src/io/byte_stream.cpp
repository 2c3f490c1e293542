#include "io/byte_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <vector>

#include <zlib.h>

#include "angle/error.h"

#include "io/input_file.h"

namespace angle {

namespace {

bool is_gzip(std::span<const char> first_bytes) {
  return first_bytes.size() >= 2 && std::memcmp(first_bytes.data(), "\x1f\x8b", 2) == 0;
}

/// One inflate stream, from the first member of a gzip file to the last.
class Inflater {
 public:
  Inflater() {
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool between_members() const { return between_members_; }

  void set_input(std::span<char> compressed) {
    stream_.next_in = reinterpret_cast<Bytef*>(compressed.data());
    stream_.avail_in = static_cast<uInt>(compressed.size());
  }

  /// Bytes produced; 0 when more input is needed.
  size_t inflate_into(std::span<char> buffer, const std::string& name) {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = static_cast<uInt>(buffer.size());
    // Called even without input: zlib may still hold output for which the last buffer had no room.
    do {
      skip_padding();
      if (stream_.avail_in > 0) between_members_ = false;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status == Z_BUF_ERROR) break;  // no progress without more input
      if (status == Z_STREAM_END) {
        inflateReset(&stream_);
        between_members_ = true;
      } else if (status != Z_OK) {
        fail("{}: damaged gzip stream ({})", name, stream_.msg != nullptr ? stream_.msg : "inflate failed");
      }
    } while (stream_.avail_in > 0 && stream_.avail_out > 0);
    return buffer.size() - stream_.avail_out;
  }

 private:
  /// Zeros after a member, which itself begins with another byte: tapes and archives of whole blocks leave
  /// them.
  void skip_padding() {
    if (!between_members_) return;
    while (stream_.avail_in > 0 && *stream_.next_in == 0) {
      ++stream_.next_in;
      --stream_.avail_in;
    }
  }

  z_stream stream_{};
  bool between_members_ = true;  // only there may the file end
};

}  // namespace

struct ByteStream::State {
  State(const std::filesystem::path& path, const std::atomic<bool>* stop) : file(path), input(kInputBytes) {
    file.end_when(stop);
  }

  static constexpr size_t kInputBytes = size_t{1} << 16;
  InputFile file;
  std::vector<char> input;  // bytes of the file as read
  std::span<char> pending;  // those not given out yet, when the file is not gzip
  bool started = false;
  std::unique_ptr<Inflater> inflater;

  /// Reads the first two bytes, which tell gzip from anything else.
  void start() {
    started = true;
    pending = std::span(input).first(file.read_fully(std::span(input).first(2)));
    if (!is_gzip(pending)) return;
    inflater = std::make_unique<Inflater>();
    inflater->set_input(pending);
  }

  size_t read_plain(std::span<char> buffer) {
    if (pending.empty()) return file.read(buffer);
    const size_t count = std::min(buffer.size(), pending.size());
    std::copy_n(pending.begin(), count, buffer.begin());
    pending = pending.subspan(count);
    return count;
  }

  size_t read_gzip(std::span<char> buffer) {
    while (true) {
      const size_t count = inflater->inflate_into(buffer, file.name());
      if (count > 0) return count;
      const size_t read = file.read(input);
      if (read == 0 && !inflater->between_members())
        fail("{}: the gzip stream ends too early; the file is cut", file.name());
      if (read == 0) return 0;
      inflater->set_input(std::span(input).first(read));
    }
  }
};

ByteStream::ByteStream(const std::filesystem::path& path, const std::atomic<bool>* stop)
    : state_(std::make_unique<State>(path, stop)) {}
ByteStream::~ByteStream() = default;

size_t ByteStream::read(std::span<char> buffer) {
  if (!state_->started) state_->start();
  return state_->inflater ? state_->read_gzip(buffer) : state_->read_plain(buffer);
}

const std::string& ByteStream::name() const { return state_->file.name(); }

bool is_gzip(const std::filesystem::path& file) {
  std::array<char, 2> bytes{};
  return is_gzip(std::span<const char>(bytes).first(InputFile(file).read_fully(bytes)));
}

}  // namespace angle
