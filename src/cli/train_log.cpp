#include "cli/train_log.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "angle/train/validation_metric.h"

namespace angle::cli {
namespace {

/// `epochs 4, batch_size 32, …`; what is an empty text is `none`.
std::string format_block(const nlohmann::json& block) {
  std::string text;
  for (const auto& [key, value] : block.items()) {
    const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, shown.empty() ? "none" : shown);
  }
  return text;
}

/// Without anything to judge by, its other settings mean nothing.
std::string format_judge(const EvaluationConfig& config) {
  if (!config.task.empty() || !config.loss_data.empty()) return format_block(nlohmann::json(config));
  return "none: evaluation.task and evaluation.loss_data are empty; the model of the last step is saved";
}

/// What a dropout of -1 stands for.
std::string format_model_dropout(const EncoderConfig& encoder) {
  return fmt::format("as the model says ({}, attention {})", encoder.hidden_dropout_prob,
                     encoder.attention_probs_dropout_prob);
}

std::string format_term(const char* name, const std::optional<double>& value) {
  return value ? fmt::format(", {} {:.4f}", name, *value) : "";
}

std::string format_progress(const TrainProgress& at) {
  const StepResult& result = at.result;
  const auto left = static_cast<int64_t>(at.seconds_left);
  return fmt::format(
      "step {}/{}, epoch {:.2f}: loss {:.4f}{}{}{}, gradient {:.3f}, rate {:.2e}, {:.0f} tokens/s{}, "
      "{}:{:02} left",
      at.step, at.total_steps, at.epoch, result.total, format_term("cosine", result.cosine),
      format_term("in-batch", result.in_batch), format_term("angle", result.angle), result.gradient_norm,
      at.learning_rate, at.tokens_per_second,
      at.exchange_share ? fmt::format(", {:.0f} % exchange", 100 * *at.exchange_share) : "", left / 60,
      left % 60);
}

/// Correlations times 100, losses as they are.
std::string format_score(const std::optional<double>& score, bool is_loss) {
  if (!score) return "n/a (undefined)";
  return is_loss ? fmt::format("{:.4f}", *score) : fmt::format("{:.2f}", 100 * *score);
}

/// `step 360: stsb validation cosine_spearman 87.31, the best so far, saved; val_loss 1.9310`
std::string format_evaluation(const TrainEvaluation& evaluation) {
  std::string text = fmt::format("step {}: {} {}{}", evaluation.step, evaluation.name,
                                 format_score(evaluation.score, evaluation.lower_is_better),
                                 evaluation.best ? ", the best so far, saved" : "");
  const char* separator = "; ";
  for (const auto& [name, value] : evaluation.others) {
    text += fmt::format("{}{} {}", separator, name, format_score(value, is_validation_loss(name)));
    separator = ", ";
  }
  return text;
}

/// A prompt that the model puts before texts by default is not for every kind of training data.
void log_default_prompt(const std::string& prompt, const std::vector<TrainingSet>& sets) {
  if (prompt.empty()) return;
  const bool is_everywhere = std::all_of(sets.begin(), sets.end(), [&](const TrainingSet& set) {
    return set.encode.left_prompt == prompt && set.encode.right_prompt == prompt;
  });
  if (!is_everywhere)
    log_info(
        "prompt: {} is the model's default, which validation, `angle eval` and `angle embed` put before every "
        "text; texts to train on have only the left_prompt and right_prompt of their data set",
        nlohmann::json(prompt).dump());
}

}  // namespace

void log_train_start(const TrainConfig& config, const Model& model, const std::vector<TrainingSet>& sets) {
  log_info("model: {}: {}", model.directory.string(), model.describe());
  for (const std::string& note : model.notes) log_info("model: {}", note);
  log_default_prompt(model.default_prompt, sets);
  for (const TrainingSet& set : sets) {
    log_info("data: {}: {} {}, weight {}{}", set.file.string(), set.examples.size(),
             nlohmann::json(set.format()).get<std::string>(), set.weight,
             set.positive_threshold ? fmt::format(", positive from {}", *set.positive_threshold) : "");
    if (set.ignored_fields > 0)
      log_info("data: {}: {} fields of other columns are ignored", set.file.string(), set.ignored_fields);
  }
  nlohmann::json resolved = config;
  if (config.train.dropout < 0)
    resolved["train"]["dropout"] = format_model_dropout(model.encoder.encoder.config());
  for (const char* block : {"loss", "train", "checkpoint"})
    log_info("{}: {}", block, format_block(resolved.at(block)));
  log_info("evaluation: {}", format_judge(config.evaluation));
}

TrainObserver train_observer(ProgressLine& line) {
  return {.note = [&line](const std::string& text) { line.finish(), log_info("{}", text); },
          .warning = [&line](const std::string& text) { line.finish(), log_warning("{}", text); },
          .progress = [&line](const TrainProgress& at) { line.show(format_progress(at)); },
          .evaluation =
              [&line](const TrainEvaluation& evaluation) {
                line.finish();
                log_info("{}", format_evaluation(evaluation));
              }};
}

void log_train_end(const TrainResult& result, const std::string& output) {
  const TextStatistics& texts = result.statistics;
  log_info("trained on {} texts, {} tokens; {} texts were cut, losing {} tokens; {} unknown tokens",
           texts.texts, texts.tokens, texts.texts_cut, texts.tokens_cut, texts.unknown_tokens);
  if (result.dropped_examples > 0)
    log_info("{} examples were dropped as duplicates of their batch", result.dropped_examples);
  if (result.exchange_seconds > 0)
    log_info("exchanges between the processes took {:.1f} % of the updates' time",
             100 * result.exchange_seconds / result.update_seconds);
  if (result.end == TrainResult::End::stopped_early)
    log_info("stopped early at step {}: no gain within the patience", result.steps);
  if (result.best_score)
    log_info("best validation score {} at step {}, {} before training",
             format_score(result.best_score, result.lower_is_better), result.best_step,
             format_score(result.initial_score, result.lower_is_better));
  if (result.best_score && result.initial_score &&
      (result.lower_is_better ? *result.best_score > *result.initial_score
                              : *result.best_score < *result.initial_score))
    log_warning("no step was better on the validation than the model that training started from");
  if (result.end != TrainResult::End::interrupted)
    log_info("the model is in {}", output);
  else if (result.steps > 0)
    log_info("interrupted at step {}; the state is saved, go on with --resume", result.steps);
  else
    log_info("interrupted before the first step; begin again with --resume");
}

}  // namespace angle::cli
