// Attention on a GPU, by whichever kernel is chosen there, against the CPU in float64:
//  - outputs and gradients agree as far as the type allows, for one text, many texts and texts of one token;
//  - a draw of dropout is the same when it is drawn again, and others are others; the mean is kept.

#include <ATen/Context.h>

#include "angle/model/attention.h"

#include "gpu/gpu_check.h"

namespace angle {
namespace {

struct Format {
  const char* name;
  at::ScalarType type;
  double tolerance;  // of the output; gradients have twice that
};

constexpr Format kFormats[] = {
    {"float32", at::kFloat, 1e-5}, {"bfloat16", at::kBFloat16, 2e-2}, {"float16", at::kHalf, 3e-3}};
constexpr int64_t kHeads = 4;
constexpr int64_t kHeadSize = 32;

TokenBatch batch_of(std::initializer_list<size_t> lengths, at::Device device) {
  std::vector<std::vector<int64_t>> texts;
  for (const size_t length : lengths) texts.emplace_back(length, 1);
  return pack(texts, device);
}

TokenBatch many_texts(at::Device device) { return batch_of({1, 512, 3, 77, 64, 65, 1, 128, 3, 200}, device); }

Tensor random_input(int64_t tokens) {
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU).clone();
  generator.set_current_seed(3);
  return at::randn({tokens, 3 * kHeads * kHeadSize}, generator, at::kFloat);
}

struct Result {
  Tensor output, gradient;
};

Result attend(const Tensor& input, const TokenBatch& batch, const Dropout& dropout = {}) {
  const Tensor leaf = input.detach().clone().requires_grad_(true);
  const Tensor output = self_attention(leaf, batch, kHeads, dropout);
  // Multiples of 1/64, which every format has.
  const Tensor weights = ((at::arange(output.numel(), at::kLong) % 129 - 64).to(at::kDouble) / 64)
                             .view(output.sizes())
                             .to(output.device(), output.scalar_type());
  (output * weights).sum().backward();
  return {output.detach(), leaf.grad()};
}

TEST(AttentionOnGpu, AgreesWithTheCpu) {
  ANGLE_REQUIRE_GPU();
  for (const Format& format : kFormats) {
    const TokenBatch batch = many_texts(at::kCPU);
    const Tensor input = random_input(batch.num_tokens()).to(format.type);
    const Result expected = attend(input.to(at::kDouble), batch);
    const Result actual = attend(input.to(gpu), many_texts(gpu));
    const std::string name = fmt::format("attention {}: ", format.name);
    testing::check_at_most(name + "output", testing::relative_difference(actual.output, expected.output),
                           format.tolerance);
    testing::check_at_most(name + "gradient",
                           testing::relative_difference(actual.gradient, expected.gradient),
                           2 * format.tolerance);
  }
}

TEST(AttentionOnGpu, TakesASingleToken) {
  ANGLE_REQUIRE_GPU();
  for (const Format& format : kFormats) {
    const Tensor input = random_input(1).to(gpu, format.type);
    const Tensor output = self_attention(input, batch_of({1}, gpu), kHeads, {});
    const Tensor value = input.narrow(1, 2 * kHeads * kHeadSize, kHeads * kHeadSize);
    EXPECT_LE(testing::relative_difference(output, value), format.tolerance) << format.name;
  }
}

TEST(AttentionOnGpu, DrawsTheSameMaskAgain) {
  ANGLE_REQUIRE_GPU();
  for (const Format& format : kFormats) {
    const TokenBatch batch = many_texts(gpu);
    const Tensor input = random_input(batch.num_tokens()).to(gpu, format.type);
    const Dropout dropout(0, 0.2, 7);
    const Tensor first = attend(input, batch, dropout).output;
    const Tensor second = attend(input, batch, dropout).output;
    dropout.go_to(0);
    EXPECT_TRUE(at::equal(attend(input, batch, dropout).output, first)) << format.name;
    EXPECT_FALSE(at::equal(first, second)) << format.name;
  }
}

TEST(AttentionOnGpu, KeepsItsMeanUnderDropout) {
  ANGLE_REQUIRE_GPU();
  const TokenBatch batch = batch_of({40, 41, 60}, gpu);
  const Tensor input = random_input(batch.num_tokens()).to(gpu);
  const Dropout dropout(0, 0.3, 11);
  constexpr int kDraws = 1000;
  Tensor sum = at::zeros({batch.num_tokens(), kHeads * kHeadSize}, input.options());
  for (int i = 0; i < kDraws; ++i) sum += self_attention(input, batch, kHeads, dropout);
  testing::check_at_most("attention float32: mean under dropout",
                         testing::relative_difference(sum / kDraws, self_attention(input, batch, kHeads, {})),
                         5e-2);
}

}  // namespace
}  // namespace angle
