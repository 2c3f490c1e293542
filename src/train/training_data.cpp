#include "angle/train/training_data.h"

#include <system_error>
#include <utility>

#include "angle/data/reader.h"
#include "angle/error.h"
#include "angle/eval/tasks.h"
#include "angle/io/checksum.h"
#include "angle/loss/duplicates.h"
#include "angle/text/token_windows.h"

#include "io/byte_stream.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

bool fits_into_memory(const fs::path& file, const DataLoading& loading) {
  constexpr int64_t kUsualCompression = 4;
  std::error_code no_size;  // of a directory: whoever reads it says what is wrong
  const auto bytes = static_cast<int64_t>(fs::file_size(file, no_size));
  return no_size || bytes <= loading.most_bytes_in_memory / (is_gzip(file) ? kUsualCompression : 1);
}

TrainingSet load_training_set(const DataSetConfig& config, int64_t max_seq_length, const DataPlaces& places,
                              const DataLoading& loading) {
  const fs::path file = find_data_file(config.path, places);
  const ReadOptions options{.columns = config.columns, .label_scale = config.label_scale};
  TrainingSet set{.file = file,
                  .examples = {},
                  .encode = {.max_seq_length = max_seq_length,
                             .left_prompt = config.left_prompt,
                             .right_prompt = config.right_prompt},
                  .positive_threshold = config.positive_threshold,
                  .checksum = {}};
  if (fits_into_memory(file, loading)) {
    auto data = read_examples(file, config.format, options);
    set.ignored_fields = data.ignored_fields;
    set.checksum = file_checksum(file);
    set.examples = std::move(data.examples);
  } else {
    IndexedExamples indexed(file, config.format, options, loading.note);
    set.ignored_fields = indexed.ignored_fields();
    set.checksum = indexed.checksum();
    set.examples = std::move(indexed);
  }
  return set;
}

/// Gives every data set its share of an epoch.
void mix_sets(const DataConfig& config, std::vector<TrainingSet>& sets) {
  std::vector<MixedSet> mixed;
  for (size_t i = 0; i < sets.size(); ++i)
    mixed.push_back({sets[i].examples.size(), config.train[i].weight, config.train[i].max_rows});
  const auto shares = mix(
      mixed,
      {.rule = config.mixing, .temperature = config.temperature, .rows_per_epoch = config.rows_per_epoch});
  for (size_t i = 0; i < sets.size(); ++i) sets[i].weight = shares[i].weight;
}

/// Without a positive pair the in-batch objective would silently be zero.
void check_some_label_is_positive(const TrainingSet& set, const LossOptions& loss) {
  const double threshold = set.positive_threshold.value_or(loss.positive_threshold);
  const double highest = set.examples.label_range()->highest;
  if (highest >= threshold) return;
  fail(
      "{}: no label reaches {} {} (the highest is {}), so in-batch negatives have no positives; lower it, "
      "{}or set loss.in_batch_weight to 0",
      set.file.string(), set.positive_threshold ? "its positive_threshold" : "loss.positive_threshold",
      threshold, highest, set.positive_threshold ? "" : "give the data set a positive_threshold of its own ");
}

/// All other objectives would.
void check_labels_differ(const TrainingSet& set) {
  const LabelRange labels = *set.examples.label_range();
  if (labels.lowest != labels.highest) return;
  fail(
      "{}: every label is {}, so there is nothing to rank, and loss.in_batch_weight is 0: the loss would "
      "always be 0; expected labels that differ",
      set.file.string(), labels.lowest);
}

/// A label beyond the scale would be brought to a score that no pair can have.
void check_labels_are_on_scale(const TrainingSet& set, const std::vector<double>& scale) {
  const LabelRange labels = *set.examples.label_range();
  if (labels.lowest >= scale.at(0) && labels.highest <= scale.at(1)) return;
  fail(
      "{}: labels are from {} to {}, outside of loss.regression_labels [{}, {}]; expected the lowest and the "
      "highest label there",
      set.file.string(), labels.lowest, labels.highest, scale.at(0), scale.at(1));
}

void check_labels(const TrainingSet& set, const LossOptions& loss) {
  if (!set.examples.label_range()) return;
  if (loss.regresses()) check_labels_are_on_scale(set, loss.regression_labels);
  if (loss.in_batch_weight > 0)
    check_some_label_is_positive(set, loss);
  else if (!loss.regresses())
    check_labels_differ(set);
}

std::vector<TrainingSet> load_sets(const std::vector<DataSetConfig>& entries, const LossOptions& loss,
                                   int64_t max_seq_length, const DataPlaces& places,
                                   const DataLoading& loading) {
  std::vector<TrainingSet> sets;
  ErrorList errors;
  for (const DataSetConfig& entry : entries)
    errors.collect([&] {
      sets.push_back(load_training_set(entry, max_seq_length, places, loading));
      if (entry.weight > 0) check_labels(sets.back(), loss);
    });
  errors.raise();
  return sets;
}

/// `data/x.tsv` for `configs/../data/x.tsv`, unless a link makes them two.
fs::path without_detours(const fs::path& path) {
  const fs::path shorter = path.lexically_normal();
  std::error_code not_there;
  return fs::equivalent(shorter, path, not_there) ? shorter : path;
}

