#include "model/training/residual_norm.h"

#include <cmath>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/training/avx512.h"
#include "model/training/philox.h"

namespace angle {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Rows whose gradients by weight and bias are added up together. Fixed, so that sums do not depend on the
/// number of threads.
constexpr int64_t kRowsPerSum = 32;

/// What all rows have in common.
struct Shape {
  int64_t hidden;
  float epsilon;
  MaskSource mask;
  float scale;  // of what dropout keeps; 0: no dropout
};

struct Statistics {
  float mean, inverse_deviation;
};

/// What one row is made of, and where its results go. `kept` is its mask.
template <class T>
struct ForwardRow {
  const uint16_t* kept;
  const T *input, *residual;
  T *sum, *output;
};

template <class T>
struct BackwardRow {
  const uint16_t* kept;
  const T *gradient, *sum;
  float *weight_sum, *bias_sum;
  T *by_residual, *by_input;
};

/// The mask of one row; all ones without dropout.
void draw_row(const Shape& shape, int64_t row, std::vector<uint16_t>& words) {
  const int64_t count = mask_words(shape.hidden);
  if (shape.scale > 0) keep_bits(shape.mask, row * count, count, words.data());
}

template <class T>
ANGLE_AVX512 Statistics forward_row(const Shape& shape, const ForwardRow<T>& row, const float* weight,
                                    const float* bias) {
  const int64_t hidden = shape.hidden;
  const __m512 scale = _mm512_set1_ps(shape.scale > 0 ? shape.scale : 1.0F);
  __m512 total = _mm512_setzero_ps();
  for (int64_t i = 0, word = 0; i < hidden; i += avx512::kLanes, ++word) {
    const __mmask16 lanes = avx512::first_lanes(hidden - i);
    const __m512 x = _mm512_maskz_mul_ps(row.kept[word], avx512::load(row.input + i, lanes), scale);
    const __m512 s = _mm512_add_ps(x, avx512::load(row.residual + i, lanes));
    avx512::store(row.sum + i, lanes, s);
    total = _mm512_add_ps(total, s);
  }
  const float mean = _mm512_reduce_add_ps(total) / static_cast<float>(hidden);
  __m512 squares = _mm512_setzero_ps();
  for (int64_t i = 0; i < hidden; i += avx512::kLanes) {
    const __mmask16 lanes = avx512::first_lanes(hidden - i);
    const __m512 centered =
        _mm512_maskz_sub_ps(lanes, avx512::load(row.sum + i, lanes), _mm512_set1_ps(mean));
    squares = _mm512_fmadd_ps(centered, centered, squares);
  }
  const float variance = _mm512_reduce_add_ps(squares) / static_cast<float>(hidden);
  const float inverse = 1 / std::sqrt(variance + shape.epsilon);
  for (int64_t i = 0; i < hidden; i += avx512::kLanes) {
    const __mmask16 lanes = avx512::first_lanes(hidden - i);
    const __m512 centered = _mm512_sub_ps(avx512::load(row.sum + i, lanes), _mm512_set1_ps(mean));
    const __m512 normal = _mm512_mul_ps(centered, _mm512_set1_ps(inverse));
    avx512::store(row.output + i, lanes,
                  _mm512_fmadd_ps(normal, avx512::load(weight + i, lanes), avx512::load(bias + i, lanes)));
  }
  return {mean, inverse};
}

/// With n = (sum − mean)/σ and g = gradient·weight: ∂sum = (g − mean(g) − n·mean(g·n))/σ.
template <class T>
ANGLE_AVX512 void backward_row(const Shape& shape, const BackwardRow<T>& row, Statistics statistics,
                               const float* weight) {
  const int64_t hidden = shape.hidden;
  const __m512 mean = _mm512_set1_ps(statistics.mean), inverse = _mm512_set1_ps(statistics.inverse_deviation);
  __m512 total = _mm512_setzero_ps(), projection = _mm512_setzero_ps();
  for (int64_t i = 0; i < hidden; i += avx512::kLanes) {
    const __mmask16 lanes = avx512::first_lanes(hidden - i);
    const __m512 normal = _mm512_mul_ps(_mm512_sub_ps(avx512::load(row.sum + i, lanes), mean), inverse);
    const __m512 by_output = avx512::load(row.gradient + i, lanes);  // 0 outside the lanes
    const __m512 g = _mm512_mul_ps(by_output, avx512::load(weight + i, lanes));
    total = _mm512_add_ps(total, g);
    projection = _mm512_fmadd_ps(g, normal, projection);
    avx512::store(row.weight_sum + i, lanes,
                  _mm512_fmadd_ps(by_output, normal, avx512::load(row.weight_sum + i, lanes)));
    avx512::store(row.bias_sum + i, lanes, _mm512_add_ps(by_output, avx512::load(row.bias_sum + i, lanes)));
  }
  const __m512 share = _mm512_set1_ps(1.0F / static_cast<float>(hidden));
  total = _mm512_mul_ps(_mm512_set1_ps(_mm512_reduce_add_ps(total)), share);
  projection = _mm512_mul_ps(_mm512_set1_ps(_mm512_reduce_add_ps(projection)), share);
  for (int64_t i = 0, word = 0; i < hidden; i += avx512::kLanes, ++word) {
    const __mmask16 lanes = avx512::first_lanes(hidden - i);
    const __m512 normal = _mm512_mul_ps(_mm512_sub_ps(avx512::load(row.sum + i, lanes), mean), inverse);
    const __m512 g = _mm512_mul_ps(avx512::load(row.gradient + i, lanes), avx512::load(weight + i, lanes));
    const __m512 centered = _mm512_fnmadd_ps(normal, projection, _mm512_sub_ps(g, total));
    const __m512 by_sum = _mm512_mul_ps(centered, inverse);
    avx512::store(row.by_residual + i, lanes, by_sum);
    if (shape.scale > 0)
      avx512::store(row.by_input + i, lanes,
                    _mm512_maskz_mul_ps(row.kept[word], by_sum, _mm512_set1_ps(shape.scale)));
  }
}

struct Forward {
  Tensor output, sum, statistics;  // [rows, hidden], [rows, hidden], float32 [rows, 2]
};

template <class T>
Forward run_forward(const Shape& shape, const Tensor& input, const Tensor& residual, const Tensor& weight,
                    const Tensor& bias) {
  const int64_t rows = input.size(0), hidden = shape.hidden;
  Forward result{at::empty_like(input), at::empty_like(input), at::empty({rows, 2}, weight.options())};
  const T *const from = input.const_data_ptr<T>(), *const other = residual.const_data_ptr<T>();
  T *const to = result.output.mutable_data_ptr<T>(), *const sum = result.sum.mutable_data_ptr<T>();
  const auto *const w = weight.const_data_ptr<float>(), *const b = bias.const_data_ptr<float>();
  auto* const statistics = reinterpret_cast<Statistics*>(result.statistics.mutable_data_ptr<float>());
  at::parallel_for(0, rows, kRowsPerSum, [&](int64_t begin, int64_t end) {
    std::vector<uint16_t> kept(static_cast<size_t>(mask_words(hidden)), 0xFFFF);
    for (int64_t row = begin; row < end; ++row) {
      const int64_t at = row * hidden;
      draw_row(shape, row, kept);
      const ForwardRow<T> pointers{kept.data(), from + at, other + at, sum + at, to + at};
      statistics[row] = forward_row(shape, pointers, w, b);
    }
  });
  return result;
}

struct Backward {
  Tensor by_input, by_residual, by_weight, by_bias;
};

template <class T>
Backward run_backward(const Shape& shape, const Tensor& gradient, const Tensor& sum, const Tensor& statistics,
                      const Tensor& weight) {
  const int64_t rows = sum.size(0), hidden = shape.hidden;
  const int64_t blocks = (rows + kRowsPerSum - 1) / kRowsPerSum;
  const Tensor by_residual = at::empty_like(sum);
  const Tensor by_input = shape.scale > 0 ? at::empty_like(sum) : by_residual;
  const Tensor sums = at::zeros({blocks, 2, hidden}, weight.options());
  const T *const g = gradient.const_data_ptr<T>(), *const s = sum.const_data_ptr<T>();
  T *const r = by_residual.mutable_data_ptr<T>(), *const x = by_input.mutable_data_ptr<T>();
  const auto* const w = weight.const_data_ptr<float>();
  auto* const block_sums = sums.mutable_data_ptr<float>();
  const auto* const row_statistics = reinterpret_cast<const Statistics*>(statistics.const_data_ptr<float>());
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    std::vector<uint16_t> kept(static_cast<size_t>(mask_words(hidden)), 0xFFFF);
    for (int64_t row = begin * kRowsPerSum; row < std::min(end * kRowsPerSum, rows); ++row) {
      const int64_t at = row * hidden;
      float* const weight_sum = block_sums + row / kRowsPerSum * 2 * hidden;
      draw_row(shape, row, kept);
      const BackwardRow<T> pointers{kept.data(),         g + at, s + at, weight_sum,
                                    weight_sum + hidden, r + at, x + at};
      backward_row(shape, pointers, row_statistics[row], w);
    }
  });
  const Tensor total = sums.sum(0);
  return {by_input, by_residual, total[0], total[1]};
}

