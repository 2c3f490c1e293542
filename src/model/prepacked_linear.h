// The linear layer of the CPU's inference path: weights in the layout of kernels/kernels.h, in any precision.
#pragma once

#include <cstdint>

#include "angle/model/encoder_config.h"
#include "angle/precision.h"
#include "angle/tensor.h"

#include "model/kernels/support.h"

namespace angle {

/// What linear layers of that precision read on this CPU.
kernels::Element operand_element(Precision precision);

class PrepackedLinear {
 public:
  /// int8: every output has a scale of its own, its largest weight is ±127.
  ///
  /// @param weight     [out, in] float32; out and in are multiples of 16
  /// @param bias       [out] float32
  PrepackedLinear(const Tensor& weight, const Tensor& bias, Precision precision);

  /// output = activation(input · weightᵀ + bias), by all threads unless one of several asks.
  void forward(const kernels::Rows& input, int64_t rows, const kernels::Rows& output,
               Activation activation = Activation::none) const;

  /// output += input · weightᵀ + bias; float32.
  void add_to(const kernels::Rows& input, int64_t rows, const kernels::Rows& output) const;

 private:
  void run(kernels::LinearTask task) const;
  void quantize(const Tensor& weight);

  kernels::Element element_;
  int64_t columns_;
  int64_t words_;
  LinearKernel kernel_;
  Tensor weights_;        // [panels, words, panel_columns] int32, see LinearTask
  Tensor bias_;           // [out]
  Tensor column_scales_;  // [out], for int8
  Tensor column_sums_;    // [out] int32, for int8
};

}  // namespace angle