/// What to do when it is not there.
std::string how_to_get(const std::string& path, const fs::path& data_dir, bool from_config) {
  const std::string folder = path.substr(0, path.find('/'));
  if (is_public_data(folder))
    return fmt::format("`scripts/fetch_data.sh {0}` fetches {0}{1}, --data-dir names another directory",
                       folder, where_to_fetch(data_dir));
  if (!from_config) return "correct the path, or name another directory with --data-dir";
  return "correct the path, name another directory with --data-dir, or make the file first: the description "
         "of the configuration may say how";
}

}  // namespace

fs::path find_data_file(const std::string& path, const DataPlaces& places) {
  const auto& [data_dir, config_dir, study_dir] = places;
  if (!data_dir.empty() && fs::exists(data_dir / path)) return data_dir / path;
  if (fs::exists(config_dir / path)) return without_detours(config_dir / path);
  if (!study_dir.empty() && fs::exists(study_dir / path)) return without_detours(study_dir / path);
  if (fs::path(path).is_absolute()) fail("{}: no such data file; correct the path", path);
  fail("{}: no such data file, neither in the data directory {} nor {}{}; {}", path, data_dir.string(),
       config_dir.empty() ? "in the working directory" : "beside the configuration in " + config_dir.string(),
       study_dir.empty() ? "" : " nor beside the study in " + study_dir.string(),
       how_to_get(path, data_dir, !config_dir.empty()));
}

void check_training_labels(const std::vector<TrainingSet>& sets, const LossOptions& loss) {
  ErrorList errors;
  for (const TrainingSet& set : sets)
    if (set.weight > 0) errors.collect([&] { check_labels(set, loss); });
  errors.raise();
}

void check_fits_model(const LossOptions& loss, const std::vector<TrainingSet>& sets, const Model& model) {
  const int64_t dims = model.encoder.dims();
  if (loss.angle_weight > 0 && dims % 2 != 0)
    fail("loss.angle_weight: the angle objective needs an even number of dimensions, the model has {}", dims);
  for (const int64_t truncated : loss.matryoshka_dims)
    if (truncated > dims) fail("loss.matryoshka_dims: {}, but the model has {} dimensions", truncated, dims);
  for (const TrainingSet& set : sets) {
    if (set.weight <= 0) continue;
    const EncodeOptions& encode = set.encode;
    if (!model.include_prompt && !(encode.left_prompt.empty() && encode.right_prompt.empty()))
      fail("{}: the model's include_prompt is false, which is not supported together with prompts",
           set.file.string());
    for (const auto& [key, prompt] :
         {std::pair("left_prompt", encode.left_prompt), std::pair("right_prompt", encode.right_prompt)})
      check_room_for_text(fmt::format("{} of {}", key, set.file.string()), *model.tokenizer, prompt,
                          encode.max_seq_length);
  }
}

std::vector<TrainingSet> load_training_sets(const TrainConfig& config, int64_t max_seq_length,
                                            const DataPlaces& places, const DataLoading& loading) {
  auto sets = load_sets(config.data.train, config.loss, max_seq_length, places, loading);
  mix_sets(config.data, sets);
  return sets;
}

std::vector<TrainingSet> load_loss_sets(const TrainConfig& config, int64_t max_seq_length,
                                        const DataPlaces& places, const DataLoading& loading) {
  auto sets = load_sets(config.evaluation.loss_data, config.loss, max_seq_length, places, loading);
  mix_sets({.train = config.evaluation.loss_data}, sets);  // by weight and max_rows alone
  return sets;
}

PreparedBatch make_batch(const TrainingSet& set, const SampledBatch& sampled, const Tokenizer& tokenizer,
                         DuplicatePolicy duplicates) {
  PreparedBatch prepared;
  prepared.dropped_examples = sampled.left_out;
  std::vector<EncodedExample> examples =
      encode_examples(set.examples, sampled.rows, tokenizer, set.encode, prepared.statistics);
  if (duplicates == DuplicatePolicy::drop) {
    std::vector<EncodedExample> kept;
    for (const int64_t i : pairs_to_keep(text_identities(examples)))
      kept.push_back(std::move(examples[static_cast<size_t>(i)]));
    prepared.dropped_examples += static_cast<int64_t>(examples.size() - kept.size());
    examples = std::move(kept);
  }
  prepared.batch = collate(examples);
  return prepared;
}

Sampler make_sampler(const TrainConfig& config, const std::vector<TrainingSet>& sets) {
  std::vector<DataSetShare> shares;
  for (const TrainingSet& set : sets) shares.push_back({set.examples.size(), set.weight});
  TextsOfRows texts;
  if (config.loss.duplicates == DuplicatePolicy::drop)
    texts = [&sets](size_t data_set, std::span<const int64_t> rows) {
      return text_hashes(sets[data_set].examples, rows, sets[data_set].encode);
    };
  return {shares, config.train.batch_size, static_cast<uint64_t>(config.train.seed), std::move(texts)};
}

nlohmann::json describe_training_sets(const std::vector<TrainingSet>& sets) {
  nlohmann::json description = nlohmann::json::array();
  for (const TrainingSet& set : sets)
    description.push_back(
        {{"file", set.file.filename().string()}, {"rows", set.examples.size()}, {"xxh3_128", set.checksum}});
  return description;
}

}  // namespace angle
