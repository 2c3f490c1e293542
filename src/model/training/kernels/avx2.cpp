// Compiled for AVX2 with FMA.
#include "model/training/kernels/attention.h"
#include "model/training/kernels/gelu.h"
#include "model/training/kernels/mask_block.h"
#include "model/training/kernels/norm.h"

namespace angle::kernels {

const TrainingKernels<float> training_float32_avx2 = {head_forward,  head_backward, gelu_forward,
                                                      gelu_backward, norm_forward,  norm_backward};

MaskBlock mask_block_avx2(const MaskSource& source, uint64_t block) { return mask_block(source, block); }

}  // namespace angle::kernels
