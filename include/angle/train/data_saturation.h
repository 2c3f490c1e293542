// `angle saturation` without the command line: how saturated a model is on training data, before (or after)
// it is trained on them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "angle/config.h"
#include "angle/loss/saturation.h"
#include "angle/model/model_directory.h"
#include "angle/text/statistics.h"
#include "angle/train/training_data.h"

namespace angle {

struct DataSaturation {
  Saturation saturation;
  int64_t batches = 0;
  TextStatistics statistics;  // of the texts embedded
};

/// Told after each batch: how many are done, of how many.
using BatchProgress = std::function<void(int64_t done, int64_t batches)>;

/// Measures the batches that training by the configuration would see in its first epoch, without dropout and
/// without changing the model: the gradient of an objective depends on what else is in the batch. A batch
/// that training encodes in chunks (train.gradient_cache_tokens) is encoded in chunks here, too.
///
/// Error when the objective or the prompts do not fit the model (check_fits_model()), and when an embedding
/// is not finite.
///
/// @param max_batches  0: the whole epoch
DataSaturation measure_data_saturation(const Model& model, const std::vector<TrainingSet>& sets,
                                       const TrainConfig& config, int64_t max_batches = 0,
                                       const BatchProgress& progress = {});

}  // namespace angle
