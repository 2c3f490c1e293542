// The data sets of a training configuration, found, read and identified.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/config.h"
#include "angle/data/collate.h"
#include "angle/data/examples.h"

namespace angle {

/// One entry of `data.train` in memory.
struct TrainingSet {
  std::filesystem::path file;
  Examples examples;
  EncodeOptions encode;
  double weight = 1.0;
  int64_t ignored_fields = 0;
  std::string checksum;  // of the file

  DataFormat format() const { return format_of(examples); }
};

/// Where relative paths of a configuration are looked up.
struct DataPlaces {
  std::filesystem::path data_dir;    // first
  std::filesystem::path config_dir;  // then
};

/// The file that a path of the configuration means; Error with all places that were tried.
std::filesystem::path find_data_file(const std::string& path, const DataPlaces& places);

/// Reads every data set. Error for what is wrong with the files, and when in_batch_weight is positive but no
/// label of a scored data set reaches the positive threshold.
std::vector<TrainingSet> load_training_sets(const TrainConfig& config, int64_t max_seq_length,
                                            const DataPlaces& places);

/// File, rows and checksum of every data set, for checkpoints: a run is only resumed on the same data.
nlohmann::json describe_training_sets(const std::vector<TrainingSet>& sets);

}  // namespace angle
