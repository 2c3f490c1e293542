// The configuration of `angle study`: which variants of a training run, with which seeds, judged by what.
//
// JSON of exactly the shape of StudyConfig, checked as strictly as a training configuration (config.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "angle/eval/task_name.h"
#include "angle/io/json.h"

namespace angle {

/// A variant of the base configuration.
struct StudyRow {
  std::string name;           // in the table; required, unique
  json set = json::object();  // what differs from the base; see override_assignments()
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(StudyRow, name, set)

/// The name of the row of the model that was not trained.
inline constexpr const char* kBeforeTraining = "before training";

struct StudyConfig {
  std::string description;         // which question it answers
  std::string base;                // training configuration, relative: looked up beside the study; required
  json set = json::object();       // overrides of the base, in all rows
  std::vector<StudyRow> rows;      // at least one
  std::vector<int64_t> seeds;      // train.seed of the runs of each row; at least one
  std::vector<std::string> tasks;  // to score on: `stsb`, `sts12/test_not_in_stsb`, files of pairs,
                                   // `retrieval:DIR` (eval/own_data.h)
  std::string metric;    // a comma list: each task has a table for those that it has; "": for its main one
                         // (eval/task_name.h), as has a task that has none of them
  std::string baseline;  // the row that others are compared with; "": the first
  std::string output;    // directory of the tables; "": runs/<name of the study>
  std::string runs;      // directory of the runs, which studies may share; "": <output>/runs
  bool keep_models = false;     // else only scores and logs stay of a run
  bool before_training = true;  // score the model that the baseline starts from, too: the first row of tables
  std::string precision;      // train.precision of all rows that have none of their own; "": as the base says
  int64_t threads = 0;        // CPU threads; 0: one per core
  int64_t resamples = 10000;  // of the pairs, for the bootstrap
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(StudyConfig, description, base, set, rows, seeds, tasks,
                                                metric, baseline, output, runs, keep_models, before_training,
                                                precision, threads, resamples)

/// Overrides as `--set` takes them, `loss.angle_weight=0`. They are given as a list of such assignments, or
/// as an object of the shape of the configuration: `{"loss": {"angle_weight": 0}}`. Error for anything else.
///
/// @param where  for the message
std::vector<std::string> override_assignments(const json& set, const std::string& where);

/// The tasks to score on, those without a split of their own with the one that they are reported on.
std::vector<TaskName> scored_tasks(const StudyConfig& config);

/// The metrics of a task's tables, at least one.
std::vector<std::string> scored_metrics(const StudyConfig& config, const TaskName& task);

/// The row that others are compared with.
size_t baseline_row(const StudyConfig& config);

/// Some rows of a study with some of its seeds, as the command line names them.
struct StudyPart {
  std::vector<std::string> rows;   // by name; none: all
  std::vector<std::string> seeds;  // none: all
};

/// The study with these rows and seeds alone, in its own order, and with the baseline, which the others are
/// compared with. Error for a row or a seed that it does not have, with those that it has.
StudyConfig take_part(const StudyConfig& study, const StudyPart& part);

/// Which rows and seeds a part of a study leaves out: `rows "cls", "max"; seeds 3, 4`; "" for the whole
/// study.
std::string left_out_of(const StudyConfig& study, const StudyConfig& part);

/// Checks and converts. Error with every problem, one a line, as parse_config(). The base configuration is
/// not looked at.
///
/// @param source  where it came from, for messages
StudyConfig parse_study_config(const json& given, const std::string& source);

/// A study file (`-`: stdin), its `base` resolved against its directory, where it must be.
StudyConfig load_study_config(const std::filesystem::path& path);

}  // namespace angle
