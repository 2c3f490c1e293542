#include "angle/train/run_logs.h"

#include <vector>

#include "angle/io/line_reader.h"
#include "angle/or_null.h"

namespace angle {
namespace {

void put(nlohmann::json& line, const char* key, const std::optional<double>& value) {
  if (value) line[key] = *value;
}

/// From which step on TensorBoard has to drop what it has. It knows steps only: where the validation of a
/// step is done again, its update goes as well.
int64_t first_void_step(const RunLogs::From& from) {
  if (from.step == 0) return 0;
  return from.validated ? from.step + 1 : from.step;
}

std::vector<nlohmann::json> lines_from(const std::filesystem::path& log, int64_t step) {
  std::vector<nlohmann::json> found;
  LineReader lines(log);
  for (std::string line; lines.next(line);) {
    nlohmann::json entry = nlohmann::json::parse(line);
    if (entry.at("step") >= step) found.push_back(std::move(entry));
  }
  return found;
}

}  // namespace

RunLogs::RunLogs(const std::filesystem::path& output, const From& from)
    : metrics_(output / "metrics.jsonl", from.step, from.validated), events_(output, first_void_step(from)) {
  for (const nlohmann::json& line : lines_from(output / "metrics.jsonl", first_void_step(from)))
    events_.write(line);
  if (from.saturation) saturation_.emplace(output / "saturation.jsonl", from.step);
}

void RunLogs::write(const TrainProgress& progress) {
  const StepResult& result = progress.result;
  nlohmann::json line = {{"step", progress.step},
                         {"epoch", progress.epoch},
                         {"loss", result.total},
                         {"learning_rate", progress.learning_rate},
                         {"gradient_norm", result.gradient_norm},
                         {"examples", result.examples},
                         {"tokens", result.tokens},
                         {"positive_rows", result.positive_rows},
                         {"duplicates", result.duplicates},
                         {"zero_rows", result.zero_rows},
                         {"tokens_per_second", progress.tokens_per_second}};
  put(line, "cosine", result.cosine);
  put(line, "in_batch", result.in_batch);
  put(line, "angle", result.angle);
  put(line, "exchange_share", progress.exchange_share);
  append(line);
  if (!result.saturation || !saturation_) return;
  nlohmann::json saturation = saturation_json(*result.saturation);
  saturation["step"] = progress.step;
  saturation_->write(saturation);
}

void RunLogs::write(const TrainEvaluation& evaluation) {
  nlohmann::json line = {{"step", evaluation.step},
                         {"evaluation", evaluation.name},
                         {"score", or_null(evaluation.score)},
                         {"best", evaluation.best}};
  for (const auto& [name, value] : evaluation.others) line[name] = value;
  append(line);
}

void RunLogs::append(const nlohmann::json& line) {
  metrics_.write(line);
  events_.write(line);
}

}  // namespace angle
