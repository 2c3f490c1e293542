#include "angle/eval/v_measure.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace angle {
namespace {

/// What so many of `total` items add to −Σ p ln p.
double part_of_entropy(double items, double total) { return -items / total * std::log(items / total); }

double entropy(const std::map<int64_t, double>& counts, double total) {
  double sum = 0.0;
  for (const auto& [number, items] : counts) sum += part_of_entropy(items, total);
  return sum;
}

/// 1 − H(joint given the other) / H, which is 1 where H is 0. Rounding could make it −4e-16, shown as −0.00.
double explained(double conditional, double whole) {
  return whole == 0.0 ? 1.0 : std::clamp(1.0 - conditional / whole, 0.0, 1.0);
}

}  // namespace

VMeasure v_measure(const ContingencyCells& cells) {
  std::map<int64_t, double> by_class, by_cluster;
  double total = 0.0;
  for (const ContingencyCell& cell : cells) {
    by_class[cell.row] += cell.items;
    by_cluster[cell.column] += cell.items;
    total += cell.items;
  }
  double both = 0.0;
  for (const ContingencyCell& cell : cells) both += part_of_entropy(cell.items, total);
  const double of_classes = entropy(by_class, total), of_clusters = entropy(by_cluster, total);
  VMeasure result{.homogeneity = explained(both - of_clusters, of_classes),
                  .completeness = explained(both - of_classes, of_clusters)};
  const double sum = result.homogeneity + result.completeness;
  result.v = sum == 0.0 ? 0.0 : 2.0 * result.homogeneity * result.completeness / sum;
  return result;
}

}  // namespace angle
