// The kernels of training: by AVX2 they give the same bits as by AVX-512, for texts, heads and rows of all
// lengths, with dropout and without. (What they give is tested where they are used: training_layer_test.cpp.)

#include "model/training/kernels/training_kernels.h"

#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"

namespace angle {
namespace {

using kernels::TrainingKernels;

#define REQUIRE_AVX512() \
  if (!cpu_features().avx512) GTEST_SKIP() << "this CPU has no AVX-512"

constexpr float kScales[] = {0, 1.25F};  // without and with dropout
constexpr uint32_t kDropsAFifth = 858993459;

/// The output and the three gradients of a head whose rows lie apart.
Tensor head_by(const TrainingKernels<float>& by, int64_t length, int64_t head_size, float scale) {
  at::manual_seed(3);
  const int64_t row = 3 * head_size + 8, output_row = head_size + 4;
  const Tensor inputs = at::randn({length, row}), gradient = at::randn({length, output_row});
  const kernels::HeadShape shape{.length = length,
                                 .head_size = head_size,
                                 .row = row,
                                 .output_row = output_row,
                                 .mask = {12345678901234, 7, scale > 0 ? kDropsAFifth : 0},
                                 .mask_row = 3 * length,
                                 .mask_scale = scale};
  const auto* const from = inputs.const_data_ptr<float>();
  Tensor made = at::full({length * (row + output_row)}, 7, at::kFloat);
  auto* const to = made.mutable_data_ptr<float>();
  std::vector<float> scratch(static_cast<size_t>(kernels::head_scratch(length, head_size)));
  const kernels::HeadInputs<float> parts{from, from + head_size, from + 2 * head_size};
  by.head_forward(shape, parts, to + length * row, scratch.data());
  by.head_backward(shape, parts, gradient.const_data_ptr<float>(), {to, to + head_size, to + 2 * head_size},
                   scratch.data());
  return made;
}

TEST(TrainingKernels, AttendToTheSameBitsByAvx2AsByAvx512) {
  REQUIRE_AVX512();
  for (const float scale : kScales)
    for (const int64_t head_size : {2, 12, 16, 20, 32, 64, 96})
      for (const int64_t length : {1, 2, 5, 15, 16, 17, 31, 32, 33, 63, 70, 130}) {
        const Tensor by_avx2 = head_by(kernels::training_float32_avx2, length, head_size, scale);
        EXPECT_TRUE(at::equal(by_avx2, head_by(kernels::training_float32_avx512, length, head_size, scale)))
            << length << " tokens, heads of " << head_size << ", dropout " << scale;
      }
}

/// All that a row of a normalisation and of its gradient gives.
Tensor norm_by(const TrainingKernels<float>& by, int64_t hidden, float scale) {
  at::manual_seed(4);
  const Tensor given = at::randn({5, hidden});
  const auto row = [hidden, from = given.const_data_ptr<float>()](int64_t i) { return from + i * hidden; };
  const kernels::NormShape shape{hidden, 1e-12F, scale, row(0)};
  const std::vector<uint16_t> kept(static_cast<size_t>(mask_words(hidden)), scale > 0 ? 0xB6DB : 0xFFFF);
  Tensor made = at::ones({7, hidden});
  const auto to = [hidden, at = made.mutable_data_ptr<float>()](int64_t i) { return at + i * hidden; };
  const kernels::NormStatistics statistics =
      by.norm_forward(shape, row(1), {kept.data(), row(2), row(3), to(0), to(1)});
  to(2)[0] = statistics.mean;
  to(2)[1] = statistics.inverse_deviation;
  by.norm_backward(shape, {kept.data(), row(4), to(0), statistics, to(3), to(4), to(5), to(6)});
  return made;
}

TEST(TrainingKernels, NormalizeToTheSameBitsByAvx2AsByAvx512) {
  REQUIRE_AVX512();
  for (const float scale : kScales)
    for (const int64_t hidden : {2, 16, 20, 31, 48, 384})
      EXPECT_TRUE(at::equal(norm_by(kernels::training_float32_avx2, hidden, scale),
                            norm_by(kernels::training_float32_avx512, hidden, scale)))
          << hidden << ", dropout " << scale;
}

/// The output, the gradient and the output once more.
Tensor gelu_by(const TrainingKernels<float>& by, const Tensor& input) {
  Tensor made = at::stack({input, at::ones_like(input), input});
  const int64_t count = input.numel();
  auto* const to = made.mutable_data_ptr<float>();
  by.gelu_forward(input.const_data_ptr<float>(), to, count);
  by.gelu_backward(input.const_data_ptr<float>(), to + count, to + 2 * count, count);
  return made;
}

TEST(TrainingKernels, TakeGeluToTheSameBitsByAvx2AsByAvx512) {
  REQUIRE_AVX512();
  for (const int64_t count : {1, 7, 16, 17, 3001}) {
    const Tensor input = at::linspace(-12, 12, count);
    EXPECT_TRUE(at::equal(gelu_by(kernels::training_float32_avx2, input),
                          gelu_by(kernels::training_float32_avx512, input)))
        << count;
  }
}

TEST(TrainingKernels, DrawTheSameMasksByAvx2AsByAvx512) {
  REQUIRE_AVX512();
  for (const uint64_t block : {uint64_t{0}, uint64_t{5}, (uint64_t{1} << 28) - 1, (uint64_t{1} << 60) - 1}) {
    const MaskSource source{0x123456789ABCDEF, block * 3, uint32_t{1} << 31};
    const MaskBlock avx2 = kernels::mask_block_avx2(source, block),
                    avx512 = kernels::mask_block_avx512(source, block);
    for (int64_t word = 0; word < kMaskBlockWords; ++word) EXPECT_EQ(avx2.words[word], avx512.words[word]);
  }
}

}  // namespace
}  // namespace angle
