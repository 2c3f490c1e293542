#include "angle/eval/sts_scores.h"

#include "angle/eval/correlation.h"

namespace angle {

Correlation correlate(std::span<const double> scores, std::span<const double> labels) {
  if (scores.size() != labels.size()) return {};
  return {pearson(scores, labels), spearman(scores, labels), why_undefined(scores, labels)};
}

}  // namespace angle
