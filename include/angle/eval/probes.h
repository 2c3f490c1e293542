// What classes can be read off embeddings: a simple classifier on frozen vectors tells how much of a
// distinction is in them.
#pragma once

#include <cstdint>
#include <vector>

#include "angle/tensor.h"

namespace angle {

/// Vectors and their classes.
struct LabelledVectors {
  Tensor vectors;               // [texts, dims] float32
  std::vector<int64_t> labels;  // [texts], 0 to the number of classes − 1
};

/// The class that most of the `neighbours` nearest training vectors by cosine have, of equally frequent ones
/// that of the nearest.
///
/// @param vectors  [texts, dims] float32
/// @return         [texts]
std::vector<int64_t> classify_by_neighbours(const LabelledVectors& training, const Tensor& vectors,
                                            int64_t neighbours);

/// Multinomial logistic regression: softmax(W x + b).
struct LogisticRegression {
  Tensor weight;  // [classes, dims] float64
  Tensor bias;    // [classes] float64

  /// @param vectors  [texts, dims] float32
  /// @return         [texts]
  std::vector<int64_t> classify(const Tensor& vectors) const;
};

/// Minimises ½ ‖W‖² + c · Σ cross entropy, of two classes ½ ‖W₁ − W₀‖² + c · Σ cross entropy (scikit-learn's
/// objectives, whose default c is 1), by L-BFGS (Liu & Nocedal, Mathematical Programming 1989), until no
/// element of the gradient is above 1e-6 of c · texts.
///
/// @param classes  at least the highest label + 1
LogisticRegression fit_logistic_regression(const LabelledVectors& training, int64_t classes, double c = 1.0);

}  // namespace angle
