#include "cli/log.h"

#include <chrono>
#include <cstdio>
#include <unistd.h>

#include <spdlog/sinks/stdout_color_sinks.h>

namespace angle::cli {
namespace {

std::string error_prefix;

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool is_terminal() { return isatty(STDERR_FILENO) != 0; }

}  // namespace

void start_logging() {
  spdlog::stderr_color_mt("info")->set_pattern("%v");
  spdlog::stderr_color_mt("warning")->set_pattern("%^warning:%$ %v");
}

void start_logging_as(int rank) {
  error_prefix = fmt::format("rank {}: ", rank);
  if (rank == 0) return;
  info_logger().set_level(spdlog::level::off);
  warning_logger().set_level(spdlog::level::off);
}

void print_error(const char* kind, const std::string& message) {
  std::fprintf(stderr, "%s%s: %s\n", error_prefix.c_str(), kind, message.c_str());
}

spdlog::logger& info_logger() { return *spdlog::get("info"); }
spdlog::logger& warning_logger() { return *spdlog::get("warning"); }

ProgressLine::~ProgressLine() { finish(); }

void ProgressLine::show(const std::string& text) {
  if (now_seconds() - last_shown_ >= (is_terminal() ? 0.1 : 10.0)) put(text);
}

void ProgressLine::complete(const std::string& text) { put(text); }

void ProgressLine::put(const std::string& text) {
  last_shown_ = now_seconds();
  if (!is_terminal()) return log_info("{}", text);
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  open_ = true;
}

void ProgressLine::finish() {
  if (open_) std::fputc('\n', stderr);
  open_ = false;
}

}  // namespace angle::cli
