#include "angle/train/run_length.h"

#include <algorithm>

namespace angle {

int64_t count_steps(const OptimizationConfig& train, int64_t batches_per_epoch) {
  const int64_t batches = train.epochs * batches_per_epoch;
  const int64_t steps = (batches + train.accumulation_steps - 1) / train.accumulation_steps;
  return train.max_steps > 0 ? std::min(steps, train.max_steps) : steps;
}

}  // namespace angle
