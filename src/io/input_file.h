// A file, or stdin, opened for reading; the system's refusals become Errors that name it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace angle {

/// The text of the system's last error, `No such file or directory`.
std::string last_system_error();

class InputFile {
 public:
  /// Error for a directory, which could be opened, and for a git-LFS pointer, which is never what a program
  /// that reads the file expects.
  ///
  /// @param path  a file, or `-` for stdin
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Once `stop` is true, the file ends where there is nothing to read yet (a pipe, a terminal).
  void end_when(const std::atomic<bool>* stop) { stop_ = stop; }

  /// Reads what is there, up to the buffer's size; 0 at the end of the file only.
  size_t read(std::span<char> buffer);

  /// Reads until the buffer is full or the file ends; the number of bytes read.
  size_t read_fully(std::span<char> buffer);

  /// Reads from a place of a regular file, until the buffer is full or the file ends; the number of bytes
  /// read. May be called from several threads.
  size_t read_at(uint64_t offset, std::span<char> buffer) const;

  /// Bytes in a regular file; 0 for a pipe.
  uint64_t size() const;

  /// For messages: the path, or `<stdin>`.
  const std::string& name() const { return name_; }

 private:
  InputFile(const std::filesystem::path& path, bool is_stdin);

  bool wait_for_input() const;

  std::string name_;
  int descriptor_;
  const std::atomic<bool>* stop_ = nullptr;
};

}  // namespace angle
