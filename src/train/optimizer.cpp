#include "angle/train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "angle/cpu_features.h"

#include "train/adamw_kernel.h"

namespace angle {
namespace {

/// What the parameters of a group have in common: the factor of the learning rate, and whether they decay.
using GroupKey = std::pair<double, bool>;

/// The lists that one fused call updates.
struct Group {
  std::vector<Tensor> parameters, gradients, exp_avgs, exp_avg_sqs, steps;
};

constexpr int64_t kStripe = 1 << 13;    // numbers that a thread updates one after the other, about
constexpr int64_t kSumBlock = 1 << 14;  // numbers whose squares are added up in float32

/// For this CPU, which has AVX2.
const AdamWKernels& adamw() { return cpu_features().avx512 ? adamw_avx512 : adamw_avx2; }

/// Whether the kernels of adamw_kernel.h take it.
bool is_plain(const Parameter& parameter) {
  return parameter.tensor.is_cpu() && parameter.tensor.scalar_type() == at::kFloat &&
         parameter.tensor.is_contiguous();
}

/// Numbers of a row: of all dimensions but the first; a vector is one row.
int64_t row_size(const Tensor& parameter) {
  return parameter.dim() < 2 ? parameter.numel() : parameter.numel() / parameter.size(0);
}

int64_t rows_of(const Tensor& parameter) { return parameter.numel() / row_size(parameter); }

/// The gradient for LibTorch's kernels, which takes the place of a sparse one.
const Tensor& dense_gradient(const Tensor& parameter) {
  Tensor& gradient = parameter.mutable_grad();
  if (gradient.is_sparse()) gradient = gradient.to_dense();
  return gradient;
}

/// Calls run(first, last) for stripes of all rows, which threads take in turn: the words at the beginning
/// of a vocabulary are the frequent ones, and those that no text has are updated faster.
template <class Run>
void for_stripes(int64_t rows, int64_t size, const Run& run) {
  const int64_t stripe = std::max<int64_t>(1, kStripe / size);  // rows
  const int64_t stripes = at::divup(rows, stripe), threads = at::get_num_threads();
  at::parallel_for(0, std::min(stripes, threads), 1, [&](int64_t begin, int64_t end) {
    for (int64_t thread = begin; thread < end; ++thread)
      for (int64_t i = thread; i < stripes; i += threads) run(i * stripe, std::min((i + 1) * stripe, rows));
  });
}

/// The rows of a gradient, dense or sparse, from one on.
class GradientRows {
 public:
  explicit GradientRows(const Tensor& gradient)
      : values_(values_of(gradient)), size_(row_size(values_)), values_at_(values_.const_data_ptr<float>()) {
    if (!gradient.is_sparse()) return;
    rows_ = gradient._indices()[0].contiguous();
    first_ = rows_.const_data_ptr<int64_t>();
    last_ = first_ + rows_.numel();
  }

  /// The numbers that are not zero for certain.
  static Tensor values_of(const Tensor& gradient) {
    return (gradient.is_sparse() ? gradient._values() : gradient).contiguous();
  }

  /// Calls run(row, its gradient) for some rows, in order. The gradient is null where the row has none.
  template <class Run>
  void for_each(int64_t first, int64_t last, const Run& run) const {
    if (first_ == nullptr) {
      for (int64_t row = first; row < last; ++row) run(row, values_at_ + row * size_);
      return;
    }
    const int64_t* next = std::lower_bound(first_, last_, first);
    for (int64_t row = first; row < last; ++row) {
      const bool has = next != last_ && *next == row;
      run(row, has ? values_at_ + (next - first_) * size_ : nullptr);
      if (has) ++next;
    }
  }

