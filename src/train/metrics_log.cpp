#include "angle/train/metrics_log.h"

#include "angle/error.h"
#include "angle/io/file.h"
#include "angle/io/line_reader.h"

namespace angle {
namespace {

/// The lines of steps 0 … last_step. A line cut short by a kill is not JSON and is left out.
std::string lines_up_to(const std::filesystem::path& file, int64_t last_step, bool validated) {
  std::string kept, line;
  LineReader reader(file);
  while (reader.next(line)) {
    const auto entry = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    const auto step = entry.is_object() ? entry.value("step", nlohmann::json()) : nlohmann::json();
    if (!step.is_number() || step > last_step) continue;
    if (validated || step < last_step || !entry.contains("evaluation")) kept += line + "\n";
  }
  return kept;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& file, int64_t last_step, bool validated) : file_(file) {
  const bool goes_on = last_step > 0 && std::filesystem::exists(file);
  write_file(file, goes_on ? lines_up_to(file, last_step, validated) : "");
  stream_.open(file, std::ios::binary | std::ios::app);
}

void MetricsLog::write(const nlohmann::json& line) {
  stream_ << line.dump() << '\n' << std::flush;
  if (!stream_) fail("{}: writing failed; is the disk full?", file_.string());
}

}  // namespace angle
