// What of an evaluation set a model has seen. STS-B was cut from STS12-17, and MRPC is a part of STS12, so a
// model that was trained on one, or is the best step of a run by its score on one, is not new to the others;
// its score there may only be reported with that said. The same goes for files of the user's own.
#pragma once

#include <compare>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/eval/own_data.h"
#include "angle/eval/tasks.h"

namespace angle {

/// What a split of a task, or a file, was to a model: it was trained on it, or the best step was chosen on
/// it.
enum class SplitUse { training, selection };

struct SeenSplit {
  std::string task;
  std::string split;
  SplitUse use;

  auto operator<=>(const SeenSplit&) const = default;  // NOLINT(*-use-nullptr): its own 0
};

/// A file that a model has seen; of `pairs:DIR` the directory.
struct SeenFile {
  std::string path;  // as the configuration has it
  SplitUse use;

  auto operator<=>(const SeenFile&) const = default;  // NOLINT(*-use-nullptr): its own 0
};

/// The data sets that a model was trained on, in the last stage and in those before: `data.train[]` of its
/// configuration but those of weight 0, and `trained_before[]`. Of a null or other JSON: none.
nlohmann::json training_history(const nlohmann::json& train_config);

/// The tasks' data in a model's training history, and what `evaluation` of its configuration judged the steps
/// by. Files are told by the names of directory and file (`…/stsb/train.tsv`).
std::vector<SeenSplit> seen_splits(const nlohmann::json& train_config);

/// All files in a model's training history, and those that `evaluation` judged the steps by, each once.
std::vector<SeenFile> seen_files(const nlohmann::json& train_config);

/// One sentence for each seen split that holds pairs of the scored split.
std::vector<std::string> contamination_notes(const std::vector<SeenSplit>& seen, const TaskSpec& task,
                                             const std::string& split);

/// A sentence for each use of a file of the user's own: it, or one with the same bytes, is what a seen path
/// leads to from the data directory or the working directory; or it may be, as far as its name tells, for
/// where the configuration was is not known.
///
/// @param data_dir  may be empty
std::vector<std::string> own_file_notes(const std::vector<SeenFile>& seen, const std::filesystem::path& file,
                                        const std::filesystem::path& data_dir);

/// contamination_notes() of a task, own_file_notes() of a file of the user's own.
std::vector<std::string> seen_notes(const nlohmann::json& train_config, const TaskSpec& task,
                                    const std::string& split, const std::filesystem::path& data_dir);

/// own_file_notes() of the file that `pairs:` scores. Error when it isn't there. None of other kinds.
std::vector<std::string> own_data_notes(const std::vector<SeenFile>& seen, const OwnDataTask& task,
                                        const std::filesystem::path& data_dir);

/// The split without what a model was trained on, to be scored too: `test_not_in_stsb` for the test split of
/// STS12-16 when it was STS-B, else empty.
std::string clean_split(const std::vector<SeenSplit>& seen, const TaskSpec& task, const std::string& split);

}  // namespace angle