 private:
  Tensor values_, rows_;
  int64_t size_;
  const float* values_at_;
  const int64_t *first_ = nullptr, *last_ = nullptr;  // the rows of a sparse gradient, ascending
};

double squares_of(const Tensor& gradient) {
  const Tensor from = GradientRows::values_of(gradient);
  const auto* const numbers = from.const_data_ptr<float>();
  const int64_t count = from.numel();
  std::vector<double> sums(static_cast<size_t>(at::divup(count, kSumBlock)));
  at::parallel_for(0, at::divup(count, kSumBlock), 1, [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = block * kSumBlock;
      sums[static_cast<size_t>(block)] =
          adamw().sum_of_squares(numbers + begin, std::min(kSumBlock, count - begin));
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

/// Of the step that a parameter is about to make.
///
/// @param step  its number, from 1
/// @param rate  of this parameter
AdamWFactors factors_of(const AdamWOptions& options, float step, double rate, double weight_decay,
                        double gradient_factor) {
  return {.gradient = static_cast<float>(gradient_factor),
          .beta1 = static_cast<float>(options.beta1),
          .beta2 = static_cast<float>(options.beta2),
          .decay = static_cast<float>(1 - rate * weight_decay),
          .step = static_cast<float>(rate / (1 - std::pow(options.beta1, step))),
          .inverse_root = static_cast<float>(1 / std::sqrt(1 - std::pow(options.beta2, step))),
          .epsilon = static_cast<float>(options.epsilon)};
}

}  // namespace

double clipping_factor(double norm, double max_norm) {
  return max_norm > 0 ? std::min(1.0, max_norm / (norm + 1e-6)) : 1.0;
}

AdamW::AdamW(std::vector<Parameter> parameters, AdamWOptions options)
    : parameters_(std::move(parameters)),
      options_(options),
      in_one_pass_(cpu_features().avx2 && std::all_of(parameters_.begin(), parameters_.end(), is_plain)),
      resting_rows_(parameters_.size()) {
  for (Parameter& parameter : parameters_) {
    parameter.tensor.requires_grad_(true);
    exp_avgs_.push_back(at::zeros_like(parameter.tensor));
    exp_avg_sqs_.push_back(at::zeros_like(parameter.tensor));
    steps_.push_back(at::zeros({}, parameter.tensor.options().dtype(at::kFloat)));
  }
}

void AdamW::step(double learning_rate, double gradient_factor) {
  const at::NoGradGuard no_grad;
  if (in_one_pass_) {
    for (const size_t i : with_gradient()) step_in_one_pass(i, learning_rate, gradient_factor);
    return;
  }
  if (gradient_factor != 1) at::_foreach_mul_(gradients(), gradient_factor);
  step_by_torch(learning_rate);
}

void AdamW::step_by_torch(double learning_rate) {
  std::map<GroupKey, Group> groups;
  for (const size_t i : with_gradient()) {
    const Tensor& tensor = parameters_[i].tensor;
    Group& group = groups[{parameters_[i].rate_factor, parameters_[i].decays}];
    group.parameters.push_back(tensor);
    group.gradients.push_back(dense_gradient(tensor));
    group.exp_avgs.push_back(exp_avgs_[i]);
    group.exp_avg_sqs.push_back(exp_avg_sqs_[i]);
    group.steps.push_back(steps_[i]);
  }
  for (auto& [key, group] : groups) {
    const auto& [rate_factor, decays] = key;
    at::_foreach_add_(group.steps, 1);  // the fused kernel expects the number of this step
    at::_fused_adamw_(group.parameters, group.gradients, group.exp_avgs, group.exp_avg_sqs,
                      /*max_exp_avg_sqs=*/{}, group.steps, learning_rate * rate_factor, options_.beta1,
                      options_.beta2, decays ? options_.weight_decay : 0.0, options_.epsilon,
                      /*amsgrad=*/false, /*maximize=*/false);
  }
}

void AdamW::step_in_one_pass(size_t parameter, double learning_rate, double gradient_factor) {
  const Parameter& trained = parameters_[parameter];
  const Tensor& tensor = trained.tensor;
  const GradientRows gradient(tensor.grad());
  uint8_t* const at_rest = resting_rows(parameter).at_rest.data();
  auto& step = *steps_[parameter].mutable_data_ptr<float>();
  step += 1;
  const AdamWFactors factors = factors_of(options_, step, learning_rate * trained.rate_factor,
                                          trained.decays ? options_.weight_decay : 0.0, gradient_factor);
  auto *const numbers = tensor.mutable_data_ptr<float>(),
              *const first_moments = exp_avgs_[parameter].mutable_data_ptr<float>(),
              *const second_moments = exp_avg_sqs_[parameter].mutable_data_ptr<float>();
  const AdamWKernels& kernels = adamw();
  const int64_t size = row_size(tensor);
  const std::vector<float> zeros(static_cast<size_t>(size));
  const auto update_row = [&](int64_t row, const float* of_row) {
    const int64_t at = row * size;
    const AdamWNumbers part{numbers + at, of_row ? of_row : zeros.data(), first_moments + at,
                            second_moments + at, size};
    at_rest[row] = at_rest[row] != 0 && (of_row == nullptr || kernels.all_zero(of_row, size)) ? 1 : 0;
    if (at_rest[row] != 0)
      kernels.decay(part, factors);
    else
      kernels.update(part, factors);
  };
  for_stripes(rows_of(tensor), size,
              [&](int64_t first, int64_t last) { gradient.for_each(first, last, update_row); });
}

AdamW::RestingRows& AdamW::resting_rows(size_t parameter) {
  RestingRows& rows = resting_rows_[parameter];
  const Tensor &first = exp_avgs_[parameter], &second = exp_avg_sqs_[parameter];
  const int64_t versions[] = {first._version(), second._version()};
  if (!rows.at_rest.empty() && std::equal(versions, versions + 2, rows.versions)) return rows;
  std::copy_n(versions, 2, rows.versions);
  const int64_t size = row_size(first);
  rows.at_rest.resize(static_cast<size_t>(rows_of(first)));
  const auto all_zero = adamw().all_zero;
  const auto *const firsts = first.const_data_ptr<float>(), *const seconds = second.const_data_ptr<float>();
  for (size_t row = 0; row < rows.at_rest.size(); ++row) {
    const int64_t begin = static_cast<int64_t>(row) * size;
    rows.at_rest[row] = all_zero(firsts + begin, size) && all_zero(seconds + begin, size) ? 1 : 0;
  }
  return rows;
}

void AdamW::zero_grad() {
  for (Parameter& parameter : parameters_) parameter.tensor.mutable_grad() = Tensor();
}

std::vector<size_t> AdamW::with_gradient() const {
  std::vector<size_t> found;
  for (size_t i = 0; i < parameters_.size(); ++i)
    if (parameters_[i].tensor.grad().defined()) found.push_back(i);
  return found;
}

std::vector<Tensor> AdamW::gradients() const {
  std::vector<Tensor> all;
  for (const size_t i : with_gradient()) all.push_back(dense_gradient(parameters_[i].tensor));
  return all;
}

double AdamW::gradient_norm() const {
  const at::NoGradGuard no_grad;
  if (!in_one_pass_) return at::stack(at::_foreach_norm(gradients(), 2)).norm().item<double>();
  double squares = 0;
  for (const size_t i : with_gradient()) squares += squares_of(parameters_[i].tensor.grad());
  return std::sqrt(squares);
}

std::vector<NamedTensor> AdamW::state() const {
  std::vector<NamedTensor> tensors;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    tensors.push_back({parameters_[i].name + ".exp_avg", exp_avgs_[i]});
    tensors.push_back({parameters_[i].name + ".exp_avg_sq", exp_avg_sqs_[i]});
    tensors.push_back({parameters_[i].name + ".step", steps_[i]});
  }
  return tensors;
}

}  // namespace angle
