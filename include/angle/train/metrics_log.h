// The logs of a run, one JSON object a line: metrics.jsonl for every update and every validation,
// saturation.jsonl for those updates that are asked for (loss/saturation.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

namespace angle {

class MetricsLog {
 public:
  /// Opens the log and keeps its lines up to `last_step`, the step that a run goes on from; lines of later
  /// steps are of an interrupted run and will be written again. 0 begins a new log.
  ///
  /// @param validated  false: the validation of that step is still to come, so its line is not kept either
  MetricsLog(const std::filesystem::path& file, int64_t last_step, bool validated = true);

  /// Appends a line and hands it to the system.
  void write(const nlohmann::json& line);

 private:
  std::filesystem::path file_;
  std::ofstream stream_;
};

}  // namespace angle
