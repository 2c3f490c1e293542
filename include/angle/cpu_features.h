// What the CPU can compute with, as far as a choice depends on it. Knows no torch.
#pragma once

#include <string>

namespace angle {

struct CpuFeatures {
  bool avx2 = false;         // and FMA
  bool avx512 = false;       // F, BW, DQ and VL: what the kernels are compiled for
  bool avx512_bf16 = false;  // and VNNI: bytes can then be multiplied by AVX-512, and written as bfloat16
  bool avx512_vnni = false;
  bool avx_vnni = false;  // the same instruction for AVX2
  bool amx_bf16 = false;  // both: and the system lets this process use it
  bool amx_int8 = false;

  bool bfloat16() const { return avx512_bf16 || amx_bf16; }
};

/// Those of the CPU that the program runs on, at most those that the environment variable ANGLE_CPU names:
/// see limited(). The first call asks the system for AMX.
const CpuFeatures& cpu_features();

/// What an older CPU would have, to measure or to test it on a newer one: `most` is "none", "avx2",
/// "avx_vnni", "avx512", "avx512_vnni", "avx512_bf16" or "amx"; each may have what stands before it. LibTorch
/// and oneDNN choose by themselves (ATEN_CPU_CAPABILITY=avx2, ONEDNN_MAX_CPU_ISA=AVX2).
///
/// Error `ANGLE_CPU: found "…", expected one of …`.
CpuFeatures limited(CpuFeatures features, const std::string& most);

/// CPUs that the calling thread, and what it starts, may run on, at least 1: where the machine is shared
/// (Slurm, a container's cpuset, taskset) not all of it.
int count_usable_cpus();

/// Error `where: …` that says what was found, when there are no instructions for bfloat16: it would be slower
/// than float32 then.
void require_bfloat16(const CpuFeatures& features, const std::string& where);

}  // namespace angle
