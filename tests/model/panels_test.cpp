// A weight as panels, against the definition of their order, word by word:
//  - for panels of both widths, rows that fill the last one and that do not, and words that fill a vector and
//    what the transposition reads together and that do not; columns beyond the last row are zero;
//  - any bits, in elements of every size, and rows that do not lie one after the other;
//  - rows that are no whole words are refused.

#include "model/panels.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"

#include "model/kernels/kernels.h"

namespace angle {
namespace {

Tensor random_words(int64_t columns, int64_t words) {
  return at::randint(0, 256, {columns, 4 * words}, at::kByte).view(at::kInt);
}

/// @param rows  int32 [columns, words]
Tensor panels_by_definition(const Tensor& rows, int64_t panel_columns) {
  const int64_t columns = rows.size(0), words = rows.size(1);
  Tensor panels = at::zeros({(columns + panel_columns - 1) / panel_columns, words, panel_columns}, at::kInt);
  auto to = panels.accessor<int32_t, 3>();
  const auto from = rows.accessor<int32_t, 2>();
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t word = 0; word < words; ++word)
      to[column / panel_columns][word][column % panel_columns] = from[column][word];
  return panels;
}

TEST(Panels, HaveEveryWordAtItsPlaceAndZerosBeyondTheLastRow) {
  if (!cpu_features().avx2) GTEST_SKIP() << "this CPU has no AVX2";
  for (const int64_t panel_columns :
       {kernels::kAvx2PanelColumns, kernels::kAmxPanelColumns, kernels::kAvx512PanelColumns})
    for (const int64_t columns : {1, 16, 31, 32, 33, 48, 64, 80, 128, 200})
      for (const int64_t words : {1, 4, 15, 16, 17, 63, 64, 65, 96, 130}) {
        const Tensor rows = random_words(columns, words);
        const Tensor expected = panels_by_definition(rows, panel_columns);
        at::full_like(expected, 7);  // given back at once: memory that is taken next is not zero
        EXPECT_TRUE(at::equal(pack_panels(rows, panel_columns), expected))
            << columns << " rows of " << words << " words in panels of " << panel_columns;
      }
}

TEST(Panels, TakeElementsOfEverySize) {
  if (!cpu_features().avx2) GTEST_SKIP() << "this CPU has no AVX2";
  const Tensor rows = random_words(80, 24), expected = panels_by_definition(rows, 64);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kChar})
    EXPECT_TRUE(at::equal(pack_panels(rows.view(type), 64), expected)) << at::toString(type);
}

TEST(Panels, TakeRowsThatLieApart) {
  if (!cpu_features().avx2) GTEST_SKIP() << "this CPU has no AVX2";
  const Tensor rows = random_words(80, 24).t();
  EXPECT_TRUE(at::equal(pack_panels(rows, 32), panels_by_definition(rows.contiguous(), 32)));
}

TEST(Panels, AreOfWholeWords) {
  EXPECT_THROW(pack_panels(at::zeros({16, 6}, at::kChar), 64), c10::Error);
  EXPECT_THROW(pack_panels(at::zeros({16, 3}, at::kBFloat16), 64), c10::Error);
}

}  // namespace
}  // namespace angle
