#include "angle/report/run_record.h"

#include <algorithm>
#include <functional>

#include "angle/error.h"
#include "angle/io/json.h"
#include "angle/io/line_reader.h"
#include "angle/validation_loss.h"

#include "report/read_predictions.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// Calls `use` for each object of a JSONL file, with its place. Only the last line may be broken.
void for_each_object(const fs::path& file,
                     const std::function<void(const json& entry, const std::string& location)>& use) {
  LineReader lines(file);
  std::string line, broken;
  while (lines.next(line)) {
    if (!broken.empty()) fail("{}: expected a JSON object a line, as angle train writes", broken);
    const json entry = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_object())
      use(entry, lines.location());
    else
      broken = lines.location();
  }
}

void add_metrics(RunRecord& run, const json& entry) {
  const json step = entry.value("step", json());
  if (!step.is_number_integer()) return;
  const json score = entry.value("score", json());
  if (const json what = entry.value("evaluation", json()); what.is_string() && score.is_number()) {
    run.evaluations.push_back({.step = step.get<int64_t>(),
                               .what = what.get<std::string>(),
                               .score = score.get<double>(),
                               .best = entry.value("best", json()) == json(true),
                               .is_loss = is_validation_loss(what.get<std::string>())});
    if (run.evaluations.back().is_loss)
      run.curves[run.evaluations.back().what].push_back({step.get<double>(), score.get<double>()});
  }
  for (const auto& [key, value] : entry.items())
    if (value.is_number() && key != "step" && key != "score")
      run.curves[key].push_back({step.get<double>(), value.get<double>()});
}

bool is_saturation_bin(const json& bin) {
  const auto has = [&](const char* key, bool (json::*is_kind)() const noexcept) {
    return bin.is_object() && bin.contains(key) && (bin.at(key).*is_kind)();
  };
  return has("above", &json::is_number) && has("to", &json::is_number) && has("pairs", &json::is_number) &&
         has("objective_gradient", &json::is_object) && has("similarity_gradient", &json::is_object);
}

bool is_saturation(const json& entry) {
  const json bins = entry.value("bins", json());
  return entry.value("step", json()).is_number_integer() && entry.value("pairs", json()).is_number() &&
         bins.is_array() && !bins.empty() && std::all_of(bins.begin(), bins.end(), is_saturation_bin);
}

void add_saturation(RunRecord& run, const json& entry, const std::string& location) {
  if (!is_saturation(entry)) fail("{}: expected a line of saturation.jsonl as angle train writes", location);
  run.saturation.push_back(entry);
}

/// Of a directory without metrics.jsonl.
const char* why_no_run(const fs::path& directory) {
  if (!fs::exists(directory)) return "no such directory";
  return fs::is_directory(directory) ? "no metrics.jsonl there" : "a file";
}

}  // namespace

RunRecord read_run(const fs::path& directory) {
  const fs::path metrics = directory / "metrics.jsonl";
  if (!fs::exists(metrics))
    fail("{}: {}; expected the output directory of angle train, or of angle study with its tables",
         directory.string(), why_no_run(directory));
  const fs::path absolute = fs::absolute(directory).lexically_normal();
  RunRecord run;
  run.name = (absolute.has_filename() ? absolute : absolute.parent_path()).filename().string();
  if (fs::exists(directory / "train_config.json")) run.config = read_json(directory / "train_config.json");
  for_each_object(metrics, [&](const json& entry, const std::string&) { add_metrics(run, entry); });
  if (fs::exists(directory / "saturation.jsonl"))
    for_each_object(directory / "saturation.jsonl", [&](const json& entry, const std::string& location) {
      add_saturation(run, entry, location);
    });
  run.predictions = read_predictions(directory);
  return run;
}

}  // namespace angle
