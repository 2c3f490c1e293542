// Attention of one text in one head, forward and backward. Internal linkage, see lanes.h.
#pragma once

#include "model/kernels/transpose_kernel.h"
#include "model/training/kernels/exponential.h"
#include "model/training/kernels/small_matrix.h"
#include "model/training/kernels/training_kernels.h"

namespace angle::kernels {
namespace {

/// Hands out parts of the scratch memory.
class Scratch {
 public:
  explicit Scratch(float* memory) : next_(memory) {}

  float* take(int64_t rows, int64_t columns) {
    float* const part = next_;
    next_ += rows * columns;
    return part;
  }

 private:
  float* next_;
};

/// to [length, head_size] = factor · rows of T.
template <class T>
void gather(const HeadShape& shape, const T* from, int64_t row, float factor, float* to) {
  for (int64_t t = 0; t < shape.length; ++t)
    for (int64_t i = 0; i < shape.head_size; i += kVector)
      store(to + t * shape.head_size + i,
            multiply(load(from + t * row + i, shape.head_size - i), all(factor)), shape.head_size - i);
}

template <class T>
void scatter(const float* from, int64_t tokens, int64_t columns, float factor, T* to, int64_t row) {
  for (int64_t t = 0; t < tokens; ++t)
    for (int64_t i = 0; i < columns; i += kVector)
      store(to + t * row + i, multiply(load(from + t * columns + i, columns - i), all(factor)), columns - i);
}

/// to [head_size, padded] = rowsᵀ.
inline void transpose_rows(const float* rows, int64_t length, int64_t head_size, int64_t padded, float* to) {
  transpose_columns(
      {.from = rows, .rows = length, .columns = head_size, .to = to, .stride = padded, .sums = nullptr}, 0,
      (head_size + kTransposedColumns - 1) / kTransposedColumns);
}

inline void softmax(float* scores, int64_t count) {
  Floats most = all(-__builtin_inff());
  for (int64_t i = 0; i < count; i += kVector)
    most = first_of(largest(most, load(scores + i, count - i)), count - i, most);
  const Floats shift = all(largest_of(most));
  Floats sum = zeros();
  for (int64_t i = 0; i < count; i += kVector) {
    const Floats power = exponential(subtract(load(scores + i, count - i), shift));
    sum = first_of(add(sum, power), count - i, sum);
    store(scores + i, power, count - i);
  }
  const Floats share = all(1 / sum_of(sum));
  for (int64_t i = 0; i < count; i += kVector)
    store(scores + i, multiply(load(scores + i, count - i), share), count - i);
}

/// Probabilities of `rows` query rows. @param keys [head_size, padded]
inline void probabilities(const HeadShape& shape, const float* queries, const float* keys, int64_t rows,
                          float* to) {
  const int64_t padded = padded_length(shape.length);
  multiply_matrices({queries, shape.head_size, 1}, {keys, padded}, {to, padded, false}, rows, shape.length,
                    shape.head_size);
  for (int64_t row = 0; row < rows; ++row) softmax(to + row * padded, shape.length);
}

/// The mask of one row of probabilities.
inline void drop(const HeadShape& shape, int64_t query_row, float* row) {
  constexpr int64_t kWordsAtOnce = 16;
  const Floats scale = all(shape.mask_scale);
  const int64_t words = mask_words(shape.length);
  uint16_t bits[kWordsAtOnce];
  for (int64_t word = 0; word < words; word += kWordsAtOnce) {
    const int64_t count = words - word < kWordsAtOnce ? words - word : kWordsAtOnce;
    keep_bits(shape.mask, (shape.mask_row + query_row) * words + word, count, bits);
    for (int64_t i = 0; i < count; ++i) {
      float* const at = row + (word + i) * kVector;  // rows are padded to whole vectors
      store(at, kept(multiply(load(at), scale), bits[i]));
    }
  }
}

/// Of one row, P the probabilities, M the mask's factors, G the gradient by P∘M:
/// by the scores it is P∘(M∘G − Σ P∘M∘G). Leaves P∘M in `probability` and the result in `gradient`.
inline void backward_row(const HeadShape& shape, int64_t query_row, float* probability, float* gradient) {
  const int64_t length = shape.length;
  if (shape.mask_scale > 0) drop(shape, query_row, gradient);
  Floats sum = zeros();
  for (int64_t i = 0; i < length; i += kVector)
    sum = multiply_add(load(probability + i, length - i), load(gradient + i, length - i), sum);
  const Floats total = all(sum_of(sum));
  for (int64_t i = 0; i < length; i += kVector) {
    const Floats centered = subtract(load(gradient + i, length - i), total);
    store(gradient + i, multiply(load(probability + i, length - i), centered), length - i);
  }
  if (shape.mask_scale > 0) drop(shape, query_row, probability);
}

inline float query_scale(const HeadShape& shape) {
  return 1 / __builtin_sqrtf(static_cast<float>(shape.head_size));
}

template <class T>
void head_forward(const HeadShape& shape, const HeadInputs<T>& inputs, T* output, float* scratch) {
  const int64_t length = shape.length, size = shape.head_size, padded = padded_length(length);
  Scratch memory(scratch);
  float *const query = memory.take(length, size), *const value = memory.take(length, size);
  float *const key = memory.take(length, size), *const keys = memory.take(size, padded);
  float *const scores = memory.take(kQueryRows, padded), *const result = memory.take(kQueryRows, size);
  gather(shape, inputs.query, shape.row, query_scale(shape), query);
  gather(shape, inputs.key, shape.row, 1, key);
  gather(shape, inputs.value, shape.row, 1, value);
  transpose_rows(key, length, size, padded, keys);
  for (int64_t first = 0; first < length; first += kQueryRows) {
    const int64_t rows = length - first < kQueryRows ? length - first : kQueryRows;
    probabilities(shape, query + first * size, keys, rows, scores);
    if (shape.mask_scale > 0)
      for (int64_t row = 0; row < rows; ++row) drop(shape, first + row, scores + row * padded);
    multiply_matrices({scores, padded, 1}, {value, size}, {result, size, false}, rows, size, length);
    scatter(result, rows, size, 1, output + first * shape.output_row, shape.output_row);
  }
}

template <class T>
void head_backward(const HeadShape& shape, const HeadInputs<T>& inputs, const T* gradient,
                   const HeadGradients<T>& result, float* scratch) {
  const int64_t length = shape.length, size = shape.head_size, padded = padded_length(length);
  Scratch memory(scratch);
  float *const query = memory.take(length, size), *const key = memory.take(length, size);
  float *const value = memory.take(length, size), *const by_output = memory.take(length, size);
  float *const by_key = memory.take(length, size), *const by_value = memory.take(length, size);
  float *const keys = memory.take(size, padded), *const values = memory.take(size, padded);
  float *const scores = memory.take(kQueryRows, padded), *const by_scores = memory.take(kQueryRows, padded);
  float* const by_query = memory.take(kQueryRows, size);
  gather(shape, inputs.query, shape.row, query_scale(shape), query);
  gather(shape, inputs.key, shape.row, 1, key);
  gather(shape, inputs.value, shape.row, 1, value);
  gather(shape, gradient, shape.output_row, 1, by_output);
  transpose_rows(key, length, size, padded, keys);
  transpose_rows(value, length, size, padded, values);
  for (int64_t first = 0; first < length; first += kQueryRows) {
    const int64_t rows = length - first < kQueryRows ? length - first : kQueryRows;
    const float *const queries = query + first * size, *const by_rows = by_output + first * size;
    const bool more = first > 0;
    probabilities(shape, queries, keys, rows, scores);
    multiply_matrices({by_rows, size, 1}, {values, padded}, {by_scores, padded, false}, rows, length, size);
    for (int64_t row = 0; row < rows; ++row)
      backward_row(shape, first + row, scores + row * padded, by_scores + row * padded);
    multiply_matrices({scores, 1, padded}, {by_rows, size}, {by_value, size, more}, length, size, rows);
    multiply_matrices({by_scores, 1, padded}, {queries, size}, {by_key, size, more}, length, size, rows);
    multiply_matrices({by_scores, padded, 1}, {key, size}, {by_query, size, false}, rows, size, length);
    scatter(by_query, rows, size, query_scale(shape), result.query + first * shape.row, shape.row);
  }
  scatter(by_key, length, size, 1, result.key, shape.row);
  scatter(by_value, length, size, 1, result.value, shape.row);
}

}  // namespace
}  // namespace angle::kernels
