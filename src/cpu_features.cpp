#include "angle/cpu_features.h"

#include <cpuid.h>

#include "angle/error.h"

namespace angle {
namespace {

/// AMX_BF16, which GCC 12 cannot be asked for: bit 22 of EDX of leaf 7 (Intel's manual, volume 2, CPUID).
bool has_amx_bf16() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx >> 22 & 1) != 0;
}

CpuFeatures detect() {
  return {.avx2 = __builtin_cpu_supports("avx2") != 0,
          .avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"),
          .avx512_bf16 = __builtin_cpu_supports("avx512bf16") != 0,
          .avx512_vnni = __builtin_cpu_supports("avx512vnni") != 0,
          .amx_bf16 = has_amx_bf16()};
}

}  // namespace

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect();
  return features;
}

void require_bfloat16(const CpuFeatures& features, const std::string& where) {
  if (features.bfloat16()) return;
  fail(
      "{}: this CPU has no bfloat16 instructions (found {}; expected AVX512_BF16 or AMX_BF16), so it would "
      "be slower; use float32",
      where,
      features.avx512 ? "AVX-512 without them"
      : features.avx2 ? "AVX2"
                      : "neither AVX2 nor AVX-512");
}

}  // namespace angle
