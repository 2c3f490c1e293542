#include "angle/model/dropout.h"

#include <mutex>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "angle/random.h"

#include "model/training/philox.h"

namespace angle {
namespace {

/// 1 where the mask keeps, else 0.  @return float32 [elements]
Tensor kept_on_cpu(const DropoutMask& mask, int64_t rows, int64_t columns) {
  Tensor kept = at::empty({rows, columns}, at::kFloat);
  auto* const values = kept.mutable_data_ptr<float>();
  const int64_t words = mask_words(columns);
  at::parallel_for(0, rows, 1 + 4096 / words, [&](int64_t begin, int64_t end) {
    std::vector<uint16_t> bits(static_cast<size_t>(words));
    for (int64_t row = begin; row < end; ++row) {
      keep_bits({mask.seed, mask.draw, mask.threshold()}, row * words, words, bits.data());
      for (int64_t i = 0; i < columns; ++i)
        values[row * columns + i] =
            static_cast<float>(bits[static_cast<size_t>(i / kMaskLanes)] >> (i % kMaskLanes) & 1);
    }
  });
  return kept;
}

/// A seed for every draw: what a SplitMix64 of the mask's seed gives after as many numbers.
uint64_t seed_of_draw(const DropoutMask& mask) {
  return SplitMix64(mask.seed + mask.draw * SplitMix64::kStep).next();
}

}  // namespace

Tensor DropoutMask::factors(at::IntArrayRef sizes, const at::TensorOptions& options) const {
  if (options.device().is_cpu()) {
    const int64_t columns = sizes.back();
    const Tensor kept = kept_on_cpu(*this, c10::multiply_integers(sizes) / columns, columns);
    return kept.view(sizes).to(options.dtype()).mul_(scale());
  }
  at::Generator generator = at::globalContext().defaultGenerator(options.device()).clone();
  generator.set_current_seed(seed_of_draw(*this));
  return at::empty(sizes, options).bernoulli_(1 - probability, generator).mul_(scale());
}

void DropoutMask::seed_generator(at::Device device) const {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_current_seed(seed_of_draw(*this));
}

Tensor Dropout::hidden(const Tensor& input) const {
  const DropoutMask mask = hidden_mask();
  if (!mask.drops()) return input;
  if (input.is_cpu()) return input * mask.factors(input.sizes(), input.options());
  mask.seed_generator(input.device());
  return at::dropout(input, mask.probability, /*train=*/true);  // one kernel, in float32 inside
}

}  // namespace angle
