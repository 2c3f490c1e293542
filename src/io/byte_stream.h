// The bytes of a file, or of stdin, decompressed when the content is gzip.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace angle {

/// zlib's own gz* functions wait until their buffer is full, which would hold back the lines of a slow pipe,
/// and pass over garbage behind a stream; so this reads what is there and inflates it.
class ByteStream {
 public:
  /// @param path  a file, or `-` for stdin
  /// @param stop  once it is true, the stream ends where it would have to be waited for; null: never
  explicit ByteStream(const std::filesystem::path& path, const std::atomic<bool>* stop = nullptr);
  ~ByteStream();

  /// Reads what is there, up to the buffer's size; 0 at the end only. Error for a gzip stream that is damaged
  /// or ends too early.
  size_t read(std::span<char> buffer);

  const std::string& name() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether a file's content is gzip, by its first two bytes, whatever its name.
bool is_gzip(const std::filesystem::path& file);

}  // namespace angle
