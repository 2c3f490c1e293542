#include "angle/eval/published.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "angle/error.h"
#include "angle/eval/task_name.h"
#include "angle/suggest.h"

#include "eval/table.h"

namespace angle {
namespace {

using nlohmann::json;

/// The seven tasks of the transfer average, in the order of every table.
constexpr std::array kTasks = {"sts12", "sts13", "sts14", "sts15", "sts16", "stsb", "sickr"};
constexpr std::array<int64_t, kTasks.size()> kPairsOfMteb = {3108, 1500, 3750, 3000, 1186, 1379, 9927};
constexpr std::array<int64_t, kTasks.size()> kPairsOfSentEval = {3108, 1500, 3750, 3000, 1186, 1379, 4927};

using PublishedRow = std::array<double, kTasks.size()>;

void add_scores(PublishedModel& model, const std::array<int64_t, kTasks.size()>& pairs, Statistic statistic,
                const PublishedRow& scores) {
  for (size_t i = 0; i < kTasks.size(); ++i)
    model.scores.push_back({kTasks[i], pairs[i], statistic, scores[i]});
}

PublishedModel of_mteb(std::string name, const PublishedRow& spearman) {
  PublishedModel model{
      std::move(name), "MTEB results repository, github.com/embeddings-benchmark/results", {}};
  add_scores(model, kPairsOfMteb, Statistic::spearman, spearman);
  return model;
}

PublishedModel of_minilm() {
  PublishedModel model =
      of_mteb("all-MiniLM-L6-v2", {72.36900, 80.60317, 75.58912, 85.38962, 78.98945, 82.03247, 77.58246});
  model.source += ", model revision 8b3219a9";
  add_scores(model, kPairsOfMteb, Statistic::pearson, {81.36, 80.15, 80.80, 84.74, 77.94, 82.74, 83.92});
  return model;
}

PublishedModel of_angle() {
  PublishedModel model{"angle-bert-base-uncased-nli-en-v1",
                       "its model card, huggingface.co/SeanLee97/angle-bert-base-uncased-nli-en-v1",
                       {}};
  add_scores(model, kPairsOfSentEval, Statistic::spearman, {75.09, 85.56, 80.66, 86.44, 82.47, 85.16, 81.23});
  return model;
}

/// Of models whose encoder and tokenizer can be read and that need no prompt for similarity.
std::vector<PublishedModel> make_models() {
  return {of_minilm(),
          of_mteb("all-MiniLM-L12-v2", {73.08, 82.13, 76.73, 85.58, 80.23, 83.09, 79.32}),
          of_mteb("multi-qa-MiniLM-L6-cos-v1", {64.38, 76.41, 69.33, 80.18, 79.57, 75.98, 70.04}),
          of_angle(),
          of_mteb("UAE-Large-V1", {79.09, 89.62, 85.02, 89.51, 86.61, 89.06, 82.62}),
          of_mteb("mxbai-embed-large-v1", {79.07, 89.79, 85.22, 89.34, 86.77, 89.29, 82.78}),
          of_mteb("mxbai-embed-2d-large-v1", {78.77, 90.40, 85.45, 90.01, 87.42, 89.20, 82.05}),
          of_mteb("bge-small-en-v1.5", {77.44, 82.98, 81.84, 87.27, 84.93, 85.86, 79.41}),
          of_mteb("bge-base-en-v1.5", {78.03, 84.18, 82.27, 87.96, 85.48, 86.42, 80.30}),
          of_mteb("bge-large-en-v1.5", {79.05, 86.37, 82.78, 88.03, 86.49, 87.52, 81.68}),
          of_mteb("paraphrase-multilingual-mpnet-base-v2", {77.90, 85.11, 80.81, 87.48, 83.20, 86.82, 79.62}),
          of_mteb("gte-small", {75.12, 85.09, 81.03, 88.32, 83.91, 85.57, 77.93}),
          of_mteb("gte-base", {75.71, 85.73, 81.51, 88.81, 83.82, 85.73, 78.86}),
          of_mteb("sup-simcse-bert-base-uncased", {75.30, 84.67, 80.19, 85.40, 80.82, 84.25, 80.77}),
          of_mteb("unsup-simcse-bert-base-uncased", {66.05, 81.49, 73.61, 79.72, 78.12, 76.52, 72.24}),
          of_mteb("bert-base-uncased", {30.87, 59.89, 47.73, 60.29, 63.73, 47.29, 58.65})};
}

/// Compares one file; what it can't be compared with goes to `not_compared`.
void add_file(Verification& verification, const Evaluation& evaluation) {
  if (evaluation.beside) return;
  const std::string& task = evaluation.task->name;
  const std::string file = task_id({task, evaluation.split});
  std::string why = "no published score";
  for (const PublishedScore& published : verification.model->scores) {
    if (published.task != task || evaluation.split != "test") continue;
    const Metric metric{Similarity::cosine, published.statistic};
    const auto score = evaluation.scores.value(metric);
    if (evaluation.scores.pairs != published.pairs) {
      why = fmt::format("{} pairs, the published score is of {}", evaluation.scores.pairs, published.pairs);
    } else if (!score) {
      why = "the score is undefined";
    } else {
      verification.scores.push_back({task, metric, 100.0 * *score, published.score});
      why.clear();
    }
  }
  if (!why.empty()) verification.not_compared.push_back(file + ": " + why);
}

bool passes(const Verification& verification, const VerifiedScore& score) {
  return std::abs(score.difference()) <= verification.tolerance;
}

}  // namespace

const std::vector<PublishedModel>& published_models() {
  static const std::vector<PublishedModel> models = make_models();
  return models;
}

const PublishedModel& find_published(std::string_view name) {
  std::vector<std::string> names;
  for (const PublishedModel& model : published_models()) {
    if (model.name == name) return model;
    names.push_back(model.name);
  }
  fail("--verify {}: no published scores are known for a model of that name{} (models: {})", name,
       suggestion(name, names), fmt::join(names, ", "));
}

int64_t Verification::failures() const {
  return std::count_if(scores.begin(), scores.end(),
                       [&](const VerifiedScore& score) { return !passes(*this, score); });
}

Verification verify(const EvaluationReport& report, const PublishedModel& model, double tolerance) {
  Verification verification{&model, tolerance, {}, {}};
  for (const Evaluation& evaluation : report.evaluations) add_file(verification, evaluation);
  if (verification.scores.empty())
    fail("--verify {}: nothing to compare: {}", model.name, fmt::join(verification.not_compared, "; "));
  return verification;
}

std::string format_verification(const Verification& verification) {
  std::vector<Cells> rows{{"task", "metric", "score", "published", "difference", ""}};
  for (const VerifiedScore& score : verification.scores) {
    const double difference = std::round(1000 * score.difference()) / 1000 + 0.0;  // not -0.000
    rows.push_back({score.task, to_string(score.metric), fmt::format("{:.3f}", score.score),
                    fmt::format("{:.3f}", score.published), fmt::format("{:+.3f}", difference),
                    passes(verification, score) ? "" : "differs"});
  }
  std::string text = fmt::format("\npublished: {}, {}\n\n{}\n", verification.model->name,
                                 verification.model->source, format_table(rows, 2));
  for (const std::string& why : verification.not_compared) text += fmt::format("not compared: {}\n", why);
  return text + fmt::format("{} of {} within {} points\n",
                            static_cast<int64_t>(verification.scores.size()) - verification.failures(),
                            verification.scores.size(), verification.tolerance);
}

json verification_json(const Verification& verification) {
  json scores = json::array();
  for (const VerifiedScore& score : verification.scores)
    scores.push_back({{"task", score.task},
                      {"metric", to_string(score.metric)},
                      {"score", score.score},
                      {"published", score.published},
                      {"difference", score.difference()}});
  return {{"model", verification.model->name},
          {"source", verification.model->source},
          {"tolerance", verification.tolerance},
          {"passed", verification.failures() == 0},
          {"scores", scores},
          {"not_compared", verification.not_compared}};
}

}  // namespace angle
