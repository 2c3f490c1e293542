// Comparison of tensors that says where and by how much they differ.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace angle::testing {

/// |actual − expected| ≤ tolerance·(1 + |expected|) everywhere, compared in float64; NaN is close to nothing.
///
///     EXPECT_TRUE(tensors_close(scores, expected, 1e-9));
inline ::testing::AssertionResult tensors_close(const at::Tensor& actual, const at::Tensor& expected,
                                                double tolerance) {
  if (!actual.defined()) return ::testing::AssertionFailure() << "the tensor is undefined";
  if (actual.sizes() != expected.sizes()) {
    return ::testing::AssertionFailure() << "shape " << actual.sizes() << ", expected " << expected.sizes();
  }
  if (actual.numel() == 0) return ::testing::AssertionSuccess();
  const at::Tensor found = actual.detach().to(at::kCPU, at::kDouble).flatten();
  const at::Tensor wanted = expected.detach().to(at::kCPU, at::kDouble).flatten();
  const at::Tensor difference = ((found - wanted).abs() / (wanted.abs() + 1)).nan_to_num(INFINITY, INFINITY);
  const auto worst = difference.argmax().item<int64_t>();
  const auto largest = difference[worst].item<double>();
  if (largest <= tolerance) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "largest difference " << largest << " (tolerance " << tolerance << ") at flat index " << worst
         << " of " << actual.sizes() << ": " << found[worst].item<double>() << ", expected "
         << wanted[worst].item<double>();
}

/// tensors_close for a 0-dim tensor and a number.
inline ::testing::AssertionResult is_close(const at::Tensor& actual, double expected, double tolerance) {
  return tensors_close(actual, at::full({}, expected, at::kDouble), tolerance);
}

/// Every element is finite.
inline ::testing::AssertionResult all_finite(const at::Tensor& tensor) {
  if (tensor.isfinite().all().item<bool>()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "not finite: " << tensor;
}

}  // namespace angle::testing
