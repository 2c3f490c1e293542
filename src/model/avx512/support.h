// Which kernels of avx512/ this CPU can run.
#pragma once

#include "model/avx512/kernels.h"

namespace angle {

/// Whether the CPU multiplies such elements: AVX-512, for bfloat16 with AVX512_BF16, for bytes with
/// AVX512_VNNI.
bool cpu_multiplies(avx512::Element element);

/// Whether the CPU multiplies them by AMX too.
bool amx_multiplies(avx512::Element element);

/// How a linear layer is computed.
struct LinearKernel {
  void (*multiply)(const avx512::LinearTask& task, int64_t first, int64_t last);  // panels
  int64_t panel_columns;
  int64_t panel_rows;  // that a panel is multiplied by together
};

/// The fastest for a layer of those sizes that this CPU can run: AMX where it has that.
///
/// @param element  cpu_multiplies() it
LinearKernel linear_kernel(avx512::Element element, int64_t words, int64_t columns);

using AttentionFunction = void (*)(const avx512::AttentionTask& task);

/// The fastest kernel of attention that this CPU can run.
///
/// @param element  of queries, keys and values; float32, or bfloat16 that cpu_multiplies()
AttentionFunction attention_kernel(avx512::Element element, int64_t head_size);

}  // namespace angle
