// The regression of Sentence-BERT (arXiv:1908.10084, section 3, "Regression Objective Function"): scores are
// brought to the labels themselves, where ranking (loss/ranking.h) looks at their order.
#pragma once

#include "angle/tensor.h"

namespace angle {

/// mean_i (s_i − t_i)², with t_i = (y_i − lowest) / (highest − lowest) the score that the label y_i stands
/// for.
///
/// Each pair is learned from alone, so one is enough, and equal labels are, too. Of no pairs the loss and its
/// gradient are 0.
///
/// @param scores           [pairs], bigger means more similar
/// @param labels           [pairs]; gets no gradient
/// @param lowest, highest  the labels whose pairs should score 0 and 1
/// @return                 [] of the type of the scores
Tensor regression_loss(const Tensor& scores, const Tensor& labels, double lowest, double highest);

}  // namespace angle
