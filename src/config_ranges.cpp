// The ranges of single values of a configuration. What several have to do with each other: config_rules.cpp.
#include <algorithm>
#include <set>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "angle/config.h"

#include "config_checker.h"

namespace angle {

namespace {

class Ranges : ConfigRules {
 public:
  explicit Ranges(const TrainConfig& config) : config_(config) {}

  std::vector<std::string> check() {
    check_model();
    check_data();
    check_loss();
    check_matryoshka();
    check_optimization();
    check_evaluation();
    return std::move(problems_);
  }

 private:
  template <class Number>
  void require_at_least(Number value, Number least, const std::string& path) {
    require(value >= least, "{}: {}, expected at least {}", path, value, least);
  }

  void require_count(int64_t value, const char* path) {
    constexpr int64_t kMost = 1'000'000;  // products of three of them fit into 64 bits
    require(value >= 1, "{}: {}, expected at least 1", path, value);
    require(value <= kMost, "{}: {}, expected at most {}", path, value, kMost);
  }

  void require_rows(int64_t value, const std::string& path) {
    constexpr int64_t kMost = 1'000'000'000;  // the order of the batches of an epoch is in memory
    require(value >= 0, "{}: {}, expected at least 0", path, value);
    require(value <= kMost, "{}: {}, expected at most {}", path, value, kMost);
  }

  void require_positive(double value, const char* path) {
    require(value > 0, "{}: {}, expected more than 0", path, value);
  }

  void require_scale(const std::vector<double>& ends, const std::string& path) {
    require(is_scale(ends), "{}: [{}], expected [lowest, highest]", path, fmt::join(ends, ", "));
  }

  void check_model() {
    const int64_t length = config_.model.max_seq_length;
    require(length == 0 || length >= 3,
            "model.max_seq_length: {}, expected 0 (as the model says) or at least 3, special tokens included",
            length);
  }

  void check_data() {
    const DataConfig& data = config_.data;
    for (size_t i = 0; i < data.train.size(); ++i)
      check_data_set(data.train[i], fmt::format("data.train[{}]", i));
    require_at_least(data.temperature, 1.0, "data.temperature");
    require_rows(data.rows_per_epoch, "data.rows_per_epoch");
  }

  void check_data_set(const DataSetConfig& set, const std::string& where) {
    require_at_least(set.weight, 0.0, where + ".weight");
    require(set.weight <= 1000, "{}.weight: {}, expected at most 1000", where, set.weight);
    require_rows(set.max_rows, where + ".max_rows");
    if (!set.label_scale.empty()) require_scale(set.label_scale, where + ".label_scale");
    for (const auto& [name, column] : set.columns)
      require(!column.empty(), "{}.columns.{}: empty; expected the name of a column", where, name);
  }

  void check_loss() {
    const LossOptions& loss = config_.loss;
    require_at_least(loss.cosine_weight, 0.0, "loss.cosine_weight");
    require_at_least(loss.in_batch_weight, 0.0, "loss.in_batch_weight");
    require_at_least(loss.angle_weight, 0.0, "loss.angle_weight");
    require_positive(loss.cosine_scale, "loss.cosine_scale");
    require_positive(loss.in_batch_scale, "loss.in_batch_scale");
    require_positive(loss.angle_scale, "loss.angle_scale");
    require_scale(loss.regression_labels, "loss.regression_labels");
  }

  void check_matryoshka() {
    const std::vector<int64_t>& dims = config_.loss.matryoshka_dims;
    for (const int64_t size : dims) require_at_least<int64_t>(size, 1, "loss.matryoshka_dims");
    for (const int64_t size : std::set(dims.begin(), dims.end()))
      require(std::count(dims.begin(), dims.end(), size) == 1, "loss.matryoshka_dims: {} is there twice",
              size);
    for (const double weight : config_.loss.matryoshka_weights)
      require_positive(weight, "loss.matryoshka_weights");
  }

  void check_optimization() {
    const OptimizationConfig& train = config_.train;
    require_count(train.epochs, "train.epochs");
    require_at_least<int64_t>(train.max_steps, 0, "train.max_steps");
    require_count(train.batch_size, "train.batch_size");
    require_count(train.accumulation_steps, "train.accumulation_steps");
    require_positive(train.learning_rate, "train.learning_rate");
    require_at_least<int64_t>(train.warmup_steps, 0, "train.warmup_steps");
    require_at_least(train.weight_decay, 0.0, "train.weight_decay");
    require_at_least(train.max_grad_norm, 0.0, "train.max_grad_norm");
    require(train.dropout == -1.0 || (train.dropout >= 0 && train.dropout < 1),
            "train.dropout: {}, expected -1 (as the model says) or from 0 to below 1", train.dropout);
    require_at_least<int64_t>(train.seed, 0, "train.seed");
    require_at_least<int64_t>(train.gradient_cache_tokens, 0, "train.gradient_cache_tokens");
    require_at_least<int64_t>(train.freeze_layers, 0, "train.freeze_layers");
    require(train.layer_decay > 0 && train.layer_decay <= 1,
            "train.layer_decay: {}, expected more than 0 and at most 1 (no decay)", train.layer_decay);
    require_at_least<int64_t>(train.saturation_every_steps, 0, "train.saturation_every_steps");
  }

  void check_evaluation() {
    const EvaluationConfig& evaluation = config_.evaluation;
    for (size_t i = 0; i < evaluation.loss_data.size(); ++i)
      check_data_set(evaluation.loss_data[i], fmt::format("evaluation.loss_data[{}]", i));
    require_at_least<int64_t>(evaluation.every_steps, 0, "evaluation.every_steps");
    require_at_least<int64_t>(evaluation.patience, 0, "evaluation.patience");
    require_at_least<int64_t>(config_.checkpoint.every_steps, 0, "checkpoint.every_steps");
    require_at_least<int64_t>(config_.checkpoint.keep, 1, "checkpoint.keep");
  }

  const TrainConfig& config_;
};

}  // namespace

std::vector<std::string> check_ranges(const TrainConfig& config) { return Ranges(config).check(); }

}  // namespace angle
