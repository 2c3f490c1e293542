// Compiled for AVX-512 with AVX512_BF16 and AMX_BF16.
#include "model/kernels/amx_attention_kernel.h"
#include "model/kernels/amx_linear_kernel.h"

namespace angle::kernels {
namespace {

struct BFloat16Tiles {
  static constexpr Element kElement = Element::bfloat16;
  static void add_upper_products() {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
  }
  static void add_lower_products() {
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
};

}  // namespace

void multiply_bfloat16_amx(const LinearTask& task, int64_t first, int64_t last) {
  multiply_amx_panels<BFloat16Tiles>(task, first, last);
}

void attend_bfloat16_amx(const AttentionTask& task) {
  configure_tiles(kBlockRows);
  for (int64_t head = 0; head < task.heads; ++head)
    attend_head_by_tiles(head_of(task, Element::bfloat16, head));
  _tile_release();
}

}  // namespace angle::kernels
