#include "angle/cpu_features.h"

#include <algorithm>
#include <cpuid.h>
#include <cstdlib>
#include <sched.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "angle/error.h"

namespace angle {
namespace {

/// The bits of AMX in EDX of leaf 7, for which GCC 12 has no names (Intel's manual, volume 2, CPUID).
enum AmxBit : unsigned { amx_bf16 = 1U << 22, amx_tile = 1U << 24, amx_int8 = 1U << 25 };

/// Those that the CPU has, and that may be used: Linux gives the memory for a thread's tiles only to
/// processes that ask for it (its documentation, arch/x86/xstate).
unsigned usable_amx() {
  constexpr long kAskForPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 || (edx & amx_tile) == 0) return 0;
  return syscall(SYS_arch_prctl, kAskForPermission, kTileData) == 0 ? edx : 0;
}

/// A bit of EAX of leaf 7.1, for which clang-tidy 14 has no name.
bool has_avx_vnni() {
  constexpr unsigned kAvxVnni = 1U << 4;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & kAvxVnni) != 0;
}

CpuFeatures detect() {
  const unsigned amx = usable_amx();
  const CpuFeatures found = {
      .avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"),
      .avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"),
      .avx512_bf16 = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni"),
      .avx512_vnni = __builtin_cpu_supports("avx512vnni") != 0,
      .avx_vnni = __builtin_cpu_supports("avx2") && has_avx_vnni(),
      .amx_bf16 = (amx & amx_bf16) != 0,
      .amx_int8 = (amx & amx_int8) != 0};
  const char* const most = std::getenv("ANGLE_CPU");
  return most != nullptr && *most != '\0' ? limited(found, most) : found;
}

}  // namespace

CpuFeatures limited(CpuFeatures features, const std::string& most) {
  const std::vector<std::string> levels = {"none",        "avx2",        "avx_vnni", "avx512",
                                           "avx512_vnni", "avx512_bf16", "amx"};
  const auto level = std::find(levels.begin(), levels.end(), most) - levels.begin();
  if (level == std::ssize(levels))
    fail("ANGLE_CPU: found \"{}\", expected one of {}", most, fmt::join(levels, ", "));
  const auto allow = [&](bool& feature, std::ptrdiff_t from) { feature = feature && level >= from; };
  allow(features.avx2, 1);
  allow(features.avx_vnni, 2);
  allow(features.avx512, 3);
  allow(features.avx512_vnni, 4);
  allow(features.avx512_bf16, 5);
  allow(features.amx_bf16, 6);
  allow(features.amx_int8, 6);
  return features;
}

const CpuFeatures& cpu_features() {
  static const CpuFeatures features = detect();
  return features;
}

int count_usable_cpus() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
  // The machine has more than fit into a set.
  return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
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
