// The one exception for what the user can fix: a file, a configuration, data, a model, an option.
//
// Messages read `where: what is wrong (found, expected); what to do`. Broken contracts inside the
// program use TORCH_CHECK or assert instead.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

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

}  // namespace angle
