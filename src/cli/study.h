// A study as its command does it: the runs that are missing, then the tables of all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "angle/study/study_config.h"
#include "angle/study/study_plan.h"
#include "angle/study/study_report.h"

#include "cli/interruption.h"
#include "cli/study_inputs.h"
#include "cli/study_runner.h"
#include "eval/table.h"

namespace angle::cli {

struct StudyOptions {
  std::string config;
  std::vector<std::string> overrides;
  StudyPart part;  // to do and to show
  std::string output;
  std::string runs;
  std::string data_dir;
  std::string device = "auto";
  int threads = 0;
  bool table = false;
  bool dry_run = false;
};

/// A study with all that follows from its file and the command line; keeps a reference to the options.
class Study {
 public:
  explicit Study(const StudyOptions& options);

  /// False when it was interrupted. A run that fails is noted, and the others are done.
  bool run();
  void show_table() const;

  /// Error with all runs that failed, if any did.
  void tell_failures() const;
  void show_plan();

 private:
  StudyRunnerOptions runner_options();
  StudyReport report() const;
  void write_tables(const StudyReport& report) const;
  const StudyRun& baseline_run() const;
  bool score_untrained();
  bool finish(size_t run);
  void tell_before() const;

  /// A row of show_plan()'s table.
  struct PlannedRun {
    Cells row;
    int64_t steps_left;  // to do
  };
  PlannedRun plan_run(const StudyRun& run);

  Interruption interruption_;
  const StudyOptions& options_;
  StudyConfig whole_, config_;  // as in its file, and what is done of it
  std::string left_out_;        // of the whole, in words; empty: nothing
  StudyInputs inputs_;
  StudyPlan plan_;
  std::filesystem::path output_, tables_, runs_;  // directories
  StudyRunner runner_;
  std::vector<std::string> failures_;  // of runs
};

}  // namespace angle::cli
