// The kernels of AVX2 beside those of AVX-512, on the same numbers: the same bits, of linear layers in
// float32 and in bytes, attention, normalisation, bytes of rows, transpositions; for sizes that fill
// registers and panels and that do not. Nothing is written beyond the last row.
//
// The kernels of AMX beside those of AVX-512:
//  - linear layers, for rows that fill tiles, blocks and neither, every finish and output: bytes give the
//    same bits, bfloat16 the same within the rounding of sums; nothing is written beyond the last row;
//  - attention, for texts that end within a tile and at its end, heads of several sizes side by side, all
//    queries and the first: the formula, within the rounding of probabilities to bfloat16;
//  - a layer whose sizes do not fit tiles is given to AVX-512;
//  - products of oneDNN, which uses the tiles too and does not set them up each time, are the same before and
//    after.

#include <cmath>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"
#include "angle/error.h"
#include "angle/tensor.h"

#include "model/gelu_table.h"
#include "model/kernels/support.h"
#include "model/panels.h"
#include "support/tensor_matchers.h"

#define ANGLE_REQUIRE(feature) \
  if (!cpu_features().feature) GTEST_SKIP() << "this CPU has no " #feature

namespace angle {
namespace {

using kernels::Element;
using kernels::Finish;
using kernels::Rows;
using testing::tensors_close;

constexpr Finish kFinishes[] = {Finish::store, Finish::gelu, Finish::relu, Finish::add};
constexpr int64_t kGuardRows = 3;

Rows rows_of(const Tensor& tensor) {
  const Element element = tensor.scalar_type() == at::kFloat      ? Element::float32
                          : tensor.scalar_type() == at::kBFloat16 ? Element::bfloat16
                          : tensor.scalar_type() == at::kShort    ? Element::wide_uint8
                                                                  : Element::uint8;
  return {element, tensor.data_ptr(), tensor.stride(0), nullptr};
}

/// A linear layer with an input, of floats or of bytes with scales.
struct Layer {
  Layer(Element element, int64_t num_rows, int64_t in, int64_t out) : rows(num_rows) {
    const bool is_bytes = element == Element::uint8;
    const at::ScalarType type = element == Element::float32 ? at::kFloat : at::kBFloat16;
    // Rows of the input lie apart, as those of the encoder do.
    input = is_bytes ? at::randint(0, 256, {rows, in + 64}, at::kByte) : at::randn({rows, in + 32}).to(type);
    weight = is_bytes ? at::randint(-127, 128, {out, in}, at::kChar)
                      : (at::randn({out, in}) / std::sqrt(in)).to(type);
    bias = at::randn({out});
    column_scales = at::rand({out}) / (100 * std::sqrt(in));
    column_sums = weight.sum(1, /*keepdim=*/false, at::kInt);
    for (int64_t row = 0; row < rows; ++row)
      scales.push_back(
          {.scale = 0.01F * static_cast<float>(row + 1), .zero = static_cast<int32_t>(row % 256)});
  }

  /// Of bytes: the same ones in 16 bits each.
  Layer widened() const {
    Layer wide = *this;
    wide.input = input.to(at::kShort);
    wide.weight = weight.to(at::kShort);
    return wide;
  }

  Tensor output_by(const LinearKernel& kernel, Finish finish, at::ScalarType type) {
    Tensor output = at::full({rows + kGuardRows, weight.size(0)}, 7, type);
    const Tensor weights = pack_panels(weight, kernel.panel_columns);
    Rows left = rows_of(input);
    left.scales = scales.data();
    kernel.multiply({.input = left,
                     .rows = rows,
                     .weights = weights.const_data_ptr<int32_t>(),
                     .words = weights.size(1),
                     .columns = weight.size(0),
                     .bias = bias.const_data_ptr<float>(),
                     .column_scales = column_scales.const_data_ptr<float>(),
                     .column_sums = column_sums.const_data_ptr<int32_t>(),
                     .finish = finish,
                     .gelu = &gelu_table(Activation::gelu),
                     .output = rows_of(output)},
                    0, weights.size(0));
    return output;
  }

