#include "cli/log.h"

#include <chrono>
#include <cstdio>
#include <unistd.h>

#include <spdlog/sinks/stdout_color_sinks.h>

namespace angle::cli {
namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void start_logging() {
  spdlog::stderr_color_mt("info")->set_pattern("%v");
  spdlog::stderr_color_mt("warning")->set_pattern("%^warning:%$ %v");
}

spdlog::logger& info_logger() { return *spdlog::get("info"); }
spdlog::logger& warning_logger() { return *spdlog::get("warning"); }

ProgressLine::~ProgressLine() { finish(); }

void ProgressLine::show(const std::string& text) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const double now = now_seconds();
  if (now - last_shown_ < (terminal ? 0.1 : 10.0)) return;
  last_shown_ = now;
  if (!terminal) return log_info("{}", text);
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  open_ = true;
}

void ProgressLine::finish() {
  if (open_) std::fputc('\n', stderr);
  open_ = false;
}

}  // namespace angle::cli
