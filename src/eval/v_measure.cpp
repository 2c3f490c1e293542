#include "angle/eval/v_measure.h"

#include <cmath>
#include <map>
#include <utility>

namespace angle {
namespace {

/// −Σ p ln p of counts.
template <class Counts>
double entropy(const Counts& counts, double total) {
  double sum = 0.0;
  for (const auto& [key, count] : counts) sum -= count / total * std::log(count / total);
  return sum;
}

/// 1 − H(joint given the other) / H, which is 1 where H is 0.
double explained(double conditional, double whole) { return whole == 0.0 ? 1.0 : 1.0 - conditional / whole; }

}  // namespace

VMeasure v_measure(std::span<const int64_t> classes, std::span<const int64_t> clusters) {
  std::map<int64_t, double> by_class, by_cluster;
  std::map<std::pair<int64_t, int64_t>, double> by_both;
  for (size_t i = 0; i < classes.size(); ++i) {
    ++by_class[classes[i]];
    ++by_cluster[clusters[i]];
    ++by_both[{classes[i], clusters[i]}];
  }
  const auto total = static_cast<double>(classes.size());
  const double both = entropy(by_both, total);
  const double of_classes = entropy(by_class, total), of_clusters = entropy(by_cluster, total);
  VMeasure result{.homogeneity = explained(both - of_clusters, of_classes),
                  .completeness = explained(both - of_classes, of_clusters)};
  const double sum = result.homogeneity + result.completeness;
  result.v = sum == 0.0 ? 0.0 : 2.0 * result.homogeneity * result.completeness / sum;
  return result;
}

}  // namespace angle
