#include "model/avx512/support.h"

namespace angle {
namespace {

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

}  // namespace

bool cpu_multiplies(avx512::Element element) {
  switch (element) {
    case avx512::Element::float32:
      return has_avx512();
    case avx512::Element::bfloat16:
      return has_avx512() && __builtin_cpu_supports("avx512bf16");
    case avx512::Element::uint8:
      return has_avx512() && __builtin_cpu_supports("avx512vnni");
  }
  return false;
}

}  // namespace angle
