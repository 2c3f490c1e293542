// AdamW:
//  - every step is that of the formula (Loshchilov & Hutter, algorithm 2) written out, in float64;
//  - a parameter's factor multiplies the learning rate, and so its decay;
//  - biases and LayerNorm weights do not decay; a parameter without a gradient is left alone;
//  - clipping is by min(1, max / (norm + 1e-6)), and a step by gradients times a factor is one by the
//    products;
//  - a large parameter comes to the same bits with any number of threads;
//  - rows without a gradient so far decay and nothing else, until they have one, or moments from a
//    checkpoint;
//  - a gradient that is sparse in rows does what the dense one does, to the bit;
//  - by AVX2 an update, the sum of squares and the search for zeros give the same bits as by AVX-512;
//  - what state() shows is everything a later step depends on: put back, the next steps are the same bits.

#include "angle/train/optimizer.h"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"

#include "support/tensor_matchers.h"
#include "train/adamw_kernel.h"

namespace angle {
namespace {

using testing::tensors_close;

constexpr double kRate = 0.01;

constexpr at::ScalarType kTypes[] = {at::kDouble, at::kFloat};  // of LibTorch's kernel and of angle's

std::vector<Parameter> some_parameters(at::ScalarType type = at::kDouble) {
  return {{"weight", at::arange(6, type).view({2, 3}) - 2.2, /*decays=*/true},
          {"bias", at::arange(3, type) + 0.5, /*decays=*/false}};
}

/// The gradients of a step, different in every one.
Tensor gradient_of(const Tensor& parameter, int64_t step) {
  return (at::arange(parameter.numel(), at::kDouble).view(parameter.sizes()) * 1.7 +
          static_cast<double>(step))
      .sin()
      .to(parameter.scalar_type());
}

void set_gradients(AdamW& optimizer, int64_t step) {
  for (const Parameter& parameter : optimizer.parameters())
    parameter.tensor.mutable_grad() = gradient_of(parameter.tensor, step);
}

/// One parameter by the formula.
struct Reference {
  Tensor value, first, second;
  bool decays;