  int64_t rows;
  Tensor input, weight, bias, column_scales, column_sums;
  std::vector<kernels::RowScale> scales;
};

constexpr LinearKernel kFloat32ByAvx512 = {kernels::multiply_float32_avx512, kernels::kAvx512PanelColumns,
                                           kernels::kPanelRows};
constexpr LinearKernel kBFloat16ByAvx512 = {kernels::multiply_bfloat16_avx512, kernels::kAvx512PanelColumns,
                                            kernels::kPanelRows};
constexpr LinearKernel kBytesByAvx512 = {kernels::multiply_uint8_avx512, kernels::kAvx512PanelColumns,
                                         kernels::kPanelRows};

constexpr LinearKernel kFloat32ByAvx2 = {kernels::multiply_float32_avx2, kernels::kAvx2PanelColumns,
                                         kernels::kPanelRows};
constexpr LinearKernel kWideBytesByAvx2 = {kernels::multiply_wide_uint8_avx2, kernels::kAvx2PanelColumns,
                                           kernels::kPanelRows};
constexpr LinearKernel kWideBytesByAvx512 = {kernels::multiply_wide_uint8_avx512,
                                             kernels::kAvx512PanelColumns, kernels::kPanelRows};
constexpr LinearKernel kBytesByAvxVnni = {kernels::multiply_uint8_avx_vnni, kernels::kAvx2PanelColumns,
                                          kernels::kPanelRows};

void compare_with_avx512(Element element, const LinearKernel& kernel, const LinearKernel& avx512,
                         bool widens = false) {
  at::manual_seed(2);
  for (const int64_t rows : {1, 2, 5, 6, 7, 12, 13, 100})
    for (const auto& [in, out] : {std::pair<int64_t, int64_t>{16, 16}, {80, 48}, {384, 112}, {1536, 64}})
      for (const Finish finish : kFinishes) {
        Layer layer(element, rows, in, out);
        const Tensor output = (widens ? layer.widened() : layer).output_by(kernel, finish, at::kFloat);
        EXPECT_TRUE(at::equal(output, layer.output_by(avx512, finish, at::kFloat)))
            << fmt::format("{} rows, {} → {}, finish {}", rows, in, out, static_cast<int>(finish));
        EXPECT_TRUE((output.slice(0, rows) == 7).all().item<bool>());
      }
}

TEST(Avx2Kernels, MultiplyFloat32ToTheSameBitsAsAvx512) {
  ANGLE_REQUIRE(avx512);
  compare_with_avx512(Element::float32, kFloat32ByAvx2, kFloat32ByAvx512);
}

TEST(Avx2Kernels, MultiplyBytesToTheSameBitsAsAvx512) {
  ANGLE_REQUIRE(avx512_vnni);
  compare_with_avx512(Element::uint8, kWideBytesByAvx2, kBytesByAvx512, /*widens=*/true);
}

TEST(Avx2Kernels, MultiplyBytesByAvxVnniToTheSameBitsAsAvx512) {
  ANGLE_REQUIRE(avx512_vnni);
  ANGLE_REQUIRE(avx_vnni);
  compare_with_avx512(Element::uint8, kBytesByAvxVnni, kBytesByAvx512);
}

TEST(Avx512Kernels, MultiplyBytesOf16BitsToTheSameBitsAsBytes) {
  ANGLE_REQUIRE(avx512_vnni);
  compare_with_avx512(Element::uint8, kWideBytesByAvx512, kBytesByAvx512, /*widens=*/true);
}

/// Calls `check(by_amx, by_avx512, what)` with the outputs of layers of many sizes.
template <class Check>
void compare_linear_kernels(Element element, const LinearKernel& amx, const LinearKernel& avx512,
                            const Check& check) {
  at::manual_seed(3);
  for (const int64_t rows : {1, 2, 15, 16, 17, 31, 32, 33, 48, 65, 100})
    for (const auto& [in, out] : {std::pair<int64_t, int64_t>{64, 32}, {128, 96}, {1536, 64}})
      for (const Finish finish : kFinishes)
        for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
          if (finish == Finish::add && type != at::kFloat) continue;
          Layer layer(element, rows, in, out);
          check(layer.output_by(amx, finish, type), layer.output_by(avx512, finish, type),
                fmt::format("{} rows, {} → {}, finish {}, {}", rows, in, out, static_cast<int>(finish),
                            at::toString(type)));
        }
}

TEST(AmxKernels, MultiplyBytesToTheSameBitsAsAvx512) {
  ANGLE_REQUIRE(amx_int8);
  compare_linear_kernels(
      Element::uint8, {kernels::multiply_uint8_amx, kernels::kAmxPanelColumns, kernels::kAmxPanelRows},
      kBytesByAvx512, [](const Tensor& amx, const Tensor& avx512, const std::string& what) {
        EXPECT_TRUE(at::equal(amx, avx512)) << what;
      });
}

TEST(AmxKernels, MultiplyBfloat16AsAvx512ButForTheRoundingOfSums) {
  ANGLE_REQUIRE(amx_bf16);
  compare_linear_kernels(
      Element::bfloat16, {kernels::multiply_bfloat16_amx, kernels::kAmxPanelColumns, kernels::kAmxPanelRows},
      kBFloat16ByAvx512, [](const Tensor& amx, const Tensor& avx512, const std::string& what) {
        EXPECT_TRUE(tensors_close(amx, avx512, amx.scalar_type() == at::kFloat ? 2e-6 : 0.008)) << what;
        EXPECT_TRUE(at::equal(amx.slice(0, -kGuardRows), at::full_like(amx.slice(0, -kGuardRows), 7)))
            << what;
      });
}

TEST(AmxKernels, LeaveOddSizesToAvx512) {
  ANGLE_REQUIRE(amx_bf16);
  EXPECT_EQ(linear_kernel(Element::bfloat16, 192, 384).multiply, kernels::multiply_bfloat16_amx);
  EXPECT_EQ(linear_kernel(Element::bfloat16, 24, 384).multiply, kernels::multiply_bfloat16_avx512);
  EXPECT_EQ(linear_kernel(Element::bfloat16, 192, 48).multiply, kernels::multiply_bfloat16_avx512);
  EXPECT_EQ(attention_kernel(Element::bfloat16, 64), kernels::attend_bfloat16_amx);
  EXPECT_EQ(attention_kernel(Element::bfloat16, 48), kernels::attend_bfloat16_avx512);
}

TEST(AmxKernels, LeaveTheTilesToOneDnn) {
  ANGLE_REQUIRE(amx_bf16);
  at::manual_seed(6);
  const Tensor input = at::randn({128, 256}).to(at::kBFloat16),
               weight = at::randn({512, 256}).to(at::kBFloat16);
  const LinearKernel amx{kernels::multiply_bfloat16_amx, kernels::kAmxPanelColumns, kernels::kAmxPanelRows};
  Layer layer(Element::bfloat16, 7, 64, 32);
  const Tensor expected = at::linear(input, weight);
  for (int i = 0; i < 3; ++i) {
    layer.output_by(amx, Finish::store, at::kFloat);
    EXPECT_TRUE(at::equal(at::linear(input, weight), expected));
  }
}

/// softmax(Q·Kᵀ/√size)·V by head, in float64.
///
/// @param projected  [tokens, 3 · heads · size]: queries, keys, values
Tensor attention(const Tensor& projected, int64_t heads) {
  const int64_t tokens = projected.size(0), size = projected.size(1) / (3 * heads);
  const Tensor parts = projected.to(at::kDouble).view({tokens, 3, heads, size}).permute({1, 2, 0, 3});
  const Tensor scores = parts[0].matmul(parts[1].transpose(1, 2)) / std::sqrt(static_cast<double>(size));
  return scores.softmax(-1).matmul(parts[2]).transpose(0, 1).reshape({tokens, heads * size});
}

/// @param type  of the output
Tensor attend_by(AttentionFunction kernel, const Tensor& projected, int64_t heads, int64_t queries,
                 at::ScalarType type) {
  const int64_t hidden = projected.size(1) / 3, size = hidden / heads, length = projected.size(0);
  const Tensor scratch = at::full({kernels::attention_scratch_words(length, size)}, 0x7FC00000, at::kInt);
  const Tensor context = at::full({queries + kGuardRows, hidden}, 7, type);
  const auto part = [&](int64_t which) { return projected.narrow(1, which * hidden, hidden).data_ptr(); };
  kernel({.query = part(0),
          .key = part(1),
          .value = part(2),
          .stride = projected.stride(0),
          .length = length,
          .queries = queries,
          .heads = heads,
          .head_size = size,
          .scale = 1 / std::sqrt(static_cast<float>(size)),
          .context = rows_of(context),
          .scratch = scratch.mutable_data_ptr<int32_t>()});
  EXPECT_TRUE(at::equal(context.slice(0, queries), at::full_like(context.slice(0, queries), 7)));
  return context.narrow(0, 0, queries);
}

Tensor attend_by_amx(const Tensor& projected, int64_t heads, int64_t queries, at::ScalarType type) {
  return attend_by(kernels::attend_bfloat16_amx, projected, heads, queries, type);
}

TEST(Avx2Kernels, AttendToTheSameBitsAsAvx512) {
  ANGLE_REQUIRE(avx512);
  at::manual_seed(8);
  for (const int64_t length : {1, 2, 11, 12, 13, 16, 17, 31, 64, 65, 130})
    for (const auto& [heads, size] : {std::pair<int64_t, int64_t>{3, 32}, {2, 64}, {1, 20}, {4, 2}}) {
      const Tensor projected = 2 * at::randn({length, 3 * heads * size});
      for (const int64_t queries : {int64_t{1}, length})
        EXPECT_TRUE(
            at::equal(attend_by(kernels::attend_float32_avx2, projected, heads, queries, at::kFloat),
                      attend_by(kernels::attend_float32_avx512, projected, heads, queries, at::kFloat)))
            << length << " tokens, " << heads << " heads of " << size << ", queries: " << queries;
    }
}

/// Two tokens, of which the second has all of the attention but e^−difference, and no value: the first one's
/// probability is all that can be seen.
Tensor probability_of_a_score_less_by(float difference, AttentionFunction kernel) {
  const Tensor projected = at::zeros({2, 48});
  projected.narrow(1, 0, 16) = 1;
  projected[1].narrow(0, 16, 16) = difference / 4;  // 16 products, times 1/√16
  projected[0].narrow(0, 32, 16) = 1;
  return attend_by(kernel, projected, 1, 2, at::kFloat);
}

TEST(Avx2Kernels, AttendToScoresFarApartToTheSameBitsAsAvx512) {
  ANGLE_REQUIRE(avx512);
  for (float difference = 80; difference < 200; difference += 0.5F)
    EXPECT_TRUE(at::equal(probability_of_a_score_less_by(difference, kernels::attend_float32_avx2),
                          probability_of_a_score_less_by(difference, kernels::attend_float32_avx512)))
        << difference;
  EXPECT_EQ(probability_of_a_score_less_by(200, kernels::attend_float32_avx2).max().item<float>(), 0);
}

/// Embedded and normalised rows, and the bytes made of them with the scales that they have.
struct RowResults {
  Tensor hidden, bytes, scales;
};

RowResults rows_by(const kernels::RowKernels& rows, int64_t columns) {
  at::manual_seed(9);
  const Tensor words = at::randn({20, columns}), places = at::randn({5, columns}),
               weight = at::randn({columns}), bias = at::randn({columns});
  const Tensor ids = at::randint(0, 20, {5}), positions = at::arange(5);
  std::vector<kernels::RowScale> scales(5);
  const RowResults made{at::zeros({5, columns}), at::zeros({5, columns}, at::kByte), at::zeros({5, 2})};
  Rows bytes = rows_of(made.bytes);
  bytes.scales = scales.data();
  rows.embed({.token_ids = ids.const_data_ptr<int64_t>(),
              .position_ids = positions.const_data_ptr<int64_t>(),
              .words = words.const_data_ptr<float>(),
              .places = places.const_data_ptr<float>(),
              .norm = {.hidden = made.hidden.mutable_data_ptr<float>(),
                       .columns = columns,
                       .weight = weight.const_data_ptr<float>(),
                       .bias = bias.const_data_ptr<float>(),
                       .epsilon = 1e-12F,
                       .operand = rows_of(made.hidden)}},
             0, 5);
  made.hidden[3].zero_();  // has no range
  rows.quantize({.input = rows_of(made.hidden), .columns = columns, .output = bytes}, 0, 5);
  for (size_t row = 0; row < scales.size(); ++row) {
    made.scales[static_cast<int64_t>(row)][0] = scales[row].scale;
    made.scales[static_cast<int64_t>(row)][1] = scales[row].zero;
  }
  return made;
}

TEST(RowKernels, MakeTheSameBytesIn16Bits) {
  ANGLE_REQUIRE(avx2);
  at::manual_seed(9);
  // Rounding takes the largest of some rows to 256, which is no byte.
  const Tensor rows = at::randn({200, 48}), bytes = at::zeros({200, 48}, at::kByte),
               wide = at::zeros({200, 48}, at::kShort);
  std::vector<kernels::RowScale> scales(200);
  for (const Tensor& to : {bytes, wide}) {
    Rows output = rows_of(to);
    output.scales = scales.data();
    row_kernels().quantize({.input = rows_of(rows), .columns = 48, .output = output}, 0, 200);
  }
  EXPECT_TRUE(at::equal(wide, bytes.to(at::kShort)));
  EXPECT_EQ(wide.max().item<int64_t>(), 255);
}

TEST(Avx2Kernels, MakeRowsOfTheSameBitsAsAvx512) {
  ANGLE_REQUIRE(avx512);
  for (const int64_t columns : {16, 48, 384}) {
    const RowResults avx2 = rows_by(kernels::row_kernels_avx2, columns),
                     avx512 = rows_by(kernels::row_kernels_avx512, columns);
    EXPECT_TRUE(at::equal(avx2.hidden, avx512.hidden)) << columns;
    EXPECT_TRUE(at::equal(avx2.bytes, avx512.bytes)) << columns;
    EXPECT_TRUE(at::equal(avx2.scales, avx512.scales)) << columns;
    EXPECT_EQ(avx512.bytes[0].max().item<int64_t>(), 255) << columns;  // so that something was written
  }
}

TEST(Avx2Kernels, TransposeToTheSameBitsAsAvx512) {
  ANGLE_REQUIRE(avx512);
  at::manual_seed(10);
  for (const int64_t rows : {1, 15, 16, 17, 70})
    for (const int64_t columns : {1, 16, 63, 64, 65, 150}) {
      const Tensor matrix = at::randn({rows, columns});
      const auto transposed_by = [&](TransposeFunction transpose) {
        const Tensor made = at::full({columns, rows + 3}, 7.0F);
        const Tensor sums = at::zeros({columns});
        transpose({.from = matrix.const_data_ptr(),
                   .rows = rows,
                   .columns = columns,
                   .to = made.mutable_data_ptr(),
                   .stride = rows + 3,
                   .sums = sums.mutable_data_ptr<float>()},
                  0, (columns + kernels::kTransposedColumns - 1) / kernels::kTransposedColumns);
        EXPECT_TRUE(at::equal(made.narrow(1, 0, rows), matrix.t()));
        EXPECT_TRUE((made.narrow(1, rows, 3) == 7).all().item<bool>());
        return sums;
      };
      EXPECT_TRUE(at::equal(transposed_by(kernels::transpose_avx2), transposed_by(kernels::transpose_avx512)))
          << rows << " × " << columns;
    }
}

TEST(AmxKernels, AttendByTheFormula) {
  ANGLE_REQUIRE(amx_bf16);
  at::manual_seed(4);
  for (const int64_t length : {1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 130, 512})
    for (const auto& [heads, size] : {std::pair<int64_t, int64_t>{3, 32}, {2, 64}, {1, 96}}) {
      // Larger than life, so that probabilities are far from even.
      const Tensor projected = (2 * at::randn({length, 3 * heads * size})).to(at::kBFloat16);
      const Tensor expected = attention(projected, heads);
      const std::string what = fmt::format("{} tokens, {} heads of {}", length, heads, size);
      const Tensor context = attend_by_amx(projected, heads, length, at::kFloat);
      EXPECT_TRUE(tensors_close(context, expected, 0.008)) << what;
      EXPECT_TRUE(
          at::equal(attend_by_amx(projected, heads, length, at::kBFloat16), context.to(at::kBFloat16)))
          << what;
      EXPECT_TRUE(at::equal(attend_by_amx(projected, heads, 1, at::kFloat), context.narrow(0, 0, 1))) << what;
    }
}

TEST(AmxKernels, AttendToScoresFarApartWithoutOverflow) {
  ANGLE_REQUIRE(amx_bf16);
  at::manual_seed(5);
  const Tensor projected = (40 * at::randn({40, 96})).to(at::kBFloat16);  // scores of thousands
  EXPECT_TRUE(tensors_close(attend_by_amx(projected, 1, 40, at::kFloat), attention(projected, 1), 0.008));
}

}  // namespace
}  // namespace angle
