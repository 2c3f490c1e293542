#include "model/avx512/support.h"

#include "angle/cpu_features.h"

namespace angle {

bool cpu_multiplies(avx512::Element element) {
  const CpuFeatures& features = cpu_features();
  switch (element) {
    case avx512::Element::float32:
      return features.avx512;
    case avx512::Element::bfloat16:
      return features.avx512 && features.avx512_bf16;
    case avx512::Element::uint8:
      return features.avx512 && features.avx512_vnni;
  }
  return false;
}

}  // namespace angle
