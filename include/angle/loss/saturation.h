// Saturation: how much an objective still teaches pairs that are already close.
//
// The gradient of the cosine, √(1 − cos²) / ‖x‖, vanishes where pairs are (nearly) equal or opposite. The
// angle objective is AnglE's remedy (arXiv:2309.12871, the introduction). Both can be seen here: lengths of
// gradients by bins of the cosine of the pairs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include <nlohmann/json.hpp>

#include "angle/loss/objective.h"
#include "angle/loss/options.h"
#include "angle/running_mean.h"
#include "angle/tensor.h"

namespace angle {

/// Bin k holds the pairs with kCosineBounds[k] < cosine ≤ kCosineBounds[k + 1]; the first one also −1. Finest
/// at the ends, where the cosine saturates.
inline constexpr std::array kCosineBounds = {-1.0, -0.95, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2,
                                             0.4,  0.6,   0.8,  0.9,  0.95, 0.99, 1.0};
inline constexpr size_t kCosineBins = kCosineBounds.size() - 1;

/// The pairs of a bin. The length of a gradient is that by the left embedding and that by the right one,
/// their mean.
struct SaturationBin {
  int64_t pairs = 0;
  RunningMean cosine_similarity;  // of the pair's similarity alone; variant `cosine`: √(1 − cos²) / ‖x‖
  RunningMean angle_similarity;  // of the pair's angle similarity alone
  RunningMean cosine;            // of the terms of the objective, not weighted
  RunningMean in_batch;
  RunningMean angle;
  RunningMean total;  // of their weighted sum, which is what training goes by

  void add(const SaturationBin& other);
};

/// Over the pairs of a batch, or of several.
struct Saturation {
  std::array<SaturationBin, kCosineBins> bins;
  int64_t zero_pairs = 0;  // with a zero row, so without a cosine; in no bin
  RunningMean mean_cosine;
  RunningMean embedding_length;  // of both sides; gradients are inversely proportional to it

  void add(const Saturation& other);

  /// Pairs in bins.
  int64_t pairs() const;

  /// All bins as one.
  SaturationBin all_bins() const;

  /// The share of these with a cosine above a bound, which is one of kCosineBounds; absent without pairs.
  std::optional<double> share_above(double bound) const;
};

/// Which embeddings are pairs.
struct EmbeddingPairs {
  Tensor left;   // [pairs] int64, rows of the embeddings
  Tensor right;  // [pairs] int64
};

/// The objective of a batch's embeddings [texts, hidden] with these weights.
using ObjectiveOfEmbeddings = std::function<Objective(const Tensor& embeddings, const LossOptions& options)>;

/// Measures a batch.
///
/// Gradients are those of each term over the whole batch by each embedding; one that is in several pairs (the
/// query of a triplet) has the gradient of all of them. Cosine and angle are measured even where their weight
/// is 0; in_batch, which needs a threshold for labels, only with a weight; each only where the data and the
/// number of dimensions allow it.
///
/// @param embeddings  [texts, hidden], finite, as they enter the losses; float64 is measured in float64, all
///                    else in float32. Nothing of their graph is touched
Saturation measure_saturation(const Tensor& embeddings, const EmbeddingPairs& pairs,
                              const LossOptions& options, const ObjectiveOfEmbeddings& objective);

/// Everything in a Saturation; what is absent is null.
///
///     {"pairs", "zero_pairs", "mean_cosine", "embedding_length", "share_above_0.8", "share_above_0.95",
///      "bins": [{"above", "to", "pairs", "similarity_gradient": {"cosine", "angle"},
///                "objective_gradient": {"cosine", "in_batch", "angle", "total"}}]}
nlohmann::json saturation_json(const Saturation& saturation);

}  // namespace angle
