// Stdout for results: errors are not lost, and a reader that has seen enough is no error.
#pragma once

#include <string>
#include <string_view>

namespace angle {

/// Collects what is written and hands it on in large blocks; on a terminal at once. The process must ignore
/// SIGPIPE, which would end it otherwise when the reader of a pipe goes (`angle embed … | head -1`).
class StandardOutput {
 public:
  /// False once the reader has gone: nothing more will be read. Error (`<stdout>: writing failed: No space
  /// left on device`) for anything else.
  bool write(std::string_view bytes);

  /// Hands on what is still collected; the result as of write().
  bool flush();

 private:
  static constexpr size_t kBlockBytes = size_t{1} << 18;
  std::string collected_;
  bool reader_gone_ = false;
};

}  // namespace angle
