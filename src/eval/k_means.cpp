#include "angle/eval/k_means.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "angle/random.h"

namespace angle {
namespace {

/// Squared distances to the centres.
///
/// @return  [vectors, centres]
Tensor squared_distances(const Tensor& vectors, const Tensor& squares, const Tensor& centres) {
  const Tensor products = vectors.matmul(centres.t());
  return (squares.unsqueeze(1) - 2 * products + centres.square().sum(1)).clamp_min(0);
}

/// The centre that each vector is nearest to, and the squared distance to it.
struct Nearest {
  Tensor distances;  // [vectors]
  Tensor centres;    // [vectors]
};

/// Some vectors at a time: all distances to many centres would be a large matrix.
Nearest nearest_centres(const Tensor& vectors, const Tensor& squares, const Tensor& centres) {
  constexpr int64_t kDistances = int64_t{1} << 22;  // 16 MiB
  const int64_t block = std::max<int64_t>(1, kDistances / centres.size(0));
  std::vector<Tensor> distances, numbers;
  for (int64_t begin = 0; begin < vectors.size(0); begin += block) {
    const int64_t end = std::min(begin + block, vectors.size(0));
    const auto [distance, number] =
        squared_distances(vectors.slice(0, begin, end), squares.slice(0, begin, end), centres).min(1);
    distances.push_back(distance);
    numbers.push_back(number);
  }
  return {at::cat(distances), at::cat(numbers)};
}

/// The number of a vector drawn with a probability proportional to its weight.
int64_t draw(const Tensor& weights, SplitMix64& random) {
  const Tensor cumulative = weights.to(at::kDouble).cumsum(0);
  const auto total = cumulative[-1].item<double>();
  if (total == 0.0) return static_cast<int64_t>(random.below(static_cast<uint64_t>(weights.size(0))));
  const Tensor target = at::scalar_tensor(random.uniform() * total, at::kDouble);
  return std::min(at::searchsorted(cumulative, target, false, /*right=*/true).item<int64_t>(),
                  weights.size(0) - 1);
}

/// k-means++: each next centre is a vector drawn by its squared distance to the nearest centre so far.
Tensor first_centres(const Tensor& vectors, const Tensor& squares, int64_t clusters, SplitMix64& random) {
  std::vector<int64_t> chosen{static_cast<int64_t>(random.below(static_cast<uint64_t>(vectors.size(0))))};
  Tensor nearest = at::full({vectors.size(0)}, std::numeric_limits<float>::infinity());
  while (static_cast<int64_t>(chosen.size()) < clusters) {
    const Tensor centre = vectors[chosen.back()].unsqueeze(0);
    nearest = at::minimum(nearest, squared_distances(vectors, squares, centre).squeeze(1));
    nearest[chosen.back()] = 0;  // not a rounding error
    chosen.push_back(draw(nearest, random));
  }
  return vectors.index_select(0, at::tensor(chosen, at::kLong));
}

/// The vector that is farthest from its centre, of those that are not alone in their cluster.
int64_t farthest_not_alone(const Nearest& nearest, const int64_t* counts) {
  const auto* distances = nearest.distances.const_data_ptr<float>();
  const auto* clusters = nearest.centres.const_data_ptr<int64_t>();
  int64_t farthest = -1;
  for (int64_t i = 0; i < nearest.distances.numel(); ++i)
    if (counts[clusters[i]] > 1 && (farthest < 0 || distances[i] > distances[farthest])) farthest = i;
  return farthest;
}

/// Gives a vector to each cluster that has none.
///
/// @return  whether there was one
bool fill_empty_clusters(const Nearest& nearest, int64_t clusters) {
  const Tensor counts = at::bincount(nearest.centres, {}, clusters);
  auto* count = counts.data_ptr<int64_t>();
  auto* assigned = nearest.centres.data_ptr<int64_t>();
  bool any = false;
  for (int64_t cluster = 0; cluster < clusters; ++cluster) {
    if (count[cluster] > 0) continue;
    const int64_t moved = farthest_not_alone(nearest, count);
    --count[std::exchange(assigned[moved], cluster)];
    ++count[cluster];
    any = true;
  }
  return any;
}

/// Means of the vectors of each cluster.
Tensor centres_of(const Tensor& vectors, const Tensor& assigned, int64_t clusters) {
  const Tensor sums = at::zeros({clusters, vectors.size(1)}).index_add_(0, assigned, vectors);
  return sums / at::bincount(assigned, {}, clusters).unsqueeze(1);
}

Clustering cluster_once(const Tensor& vectors, const Tensor& squares, int64_t clusters, SplitMix64& random,
                        int64_t max_iterations) {
  Tensor centres = first_centres(vectors, squares, clusters, random);
  Tensor assigned;
  bool filled = false;
  Clustering result;
  for (; result.iterations < max_iterations; ++result.iterations) {
    const Nearest nearest = nearest_centres(vectors, squares, centres);
    const double before = std::exchange(result.inertia, nearest.distances.sum(at::kDouble).item<double>());
    if (assigned.defined() && at::equal(assigned, nearest.centres)) break;
    // What was given to an empty cluster may be as near to the one it left, and go back there, for ever.
    if (filled && result.inertia >= before) break;
    filled = fill_empty_clusters(nearest, clusters);
    assigned = nearest.centres;
    centres = centres_of(vectors, assigned, clusters);
  }
  result.cluster.assign(assigned.const_data_ptr<int64_t>(),
                        assigned.const_data_ptr<int64_t>() + assigned.numel());
  return result;
}

}  // namespace

Clustering k_means(const Tensor& vectors, int64_t clusters, const KMeansOptions& options) {
  TORCH_CHECK(clusters >= 1 && clusters <= vectors.size(0), "k_means: ", clusters, " clusters of ",
              vectors.size(0), " vectors");
  TORCH_CHECK(options.restarts >= 1 && options.max_iterations >= 1, "k_means: nothing to be done");
  const c10::InferenceMode no_gradients;
  const Tensor squares = vectors.square().sum(1);
  Clustering best;
  best.inertia = std::numeric_limits<double>::infinity();
  for (int64_t restart = 0; restart < options.restarts; ++restart) {
    SplitMix64 random(derive_seed(options.seed, static_cast<uint64_t>(restart)));
    Clustering clustering = cluster_once(vectors, squares, clusters, random, options.max_iterations);
    if (restart == 0 || clustering.inertia < best.inertia) best = std::move(clustering);
  }
  return best;
}

}  // namespace angle
