// The one exception for what the user can fix: a file, a configuration, data, a model, an option.
//
// Messages read `where: what is wrong (found, expected); what to do`. Broken contracts inside the
// program use TORCH_CHECK or assert instead.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/fmt/fmt.h>

namespace angle {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Error with a formatted message: `fail("{}: not a directory", path.string())`.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

/// What is wrong in several places, to be told all at once.
class ErrorList {
 public:
  /// Does the work; an Error that it throws is kept.
  template <class Work>
  void collect(const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      messages_.emplace_back(error.what());
    }
  }

  /// Error with all that was kept, each from a line of its own; nothing without any.
  void raise() const {
    if (!messages_.empty()) fail("{}", fmt::join(messages_, "\n"));
  }

 private:
  std::vector<std::string> messages_;
};

}  // namespace angle
