// Which kernels this CPU can run, and the fastest of them.
#pragma once

#include "model/kernels/kernels.h"
#include "model/kernels/transpose.h"

namespace angle {

/// Whether the CPU multiplies such elements: float32 and bytes of 16 bits with AVX2, bytes with AVX512_VNNI
/// or AVX-VNNI, bfloat16 with AVX512_BF16. All that follows is for such CPUs.
bool cpu_multiplies(kernels::Element element);

/// The bytes that the CPU multiplies fastest. To the same sums: all are of integers.
kernels::Element byte_element();

/// Whether the CPU multiplies them by AMX too.
bool amx_multiplies(kernels::Element element);

/// How a linear layer is computed.
struct LinearKernel {
  void (*multiply)(const kernels::LinearTask& task, int64_t first, int64_t last);  // panels
  int64_t panel_columns;
  int64_t panel_rows;  // that a panel is multiplied by together
};

/// The fastest for a layer of those sizes: AMX where the CPU has that, else AVX-512, else AVX2.
///
/// @param element  cpu_multiplies() it
LinearKernel linear_kernel(kernels::Element element, int64_t words, int64_t columns);

using AttentionFunction = void (*)(const kernels::AttentionTask& task);

/// @param element  of queries, keys and values; float32, or bfloat16 that cpu_multiplies()
AttentionFunction attention_kernel(kernels::Element element, int64_t head_size);

const kernels::RowKernels& row_kernels();

using TransposeFunction = void (*)(const kernels::Transposition& task, int64_t first, int64_t last);

TransposeFunction transpose_kernel();

}  // namespace angle
