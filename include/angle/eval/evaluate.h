// `angle eval` without the command line: tasks by name to scores, averages, and what must be said beside
// them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/data/reader.h"
#include "angle/eval/baselines.h"
#include "angle/eval/bootstrap.h"
#include "angle/eval/sts_scores.h"
#include "angle/eval/tasks.h"
#include "angle/loss/options.h"
#include "angle/text/utf8.h"

namespace angle {

/// Correlations of the resamples of a file, in the order of kSimilarities; empty without a bootstrap.
using ResampledScores = std::vector<ResampledCorrelations>;

/// The resampled values of one metric; none without a bootstrap.
std::span<const double> resampled_values(const ResampledScores& resampled, const Metric& metric);

/// One file scored.
struct Evaluation {
  const TaskSpec* task;
  std::string split;
  std::filesystem::path file;
  StsScores scores;
  ResampledScores resampled;
  std::vector<Baseline> baselines;
  std::vector<std::string> notes;  // what to know before comparing these scores with others
  bool beside = false;             // scored beside the split that was asked for; not part of averages
};

/// The plain mean over the tasks of a group.
struct GroupAverage {
  const TaskGroup* group;
  std::vector<std::string> scored;
  std::vector<std::string> missing;  // tasks without data; the average is partial if there are any
  Correlations correlations;
  ResampledScores resampled;  // the mean of resample i of each task
  bool noted = false;         // one of its evaluations has notes
};

/// A task of a group whose data are not there.
struct MissingTask {
  const TaskSpec* task;
  std::string why;
};

struct EvaluationReport {
  std::vector<Evaluation> evaluations;
  std::vector<GroupAverage> averages;
  std::vector<MissingTask> missing;
  AngleVariant angle = AngleVariant::angle_emb;
  BootstrapOptions bootstrap;
  std::vector<std::unique_ptr<const TaskSpec>> own_tasks;  // of files, which evaluations refer to
};

/// Where an evaluation stands.
struct EvaluationProgress {
  const TaskSpec& task;
  const std::string& split;
  int64_t evaluation;   // 1 for the first
  int64_t evaluations;  // how many there are
  bool untrained;       // it is that of the model with random weights
  int64_t texts_done;   // of this one
  int64_t texts;
};

struct EvaluateOptions {
  std::vector<std::string> tasks = {"stsb"};   // names as select_tasks() takes them
  std::string split;                           // empty: the default of each task; files have none
  std::map<std::string, std::string> columns;  // of files of the user's own; see ReadOptions
  std::filesystem::path data_dir;
  InvalidUtf8 invalid_utf8 = InvalidUtf8::error;
  AngleVariant angle = AngleVariant::angle_emb;
  BootstrapOptions bootstrap;
  PairScorer untrained = {};    // the same model with random weights: one more baseline; empty: without it
  nlohmann::json train_config;  // the model's, to tell what it has seen; null when it has none
  std::function<void(const EvaluationProgress&)> progress = {};
};

/// The pairs of a task's file. Error for malformed rows, and for labels that the task does not have.
///
/// @param reading  its label_scale is the task's; its columns are of a user's own file
std::vector<ScoredPair> read_task_pairs(const TaskSpec& task, const std::filesystem::path& file,
                                        ReadOptions reading = {});

/// Scores every task whose data are there. A task that is only asked for as one of a group may be missing;
/// the report then says so. For a model that saw STS-B in training, test_not_in_stsb is scored beside the
/// test splits of STS12-16.
///
/// Error when the data of a task asked for by name, or of all tasks, are missing, and for labels that the
/// task does not have.
EvaluationReport evaluate_tasks(const PairScorer& score, const EvaluateOptions& options);

}  // namespace angle
