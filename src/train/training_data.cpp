#include "angle/train/training_data.h"

#include <algorithm>

#include "angle/data/reader.h"
#include "angle/error.h"
#include "angle/io/checksum.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// Without a positive pair the in-batch objective would silently be zero.
void check_some_label_is_positive(const TrainingSet& set, const LossOptions& loss) {
  const auto* pairs = std::get_if<std::vector<ScoredPair>>(&set.examples);
  if (!pairs || loss.in_batch_weight <= 0) return;
  double highest = pairs->front().label;
  for (const ScoredPair& pair : *pairs) highest = std::max(highest, pair.label);
  if (highest < loss.positive_threshold)
    fail(
        "{}: no label reaches loss.positive_threshold {} (the highest is {}), so in-batch negatives have no "
        "positives; lower the "
        "threshold or set loss.in_batch_weight to 0",
        set.file.string(), loss.positive_threshold, highest);
}

TrainingSet load_training_set(const DataSetConfig& config, int64_t max_seq_length, const DataPlaces& places) {
  const fs::path file = find_data_file(config.path, places);
  auto data =
      read_examples(file, config.format, {.columns = config.columns, .label_scale = config.label_scale});
  return {.file = file,
          .examples = std::move(data.examples),
          .encode = {.max_seq_length = max_seq_length,
                     .left_prompt = config.left_prompt,
                     .right_prompt = config.right_prompt},
          .weight = config.weight,
          .ignored_fields = data.ignored_fields,
          .checksum = file_checksum(file)};
}

}  // namespace

fs::path find_data_file(const std::string& path, const DataPlaces& places) {
  if (fs::path(path).is_absolute() && fs::exists(path)) return path;
  for (const fs::path& place : {places.data_dir, places.config_dir})
    if (!place.empty() && fs::exists(place / path)) return place / path;
  fail(
      "{}: no such data file, neither in the data directory {} nor beside the configuration in {}; fetch "
      "public data sets with "
      "scripts/fetch_data.sh, or name the directory with --data-dir",
      path, places.data_dir.string(), places.config_dir.string());
}

std::vector<TrainingSet> load_training_sets(const TrainConfig& config, int64_t max_seq_length,
                                            const DataPlaces& places) {
  std::vector<TrainingSet> sets;
  for (const auto& entry : config.data.train) {
    sets.push_back(load_training_set(entry, max_seq_length, places));
    check_some_label_is_positive(sets.back(), config.loss);
  }
  return sets;
}

nlohmann::json describe_training_sets(const std::vector<TrainingSet>& sets) {
  nlohmann::json description = nlohmann::json::array();
  for (const TrainingSet& set : sets)
    description.push_back({{"file", set.file.filename().string()},
                           {"rows", num_examples(set.examples)},
                           {"xxh3_128", set.checksum}});
  return description;
}

}  // namespace angle
