#include "angle/train/validation.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "angle/data/reader.h"
#include "angle/data/sampler.h"
#include "angle/embed/embedder.h"
#include "angle/error.h"
#include "angle/eval/sts.h"
#include "angle/io/checksum.h"
#include "angle/train/gradient_cache.h"
#include "angle/train/learner.h"

namespace angle {
namespace {

/// A mean over batches, weighted by their examples.
class WeightedMean {
 public:
  void add(const Tensor& term, int64_t examples) {
    if (!term.defined()) return;
    sum_ += term.item<double>() * static_cast<double>(examples);
    examples_ += examples;
  }
  bool is_empty() const { return examples_ == 0; }
  double value() const { return sum_ / static_cast<double>(examples_); }

 private:
  double sum_ = 0;
  int64_t examples_ = 0;
};

/// Adds the similarities of a task, if all of them are numbers.
void add_predictions(Measurement& found, const ValidationTask& task, const std::vector<ScoredPair>& pairs,
                     const std::vector<double>& similarities) {
  const auto is_number = [](double value) { return std::isfinite(value); };
  if (similarities.empty() || !std::all_of(similarities.begin(), similarities.end(), is_number)) return;
  TaskPredictions predictions{
      task.split.empty() ? task.name : task.name + "/" + task.split, {}, similarities};
  for (const ScoredPair& pair : pairs) predictions.labels.push_back(pair.label);
  found.predictions.push_back(std::move(predictions));
}

}  // namespace

void to_json(nlohmann::json& out, const Measurement& measurement) {
  out = {{"score", nullptr}, {"others", nlohmann::json::object()}, {"predictions", measurement.predictions}};
  if (measurement.score) out["score"] = *measurement.score;
  for (const auto& [name, value] : measurement.others) out["others"][name] = value;
}

void from_json(const nlohmann::json& in, Measurement& measurement) {
  if (!in.at("score").is_null()) measurement.score = in.at("score").get<double>();
  in.at("others").get_to(measurement.others);
  in.at("predictions").get_to(measurement.predictions);
}

std::map<std::string, double> validation_losses(const Model& model, const std::vector<TrainingSet>& sets,
                                                const TrainConfig& config) {
  const at::NoGradGuard no_grad;
  const Sampler sampler = make_sampler(config, sets);
  std::map<std::string, WeightedMean> means;
  for (int64_t number = 0; number < sampler.batches_per_epoch(); ++number) {
    const SampledBatch sampled = sampler.batch(number);
    const TrainingSet& set = sets[sampled.data_set];
    const CollatedBatch batch = make_batch(set, sampled, *model.tokenizer, config.loss.duplicates).batch;
    const Tensor embeddings =
        embed_in_chunks(model.encoder, batch.token_ids, config.train.gradient_cache_tokens);
    const Objective objective = compute_objective(embeddings, batch, set.format(),
                                                  config.loss.with_threshold(set.positive_threshold));
    means["val_loss"].add(objective.total, batch.num_examples());
    means["val_loss_cosine"].add(objective.cosine, batch.num_examples());
    means["val_loss_in_batch"].add(objective.in_batch, batch.num_examples());
    means["val_loss_angle"].add(objective.angle, batch.num_examples());
  }
  std::map<std::string, double> losses;
  for (const auto& [name, mean] : means)
    if (!mean.is_empty() && std::isfinite(mean.value())) losses[name] = mean.value();
  return losses;
}

Validation::Validation(const TrainConfig& config, ValidationData data)
    : config_(config), data_(std::move(data)), metric_(parse_validation_metric(config.evaluation.metric)) {
  for (const ValidationTask& task : data_.tasks) pairs_.push_back(read_scored_pairs(task.file).examples);
}

std::string Validation::name() const {
  if (!metric_.loss.empty()) return metric_.loss;
  std::string text;
  for (const ValidationTask& task : data_.tasks)
    if (metric_.task.empty() || metric_.task == task.name)
      text += fmt::format("{}{}{}{}", text.empty() ? "" : ", ", task.name, task.split.empty() ? "" : " ",
                          task.split);
  return fmt::format("{} {}", text, to_string(metric_.correlation));
}

bool Validation::is_better(const std::optional<double>& score, const std::optional<double>& best) const {
  if (!score || !best) return score.has_value();
  return lower_is_better() ? *score < *best : *score > *best;
}

Measurement Validation::measure(Model& model) const {
  Measurement found;
  found.score = measure_tasks(model, found);
  if (data_.loss_sets.empty()) return found;
  found.others.merge(validation_losses(model, data_.loss_sets, config_));
  if (metric_.loss.empty()) return found;
  const auto loss = found.others.extract(metric_.loss);
  if (loss) found.score = loss.mapped();
  return found;
}

void Validation::keep_predictions(const Measurement& measured, const std::string& moment,
                                  const std::filesystem::path& directory) const {
  write_predictions(directory / "predictions.json", moment, to_string(metric_.correlation.similarity),
                    measured.predictions);
}

/// The correlation that decides, if one does; those of single tasks beside it, and what was predicted.
std::optional<double> Validation::measure_tasks(Model& model, Measurement& found) const {
  if (data_.tasks.empty()) return std::nullopt;
  Embedder embedder(model, {.prompt = model.default_prompt});
  double sum = 0;
  int64_t counted = 0, undefined = 0;
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const StsScores scores = evaluate_pairs(embedder, pairs_[i]);
    const auto score = scores.value(metric_.correlation);
    add_predictions(found, data_.tasks[i], pairs_[i],
                    scores.similarities[static_cast<size_t>(metric_.correlation.similarity)]);
    const bool decides =
        metric_.loss.empty() && (metric_.task.empty() || metric_.task == data_.tasks[i].name);
    const bool is_the_score = decides && (pairs_.size() == 1 || !metric_.task.empty());
    if (score && !is_the_score)
      found.others[data_.tasks[i].name + "/" + to_string(metric_.correlation)] = *score;
    if (!decides) continue;
    if (score) sum += *score, ++counted;
    if (!score) ++undefined;
  }
  if (counted == 0 || undefined > 0) return std::nullopt;
  return sum / static_cast<double>(counted);
}

nlohmann::json Validation::describe() const {
  nlohmann::json files = describe_training_sets(data_.loss_sets);
  for (size_t i = 0; i < pairs_.size(); ++i)
    files.push_back({{"file", data_.tasks[i].file.filename().string()},
                     {"rows", pairs_[i].size()},
                     {"xxh3_128", file_checksum(data_.tasks[i].file)}});
  return files.empty() ? nlohmann::json() : files;
}

}  // namespace angle