struct Settings {
  double epsilon;
  DropoutMask mask;
};

struct ResidualNorm : torch::autograd::Function<ResidualNorm> {
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& residual,
                        const Tensor& weight, const Tensor& bias, const Settings& settings) {
    const auto& [epsilon, mask] = settings;
    const Shape shape = make_shape(input, settings);
    const Forward result = input.scalar_type() == at::kBFloat16
                               ? run_forward<c10::BFloat16>(shape, input, residual, weight, bias)
                               : run_forward<float>(shape, input, residual, weight, bias);
    context->save_for_backward({result.sum, result.statistics, weight});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["seed"] = static_cast<int64_t>(mask.seed);
    context->saved_data["draw"] = static_cast<int64_t>(mask.draw);
    context->saved_data["probability"] = mask.probability;
    return result.output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const DropoutMask mask{static_cast<uint64_t>(context->saved_data["seed"].toInt()),
                           static_cast<uint64_t>(context->saved_data["draw"].toInt()),
                           context->saved_data["probability"].toDouble()};
    const Shape shape = make_shape(saved[0], {context->saved_data["epsilon"].toDouble(), mask});
    const Tensor gradient = gradients[0].contiguous();
    const Backward result = saved[0].scalar_type() == at::kBFloat16
                                ? run_backward<c10::BFloat16>(shape, gradient, saved[0], saved[1], saved[2])
                                : run_backward<float>(shape, gradient, saved[0], saved[1], saved[2]);
    return {result.by_input, result.by_residual, result.by_weight, result.by_bias, Tensor()};
  }

  static Shape make_shape(const Tensor& rows, const Settings& settings) {
    const auto& [epsilon, mask] = settings;
    return {rows.size(1),
            static_cast<float>(epsilon),
            {mask.seed, mask.draw, mask.threshold()},
            mask.drops() ? static_cast<float>(mask.scale()) : 0.0F};
  }
};

}  // namespace

Tensor residual_norm(const Tensor& input, const Tensor& residual, const LayerNorm& norm, double epsilon,
                     const DropoutMask& mask) {
  return ResidualNorm::apply(input.contiguous(), residual.contiguous(), norm.weight, norm.bias,
                             Settings{epsilon, mask});
}

}  // namespace angle
