#include "model/training/gelu.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "model/training/element_bits.h"
#include "model/training/kernels/training_kernels.h"

namespace angle {
namespace {

constexpr int64_t kGrain = 8192;  // elements that are worth a thread

}  // namespace

Tensor gelu_forward(const Tensor& input) {
  Tensor output = at::empty_like(input);
  with_element_of(input, [&](auto element) {
    using T = decltype(element);
    const T* const from = elements_of<T>(input);
    T* const to = mutable_elements_of<T>(output);
    at::parallel_for(0, input.numel(), kGrain, [&](int64_t begin, int64_t end) {
      kernels::training_kernels<T>().gelu_forward(from + begin, to + begin, end - begin);
    });
  });
  return output;
}

GeluGradient gelu_gradient(const Tensor& input, Tensor gradient) {
  Tensor output = at::empty_like(input);
  with_element_of(input, [&](auto element) {
    using T = decltype(element);
    const T* const from = elements_of<T>(input);
    T *const slopes = mutable_elements_of<T>(gradient), *const to = mutable_elements_of<T>(output);
    at::parallel_for(0, input.numel(), kGrain, [&](int64_t begin, int64_t end) {
      kernels::training_kernels<T>().gelu_backward(from + begin, slopes + begin, to + begin, end - begin);
    });
  });
  return {std::move(gradient), std::move(output)};
}

}  // namespace angle
