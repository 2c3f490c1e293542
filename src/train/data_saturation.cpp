#include "angle/train/data_saturation.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "angle/error.h"
#include "angle/train/gradient_cache.h"
#include "angle/train/learner.h"

namespace angle {
namespace {

void check_finite(const Tensor& embeddings, const Model& model, const TrainingSet& set, int64_t batch) {
  if (at::isfinite(embeddings).all().item<bool>()) return;
  fail("{}: an embedding of {} is not finite (batch {}); the weights are damaged", model.directory.string(),
       set.file.string(), batch + 1);
}

}  // namespace

DataSaturation measure_data_saturation(const Model& model, const std::vector<TrainingSet>& sets,
                                       const TrainConfig& config, int64_t max_batches,
                                       const BatchProgress& progress) {
  check_fits_model(config.loss, sets, model);
  const at::NoGradGuard no_gradients;
  const Sampler sampler = make_sampler(config, sets);
  DataSaturation result;
  result.batches = sampler.batches_per_epoch();
  if (max_batches > 0) result.batches = std::min(result.batches, max_batches);
  for (int64_t number = 0; number < result.batches; ++number) {
    const SampledBatch sampled = sampler.batch(number);
    const TrainingSet& set = sets[sampled.data_set];
    const PreparedBatch prepared = make_batch(set, sampled, *model.tokenizer, config.loss.duplicates);
    const CollatedBatch& batch = prepared.batch;
    result.statistics += prepared.statistics;
    const Tensor embeddings =
        embed_in_chunks(model.encoder, batch.token_ids, config.train.gradient_cache_tokens);
    check_finite(embeddings, model, set, number);
    result.saturation.add(batch_saturation(embeddings, batch, set.format(),
                                           config.loss.with_threshold(set.positive_threshold)));
    if (progress) progress(number + 1, result.batches);
  }
  return result;
}

}  // namespace angle
