// Pins: k-means finds groups that are far apart, from any seed and the same for one seed; it ends at a fixed
// point whose inertia is that of its clusters; equal vectors and as many clusters as vectors are no trouble;
// no cluster is empty; with fewer different vectors than clusters it ends soon.
#include "angle/eval/k_means.h"

#include <set>
#include <utility>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/eval/v_measure.h"

namespace angle {
namespace {

/// Groups of 20 vectors around random centres.
struct Groups {
  Tensor vectors;
  std::vector<int64_t> labels;

  Groups(int64_t groups, double spread) {
    at::manual_seed(1);
    const Tensor centres = at::randn({groups, 8});
    std::vector<int64_t> group_of;
    for (int64_t i = 0; i < 20 * groups; ++i) group_of.push_back(i % groups);
    labels = group_of;
    vectors = centres.index_select(0, at::tensor(group_of, at::kLong)) + spread * at::randn({20 * groups, 8});
  }
};

TEST(KMeans, FindsGroupsThatAreFarApart) {
  const Groups groups(6, 0.05);
  for (const uint64_t seed : {1, 2, 3}) {
    const Clustering found = k_means(groups.vectors, 6, {.seed = seed});
    EXPECT_DOUBLE_EQ(v_measure(Contingency(groups.labels, found.cluster).cells()).v, 1.0) << seed;
  }
}

TEST(KMeans, EndsAtAFixedPoint) {
  const Groups groups(5, 1.0);
  const Clustering found = k_means(groups.vectors, 4);
  const Tensor assigned = at::tensor(found.cluster, at::kLong);
  Tensor centres = at::zeros({4, 8}).index_add_(0, assigned, groups.vectors);
  centres = centres / at::bincount(assigned, {}, 4).unsqueeze(1);
  const Tensor distances = at::cdist(groups.vectors, centres).square();
  EXPECT_TRUE(at::equal(distances.argmin(1), assigned));
  EXPECT_NEAR(found.inertia, distances.amin(1).sum().item<double>(), 1e-3);
  EXPECT_EQ(k_means(groups.vectors, 4).cluster, found.cluster);
  EXPECT_LE(found.inertia, k_means(groups.vectors, 4, {.restarts = 1}).inertia);
}

TEST(KMeans, HasNoTroubleWithEqualVectors) {
  const Tensor vectors = at::tensor({1.0F, 1.0F, 1.0F, 5.0F}).reshape({4, 1});
  EXPECT_EQ(k_means(vectors, 4).inertia, 0.0);
  EXPECT_EQ(k_means(vectors, 1).cluster, (std::vector<int64_t>{0, 0, 0, 0}));
  EXPECT_NEAR(k_means(vectors, 1).inertia, 12.0, 1e-5);
  const auto two = k_means(vectors, 2).cluster;
  EXPECT_EQ(std::set<int64_t>(two.begin(), two.begin() + 3).size(), 1u);
  EXPECT_NE(two[0], two[3]);
}

TEST(KMeans, LeavesNoClusterEmptyToFillAnother) {
  const Tensor vectors = at::tensor({5.0F, 1.0F, 1.0F, 1.0F}).reshape({4, 1});
  for (uint64_t seed = 0; seed < 20; ++seed)
    for (const int64_t iterations : {1, 300}) {
      const auto found =
          k_means(vectors, 4, {.seed = seed, .restarts = 1, .max_iterations = iterations}).cluster;
      EXPECT_EQ(std::set<int64_t>(found.begin(), found.end()).size(), 4u) << seed;
    }
}

TEST(KMeans, EndsSoonWithFewerDifferentVectorsThanClusters) {
  at::manual_seed(1);
  const Tensor different = at::randn({3, 8});
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Clustering found = k_means(different.repeat({20, 1}), 7, {.seed = seed});
    EXPECT_LT(found.iterations, 50) << seed;
    EXPECT_EQ(std::set<int64_t>(found.cluster.begin(), found.cluster.end()).size(), 7u);
    std::set<std::pair<int64_t, size_t>> of_clusters;  // each with the vectors in it
    for (size_t i = 0; i < found.cluster.size(); ++i) of_clusters.insert({found.cluster[i], i % 3});
    EXPECT_EQ(of_clusters.size(), 7u) << "a cluster holds equal vectors only";
    EXPECT_NEAR(found.inertia, 0.0, 1e-3);
  }
}

}  // namespace
}  // namespace angle
