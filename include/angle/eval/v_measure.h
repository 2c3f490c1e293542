// How well clusters follow classes (Rosenberg & Hirschberg, EMNLP 2007).
#pragma once

#include "angle/eval/contingency.h"

namespace angle {

/// All in [0, 1].
struct VMeasure {
  double homogeneity = 0.0;   // 1 − H(class | cluster) / H(class): a cluster has members of one class only
  double completeness = 0.0;  // 1 − H(cluster | class) / H(cluster): a class is in one cluster only
  double v = 0.0;             // their harmonic mean
};

/// Where there is one class (or one cluster), homogeneity (completeness) is 1.
///
/// @param cells  texts by class (row) and cluster (column)
VMeasure v_measure(const ContingencyCells& cells);

}  // namespace angle
