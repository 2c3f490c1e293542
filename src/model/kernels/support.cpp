#include "model/kernels/support.h"

#include <algorithm>

#include "angle/cpu_features.h"

namespace angle {
namespace {

using kernels::Element;
using kernels::kAmxPanelColumns;
using kernels::kAmxPanelRows;
using kernels::kAvx2PanelColumns;
using kernels::kAvx512PanelColumns;
using kernels::kPanelRows;

LinearKernel float32_kernel() {
  if (cpu_features().avx512) return {kernels::multiply_float32_avx512, kAvx512PanelColumns, kPanelRows};
  return {kernels::multiply_float32_avx2, kAvx2PanelColumns, kPanelRows};
}

LinearKernel uint8_kernel() {
  const CpuFeatures& cpu = cpu_features();
  if (cpu.avx512 && cpu.avx512_vnni) return {kernels::multiply_uint8_avx512, kAvx512PanelColumns, kPanelRows};
  return {kernels::multiply_uint8_avx_vnni, kAvx2PanelColumns, kPanelRows};
}

LinearKernel wide_uint8_kernel() {
  if (cpu_features().avx512) return {kernels::multiply_wide_uint8_avx512, kAvx512PanelColumns, kPanelRows};
  return {kernels::multiply_wide_uint8_avx2, kAvx2PanelColumns, kPanelRows};
}

}  // namespace

bool cpu_multiplies(Element element) {
  const CpuFeatures& cpu = cpu_features();
  switch (element) {
    case Element::bfloat16:
      return cpu.avx512 && cpu.avx512_bf16;
    case Element::uint8:
      return (cpu.avx512 && cpu.avx512_vnni) || cpu.avx_vnni;
    case Element::float32:
    case Element::wide_uint8:
      break;
  }
  return cpu.avx2;
}

Element byte_element() { return cpu_multiplies(Element::uint8) ? Element::uint8 : Element::wide_uint8; }

bool amx_multiplies(Element element) {
  const CpuFeatures& cpu = cpu_features();
  if (!cpu.avx512 || !cpu.avx512_bf16) return false;
  return (element == Element::bfloat16 && cpu.amx_bf16) || (element == Element::uint8 && cpu.amx_int8);
}

LinearKernel linear_kernel(Element element, int64_t words, int64_t columns) {
  const bool by_amx = amx_multiplies(element) && words % 16 == 0 && columns % kAmxPanelColumns == 0;
  switch (element) {
    case Element::float32:
      break;
    case Element::bfloat16:
      if (by_amx) return {kernels::multiply_bfloat16_amx, kAmxPanelColumns, kAmxPanelRows};
      return {kernels::multiply_bfloat16_avx512, kAvx512PanelColumns, kPanelRows};
    case Element::uint8:
      if (by_amx) return {kernels::multiply_uint8_amx, kAmxPanelColumns, kAmxPanelRows};
      return uint8_kernel();
    case Element::wide_uint8:
      return wide_uint8_kernel();
  }
  return float32_kernel();
}

AttentionFunction attention_kernel(Element element, int64_t head_size) {
  if (element == Element::float32)
    return cpu_features().avx512 ? kernels::attend_float32_avx512 : kernels::attend_float32_avx2;
  return amx_multiplies(element) && head_size % 32 == 0 ? kernels::attend_bfloat16_amx
                                                        : kernels::attend_bfloat16_avx512;
}

const kernels::RowKernels& row_kernels() {
  return cpu_features().avx512 ? kernels::row_kernels_avx512 : kernels::row_kernels_avx2;
}

TransposeFunction transpose_kernel() {
  return cpu_features().avx512 ? kernels::transpose_avx512 : kernels::transpose_avx2;
}

int64_t kernels::attention_scratch_words(int64_t length, int64_t head_size) {
  const auto in_panels = [](int64_t columns) {
    return (columns + kAvx512PanelColumns - 1) / kAvx512PanelColumns * kAvx512PanelColumns;
  };
  const int64_t keys = in_panels(length), columns = in_panels(head_size);
  const int64_t by_rows = keys * head_size + length * columns + 24 * keys + 12 * columns;
  const int64_t tokens = (length + 31) / 32 * 32;
  const int64_t by_tiles = (tokens / 2 + 32) * head_size + 24 * tokens + 256;
  return std::max(by_rows, by_tiles);
}

}  // namespace angle
