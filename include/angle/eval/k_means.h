// Clusters of vectors: k-means.
#pragma once

#include <cstdint>
#include <vector>

#include "angle/tensor.h"

namespace angle {

struct KMeansOptions {
  uint64_t seed = 42;
  int64_t restarts = 10;         // at least 1; the clustering with the least inertia is kept
  int64_t max_iterations = 300;  // at least 1
};

struct Clustering {
  std::vector<int64_t> cluster;  // [vectors]
  double inertia = 0.0;          // Σ squared distance of each vector to the nearest centre, at the last look
  int64_t iterations = 0;        // of the start that was kept
};

/// Lloyd's algorithm (IEEE Trans. Inf. Theory 1982) from k-means++ centres (Arthur & Vassilvitskii, SODA
/// 2007), until no vector changes its cluster. A cluster that loses all of its vectors takes the one that is
/// farthest from its centre, of those that are not alone in theirs: none is empty in the end. It ends, too,
/// when that is of no use any more, as with fewer different vectors than clusters, of which some hold equal
/// ones then.
///
/// @param vectors   [vectors, dims] float32
/// @param clusters  1 to the number of vectors
Clustering k_means(const Tensor& vectors, int64_t clusters, const KMeansOptions& options = {});

}  // namespace angle
