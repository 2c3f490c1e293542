// Wrong usage, which ends with kWrongUsage, for what CLI11 can't check by itself.
#pragma once

#include <CLI/CLI.hpp>

#include "angle/error.h"

namespace angle::cli {

/// Calls `interpret`, which says what the values of options mean. What it refuses is wrong usage: the command
/// line alone shows it.
template <class Interpret>
decltype(auto) as_usage(const Interpret& interpret) {
  try {
    return interpret();
  } catch (const Error& error) {
    throw CLI::ValidationError(error.what());
  }
}

/// Options that make no sense together: `refuse_usage("--metric: needs a {}", noun)`.
template <typename... Args>
[[noreturn]] void refuse_usage(fmt::format_string<Args...> format, Args&&... args) {
  throw CLI::ValidationError(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace angle::cli
