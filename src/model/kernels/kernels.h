// The arithmetic of the CPU's inference path, for CPUs with AVX2, AVX-512 or AMX: matrix products, attention,
// normalisation. Knows no torch.
//
// All of it works on rows of tokens, and what it computes for a row depends on that row alone (attention: on
// the rows of its text), in an order of operations that is always the same. So a text's vector is the same to
// the bit in any batch and with any number of threads. AVX2 and AVX-512 round to the same bits, too.
//
// Each .cpp here but support.cpp is compiled for the instructions that its first line names; cpu_multiplies()
// (support.h) says at run time what may be called.
#pragma once

#include <cstdint>

namespace angle::kernels {

/// What a matrix product reads on its left side. One step of the product takes a 32-bit word of it: one
/// float32, two bfloat16, four bytes, or two bytes that have 16 bits each, for CPUs with no instruction that
/// multiplies four.
enum class Element { float32, bfloat16, uint8, wide_uint8 };

constexpr bool holds_bytes(Element element) {
  return element == Element::uint8 || element == Element::wide_uint8;
}

constexpr int64_t elements_per_word(Element element) {
  switch (element) {
    case Element::float32:
      return 1;
    case Element::bfloat16:
    case Element::wide_uint8:
      return 2;
    case Element::uint8:
      return 4;
  }
  return 0;
}

constexpr int64_t bytes_of(Element element) { return 4 / elements_per_word(element); }

/// How a row of bytes was made: x ≈ scale · (byte − zero).
struct RowScale {
  float scale;
  int32_t zero;
};

/// A row-major matrix.
struct Rows {
  Element element;
  void* data;
  int64_t stride;    // elements from one row to the next
  RowScale* scales;  // of each row, for bytes
};

/// GELU is x/2 + |x|·g(|x|), where g(a) = Φ(a) − ½ (or its tanh form) is a cubic polynomial on each of 32
/// intervals, in the distance to the interval's middle: interval i is from i − ½ to i + ½ units, the last one
/// ends in its middle. Tests hold the error to 2e-6.
struct GeluTable {
  alignas(64) float coefficients[4][32];  // by power: a register of AVX-512 chooses among a row
  alignas(64) float intervals[32][4];     // the same by interval: AVX2 takes rows
  float intervals_per_unit;
};

/// Columns of weights that lie side by side for one step of the product: a panel.
constexpr int64_t kAvx2PanelColumns = 16;
constexpr int64_t kAvx512PanelColumns = 64;
constexpr int64_t kAmxPanelColumns = 32;

/// Rows that are multiplied by a panel together.
constexpr int64_t kPanelRows = 6;
constexpr int64_t kAmxPanelRows = 32;

/// What happens to a product and its bias.
enum class Finish {
  store,
  gelu,
  relu,
  add,  // to the output, which is float32: the residual connection
};

/// output = finish(input · weights + bias).
struct LinearTask {
  Rows input;
  int64_t rows;
  const int32_t* weights;  // [panels, words, the kernel's panel]: words of `in`, padded with columns of zeros
  int64_t words;           // of a row of the input
  int64_t columns;         // a multiple of 16
  const float* bias;       // [columns]
  const float* column_scales;  // [columns], for bytes: weight = column_scale · integer
  const int32_t* column_sums;  // [columns], for bytes: of the integers
  Finish finish;
  const GeluTable* gelu;
  Rows output;  // float32, or by AVX-512 and AMX bfloat16
};

/// The columns of panels `first` to `last` − 1, by AVX-512 (bfloat16 with AVX512_BF16, bytes with
/// AVX512_VNNI), in panels of kAvx512PanelColumns.
void multiply_float32_avx512(const LinearTask& task, int64_t first, int64_t last);
void multiply_wide_uint8_avx512(const LinearTask& task, int64_t first, int64_t last);
void multiply_bfloat16_avx512(const LinearTask& task, int64_t first, int64_t last);
void multiply_uint8_avx512(const LinearTask& task, int64_t first, int64_t last);

/// The same by AVX2, in panels of kAvx2PanelColumns; the last by AVX-VNNI, an instruction for bytes.
void multiply_float32_avx2(const LinearTask& task, int64_t first, int64_t last);
void multiply_wide_uint8_avx2(const LinearTask& task, int64_t first, int64_t last);
void multiply_uint8_avx_vnni(const LinearTask& task, int64_t first, int64_t last);

/// The same by AMX, in panels of kAmxPanelColumns. `columns` is a multiple of that, `words` of 16.
void multiply_bfloat16_amx(const LinearTask& task, int64_t first, int64_t last);
void multiply_uint8_amx(const LinearTask& task, int64_t first, int64_t last);

/// softmax(Q·Kᵀ·scale)·V of one text, for heads that lie side by side. query, key and value have the type of
/// the function's name, even head_size and the same stride.
struct AttentionTask {
  const void* query;  // from the first token and head on
  const void* key;
  const void* value;
  int64_t stride;   // elements from one token to the next
  int64_t length;   // of the text
  int64_t queries;  // the first tokens only, when the others are not needed
  int64_t heads;
  int64_t head_size;
  float scale;
  Rows context;      // float32, or by AVX-512 and AMX bfloat16, from the first token and head on
  int32_t* scratch;  // attention_scratch_words(…), aligned to 64 bytes
};

/// Enough for every kernel.
int64_t attention_scratch_words(int64_t length, int64_t head_size);

/// By AVX-512.
void attend_float32_avx512(const AttentionTask& task);
void attend_bfloat16_avx512(const AttentionTask& task);

/// By AVX2.
void attend_float32_avx2(const AttentionTask& task);

/// By AMX, for heads whose size is a multiple of 32.
void attend_bfloat16_amx(const AttentionTask& task);

/// LayerNorm of float32 rows, in place, and the result once more in the form that the next product reads.
struct NormalizeTask {
  float* hidden;    // [rows, columns]
  int64_t columns;  // a multiple of 16
  const float* weight;
  const float* bias;
  float epsilon;
  Rows operand;  // nothing is written for float32, which `hidden` is itself
};

/// Normalization of words[token_ids] + places[position_ids].
struct EmbedTask {
  const int64_t* token_ids;
  const int64_t* position_ids;
  const float* words;   // [vocabulary, columns]
  const float* places;  // [positions, columns]
  NormalizeTask norm;
};

/// float32 rows as bytes, each row with the scale that its own range asks for.
struct QuantizeTask {
  Rows input;
  int64_t columns;  // a multiple of 16
  Rows output;
};

/// What is done row by row, for rows `first` to `last` − 1.
struct RowKernels {
  void (*normalize)(const NormalizeTask& task, int64_t first, int64_t last);
  void (*embed)(const EmbedTask& task, int64_t first, int64_t last);
  void (*quantize)(const QuantizeTask& task, int64_t first, int64_t last);
};

extern const RowKernels row_kernels_avx512, row_kernels_avx2;

}  // namespace angle::kernels
