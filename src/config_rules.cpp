// The rules of a configuration as a whole: what is required, and what fits together. Ranges of single values:
// config_ranges.cpp.
#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "angle/config.h"
#include "angle/data/reader.h"
#include "angle/error.h"
#include "angle/eval/task_name.h"
#include "angle/suggest.h"
#include "angle/train/validation_metric.h"

#include "config_checker.h"

namespace angle {

namespace {

class Rules : ConfigRules {
 public:
  explicit Rules(const TrainConfig& config) : config_(config) {}

  std::vector<std::string> check() {
    problems_ = check_ranges(config_);
    check_model();
    check_data();
    check_loss();
    check_objective_fits_data();
    check_examples_have_company();
    check_optimization();
    check_evaluation();
    return std::move(problems_);
  }

 private:
  bool trains_on(DataFormat format) const {
    const auto& sets = config_.data.train;
    return std::any_of(sets.begin(), sets.end(),
                       [&](const DataSetConfig& set) { return set.weight > 0 && set.format == format; });
  }

  void check_model() {
    require(!config_.model.path.empty(),
            "model.path: not given; expected a model directory or a name such as all-MiniLM-L6-v2");
  }

  void check_data() {
    const auto& sets = config_.data.train;
    require(!sets.empty(), "data.train: empty; expected at least one data set");
    for (size_t i = 0; i < sets.size(); ++i) check_data_set(sets[i], fmt::format("data.train[{}]", i));
    const bool any = std::any_of(sets.begin(), sets.end(), [](const auto& set) { return set.weight > 0; });
    require(sets.empty() || any, "data.train: every weight is 0; expected a positive one");
    check_mixing();
  }

  void check_mixing() {
    const DataConfig& data = config_.data;
    const bool passes = data.mixing == MixingRule::passes;
    require(passes || data.temperature == 1.0, "data.temperature: {}, but only mixing \"passes\" has one",
            data.temperature);
    for (size_t i = 0; i < data.train.size(); ++i)
      require(passes || data.train[i].max_rows == 0,
              "data.train[{}].max_rows: {}, but only mixing \"passes\" has limits", i,
              data.train[i].max_rows);
  }

  void check_data_set(const DataSetConfig& set, const std::string& where) {
    require(!set.path.empty(), "{}.path: not given", where);
    const bool has_labels = set.format == DataFormat::scored_pairs;
    require(has_labels || set.label_scale.empty(), "{}.label_scale: only scored_pairs have labels", where);
    require(has_labels || !set.positive_threshold, "{}.positive_threshold: only scored_pairs have labels",
            where);
    if (has_labels) check_threshold(set, where + ".positive_threshold");
    check_regression_labels(set);
    const std::vector<std::string> names = column_names(set.format);
    for (const auto& [name, column] : set.columns) {
      const bool known = std::find(names.begin(), names.end(), name) != names.end();
      require(known, "{}.columns.{}: unknown key{}; expected: {}", where, name, suggestion(name, names),
              fmt::join(names, ", "));
    }
  }

  void check_threshold(const DataSetConfig& set, const std::string& own) {
    if (!is_scale(set.label_scale) || set.weight <= 0 || config_.loss.in_batch_weight <= 0) return;
    const double threshold = set.positive_threshold.value_or(config_.loss.positive_threshold);
    const double lowest = set.label_scale[0], highest = set.label_scale[1];
    require(threshold > lowest && threshold <= highest,
            "{}: {}, but labels of {} are from {} to {}; it must be above {} and at most {}{}",
            set.positive_threshold ? own : "loss.positive_threshold", threshold, set.path, lowest, highest,
            lowest, highest, set.positive_threshold ? "" : fmt::format(" (or give {})", own));
  }

