#include "angle/train/validation.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "angle/data/reader.h"
#include "angle/data/sampler.h"
#include "angle/data/shared_pairs.h"
#include "angle/embed/embedder.h"
#include "angle/error.h"
#include "angle/eval/evaluate_own_data.h"
#include "angle/eval/mean.h"
#include "angle/eval/sts.h"
#include "angle/io/checksum.h"
#include "angle/running_mean.h"
#include "angle/train/gradient_cache.h"
#include "angle/train/learner.h"

namespace angle {
namespace {

/// Adds the similarities of a task, if all of them are numbers.
void add_predictions(Measurement& found, const ValidationTask& task, const std::vector<ScoredPair>& pairs,
                     const std::vector<double>& similarities) {
  const auto is_number = [](double value) { return std::isfinite(value); };
  if (similarities.empty() || !std::all_of(similarities.begin(), similarities.end(), is_number)) return;
  found.predictions.push_back({task_id({task.name, task.split}), labels_of(pairs), similarities});
}

std::vector<TaskName> names_of(const ValidationData& data) {
  std::vector<TaskName> names;
  for (const ValidationTask& task : data.tasks) names.push_back({task.name, task.split});
  for (const OwnDataTask& task : data.own_data) names.push_back({task.name, ""});
  return names;
}

/// `stsb validation`
std::string name_with_split(const TaskName& task) {
  return task.split.empty() ? task.task : task.task + " " + task.split;
}

/// Error where no correlation is defined, so that the run would never have a best model.
void check_labels_differ(const std::filesystem::path& file, const std::vector<ScoredPair>& pairs) {
  const auto is_other = [&](const ScoredPair& pair) { return pair.label != pairs.front().label; };
  if (std::none_of(pairs.begin(), pairs.end(), is_other))
    fail("{}: {}, so no correlation with the labels is defined, and evaluation.metric can't judge the model",
         file.string(),
         pairs.size() < 2 ? "fewer than two pairs" : fmt::format("every label is {}", pairs.front().label));
}

nlohmann::json describe_file(const std::filesystem::path& file, const TaskName& task) {
  return {{"file", file.filename().string()},
          {"xxh3_128", file_checksum(file)},
          {"used_for", name_with_split(task)}};
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
                                                const TrainConfig& config, const std::atomic<bool>* stop) {
  const at::NoGradGuard no_grad;
  const Sampler sampler = make_sampler(config, sets);
  std::map<std::string, RunningMean> means;
  for (int64_t number = 0; number < sampler.batches_per_epoch(); ++number) {
    if (stop && *stop) throw EmbeddingStopped();
    const SampledBatch sampled = sampler.batch(number);
    const TrainingSet& set = sets[sampled.data_set];
    const CollatedBatch batch = make_batch(set, sampled, *model.tokenizer, config.loss.duplicates).batch;
    const Tensor embeddings =
        embed_in_chunks(model.encoder, batch.token_ids, config.train.gradient_cache_tokens);
    const Objective objective = compute_objective(embeddings, batch, set.format(),
                                                  config.loss.with_threshold(set.positive_threshold));
    for (const auto& [name, term] : {std::pair("val_loss", objective.total),
                                     {"val_loss_cosine", objective.cosine},
                                     {"val_loss_in_batch", objective.in_batch},
                                     {"val_loss_angle", objective.angle}})
      if (term.defined()) means[name].add(term.item<double>(), batch.num_examples());
  }
  std::map<std::string, double> losses;
  for (const auto& [name, mean] : means)
    if (const auto loss = mean.value(); loss && std::isfinite(*loss)) losses[name] = *loss;
  return losses;
}

Validation::Validation(const TrainConfig& config, ValidationData data)
    : config_(config),
      data_(std::move(data)),
      tasks_(names_of(data_)),
      metric_(parse_validation_metric(config.evaluation.metric, tasks_)),
      correlation_(find_metric(metric_.name).value_or(Metric{})) {
  ErrorList errors;
  for (const ValidationTask& task : data_.tasks)
    errors.collect([&] {
      pairs_.push_back(read_scored_pairs(task.file).examples);
      if (metric_.decides_on({task.name, task.split})) check_labels_differ(task.file, pairs_.back());
    });
  for (const OwnDataTask& task : data_.own_data)
    errors.collect([&] { own_data_.push_back(read_own_data(task)); });
  errors.raise();
}

std::string Validation::name() const {
  if (metric_.is_loss()) return metric_.name;
  std::string text;
  for (const TaskName& task : tasks_)
    if (metric_.decides_on(task)) text += (text.empty() ? "" : ", ") + name_with_split(task);
  return fmt::format("{} {}", text, metric_.name);
}

bool Validation::is_better(const std::optional<double>& score, const std::optional<double>& best) const {
  if (!score || !best) return score.has_value();
  return lower_is_better() ? *score < *best : *score > *best;
}

/// A file of pairs that something is measured on. Those of other kinds of tasks can't be trained on.
struct Validation::MeasuredFile {
  std::string used_for;
  std::filesystem::path file;
  std::string checksum;
  TextPairs pairs;  // none of a file that stays on the disk
};

std::vector<Validation::MeasuredFile> Validation::files_of_pairs() const {
  std::vector<MeasuredFile> files;
  const auto add = [&](const std::string& used_for, const std::filesystem::path& file, TextPairs pairs) {
    files.push_back({used_for, file, file_checksum(file), std::move(pairs)});
  };
  for (size_t i = 0; i < pairs_.size(); ++i)
    add(name_with_split(tasks_[i]), data_.tasks[i].file, text_pairs(pairs_[i]));
  for (const OwnData& data : own_data_)
    if (const auto* binary = std::get_if<BinaryPairs>(&data.content))
      add(data.task.name, own_data_files(data.task).front(), text_pairs(binary->test));
  for (const TrainingSet& set : data_.loss_sets) {
    const Examples* examples = set.examples.in_memory();
    if (set.weight > 0)
      files.push_back(
          {"val_loss", set.file, set.checksum, examples != nullptr ? text_pairs(*examples) : TextPairs{}});
  }
  return files;
}

Validation::Overlap Validation::overlap(const std::vector<TrainingSet>& trained_on) const {
  const std::vector<MeasuredFile> files = files_of_pairs();
  std::vector<TextPairs> pairs;
  for (const MeasuredFile& measured : files) pairs.push_back(measured.pairs);
  Overlap found;
  for (const TrainingSet& set : trained_on) {
    if (set.weight <= 0) continue;
    const Examples* examples = set.examples.in_memory();
    const auto shared =
        examples != nullptr ? count_shared_pairs(pairs, *examples) : std::vector<int64_t>(files.size(), 0);
    for (size_t i = 0; i < files.size(); ++i) {
      const MeasuredFile& measured = files[i];
      if (set.checksum == measured.checksum)
        found.warnings.push_back(fmt::format(
            "evaluation: {}: measured on what is also trained on, {}, so it tells nothing about new texts; "
            "name a file that is not among data.train",
            measured.used_for, set.file.string()));
      else if (shared[i] > 0)
        found.notes.push_back(
            fmt::format("evaluation: {}: {} of the {} pairs of {} {} also trained on, in {}",
                        measured.used_for, shared[i], measured.pairs.size(), measured.file.string(),
                        shared[i] == 1 ? "is" : "are", set.file.string()));
    }
  }
  return found;
}

Measurement Validation::measure(Model& model, const std::atomic<bool>* stop) const {
  Measurement found;
  std::vector<TaskScore> scores = score_pairs(model, found, stop);
  for (TaskScore& score : score_own_data(model, stop)) scores.push_back(std::move(score));
  decide(scores, found);
  if (data_.loss_sets.empty()) return found;
  found.others.merge(validation_losses(model, data_.loss_sets, config_, stop));
  if (!metric_.is_loss()) return found;
  const auto loss = found.others.extract(metric_.name);
  if (loss) found.score = loss.mapped();
  return found;
}

void Validation::keep_predictions(const Measurement& measured, const std::string& moment,
                                  const std::filesystem::path& directory) const {
  write_predictions(directory / "predictions.json", moment, to_string(correlation_.similarity),
                    measured.predictions);
}

/// The correlation of each task; what was predicted is added to what was found.
std::vector<Validation::TaskScore> Validation::score_pairs(Model& model, Measurement& found,
                                                           const std::atomic<bool>* stop) const {
  std::vector<TaskScore> scores;
  Embedder embedder(model, {.prompt = model.default_prompt});
  embedder.stop_when(stop);
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const StsScores measured = evaluate_pairs(embedder, pairs_[i], config_.loss.angle_similarity);
    scores.push_back({tasks_[i], to_string(correlation_), measured.value(correlation_)});
    add_predictions(found, data_.tasks[i], pairs_[i],
                    measured.similarities[static_cast<size_t>(correlation_.similarity)]);
  }
  return scores;
}

std::vector<Validation::TaskScore> Validation::score_own_data(Model& model,
                                                              const std::atomic<bool>* stop) const {
  const OwnDataOptions options{.embed = {.prompt = model.default_prompt},
                               .angle = config_.loss.angle_similarity,
                               .bootstrap = {.resamples = 0},
                               .baselines = false,
                               .stop = stop};
  std::vector<TaskScore> scores;
  for (const OwnData& data : own_data_) {
    const TaskName name{data.task.name, ""};
    const std::string metric = metric_.measured_on(name);
    scores.push_back({name, metric, evaluate_own_data(data, model, options).value(metric)});
  }
  return scores;
}

/// The mean of the scores that decide. All others are told beside it, and those that it is the mean of.
void Validation::decide(const std::vector<TaskScore>& scores, Measurement& found) const {
  const auto decides = [&](const TaskScore& score) { return metric_.decides_on(score.task); };
  std::vector<std::optional<double>> deciding;
  for (const TaskScore& score : scores)
    if (decides(score)) deciding.push_back(score.value);
  found.score = mean_of_all(deciding);
  for (const TaskScore& score : scores)
    if (score.value && !(decides(score) && deciding.size() == 1))
      found.others[score.task.task + "/" + score.metric] = *score.value;
}

nlohmann::json Validation::describe() const {
  nlohmann::json files = describe_training_sets(data_.loss_sets);
  for (nlohmann::json& file : files) file["used_for"] = "val_loss";
  for (size_t i = 0; i < pairs_.size(); ++i) {
    files.push_back(describe_file(data_.tasks[i].file, tasks_[i]));
    files.back()["rows"] = pairs_[i].size();
  }
  for (const OwnDataTask& task : data_.own_data)
    for (const std::filesystem::path& file : own_data_files(task))
      files.push_back(describe_file(file, {task.name, ""}));
  return files.empty() ? nlohmann::json() : files;
}

}  // namespace angle
