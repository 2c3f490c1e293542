// Attention of one text in one head, forward and backward.
#pragma once

#include <cstdint>

#include "model/training/philox.h"

namespace angle {

/// Where a head's rows are, and the mask of its probabilities.
struct HeadShape {
  int64_t length;  // tokens
  int64_t head_size;
  int64_t row;         // elements from a token to the next in query, key and value and their gradients
  int64_t output_row;  // the same in the output and its gradient
  MaskSource mask;
  int64_t mask_row;  // row of the mask for the first token
  float mask_scale;  // of what dropout keeps; 0: no dropout
};

template <class T>
struct HeadInputs {
  const T *query, *key, *value;
};

template <class T>
struct HeadGradients {
  T *query, *key, *value;
};

/// Floats of scratch memory that either direction needs.
int64_t head_scratch(int64_t length, int64_t head_size);

template <class T>
void head_forward(const HeadShape& shape, const HeadInputs<T>& inputs, T* output, float* scratch);

/// @param gradient  by the output
template <class T>
void head_backward(const HeadShape& shape, const HeadInputs<T>& inputs, const T* gradient,
                   const HeadGradients<T>& result, float* scratch);

}  // namespace angle
