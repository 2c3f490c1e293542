// Compiled for AVX-512 with AVX512_BF16 and AMX_INT8.
#include "model/kernels/amx_linear_kernel.h"

namespace angle::kernels {
namespace {

struct UInt8Tiles {  // times signed bytes, sums in int32
  static constexpr Element kElement = Element::uint8;
  static void add_upper_products() {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
  }
  static void add_lower_products() {
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
};

}  // namespace

void multiply_uint8_amx(const LinearTask& task, int64_t first, int64_t last) {
  multiply_amx_panels<UInt8Tiles>(task, first, last);
}

}  // namespace angle::kernels
