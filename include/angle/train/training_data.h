// The data sets of a training configuration, found, read and identified.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/config.h"
#include "angle/data/collate.h"
#include "angle/data/example_store.h"
#include "angle/data/sampler.h"
#include "angle/model/model_directory.h"

namespace angle {

/// One entry of `data.train`.
struct TrainingSet {
  std::filesystem::path file;
  ExampleStore examples;
  EncodeOptions encode;
  double weight = 1.0;  // of the rows, that an epoch holds: what data.mixing makes of the configured one
  std::optional<double> positive_threshold;  // of its labels; absent: that of the loss
  int64_t ignored_fields = 0;
  std::string checksum;  // of the file

  DataFormat format() const { return examples.format(); }
};

/// Where relative paths of a configuration, or of the command line, are looked up.
struct DataPlaces {
  std::filesystem::path data_dir;        // first
  std::filesystem::path config_dir;      // then; without a configuration empty, the working directory
  std::filesystem::path study_dir = {};  // then, for the tasks of a study: that of its file; else empty
};

/// The file or directory that a path means; Error with all places that were tried.
std::filesystem::path find_data_file(const std::string& path, const DataPlaces& places);

/// What is held in memory, and who is told when something takes long.
struct DataLoading {
  /// Larger files stay on the disk and are read through an index (indexed_examples.h); one within gzip counts
  /// four times its size. What is trained does not depend on it.
  int64_t most_bytes_in_memory = int64_t{512} << 20;
  std::function<void(const std::string&)> note = {};
};

/// Opens every data set. Error for what is wrong with any of the files: those that are not there, malformed
/// rows (of each file the first 20), and labels, see check_training_labels().
std::vector<TrainingSet> load_training_sets(const TrainConfig& config, int64_t max_seq_length,
                                            const DataPlaces& places, const DataLoading& loading = {});

/// Error when nothing could be learned from a scored data set: in_batch_weight is positive but no label
/// reaches the positive threshold, or it is 0 and all labels are the same (which regression can learn from).
/// Also when regression would meet labels outside of its scale. It tells of all data sets.
void check_training_labels(const std::vector<TrainingSet>& sets, const LossOptions& loss);

/// Error when a model can't have what is asked of it: more dimensions (loss.matryoshka_dims) than it has,
/// halves of an odd number of them, for the angle, prompts where its pooling leaves them out, or prompts that
/// leave no room for a text.
void check_fits_model(const LossOptions& loss, const std::vector<TrainingSet>& sets, const Model& model);

/// The sampler of a run. With loss.duplicates = drop no batch has two rows with an equal text. It refers to
/// the sets, which must not move.
Sampler make_sampler(const TrainConfig& config, const std::vector<TrainingSet>& sets);

/// The same for evaluation.loss_data; empty when there is none.
std::vector<TrainingSet> load_loss_sets(const TrainConfig& config, int64_t max_seq_length,
                                        const DataPlaces& places, const DataLoading& loading = {});

/// A batch and what was done to get it.
struct PreparedBatch {
  CollatedBatch batch;
  TextStatistics statistics;
  int64_t dropped_examples = 0;
};

/// Rows of a data set as token ids, without the duplicates that DuplicatePolicy::drop leaves out: the sampler
/// has left out equal texts, this leaves out those of which only the token ids are equal.
PreparedBatch make_batch(const TrainingSet& set, const SampledBatch& sampled, const Tokenizer& tokenizer,
                         DuplicatePolicy duplicates);

/// File, rows and checksum of every data set, for checkpoints: a run is only resumed on the same data.
nlohmann::json describe_training_sets(const std::vector<TrainingSet>& sets);

}  // namespace angle