  /// Labels on another scale would be brought to the wrong scores in silence.
  void check_regression_labels(const DataSetConfig& set) {
    if (!config_.loss.regresses() || set.weight <= 0 || !is_scale(config_.loss.regression_labels)) return;
    const std::vector<double>& expected = config_.loss.regression_labels;
    const std::vector<double> labels =
        set.format == DataFormat::triplets ? std::vector{0.0, 1.0} : set.label_scale;
    if (!is_scale(labels)) return;
    require(labels == expected,
            "loss.regression_labels: [{}], but labels of {} are from {} to {}; expected [{}]",
            fmt::join(expected, ", "), set.path, labels[0], labels[1], fmt::join(labels, ", "));
  }

  void check_loss() {
    const LossOptions& loss = config_.loss;
    require(loss.cosine_weight > 0 || loss.in_batch_weight > 0 || loss.angle_weight > 0,
            "loss: every weight is 0; expected a positive one");
    check_cosine_term();
    check_matryoshka();
  }

  void check_cosine_term() {
    const LossOptions& loss = config_.loss;
    const std::vector<double>& labels = loss.regression_labels;
    require(loss.regresses() || labels == LossOptions{}.regression_labels,
            "loss.regression_labels: [{}], but only cosine_objective \"regression\" with a cosine_weight can "
            "use it",
            fmt::join(labels, ", "));
    require(loss.cosine_weight > 0 || loss.cosine_objective == CosineObjective::ranking,
            "loss.cosine_objective: regression, but loss.cosine_weight is 0");
    require(loss.cosine_weight > 0 || loss.cosine_similarity == CosineVariant::cosine,
            "loss.cosine_similarity: {}, but loss.cosine_weight is 0",
            json(loss.cosine_similarity).get<std::string>());
  }

  void check_matryoshka() {
    const std::vector<int64_t>& dims = config_.loss.matryoshka_dims;
    const std::vector<double>& weights = config_.loss.matryoshka_weights;
    for (const int64_t size : dims)
      require(config_.loss.angle_weight <= 0 || size % 2 == 0,
              "loss.matryoshka_dims: {}, but the angle objective needs an even number of dimensions", size);
    require(weights.empty() || weights.size() == dims.size(),
            "loss.matryoshka_weights: {} numbers, expected one for each of the {} matryoshka_dims",
            weights.size(), dims.size());
  }

  /// Scored pairs use all three terms, triplets too, pairs only in_batch. A term or a choice that none of the
  /// data can use would be ignored in silence; so would a data set that no term can use.
  void check_objective_fits_data() {
    const LossOptions& loss = config_.loss;
    const bool scored_pairs = trains_on(DataFormat::scored_pairs);
    const bool pairs = trains_on(DataFormat::pairs);
    const bool triplets = trains_on(DataFormat::triplets);
    const bool only_pairs = pairs && !scored_pairs && !triplets;
    for (const auto& [path, weight] : {std::pair("loss.cosine_weight", loss.cosine_weight),
                                       std::pair("loss.angle_weight", loss.angle_weight)})
      require(!only_pairs || weight <= 0, "{}: {}, but pairs have no labels; expected 0", path, weight);
    require(!pairs || loss.in_batch_weight > 0,
            "loss.in_batch_weight: 0, but pairs are trained with that term alone");
    require(!loss.symmetric || pairs || triplets,
            "loss.symmetric: true, but only pairs and triplets can use it");
    require(loss.in_batch_divisor == InBatchDivisor::all_rows || scored_pairs,
            "loss.in_batch_divisor: positive_rows, but only scored_pairs can use it");
  }

  /// A batch is shared by all processes, so its size is that of what is compared. A triplet brings a negative
  /// of its own.
  void check_examples_have_company() {
    require(
        config_.train.batch_size != 1 ||
            !((trains_on(DataFormat::scored_pairs) && !config_.loss.regresses()) ||
              trains_on(DataFormat::pairs)),
        "train.batch_size: 1, but pairs, scored or not, are learned from by comparing them with the others "
        "of their batch; expected at least 2");
  }

