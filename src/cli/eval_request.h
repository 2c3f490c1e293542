// What `angle eval` is asked for: its options, and the tasks and metrics that they name.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "angle/eval/bootstrap.h"
#include "angle/eval/metric.h"
#include "angle/eval/own_data.h"
#include "angle/eval/own_data_files.h"

#include "cli/shared_options.h"

namespace angle::cli {

struct EvalOptions {
  std::string model;
  ComputeOptions compute;
  LongTextOptions long_texts;
  std::string data_dir;
  std::vector<std::string> tasks;
  std::string split;
  std::vector<std::string> metrics = {"cosine_pearson", "cosine_spearman"};
  std::string angle_similarity = "angle_emb";
  std::optional<std::string> query_prompt;
  std::optional<std::string> document_prompt;
  std::optional<bool> untrained;  // score it too; default: for groups
  BootstrapOptions bootstrap;
  std::string compare;
  bool verify = false;
  std::string verify_as;  // empty: the model's own name
  double tolerance = 0.02;
  std::vector<std::string> columns;
  bool json = false;
  std::string output;
};

/// What --task asks for.
struct RequestedTasks {
  std::vector<std::string> of_pairs;  // names as select_tasks() takes them
  std::vector<OwnDataTask> own_data;
  std::span<const OwnData> own_data_read = {};  // of each
  std::filesystem::path data_dir = {};          // of public tasks; without any it may be ""
  bool untrained = false;                       // score the untrained encoder too
  bool windows_too = false;                     // with long texts in windows, after they were cut
};

/// What --metric asks for.
struct ChosenMetrics {
  std::vector<Metric> of_pairs;
  std::vector<std::string> of_own_data;  // scores by name; none: those of the similarities of `of_pairs`

  std::vector<Metric> on_own_data() const { return of_own_data.empty() ? of_pairs : all_metrics(); }
};

/// The tasks, each once. What is mistyped is wrong usage; blanks around a name are allowed.
RequestedTasks requested_tasks(const EvalOptions& options);

/// The metrics. What is none is wrong usage, and so is one that nothing is shown by.
ChosenMetrics chosen_metrics(const EvalOptions& options, const RequestedTasks& requested);

/// Wrong usage for options that none of the tasks has a use for: they would be silently ignored.
void check_options_of_tasks(const EvalOptions& options, const RequestedTasks& requested);

/// Finds out where the data are: of public tasks, and the files and directories of the user's own. Error when
/// something of these is not there.
void find_data(RequestedTasks& requested, const EvalOptions& options);

/// Wrong usage when scores would replace a file that the evaluation reads.
void refuse_lost_inputs(const RequestedTasks& requested, const EvalOptions& options);

}  // namespace angle::cli
