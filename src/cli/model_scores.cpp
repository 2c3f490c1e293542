#include "cli/model_scores.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "angle/embed/embedder.h"
#include "angle/eval/contamination.h"
#include "angle/eval/evaluate.h"
#include "angle/eval/evaluate_own_data.h"
#include "angle/eval/sts.h"
#include "angle/model/model_directory.h"

#include "cli/configured_model.h"

namespace angle::cli {
namespace {

TaskScores score_pairs(Embedder& embedder, const TaskFile& task, const ScoringOptions& options,
                       const json& train_config) {
  TaskScores result;
  const PairScorer scorer = [&](std::span<const ScoredPair> pairs, const TextProgress&) {
    result.labels = labels_of(pairs);
    return evaluate_pairs(embedder, pairs, options.angle);
  };
  EvaluateOptions evaluate{.tasks = {task.task.split.empty() ? task.file.string() : task.task.task},
                           .split = task.task.split,
                           .columns = {},
                           .data_dir = options.data_dir,
                           .bootstrap = {.resamples = 0},
                           .train_config = {}};  // so that this file is scored alone
  const EvaluationReport report = evaluate_tasks(scorer, evaluate);
  const Evaluation& evaluation = report.evaluations.front();
  result.notes = seen_notes(train_config, *evaluation.task, evaluation.split, options.data_dir);
  result.notes.insert(result.notes.end(), evaluation.notes.begin(), evaluation.notes.end());

  const auto is_number = [](double value) { return std::isfinite(value); };
  for (const Similarity similarity : kSimilarities) {
    auto values = evaluation.scores.similarities[static_cast<size_t>(similarity)];
    if (!std::all_of(values.begin(), values.end(), is_number)) values.clear();
    result.similarities[to_string(similarity)] = std::move(values);
  }
  return result;
}

/// All that a model can be judged by, whatever the study shows of it.
TaskScores score_own_data(Model& model, const OwnDataTask& task, const ScoringOptions& options) {
  OwnDataResult scored = evaluate_own_data(read_own_data(task), model,
                                           {.embed = {.prompt = model.default_prompt},
                                            .angle = options.angle,
                                            .bootstrap = {.resamples = 0},
                                            .baselines = false,
                                            .stop = options.stop});
  TaskScores result;
  for (const std::string& metric : own_data_metrics(task.kind))
    if (const auto score = scored.value(metric)) result.scores[metric] = *score;
  result.notes = own_data_notes(seen_files(model.train_config), task, options.data_dir);
  result.notes.insert(result.notes.begin(), scored.about);
  result.items = std::move(scored.items);
  return result;
}

}  // namespace

RunScores score_model(const ModelConfig& config, const ScoringOptions& options) {
  Model model = load_model(find_model(config.path));
  apply_model_config(config, model);
  model.encoder.prepare_inference(options.device, Precision::float32);
  Embedder embedder(model, {.prompt = model.default_prompt});
  embedder.stop_when(options.stop);
  RunScores scores;
  for (const TaskFile& task : options.tasks) {
    TaskScores& found = scores[task_id(task.task)];
    found = task.own_data ? score_own_data(model, *task.own_data, options)
                          : score_pairs(embedder, task, options, model.train_config);
    found.file_checksum = task.checksum;
  }
  return scores;
}

}  // namespace angle::cli
