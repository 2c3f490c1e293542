// How well clusters follow classes (Rosenberg & Hirschberg, EMNLP 2007).
#pragma once

#include <cstdint>
#include <span>

namespace angle {

/// All in [0, 1].
struct VMeasure {
  double homogeneity = 0.0;   // 1 − H(class | cluster) / H(class): a cluster has members of one class only
  double completeness = 0.0;  // 1 − H(cluster | class) / H(cluster): a class is in one cluster only
  double v = 0.0;             // their harmonic mean
};

/// Where there is one class (or one cluster), homogeneity (completeness) is 1.
///
/// @param classes, clusters  [texts] any numbers
VMeasure v_measure(std::span<const int64_t> classes, std::span<const int64_t> clusters);

}  // namespace angle