  void check_optimization() {
    const OptimizationConfig& train = config_.train;
    require(train.max_steps == 0 || train.warmup_steps <= train.max_steps,
            "train.warmup_steps: {}, more than max_steps, {}", train.warmup_steps, train.max_steps);
    require(
        train.freeze_layers <= 0 || train.freeze_embeddings,
        "train.freeze_layers: {}, but the embeddings below these layers would be trained through them; set "
        "train.freeze_embeddings to true",
        train.freeze_layers);
  }

  void check_evaluation() {
    const EvaluationConfig& evaluation = config_.evaluation;
    check_loss_data();
    check_tasks_and_metric();
    const bool has_judge = !evaluation.task.empty() || !evaluation.loss_data.empty();
    require(evaluation.patience <= 0 || has_judge,
            "evaluation.patience: {}, but there is no evaluation.task or loss_data to judge by",
            evaluation.patience);
    require(!config_.checkpoint.keep_best || has_judge,
            "checkpoint.keep_best: true, but there is no evaluation.task or loss_data to judge by");
  }

  void check_loss_data() {
    const auto& sets = config_.evaluation.loss_data;
    for (size_t i = 0; i < sets.size(); ++i) {
      const std::string where = fmt::format("evaluation.loss_data[{}]", i);
      check_data_set(sets[i], where);
      require(sets[i].format != DataFormat::pairs || config_.loss.in_batch_weight > 0,
              "{}: pairs have the in-batch term alone, but loss.in_batch_weight is 0", where);
    }
    const bool any = std::any_of(sets.begin(), sets.end(), [](const auto& set) { return set.weight > 0; });
    require(sets.empty() || any, "evaluation.loss_data: every weight is 0; expected a positive one");
  }

  void check_tasks_and_metric() {
    std::vector<TaskName> tasks;
    bool all_known = true;
    for (const TaskName& name : parse_task_names(config_.evaluation.task, config_.evaluation.split)) {
      const auto is_same = [&](const TaskName& other) { return other.task == name.task; };
      require(std::none_of(tasks.begin(), tasks.end(), is_same), "evaluation.task: {} is there twice",
              name.task);
      tasks.push_back(name);
      all_known &= collect([&] { check_task_name(name, "evaluation.task"); });
    }
    if (!all_known) return;  // what can decide is that of the tasks
    collect([&] {
      check_metric_is_measured(parse_validation_metric(config_.evaluation.metric, tasks), !tasks.empty());
    });
  }

  void check_metric_is_measured(const ValidationMetric& metric, bool any_task) {
    const EvaluationConfig& evaluation = config_.evaluation;
    const LossOptions& loss = config_.loss;
    require(!metric.is_loss() || !evaluation.loss_data.empty(),
            "evaluation.metric: {}, but there is no evaluation.loss_data to take it on", evaluation.metric);
    for (const auto& [name, weight] : {std::pair("val_loss_cosine", loss.cosine_weight),
                                       {"val_loss_in_batch", loss.in_batch_weight},
                                       {"val_loss_angle", loss.angle_weight}})
      require(metric.name != name || weight > 0, "evaluation.metric: {}, but the weight of that term is 0",
              name);
    const auto& sets = evaluation.loss_data;
    const bool has_labels = std::any_of(sets.begin(), sets.end(), [](const DataSetConfig& set) {
      return set.weight > 0 && set.format != DataFormat::pairs;
    });
    require(
        sets.empty() || has_labels || (metric.name != "val_loss_cosine" && metric.name != "val_loss_angle"),
        "evaluation.metric: {}, but the pairs of evaluation.loss_data have no such term", evaluation.metric);
    require(metric.is_loss() || evaluation.loss_data.empty() || any_task,
            "evaluation.metric: {}, but there is no evaluation.task to measure it on; with loss_data alone "
            "choose val_loss",
            evaluation.metric);
  }

  const TrainConfig& config_;
};

}  // namespace

std::vector<std::string> validate(const TrainConfig& config) { return Rules(config).check(); }

}  // namespace angle
