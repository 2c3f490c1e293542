// The configuration of a training run: what to train, on what, towards what. Where things are (output
// directory, device) is said on the command line.
//
// A configuration is JSON of exactly the shape of TrainConfig; what is left out has the default written here.
// Unknown keys, wrong types, unknown names and values out of range are errors, all reported together; so are
// combinations that make no sense, once keys, types and names are right.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/data/examples.h"
#include "angle/data/mixing.h"
#include "angle/io/json.h"
#include "angle/loss/options.h"
#include "angle/precision.h"
#include "angle/train/schedule.h"

namespace angle {

/// The model to start from.
struct ModelConfig {
  std::string path;            // a model directory or the name of one; required
  std::string pooling;         // "mean", "cls" …; "": as the model directory says
  int64_t max_seq_length = 0;  // tokens, special ones included; 0: as the model directory says
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ModelConfig, path, pooling, max_seq_length)

/// One file to train on; see data/reader.h.
struct DataSetConfig {
  std::string path;  // relative: looked up in the data directory, then beside the configuration; required
  DataFormat format = DataFormat::scored_pairs;
  std::vector<double> label_scale;             // [lowest, highest] label, of scored pairs; []: not declared
  std::optional<double> positive_threshold;    // of these labels; absent: loss.positive_threshold
  double weight = 1.0;                         // what DataConfig::mixing says; 0: not trained on
  int64_t max_rows = 0;                        // most rows per epoch, with mixing "passes"; 0: no limit
  std::map<std::string, std::string> columns;  // "left": the file's name for it
  std::string left_prompt;                     // put before every left text or query
  std::string right_prompt;                    // put before every right text, positive and negative
};
void to_json(json& out, const DataSetConfig& set);  // without positive_threshold where it is absent
void from_json(const json& in, DataSetConfig& set);

struct DataConfig {
  std::vector<DataSetConfig> train;  // at least one with a positive weight

  // How much of each an epoch holds; see data/mixing.h.
  MixingRule mixing = MixingRule::passes;  // weight 0.5: half of the rows per epoch, 2: each row twice;
                                           // proportions: weights are shares of the epoch, whatever the sizes
  double temperature = 1.0;                // of passes: 1 keeps the sizes, more brings them together
  int64_t rows_per_epoch = 0;              // of all data sets together; 0: as many as they have
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(DataConfig, train, mixing, temperature, rows_per_epoch)

/// The block "train".
struct OptimizationConfig {
  int64_t epochs = 1;                            // angle_emb's default
  int64_t max_steps = 0;                         // optimizer updates; 0: as many as the epochs have
  int64_t batch_size = 32;                       // examples per forward pass; angle_emb's default
  int64_t accumulation_steps = 1;                // batches per optimizer update; angle_emb's default
  double learning_rate = 2e-5;                   // peak; angle_emb's STS-B recipe, BERT's fine-tuning range
  ScheduleKind schedule = ScheduleKind::linear;  // Hugging Face's and angle_emb's default
  int64_t warmup_steps = 0;                      // optimizer updates; angle_emb's STS-B recipe
  double weight_decay = 0.01;                    // BERT (arXiv 1810.04805, A.2) and PyTorch's AdamW
  double max_grad_norm = 1.0;                    // 0: no clipping; Hugging Face's and angle_emb's default
  double dropout = -1.0;                         // -1: as the model's config.json says
  Precision precision = Precision::float32;      // float32 or bfloat16
  int64_t seed = 42;                             // of shuffling and dropout; angle_emb's recipes
  int64_t gradient_cache_tokens = 0;             // most tokens in one chunk of the gradient cache; 0: off
  bool gradient_checkpointing = false;           // layers once more in the backward pass: less memory, slower
  int64_t saturation_every_steps = 0;  // optimizer updates between lines of saturation.jsonl; 0: none
  bool freeze_embeddings = false;      // word, position and token type embeddings stay as they are
  int64_t freeze_layers = 0;           // so do this many of the lowest layers; needs freeze_embeddings
  double layer_decay = 1.0;  // of the learning rate from each layer to the one below (arXiv 1905.05583)
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(OptimizationConfig, epochs, max_steps, batch_size,
                                                accumulation_steps, learning_rate, schedule, warmup_steps,
                                                weight_decay, max_grad_norm, dropout, precision, seed,
                                                gradient_cache_tokens, gradient_checkpointing,
                                                saturation_every_steps, freeze_embeddings, freeze_layers,
                                                layer_decay)

/// Validation during training, which decides about the model that is kept; without one it is the last.
struct EvaluationConfig {
  std::string task;                  // "stsb", "stsb,sts12/test" (see eval/tasks.h), files of scored pairs,
                                     // "retrieval:DIR" (eval/own_data.h), looked up as data are; "": none
  std::string split = "validation";  // of public tasks without a split of their own; never test by default.
                                     // Own data have theirs: "retrieval:DIR/qrels/dev.tsv", else test
  std::vector<DataSetConfig> loss_data;    // files like those of data.train, to take the losses on; [] none
  std::string metric = "cosine_spearman";  // what decides, the field's for STS; see train/validation_metric.h
  int64_t every_steps = 0;                 // optimizer updates; 0: at the end of each epoch
  int64_t patience = 0;                    // evaluations without a better one before training stops; 0: never
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(EvaluationConfig, task, split, loss_data, metric, every_steps,
                                                patience)

struct CheckpointConfig {
  int64_t every_steps = 200;  // optimizer updates; 0: at the end of each epoch. Bounds what a crash costs
  int64_t keep = 2;           // newest ones; one more than needed, should the last be damaged
  bool keep_best = false;     // also keep that of the best validation, whose model is the output anyway
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CheckpointConfig, every_steps, keep, keep_best)

struct TrainConfig {
  std::string description;  // what it is for, expected score, hardware, command
  ModelConfig model;
  DataConfig data;
  LossOptions loss;
  OptimizationConfig train;
  EvaluationConfig evaluation;
  CheckpointConfig checkpoint;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(TrainConfig, description, model, data, loss, train,
                                                evaluation, checkpoint)

/// All keys with their defaults.
json default_config();

/// Sets one value by its path, `loss.angle_weight=0.05` or `data.train[0].weight=2`, before the configuration
/// is checked. A value that is not JSON is a string: `train.schedule=cosine`. Error when the path leads into
/// something that is not an object, or to an array element that is not there.
void apply_override(json& config, const std::string& assignment);

/// Checks and converts. Error with every problem, one a line:
///
///     configs/run.json:
///       loss.angle_wieght: unknown key; did you mean "angle_weight"?
///       train.seed: expected integer, found number 1.5
///
/// @param source  where it came from, for messages
TrainConfig parse_config(const json& given, const std::string& source);

/// Single values that are out of their range; see config_ranges.cpp.
std::vector<std::string> check_ranges(const TrainConfig& config);

/// What is wrong with a configuration as a whole, ranges included, as far as that can be told without model
/// and data; see config_rules.cpp. `positive_threshold` must also be in the JSON for in-batch negatives of
/// scored pairs; only parse_config() knows whether it is.
std::vector<std::string> validate(const TrainConfig& config);

/// A configuration file (`-`: stdin) with `--set` overrides applied, checked.
TrainConfig load_config(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

}  // namespace angle
