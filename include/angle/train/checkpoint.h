// Checkpoints that survive a kill at any moment: written beside, flushed, renamed, checksummed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/model/encoder.h"
#include "angle/text/statistics.h"

namespace angle {

/// What a training run needs to go on, besides its tensors.
struct TrainState {
  int64_t step = 0;                              // optimizer updates done
  std::optional<double> initial_metric;          // of the validation before the first step
  std::map<std::string, double> initial_others;  // measured beside it
  std::optional<double> best_metric;             // of the validation
  int64_t best_step = 0;
  int64_t evaluations_without_gain = 0;  // for patience
  bool validation_due = false;           // of this step: an interruption broke it off
  TextStatistics statistics;             // of the texts trained on, repeats counted
  int64_t dropped_examples = 0;          // by loss.duplicates = drop
  nlohmann::json config;                 // the resolved configuration,
  nlohmann::json data;                   // the training files and
  nlohmann::json model;                  // those of the model to start from: a run goes on with the same only
  int64_t processes = 0;                 // 0: not known. With others, or other threads,
  int64_t threads = 0;                   // of each process, the last digits are others
};

void to_json(nlohmann::json& out, const TrainState& state);
void from_json(const nlohmann::json& in, TrainState& state);

/// The checkpoints that stay.
struct Retention {
  int64_t newest = 2;     // how many of the last ones; at least one stays
  int64_t best_step = 0;  // and that of this step, if there is one; 0: none
};

/// Writes `<directory>/step-000400` with model.safetensors, optimizer.safetensors, trainer_state.json and a
/// manifest of their sizes and checksums, then removes all but the checkpoints to keep.
///
/// The directory appears under its name only when it is complete and on the disk, in the place of another one
/// of that step. Error when it can't be written (a full disk); checkpoints written before are untouched then.
void save_checkpoint(const std::filesystem::path& directory, const TrainState& state,
                     std::span<const NamedTensor> model, std::span<const NamedTensor> optimizer,
                     const Retention& keep);

/// The end of save_checkpoint(), which a run that was killed just before it makes up for when it is resumed:
/// the file `latest` names the checkpoint of `step`; those of later steps, which a resumed run found damaged,
/// are removed, and of the others all but those to keep.
void settle_checkpoints(const std::filesystem::path& directory, int64_t step, const Retention& keep);

/// Removes what killed runs left unfinished among the checkpoints.
void remove_unfinished_checkpoints(const std::filesystem::path& directory);

/// Checkpoint directories by step, damaged ones too; none when the directory is not there. Names that are not
/// quite `step-<number>` are left alone.
std::map<int64_t, std::filesystem::path> list_checkpoints(const std::filesystem::path& directory);

/// A checkpoint found on the disk.
struct FoundCheckpoint {
  std::filesystem::path path;
  TrainState state;
};

/// The newest checkpoint that is complete and undamaged; nothing when there is none. What is wrong with newer
/// ones is appended to `warnings`. Error when it is of another version of angle, in another format.
std::optional<FoundCheckpoint> find_checkpoint(const std::filesystem::path& directory,
                                               std::vector<std::string>& warnings);

/// Copies a checkpoint's tensors into those of a run, which must be the same by name, shape and type.
void load_checkpoint(const std::filesystem::path& checkpoint, std::span<const NamedTensor> model,
                     std::span<const NamedTensor> optimizer);

}  // namespace angle
