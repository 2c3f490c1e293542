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

constexpr int64_t kStripe = 32;         // blocks of the moments that a thread updates one after the other
constexpr int64_t kSumBlock = 1 << 14;  // numbers whose squares are added up in float32

/// Whether the kernel of adamw_kernel.h takes it.
bool is_plain(const Parameter& parameter) {
  return parameter.tensor.is_cpu() && parameter.tensor.scalar_type() == at::kFloat &&
         parameter.tensor.is_contiguous();
}

/// Calls run(first, last) for stripes of all blocks, which threads take in turn: the words at the beginning
/// of a vocabulary are the frequent ones, and those that no text has are updated faster.
template <class Run>
void for_stripes(int64_t blocks, const Run& run) {
  const int64_t stripes = at::divup(blocks, kStripe), threads = at::get_num_threads();
  at::parallel_for(0, std::min(stripes, threads), 1, [&](int64_t begin, int64_t end) {
    for (int64_t thread = begin; thread < end; ++thread)
      for (int64_t stripe = thread; stripe < stripes; stripe += threads)
        run(stripe * kStripe, std::min((stripe + 1) * kStripe, blocks));
  });
}

double squares_of(const Tensor& gradient) {
  const Tensor from = gradient.contiguous();
  const auto* const numbers = from.const_data_ptr<float>();
  const int64_t count = from.numel();
  std::vector<double> sums(static_cast<size_t>(at::divup(count, kSumBlock)));
  at::parallel_for(0, at::divup(count, kSumBlock), 1, [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = block * kSumBlock;
      sums[static_cast<size_t>(block)] = sum_of_squares(numbers + begin, std::min(kSumBlock, count - begin));
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace

double clipping_factor(double norm, double max_norm) {
  return max_norm > 0 ? std::min(1.0, max_norm / (norm + 1e-6)) : 1.0;
}

AdamW::AdamW(std::vector<Parameter> parameters, AdamWOptions options)
    : parameters_(std::move(parameters)),
      options_(options),
      in_one_pass_(cpu_features().avx512 && std::all_of(parameters_.begin(), parameters_.end(), is_plain)),
      resting_blocks_(parameters_.size()) {
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
    group.gradients.push_back(tensor.grad());
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
  const Tensor& tensor = parameters_[parameter].tensor;
  const Tensor gradient = tensor.grad().contiguous();
  uint8_t* const at_rest = resting_blocks(parameter).at_rest.data();
  auto& step = *steps_[parameter].mutable_data_ptr<float>();
  step += 1;
  const double rate = learning_rate * parameters_[parameter].rate_factor;
  const double weight_decay = parameters_[parameter].decays ? options_.weight_decay : 0.0;
  const AdamWFactors factors{
      .gradient = static_cast<float>(gradient_factor),
      .beta1 = static_cast<float>(options_.beta1),
      .beta2 = static_cast<float>(options_.beta2),
      .decay = static_cast<float>(1 - rate * weight_decay),
      .step = static_cast<float>(rate / (1 - std::pow(options_.beta1, step))),
      .inverse_root = static_cast<float>(1 / std::sqrt(1 - std::pow(options_.beta2, step))),
      .epsilon = static_cast<float>(options_.epsilon)};
  const AdamWArrays arrays{tensor.mutable_data_ptr<float>(), gradient.const_data_ptr<float>(),
                           exp_avgs_[parameter].mutable_data_ptr<float>(),
                           exp_avg_sqs_[parameter].mutable_data_ptr<float>(), tensor.numel()};
  for_stripes(at::divup(tensor.numel(), kMomentBlock),
              [&](int64_t first, int64_t last) { adamw_update(arrays, factors, at_rest, first, last); });
}

AdamW::RestingBlocks& AdamW::resting_blocks(size_t parameter) {
  RestingBlocks& blocks = resting_blocks_[parameter];
  const Tensor &first = exp_avgs_[parameter], &second = exp_avg_sqs_[parameter];
  const int64_t versions[] = {first._version(), second._version()};
  if (!blocks.at_rest.empty() && std::equal(versions, versions + 2, blocks.versions)) return blocks;
  std::copy_n(versions, 2, blocks.versions);
  const int64_t count = first.numel();
  blocks.at_rest.resize(static_cast<size_t>(at::divup(count, kMomentBlock)));
  const auto *const firsts = first.const_data_ptr<float>(), *const seconds = second.const_data_ptr<float>();
  for (size_t block = 0; block < blocks.at_rest.size(); ++block) {
    const int64_t begin = static_cast<int64_t>(block) * kMomentBlock,
                  size = std::min(kMomentBlock, count - begin);
    blocks.at_rest[block] = all_zero(firsts + begin, size) && all_zero(seconds + begin, size) ? 1 : 0;
  }
  return blocks;
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
  for (const size_t i : with_gradient()) all.push_back(parameters_[i].tensor.grad());
  return all;
}

double AdamW::gradient_norm() const {
  const at::NoGradGuard no_grad;
  if (!in_one_pass_) return at::stack(at::_foreach_norm(gradients(), 2)).norm().item<double>();
  double squares = 0;
  for (const Tensor& gradient : gradients()) squares += squares_of(gradient);
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
