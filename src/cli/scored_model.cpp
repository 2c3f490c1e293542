#include "cli/scored_model.h"

#include <span>

#include "angle/embed/embedder.h"
#include "angle/eval/contamination.h"
#include "angle/eval/evaluate_own_data.h"
#include "angle/eval/long_texts.h"
#include "angle/eval/sts.h"
#include "angle/model/random_weights.h"

#include "cli/log.h"
#include "cli/shared_options.h"
#include "cli/text_options.h"

namespace angle::cli {
namespace {

/// The model again, with random weights.
Model load_untrained(const Model& model, const ComputeOptions& options) {
  constexpr uint64_t kSeed = 42;
  Model untrained = load_model(model.directory);
  randomize_weights(untrained.encoder, kSeed);
  untrained.encoder.prepare_inference(apply_compute_options(options),
                                      nlohmann::json(options.precision).get<Precision>());
  return untrained;
}

/// `stsb test (1 of 7): 2552 of 2552 texts`
std::string format_progress(const EvaluationProgress& at) {
  return fmt::format("{}{}{} ({} of {}){}: {} of {} texts", at.task.name, at.split.empty() ? "" : " ",
                     at.split, at.evaluation, at.evaluations, at.untrained ? ", untrained encoder" : "",
                     at.texts_done, at.texts);
}

EvaluationReport score_pair_tasks(Model& model, const EmbedOptions& embed, const RequestedTasks& tasks,
                                  const EvalOptions& options, ProgressLine& line) {
  if (tasks.of_pairs.empty()) {
    EvaluationReport none;
    none.bootstrap = options.bootstrap;
    return none;
  }
  EvaluateOptions evaluate{.tasks = tasks.of_pairs,
                           .split = options.split,
                           .columns = parse_columns(options.columns),
                           .data_dir = tasks.data_dir,
                           .angle = enum_value<AngleVariant>(options.angle_similarity).value(),
                           .bootstrap = options.bootstrap,
                           .train_config = model.train_config};
  evaluate.progress = [&](const EvaluationProgress& at) {
    const std::string text = format_progress(at);
    if (at.texts_done < at.texts)
      line.show(text);
    else
      line.complete(text);
  };
  const auto scorer_of = [&](Model& scored) -> PairScorer {
    return [&evaluate, embedder = Embedder(scored, embed)](std::span<const ScoredPair> pairs,
                                                           const TextProgress& progress) mutable {
      return evaluate_pairs(embedder, pairs, evaluate.angle, progress);
    };
  };
  std::optional<Model> untrained;
  if (tasks.untrained) untrained.emplace(load_untrained(model, options.compute));
  if (untrained) evaluate.untrained = scorer_of(*untrained);
  return evaluate_tasks(scorer_of(model), evaluate);
}

OwnDataResult score_own_data(Model& model, const EmbedOptions& embed, const OwnData& data,
                             const EvalOptions& options, ProgressLine& line) {
  OwnDataOptions own{.embed = embed,
                     .query_prompt = options.query_prompt,
                     .document_prompt = options.document_prompt,
                     .angle = enum_value<AngleVariant>(options.angle_similarity).value(),
                     .bootstrap = options.bootstrap};
  const std::string& split = data.task.split;
  const std::string name = data.task.name + (split.empty() ? "" : " ") + split;
  own.progress = [&](int64_t done, int64_t texts) {
    line.show(texts > 0 ? fmt::format("{}: {} of {} texts", name, done, texts)
                        : fmt::format("{}: {}", name, count_of(done, "text")));
  };
  OwnDataResult result = evaluate_own_data(data, model, own);
  line.complete(name + ": scored");
  return result;
}

EvaluationScores score_tasks(Model& model, LongTexts long_texts, const RequestedTasks& tasks,
                             const EvalOptions& options, ProgressLine& line) {
  const EmbedOptions embed{.prompt = model.default_prompt,
                           .long_texts = long_texts,
                           .window_overlap = options.long_texts.window_overlap};
  EvaluationScores scores{score_pair_tasks(model, embed, tasks, options, line), {}};
  const std::vector<SeenFile> seen = seen_files(model.train_config);
  for (const OwnData& data : tasks.own_data_read) {
    scores.own_data.push_back(score_own_data(model, embed, data, options, line));
    for (const std::string& note : own_data_notes(seen, data.task, tasks.data_dir))
      scores.own_data.back().about += "; " + note;
  }
  return scores;
}

}  // namespace

ScoredModel evaluate_model(const std::string& name, RequestedTasks tasks, const EvalOptions& options) {
  const LongTexts long_texts = options.long_texts.choice();
  Model model = load_model_for_inference(name, options.compute);
  ProgressLine line;
  ScoredModel scored{{.name = name.empty() ? model.directory.filename().string() : name,
                      .pipeline = model.describe(),
                      .prompt = model.default_prompt},
                     score_tasks(model, long_texts, tasks, options, line),
                     {}};
  if (tasks.windows_too && count_long_texts({scored.scores.report, scored.scores.own_data}) > 0) {
    tasks.untrained = false;  // it is scored already
    scored.in_windows = score_tasks(model, LongTexts::windows, tasks, options, line);
  }
  line.finish();
  return scored;
}

}  // namespace angle::cli
