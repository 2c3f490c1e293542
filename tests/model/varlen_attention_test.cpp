// The choice between the kernels of attention over packed batches:
//  - none is chosen on a CPU, and none that does not take the type, the size of a head or the age of the GPU;
//  - 16 bits go to flash attention where it can be used, float32 to the memory-efficient one.
// What the kernels compute is compared on a GPU (tests/gpu).

#include "model/varlen_attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

AttentionTask on_ampere(at::ScalarType type, int64_t head_size) { return {at::kCUDA, true, type, head_size}; }
AttentionTask on_turing(at::ScalarType type, int64_t head_size) {
  return {at::kCUDA, false, type, head_size};
}

TEST(VarlenAttention, IsFlashForSixteenBits) {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16})
    for (const int64_t head_size : {8, 32, 64, 256})
      EXPECT_EQ(choose_attention(on_ampere(type, head_size)), AttentionKernel::flash) << type << head_size;
}

TEST(VarlenAttention, IsMemoryEfficientForFloatsAndLargeHeads) {
  for (const int64_t head_size : {4, 32, 64, 320}) {
    EXPECT_EQ(choose_attention(on_ampere(at::kFloat, head_size)), AttentionKernel::memory_efficient);
    EXPECT_EQ(choose_attention(on_turing(at::kFloat, head_size)), AttentionKernel::memory_efficient);
  }
  EXPECT_EQ(choose_attention(on_ampere(at::kBFloat16, 264)), AttentionKernel::memory_efficient);
}

TEST(VarlenAttention, OnOlderGpusTakesHalfButNotBfloat16) {
  EXPECT_EQ(choose_attention(on_turing(at::kHalf, 64)), AttentionKernel::memory_efficient);
  EXPECT_EQ(choose_attention(on_turing(at::kBFloat16, 64)), AttentionKernel::by_length);
}

TEST(VarlenAttention, LeavesWhatNoKernelTakes) {
  EXPECT_EQ(choose_attention(on_ampere(at::kDouble, 64)), AttentionKernel::by_length);
  EXPECT_EQ(choose_attention(on_ampere(at::kFloat, 6)), AttentionKernel::by_length);
  EXPECT_EQ(choose_attention(on_ampere(at::kBFloat16, 12)), AttentionKernel::by_length);
  EXPECT_EQ(choose_attention(on_turing(at::kHalf, 12)), AttentionKernel::by_length);
}

TEST(VarlenAttention, IsForGpusOnly) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf}) {
    const AttentionTask task = attention_task(at::empty({5, int64_t{3} * 64}, type), 2);
    EXPECT_EQ(task.head_size, 32);
    EXPECT_EQ(task.type, type);
    EXPECT_FALSE(task.is_ampere);
    EXPECT_EQ(choose_attention(task), AttentionKernel::by_length);
  }
}

}  // namespace
}  // namespace angle