  void step(const Tensor& gradient, int64_t number, const AdamWOptions& options) {
    const auto t = static_cast<double>(number);
    if (decays) value = value * (1 - kRate * options.weight_decay);
    first = options.beta1 * first + (1 - options.beta1) * gradient;
    second = options.beta2 * second + (1 - options.beta2) * gradient * gradient;
    const Tensor corrected_first = first / (1 - std::pow(options.beta1, t));
    const Tensor corrected_second = second / (1 - std::pow(options.beta2, t));
    value = value - kRate * corrected_first / (corrected_second.sqrt() + options.epsilon);
  }
};

TEST(AdamW, FollowsTheFormula) {
  const AdamWOptions options{.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.3};
  for (const at::ScalarType type : kTypes) {
    std::vector<Reference> references;
    for (const Parameter& parameter : some_parameters())
      references.push_back({parameter.tensor.clone(), at::zeros_like(parameter.tensor),
                            at::zeros_like(parameter.tensor), parameter.decays});
    AdamW optimizer(some_parameters(type), options);
    for (int64_t step = 1; step <= 7; ++step) {
      set_gradients(optimizer, step);
      optimizer.step(kRate);
      for (size_t i = 0; i < references.size(); ++i) {
        references[i].step(gradient_of(references[i].value, step), step, options);
        const Tensor value = optimizer.parameters()[i].tensor.detach().to(at::kDouble);
        EXPECT_TRUE(tensors_close(value, references[i].value, type == at::kDouble ? 1e-13 : 2e-6))
            << optimizer.parameters()[i].name << ", step " << step;
      }
    }
  }
}

/// Rows of a table of which each gets a gradient, for the first time or again, in some steps only, like the
/// words of a vocabulary.
Tensor gradient_of_rows(const Tensor& table, int64_t step) {
  Tensor gradient = gradient_of(table, step);
  for (int64_t row = 0; row < table.size(0); ++row)
    if (step % (row + 1) != row) gradient[row].zero_();
  return gradient;
}

TEST(AdamW, FollowsTheFormulaForRowsThatRest) {
  const AdamWOptions options{.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.3};
  for (const bool decays : {true, false}) {
    const Tensor start = at::arange(7 * 301, at::kDouble).view({7, 301}).cos();
    AdamW optimizer({{"table", start.to(at::kFloat), decays}}, options);
    Reference reference{start, at::zeros_like(start), at::zeros_like(start), decays};
    const Tensor table = optimizer.parameters()[0].tensor;
    for (int64_t step = 1; step <= 9; ++step) {
      table.mutable_grad() = gradient_of_rows(table, step);
      reference.step(gradient_of_rows(reference.value, step), step, options);
      optimizer.step(kRate);
      EXPECT_TRUE(tensors_close(table.detach().to(at::kDouble), reference.value, 2e-6)) << "step " << step;
    }
  }
}

/// The same, without the rows that are zero.
Tensor sparse_in_rows(const Tensor& gradient) {
  const Tensor rows = gradient.ne(0).any(1).nonzero().view({1, -1});
  return at::_sparse_coo_tensor_unsafe(rows, gradient.index_select(0, rows[0]), gradient.sizes(),
                                       gradient.options().layout(at::kSparse), /*is_coalesced=*/true);
}

TEST(AdamW, TakesGradientsThatAreSparseInRows) {
  const AdamWOptions options{.weight_decay = 0.3};
  for (const at::ScalarType type : kTypes) {
    const Tensor start = at::arange(90 * 301, type).view({90, 301}).cos();  // of several stripes
    AdamW dense({{"table", start.clone(), true}}, options), sparse({{"table", start.clone(), true}}, options);
    const Tensor table = dense.parameters()[0].tensor, other = sparse.parameters()[0].tensor;
    for (int64_t step = 1; step <= 9; ++step) {
      table.mutable_grad() = gradient_of_rows(start, step);
      other.mutable_grad() = sparse_in_rows(gradient_of_rows(start, step));
      EXPECT_NEAR(sparse.gradient_norm(), dense.gradient_norm(), 1e-6 * dense.gradient_norm());
      dense.step(kRate, 0.5);
      sparse.step(kRate, 0.5);
      EXPECT_TRUE(at::equal(table, other)) << type << ", step " << step;
    }
  }
}

TEST(AdamW, UpdatesLargeParametersAlikeWithAnyNumberOfThreads) {
  const AdamWOptions options{.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-6, .weight_decay = 0.3};
  const Tensor start = at::arange(500 * 101, at::kDouble).view({500, 101}).cos();  // of several stripes
  Reference reference{start, at::zeros_like(start), at::zeros_like(start), true};
  for (int64_t step = 1; step <= 3; ++step) reference.step(gradient_of(start, step), step, options);
  const auto run = [&](int threads) {
    const int before = at::get_num_threads();
    at::set_num_threads(threads);
    AdamW optimizer({{"large", start.to(at::kFloat), true}}, options);
    for (int64_t step = 1; step <= 3; ++step) {
      set_gradients(optimizer, step);
      optimizer.step(kRate);
    }
    at::set_num_threads(before);
    return optimizer.parameters()[0].tensor.detach();
  };
  const Tensor one = run(1);
  EXPECT_TRUE(tensors_close(one.to(at::kDouble), reference.value, 2e-6));
  for (const int threads : {2, 3, 9}) EXPECT_TRUE(one.equal(run(threads))) << threads;
}

TEST(AdamW, SeesThatMomentsWereRestored) {
  const auto fresh = [] { return AdamW({{"table", at::ones({4, 300}), false}}, {}); };
  AdamW moved = fresh(), restored = fresh();
  for (AdamW* optimizer : {&moved, &restored}) {
    const Tensor table = optimizer->parameters()[0].tensor;
    table.mutable_grad() = at::zeros_like(table);
    optimizer->step(kRate);
    if (optimizer == &moved) {
      table.mutable_grad() = at::ones_like(table);
      moved.step(kRate);
    }
  }
  const auto from = moved.state(), into = restored.state();
  for (size_t i = 0; i < from.size(); ++i) into[i].tensor.copy_(from[i].tensor);
  const Tensor one = moved.parameters()[0].tensor, other = restored.parameters()[0].tensor;
  other.detach().copy_(one.detach());
  for (AdamW* optimizer : {&moved, &restored}) {
    optimizer->parameters()[0].tensor.mutable_grad() = at::zeros({4, 300});
    optimizer->step(kRate);
  }
  EXPECT_TRUE(one.equal(other));
  EXPECT_LT(other.max().item<double>(), 1);
}

TEST(AdamW, MultipliesTheRateByTheFactorOfTheParameter) {
  std::vector<Parameter> slower = some_parameters();
  slower[0].rate_factor = 0.25;
  AdamW mixed(slower, {.weight_decay = 0.5}), fast(some_parameters(), {.weight_decay = 0.5}),
      slow(some_parameters(), {.weight_decay = 0.5});
  for (int64_t step = 1; step <= 3; ++step)
    for (const auto& [optimizer, rate] : {std::pair(&mixed, kRate), {&fast, kRate}, {&slow, 0.25 * kRate}}) {
      set_gradients(*optimizer, step);
      optimizer->step(rate);
    }
  EXPECT_TRUE(at::equal(mixed.parameters()[0].tensor, slow.parameters()[0].tensor));
  EXPECT_TRUE(at::equal(mixed.parameters()[1].tensor, fast.parameters()[1].tensor));
}

TEST(AdamW, LeavesAParameterWithoutAGradientAlone) {
  AdamW optimizer(some_parameters(), {.weight_decay = 0.5});
  const Tensor before = optimizer.parameters()[0].tensor.detach().clone();
  optimizer.parameters()[1].tensor.mutable_grad() = at::ones({3}, at::kDouble);
  optimizer.step(kRate);
  EXPECT_TRUE(at::equal(optimizer.parameters()[0].tensor, before));
  EXPECT_FALSE(at::equal(optimizer.parameters()[1].tensor, some_parameters()[1].tensor));
  const std::vector<NamedTensor> state = optimizer.state();
  const auto step = std::find_if(state.begin(), state.end(),
                                 [](const NamedTensor& entry) { return entry.name == "weight.step"; });
  ASSERT_NE(step, state.end());
  EXPECT_EQ(step->tensor.item<float>(), 0);
}

TEST(AdamW, MovesNothingAtRateZeroButRemembersTheGradient) {
  AdamW optimizer(some_parameters(), {.weight_decay = 0.5});
  set_gradients(optimizer, 1);
  optimizer.step(0);
  for (size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(at::equal(optimizer.parameters()[i].tensor, some_parameters()[i].tensor));
  EXPECT_GT(optimizer.state()[0].tensor.abs().max().item<double>(), 0);
}

TEST(AdamW, ForgetsGradients) {
  AdamW optimizer(some_parameters(), {});
  set_gradients(optimizer, 1);
  optimizer.zero_grad();
  for (const Parameter& parameter : optimizer.parameters()) EXPECT_FALSE(parameter.tensor.grad().defined());
}

TEST(AdamW, KnowsTheNormOfAllGradients) {
  for (const at::ScalarType type : kTypes) {
    AdamW optimizer(some_parameters(type), {});
    set_gradients(optimizer, 3);
    double squares = 0;
    for (const Parameter& parameter : optimizer.parameters())
      squares += parameter.tensor.grad().to(at::kDouble).square().sum().item<double>();
    EXPECT_NEAR(optimizer.gradient_norm(), std::sqrt(squares), type == at::kDouble ? 1e-12 : 1e-5);
  }
}

TEST(AdamW, ClipsToANorm) {
  EXPECT_DOUBLE_EQ(clipping_factor(8, 2), 2 / (8 + 1e-6));
  EXPECT_DOUBLE_EQ(clipping_factor(8, 1000), 1);
  EXPECT_DOUBLE_EQ(clipping_factor(8, 0), 1);
}

TEST(AdamW, StepsByGradientsTimesAFactor) {
  for (const at::ScalarType type : kTypes) {
    AdamW factored(some_parameters(type), {}), multiplied(some_parameters(type), {});
    set_gradients(factored, 3);
    set_gradients(multiplied, 3);
    for (const Parameter& parameter : multiplied.parameters()) parameter.tensor.grad().mul_(0.25);
    factored.step(kRate, 0.25);
    multiplied.step(kRate);
    for (size_t i = 0; i < 2; ++i)
      EXPECT_TRUE(at::equal(factored.parameters()[i].tensor, multiplied.parameters()[i].tensor));
  }
}

void expect_same_bits_from_state(at::ScalarType type) {
  AdamW whole(some_parameters(type), {}), resumed(some_parameters(type), {});
  for (int64_t step = 1; step <= 3; ++step) {
    set_gradients(whole, step);
    whole.step(kRate);
  }
  const auto from = whole.state(), into = resumed.state();
  ASSERT_EQ(from.size(), into.size());
  for (size_t i = 0; i < from.size(); ++i) {
    EXPECT_EQ(from[i].name, into[i].name);
    into[i].tensor.copy_(from[i].tensor);
  }
  for (size_t i = 0; i < 2; ++i)
    resumed.parameters()[i].tensor.detach().copy_(whole.parameters()[i].tensor.detach());
  for (AdamW* optimizer : {&whole, &resumed})
    for (int64_t step = 4; step <= 6; ++step) {
      set_gradients(*optimizer, step);
      optimizer->step(kRate);
    }
  for (size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(at::equal(whole.parameters()[i].tensor, resumed.parameters()[i].tensor));
}

TEST(AdamW, GoesOnFromItsStateToTheBit) {
  for (const at::ScalarType type : kTypes) expect_same_bits_from_state(type);
}

/// Numbers and moments after an update and a decay, and the sum of their squares.
std::vector<double> update_by(const AdamWKernels& kernels, int64_t count) {
  at::manual_seed(5);
  const Tensor gradient = at::randn({count});
  Tensor made = at::rand({3, count});
  auto* const numbers = made.mutable_data_ptr<float>();
  const AdamWNumbers all{numbers, gradient.const_data_ptr<float>(), numbers + count, numbers + 2 * count,
                         count};
  const AdamWFactors factors{.gradient = 0.7F,
                             .beta1 = 0.9F,
                             .beta2 = 0.999F,
                             .decay = 0.99F,
                             .step = 1e-3F,
                             .inverse_root = 1.3F,
                             .epsilon = 1e-8F};
  kernels.update(all, factors);
  kernels.decay(all, factors);
  std::vector<double> result(numbers, numbers + 3 * count);
  result.push_back(kernels.sum_of_squares(numbers, 3 * count));
  return result;
}

TEST(AdamWKernels, GiveTheSameBitsByAvx2AsByAvx512) {
  if (!cpu_features().avx512) GTEST_SKIP() << "this CPU has no AVX-512";
  for (const int64_t count : {1, 7, 16, 17, 100, 1000})
    EXPECT_EQ(update_by(adamw_avx2, count), update_by(adamw_avx512, count)) << count;
}

void check_search_for_zeros(const AdamWKernels& kernels) {
  for (const size_t count : {1, 7, 16, 17, 100}) {
    std::vector<float> numbers(count, -0.0F);
    EXPECT_TRUE(kernels.all_zero(numbers.data(), static_cast<int64_t>(count)));
    for (const float other : {std::numeric_limits<float>::denorm_min(), std::nanf("")}) {
      numbers.back() = other;
      EXPECT_FALSE(kernels.all_zero(numbers.data(), static_cast<int64_t>(count)))
          << count << " with " << other;
    }
  }
}

TEST(AdamWKernels, FindWhatIsNotZeroByAvx2) {
  if (!cpu_features().avx2) GTEST_SKIP() << "this CPU has no AVX2";
  check_search_for_zeros(adamw_avx2);
}

TEST(AdamWKernels, FindWhatIsNotZeroByAvx512) {
  if (!cpu_features().avx512) GTEST_SKIP() << "this CPU has no AVX-512";
  check_search_for_zeros(adamw_avx512);
}

}  // namespace
}  // namespace angle
