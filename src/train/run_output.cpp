#include "angle/train/run_output.h"

#include <set>
#include <string>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/directory_lock.h"
#include "angle/io/file.h"
#include "angle/model/model_directory.h"
#include "angle/train/checkpoint.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// Whether a file may be in the directory of a run before the run is: the lock of whoever is about to train
/// there, and what a shell or a scheduler has opened for the run's messages.
bool may_come_before_run(const fs::path& file) {
  const std::string ending = file.extension().string();
  return file.filename() == DirectoryLock::kFileName || ending == ".log" || ending == ".out" ||
         ending == ".err";
}

/// What comes first by name of all else in a directory; "" for nothing.
std::string first_entry(const fs::path& directory) {
  std::string first;
  if (!fs::exists(directory)) return first;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (!may_come_before_run(entry.path()) && (first.empty() || name < first)) first = name;
  }
  return first;
}

}  // namespace

void check_output(const fs::path& output, const fs::path& base_model, bool resume) {
  if (fs::exists(output) && !fs::is_directory(output))
    fail("{}: not a directory; choose another --output", output.string());
  if (fs::exists(output) && fs::equivalent(output, base_model))
    fail("{}: that is the model to start from, which would be overwritten; choose another --output",
         output.string());
  const bool is_run = fs::exists(output / "checkpoints");
  if (is_run && resume) return;
  if (is_run)
    fail("{}: a run was begun there; go on with it with --resume, or choose another --output",
         output.string());
  if (const std::string name = first_entry(output); !name.empty())
    fail("{}: there is {} already, and no run to go on with; choose another --output", output.string(),
         excerpt(name));
}

void remove_unfinished_output(const fs::path& output) {
  const std::set<std::string> files = {"README.md",     "train_config.json", "trained_before.json",
                                       "metrics.jsonl", "saturation.jsonl",  "predictions.json"};
  remove_unfinished_in(output, [&](const std::string& name) { return files.contains(name); });
  remove_unfinished_model(output);
  remove_unfinished_checkpoints(output / "checkpoints");
}

}  // namespace angle
