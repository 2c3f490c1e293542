#include "angle/eval/probes.h"

#include <algorithm>
#include <deque>
#include <map>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "angle/eval/top_documents.h"

#include "embed/normalized.h"
#include "eval/search.h"

namespace angle {
namespace {

/// The objective of logistic regression over one vector of parameters, [classes · (dims + 1)].
class LogisticLoss {
 public:
  LogisticLoss(const LabelledVectors& training, int64_t classes, double c)
      : vectors_and_ones_(at::cat(
            {training.vectors.to(at::kDouble), at::ones({training.vectors.size(0), 1}, at::kDouble)}, 1)),
        labels_(at::tensor(training.labels, at::kLong)),
        classes_(classes),
        c_(c) {}

  Tensor start() const { return at::zeros({classes_ * vectors_and_ones_.size(1)}, at::kDouble); }

  /// W and b side by side, [classes, dims + 1].
  Tensor matrix(const Tensor& parameters) const { return parameters.view({classes_, -1}); }

  struct Value {
    double loss = 0.0;
    Tensor gradient;
  };

  Value operator()(const Tensor& parameters) const {
    const Tensor matrix = this->matrix(parameters);
    const Tensor log_shares = vectors_and_ones_.matmul(matrix.t()).log_softmax(1);  // [texts, classes]
    const Tensor weight = matrix.narrow(1, 0, matrix.size(1) - 1);
    const Tensor of_labels = log_shares.gather(1, labels_.unsqueeze(1));
    const Tensor errors = log_shares.exp() - at::one_hot(labels_, classes_);
    Tensor gradient = c_ * errors.t().matmul(vectors_and_ones_);
    gradient.narrow(1, 0, matrix.size(1) - 1).add_(weight);
    return {0.5 * weight.square().sum().item<double>() - c_ * of_labels.sum().item<double>(),
            gradient.reshape({-1})};
  }

  double gradient_tolerance() const { return 1e-6 * c_ * static_cast<double>(labels_.size(0)); }

 private:
  Tensor vectors_and_ones_;  // [texts, dims + 1] float64
  Tensor labels_;            // [texts]
  int64_t classes_;
  double c_;
};

double inner_product(const Tensor& a, const Tensor& b) { return a.dot(b).item<double>(); }

/// The last steps of L-BFGS and how the gradient changed over them.
class CurvatureMemory {
 public:
  void add(Tensor step, Tensor change) {
    if (inner_product(step, change) <= 1e-12 * inner_product(change, change))
      return;  // would not stay positive definite
    pairs_.push_back({std::move(step), std::move(change)});
    if (pairs_.size() > kPairs) pairs_.pop_front();
  }

  /// Minus the approximate inverse Hessian times the gradient, by the two-loop recursion.
  Tensor direction(const Tensor& gradient) const {
    Tensor result = -gradient;
    std::vector<double> factors;
    for (size_t i = pairs_.size(); i-- > 0;) {
      const Pair& pair = pairs_[i];
      factors.push_back(inner_product(pair.step, result) / inner_product(pair.step, pair.change));
      result = result - factors.back() * pair.change;
    }
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      result = result * (inner_product(last.step, last.change) / inner_product(last.change, last.change));
    }
    for (const Pair& pair : pairs_) {
      const double back = inner_product(pair.change, result) / inner_product(pair.step, pair.change);
      result = result + (factors.back() - back) * pair.step;
      factors.pop_back();
    }
    return result;
  }

 private:
  static constexpr size_t kPairs = 10;
  struct Pair {
    Tensor step;
    Tensor change;
  };
  std::deque<Pair> pairs_;
};

/// The minimum of a smooth convex function.
Tensor minimise(const LogisticLoss& loss) {
  constexpr int kMaxSteps = 1000, kMaxHalvings = 40;
  Tensor parameters = loss.start();
  LogisticLoss::Value value = loss(parameters);
  CurvatureMemory memory;
  for (int step = 0; step < kMaxSteps; ++step) {
    if (value.gradient.abs().max().item<double>() <= loss.gradient_tolerance()) break;
    const Tensor direction = memory.direction(value.gradient);
    const double slope = inner_product(direction, value.gradient);
    double length = step == 0 ? 1.0 / value.gradient.norm().item<double>() : 1.0;
    LogisticLoss::Value next = loss(parameters + length * direction);
    for (int halving = 0; next.loss > value.loss + 1e-4 * length * slope; ++halving) {
      if (halving == kMaxHalvings) return parameters;  // no progress beyond rounding
      length /= 2;
      next = loss(parameters + length * direction);
    }
    memory.add(length * direction, next.gradient - value.gradient);
    parameters = parameters + length * direction;
    value = std::move(next);
  }
  return parameters;
}

std::vector<int64_t> to_list(const Tensor& numbers) {
  const Tensor values = numbers.contiguous();
  return {values.const_data_ptr<int64_t>(), values.const_data_ptr<int64_t>() + values.numel()};
}

}  // namespace

std::vector<int64_t> classify_by_neighbours(const LabelledVectors& training, const Tensor& vectors,
                                            int64_t neighbours) {
  const c10::InferenceMode no_gradients;
  TopDocuments nearest(vectors.size(0), std::min(neighbours, training.vectors.size(0)));
  add_scores(nearest, normalized(vectors), normalized(training.vectors), 0);
  std::vector<int64_t> predicted;
  for (int64_t i = 0; i < vectors.size(0); ++i) {
    std::map<int64_t, int64_t> votes;
    const std::vector<ScoredDocument> found = nearest.ranked(i);
    for (const ScoredDocument& document : found)
      ++votes[training.labels[static_cast<size_t>(document.document)]];
    int64_t best = training.labels[static_cast<size_t>(found.front().document)];
    for (const ScoredDocument& document : found) {
      const int64_t label = training.labels[static_cast<size_t>(document.document)];
      if (votes[label] > votes[best]) best = label;
    }
    predicted.push_back(best);
  }
  return predicted;
}

LogisticRegression fit_logistic_regression(const LabelledVectors& training, int64_t classes, double c) {
  const c10::InferenceMode no_gradients;
  // Of two classes only the difference w of their rows counts. The best rows are ± w / 2, so ½ ‖W‖² = ¼ ‖w‖²
  // is half of w's own penalty.
  const LogisticLoss loss(training, classes, classes == 2 ? c / 2 : c);
  const Tensor matrix = loss.matrix(minimise(loss));
  const int64_t dims = training.vectors.size(1);
  return {matrix.narrow(1, 0, dims), matrix.select(1, dims)};
}

std::vector<int64_t> LogisticRegression::classify(const Tensor& vectors) const {
  const c10::InferenceMode no_gradients;
  return to_list((vectors.to(at::kDouble).matmul(weight.t()) + bias).argmax(1));
}

}  // namespace angle
