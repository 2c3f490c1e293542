#include "model/avx512/support.h"

#include "angle/cpu_features.h"

namespace angle {
namespace {

using avx512::Element;
using avx512::kAmxPanelColumns;
using avx512::kAmxPanelRows;
using avx512::kPanelColumns;
using avx512::kPanelRows;

}  // namespace

bool cpu_multiplies(Element element) {
  const CpuFeatures& features = cpu_features();
  switch (element) {
    case Element::float32:
      return features.avx512;
    case Element::bfloat16:
      return features.avx512 && features.avx512_bf16;
    case Element::uint8:
      return features.avx512 && features.avx512_vnni;
  }
  return false;
}

bool amx_multiplies(Element element) {
  const CpuFeatures& features = cpu_features();
  if (!features.avx512 || !features.avx512_bf16) return false;
  return (element == Element::bfloat16 && features.amx_bf16) ||
         (element == Element::uint8 && features.amx_int8);
}

LinearKernel linear_kernel(Element element, int64_t words, int64_t columns) {
  const bool by_amx = amx_multiplies(element) && words % 16 == 0 && columns % kAmxPanelColumns == 0;
  switch (element) {
    case Element::float32:
      break;
    case Element::bfloat16:
      if (by_amx) return {avx512::multiply_bfloat16_amx, kAmxPanelColumns, kAmxPanelRows};
      return {avx512::multiply_bfloat16, kPanelColumns, kPanelRows};
    case Element::uint8:
      if (by_amx) return {avx512::multiply_uint8_amx, kAmxPanelColumns, kAmxPanelRows};
      return {avx512::multiply_uint8, kPanelColumns, kPanelRows};
  }
  return {avx512::multiply_float32, kPanelColumns, kPanelRows};
}

AttentionFunction attention_kernel(Element element, int64_t head_size) {
  if (element == Element::float32) return avx512::attend_float32;
  return amx_multiplies(element) && head_size % 32 == 0 ? avx512::attend_bfloat16_amx
                                                        : avx512::attend_bfloat16;
}

}  // namespace angle
