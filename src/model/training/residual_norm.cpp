#include "model/training/residual_norm.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/training/element_bits.h"
#include "model/training/kernels/training_kernels.h"

namespace angle {
namespace {

using kernels::NormStatistics;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Rows whose gradients by weight and bias are added up together. Fixed, so that sums do not depend on the
/// number of threads.
constexpr int64_t kRowsPerSum = 32;

/// What all rows have in common.
struct Shape {
  kernels::NormShape norm;
  MaskSource mask;
};

/// The mask of one row; all ones without dropout.
void draw_row(const Shape& shape, int64_t row, std::vector<uint16_t>& words) {
  const int64_t count = mask_words(shape.norm.hidden);
  if (shape.norm.scale > 0) keep_bits(shape.mask, row * count, count, words.data());
}

struct Forward {
  Tensor output, sum, statistics;  // [rows, hidden], [rows, hidden], float32 [rows, 2]
};

template <class T>
Forward run_forward(const Shape& shape, const Tensor& input, const Tensor& residual, const Tensor& bias) {
  const int64_t rows = input.size(0), hidden = shape.norm.hidden;
  Forward result{at::empty_like(input), at::empty_like(input),
                 at::empty({rows, 2}, input.options().dtype(at::kFloat))};
  const auto norm_forward = kernels::training_kernels<T>().norm_forward;
  const auto* const b = bias.const_data_ptr<float>();
  const T *const from = elements_of<T>(input), *const other = elements_of<T>(residual);
  T *const to = mutable_elements_of<T>(result.output), *const sum = mutable_elements_of<T>(result.sum);
  auto* const statistics = reinterpret_cast<NormStatistics*>(result.statistics.mutable_data_ptr<float>());
  at::parallel_for(0, rows, kRowsPerSum, [&](int64_t begin, int64_t end) {
    std::vector<uint16_t> kept(static_cast<size_t>(mask_words(hidden)), 0xFFFF);
    for (int64_t row = begin; row < end; ++row) {
      const int64_t at = row * hidden;
      draw_row(shape, row, kept);
      statistics[row] = norm_forward(shape.norm, b, {kept.data(), from + at, other + at, sum + at, to + at});
    }
  });
  return result;
}

struct Backward {
  Tensor by_input, by_residual, by_weight, by_bias;
};

template <class T>
Backward run_backward(const Shape& shape, const Tensor& gradient, const Tensor& sum,
                      const Tensor& statistics) {
  const int64_t rows = sum.size(0), hidden = shape.norm.hidden;
  const int64_t blocks = (rows + kRowsPerSum - 1) / kRowsPerSum;
  const Tensor by_residual = at::empty_like(sum);
  const Tensor by_input = shape.norm.scale > 0 ? at::empty_like(sum) : by_residual;
  const Tensor sums = at::zeros({blocks, 2, hidden}, statistics.options());
  const auto norm_backward = kernels::training_kernels<T>().norm_backward;
  const T *const g = elements_of<T>(gradient), *const s = elements_of<T>(sum);
  T *const r = mutable_elements_of<T>(by_residual), *const x = mutable_elements_of<T>(by_input);
  auto* const block_sums = sums.mutable_data_ptr<float>();
  const auto* const row_statistics =
      reinterpret_cast<const NormStatistics*>(statistics.const_data_ptr<float>());
  at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
    std::vector<uint16_t> kept(static_cast<size_t>(mask_words(hidden)), 0xFFFF);
    for (int64_t row = begin * kRowsPerSum; row < std::min(end * kRowsPerSum, rows); ++row) {
      const int64_t at = row * hidden;
      float* const weight_sum = block_sums + row / kRowsPerSum * 2 * hidden;
      draw_row(shape, row, kept);
      norm_backward(shape.norm, {kept.data(), g + at, s + at, row_statistics[row], weight_sum,
                                 weight_sum + hidden, r + at, x + at});
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
    const Shape shape = make_shape(weight, settings);
    const Forward result = with_element_of(
        input, [&](auto element) { return run_forward<decltype(element)>(shape, input, residual, bias); });
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
    const Shape shape = make_shape(saved[2], {context->saved_data["epsilon"].toDouble(), mask});
    const Tensor gradient = gradients[0].contiguous();
    const Backward result = with_element_of(gradient, [&](auto element) {
      return run_backward<decltype(element)>(shape, gradient, saved[0], saved[1]);
    });
    return {result.by_input, result.by_residual, result.by_weight, result.by_bias, Tensor()};
  }

  static Shape make_shape(const Tensor& weight, const Settings& settings) {
    const auto& [epsilon, mask] = settings;
    return {{.hidden = weight.size(0),
             .epsilon = static_cast<float>(epsilon),
             .scale = mask.drops() ? static_cast<float>(mask.scale()) : 0.0F,
             .weight = weight.const_data_ptr<float>()},
            {mask.seed, mask.draw, mask.threshold()}};
  }
};

}  // namespace

Tensor residual_norm(const Tensor& input, const Tensor& residual, const LayerNorm& norm, double epsilon,
                     const DropoutMask& mask) {
  return ResidualNorm::apply(input.contiguous(), residual.contiguous(), norm.weight, norm.bias,
                             Settings{epsilon, mask});
}

}  // namespace angle
