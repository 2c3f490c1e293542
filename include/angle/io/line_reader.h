// Lines from a file, a gzip file or stdin, in bounded memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace angle {

/// Reads one line after another. Line ends are LF or CR LF and are not part of the line; a byte order
/// mark at the start is skipped; the last line needs no line end. Gzip is recognised by its content.
class LineReader {
 public:
  /// @param path  a file, or `-` for stdin
  /// @param stop  once it is true, the file ends where it would have to be waited for (a pipe, a terminal),
  ///              be it within a line; null: never
  explicit LineReader(const std::filesystem::path& path, const std::atomic<bool>* stop = nullptr);

  /// Reads the lines of a piece of a file that is in memory.
  ///
  /// @param name          of the file, for messages
  /// @param lines_before  how many lines of the file come before the piece
  LineReader(std::string bytes, std::string name, int64_t lines_before);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;

  /// Reads the next line into `line`; false at the end. Error for a read failure, a damaged or cut
  /// gzip stream, a file that begins as UTF-16 does, and a line longer than kMaxLineBytes.
  bool next(std::string& line);

  /// 1 for the first line; 0 before it.
  int64_t line_number() const;

  /// Where the next line begins: bytes of the file before it, uncompressed.
  int64_t offset() const;

  /// `path:line`, for error messages; stdin is `<stdin>`.
  std::string location() const;

  /// Longer lines are refused, not held in memory.
  static constexpr int64_t kMaxLineBytes = int64_t{1} << 28;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace angle
