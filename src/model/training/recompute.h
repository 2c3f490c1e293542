// Gradient checkpointing (Chen et al., arXiv 1604.06174): time for memory.
#pragma once

#include <functional>

#include "angle/tensor.h"

namespace angle {

/// function(input), of which nothing is kept for the backward pass but the input: there the function is
/// called again and its gradients, those of the weights it uses included, are computed then.
///
/// @param function  gives the same result again; what it refers to outlives the backward pass
/// @param weight    one that the function uses and that has a gradient, so that there is one to ask for even
///                  when the input has none
Tensor recompute_in_backward(std::function<Tensor(const Tensor&)> function, const Tensor& input,
                             const Tensor& weight);

}  // namespace angle
