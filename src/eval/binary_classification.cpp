#include "angle/eval/binary_classification.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace angle {
namespace {

double ratio(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// The numbers of the scores, the highest first.
std::vector<uint32_t> descending(std::span<const double> scores) {
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), uint32_t{0});
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  return order;
}

/// What a threshold at a distinct score gives.
struct Step {
  double score;
  Confusion confusion;
};

/// One step for each distinct score, descending; none when no pair is positive or a score is not finite.
std::vector<Step> steps_of(std::span<const double> scores, std::span<const double> labels) {
  const auto positives = std::count(labels.begin(), labels.end(), 1.0);
  const bool finite = std::all_of(scores.begin(), scores.end(), [](double s) { return std::isfinite(s); });
  if (positives == 0 || !finite) return {};
  const std::vector<uint32_t> order = descending(scores);

  std::vector<Step> steps;
  Confusion now{.false_negatives = positives,
                .true_negatives = static_cast<int64_t>(labels.size()) - positives};
  for (size_t i = 0; i < order.size(); ++i) {
    const bool is_positive = labels[order[i]] == 1.0;
    ++(is_positive ? now.true_positives : now.false_positives);
    --(is_positive ? now.false_negatives : now.true_negatives);
    if (i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]])
      steps.push_back({scores[order[i]], now});
  }
  return steps;
}

/// The threshold of the step with the highest value, the first of equals.
template <class Value>
double best_threshold(const std::vector<Step>& steps, Value value) {
  size_t best = 0;
  for (size_t i = 1; i < steps.size(); ++i) {
    if (value(steps[i].confusion) > value(steps[best].confusion)) best = i;
  }
  const double score = steps[best].score;
  return best + 1 < steps.size() ? (score + steps[best + 1].score) / 2 : score;
}

}  // namespace

double Confusion::accuracy() const {
  return ratio(true_positives + true_negatives,
               true_positives + true_negatives + false_positives + false_negatives);
}
double Confusion::precision() const { return ratio(true_positives, true_positives + false_positives); }
double Confusion::recall() const { return ratio(true_positives, true_positives + false_negatives); }
double Confusion::f1() const {
  return ratio(2 * true_positives, 2 * true_positives + false_positives + false_negatives);
}

Confusion confusion_at(double threshold, std::span<const double> scores, std::span<const double> labels,
                       const ResampleCounts& counts) {
  std::array<std::array<int64_t, 2>, 2> pairs = {};  // by what they were taken for and what they are
  for (size_t i = 0; i < scores.size(); ++i)
    pairs[scores[i] >= threshold ? 1 : 0][labels[i] == 1.0 ? 1 : 0] += counts.empty() ? 1 : counts[i];
  return {.true_positives = pairs[1][1],
          .false_positives = pairs[1][0],
          .false_negatives = pairs[0][1],
          .true_negatives = pairs[0][0]};
}

std::optional<double> average_precision(std::span<const double> scores, std::span<const double> labels) {
  const std::vector<Step> steps = steps_of(scores, labels);
  if (steps.empty()) return std::nullopt;
  double sum = 0.0, recall = 0.0;
  for (const Step& step : steps) {
    sum += (step.confusion.recall() - recall) * step.confusion.precision();
    recall = step.confusion.recall();
  }
  return sum;
}

ResampledPrecision::ResampledPrecision(std::span<const double> scores, std::span<const double> labels) {
  const std::vector<uint32_t> order = descending(scores);
  for (size_t i = 0; i < order.size(); ++i) {
    const bool ends_step = i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]];
    pairs_.push_back({order[i], labels[order[i]] == 1.0, ends_step});
  }
}

double ResampledPrecision::operator()(const ResampleCounts& counts) const {
  double sum = 0.0;  // of precision times positives of a step, over all positives in the end
  uint64_t taken = 0, positives = 0, positives_before = 0;
  for (const Pair& pair : pairs_) {
    taken += counts[pair.number];
    if (pair.is_positive) positives += counts[pair.number];
    if (!pair.ends_step || positives == positives_before) continue;
    sum += static_cast<double>(positives - positives_before) * static_cast<double>(positives) /
           static_cast<double>(taken);
    positives_before = positives;
  }
  return positives == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(positives);
}

std::optional<BestThresholds> best_thresholds(std::span<const double> scores,
                                              std::span<const double> labels) {
  const std::vector<Step> steps = steps_of(scores, labels);
  if (steps.empty()) return std::nullopt;
  return BestThresholds{
      .f1 = best_threshold(steps, [](const Confusion& confusion) { return confusion.f1(); }),
      .accuracy = best_threshold(steps, [](const Confusion& confusion) { return confusion.accuracy(); })};
}

}  // namespace angle
