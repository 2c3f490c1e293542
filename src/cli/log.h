// Messages to people, on stderr: stdout carries results only.
#pragma once

#include <string>
#include <utility>

#include <spdlog/spdlog.h>

namespace angle::cli {

/// Sets up the loggers below. Colours on a terminal only.
void start_logging();

/// In one of several processes: what is not an error is left to rank 0, and errors say whose they are.
void start_logging_as(int rank);

/// A line that begins with `error: `, or with `rank 1: error: `; `kind` is the word before the colon.
void print_error(const char* kind, const std::string& message);

spdlog::logger& info_logger();
spdlog::logger& warning_logger();

/// A plain line.
template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  info_logger().info(format, std::forward<Args>(args)...);
}

/// A line that begins with `warning: `.
template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  warning_logger().warn(format, std::forward<Args>(args)...);
}

/// A line that is overwritten by the next one on a terminal; elsewhere a plain line, and only every ten
/// seconds.
class ProgressLine {
 public:
  ~ProgressLine();
  void show(const std::string& text);

  /// Shows that a part is done, however soon after the line before.
  void complete(const std::string& text);

  /// Ends the line, so that other output begins on a new one.
  void finish();

 private:
  void put(const std::string& text);

  bool open_ = false;
  double last_shown_ = 0;  // seconds of the steady clock
};

}  // namespace angle::cli
