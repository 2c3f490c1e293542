// Does the runs of a study: trains each in a process of its own, scores it, and keeps the scores.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "angle/error.h"
#include "angle/study/run_scores.h"
#include "angle/study/study_plan.h"
#include "angle/train/training_data.h"

namespace angle::cli {

struct StudyRunnerOptions {
  std::filesystem::path base;  // the training configuration
  DataPlaces places;           // where it has its data
  std::filesystem::path runs;  // directory of the runs' directories
  std::string device = "auto";
  int threads = 0;              // 0: one per core
  std::vector<TaskFile> tasks;  // to score on
  bool keep_models = false;
  const std::atomic<bool>* interrupted = nullptr;  // becomes true when the user wants to stop
};

/// The base, a file that it names or one of a task is no longer what the plan was made with: of no run the
/// scores could be filed under what they are of.
class InputsChanged : public Error {
 public:
  using Error::Error;
};

/// How far a run is.
enum class RunState {
  open,      // not begun, or trained in part
  trained,   // the whole model is there, to be scored
  let_go,    // it was scored on other tasks, and its model not kept: it has to be trained again
  finished,  // all scores that the study asks for are there
};

/// A run's directory has: model/, where it is trained, until it is scored; scores.json; run.json with its
/// configuration, command, whether the model is kept and the scores that are wanted of it; train.log; and the
/// trainer's metrics.jsonl, train_config.json and, if any, predictions.json and saturation.jsonl, so that
/// `angle report` can draw it. Beside the directories are the scores of models before training.
class StudyRunner {
 public:
  explicit StudyRunner(StudyRunnerOptions options);

  std::filesystem::path directory_of(const StudyRun& run) const { return options_.runs / run.key; }

  /// The scores of a run; none unless all that the study asks for are there.
  RunScores scores_of(const StudyRun& run) const;

  /// The same of the model that a run starts from.
  RunScores untrained_scores(const StudyRun& run) const;

  RunState state_of(const StudyRun& run) const;

  /// Whether the model of a run is there, or what there is of it.
  bool has_model(const StudyRun& run) const;

  /// Whether a finished run logged saturation as often as is asked for now, which does not make it another
  /// run.
  bool has_saturation(const StudyRun& run) const;

  /// The step of the last checkpoint of a run that is begun; nothing for one that is not.
  std::optional<int64_t> last_checkpoint(const StudyRun& run) const;

  /// Trains (from the last checkpoint, if there is one) and scores a run; a model that is there is only
  /// scored, and stays if it was kept, whether this study keeps models or not. False when it was interrupted.
  /// Error when training fails, with its message and where the log is; InputsChanged as said there.
  ///
  /// @param progress  gets a line of the log at a time
  bool finish(const StudyRun& run, const std::function<void(const std::string&)>& progress) const;

  /// Scores the model that a run starts from. False when it was interrupted; InputsChanged as said there.
  bool score_untrained(const StudyRun& run) const;

  /// Makes up for what a kill after the scores left undone. A model that another study is training, or has
  /// still to score, is left alone.
  void tidy(const StudyRun& run) const;

 private:
  bool keeps_model(const StudyRun& run) const;
  json wanted_scores(const StudyRun& run) const;
  bool is_wanted(const StudyRun& run) const;
  std::vector<std::string> train_command(const StudyRun& run) const;
  bool train(const StudyRun& run, const std::function<void(const std::string&)>& progress) const;
  void check_inputs(const StudyRun& run) const;
  void check_tasks() const;
  std::optional<RunScores> score(const ModelConfig& model, AngleVariant angle) const;
  std::filesystem::path untrained_file(const StudyRun& run) const;
  void settle(const StudyRun& run) const;

  StudyRunnerOptions options_;
  std::string base_checksum_;
};

}  // namespace angle::cli
