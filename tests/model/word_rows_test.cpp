// The rows of the word embeddings that a training step has:
//  - tokens have the embeddings and the gradient that they have by the whole table, to the bit, whatever rows
//    there are besides theirs;
//  - the padding row, which a text can name, gets no gradient;
//  - the table's gradient is sparse and holds these rows only; without a backward pass there is none.

#include "angle/model/word_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

constexpr int64_t kPad = 1;

Tensor table() { return at::arange(40, at::kFloat).view({10, 4}).cos().requires_grad_(true); }

/// A gradient whose sums are rounded.
void backward(const Tensor& embedded) {
  (embedded * (at::arange(embedded.numel(), at::kFloat) + 1).reciprocal().view(embedded.sizes()))
      .sum()
      .backward();
}

TEST(WordRows, AreEmbeddedLikeTheWholeTable) {
  const Tensor tokens = at::tensor({7, 3, 7, 1, 9, 3, 7}, at::kLong);
  const Tensor whole = table();
  const Tensor expected = at::embedding(whole, tokens, kPad);
  backward(expected);
  for (const std::vector<int64_t>& ids : {std::vector<int64_t>{1, 3, 7, 9}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}) {
    const Tensor source = table();
    const WordRows words(source, ids, kPad);
    const Tensor embedded = words.embed(tokens);
    EXPECT_TRUE(at::equal(embedded, expected));
    backward(embedded);
    EXPECT_FALSE(source.grad().defined());
    const Tensor gradient = words.table_gradient();
    EXPECT_TRUE(gradient.is_sparse() && gradient.is_coalesced());
    EXPECT_EQ(gradient._nnz(), static_cast<int64_t>(ids.size()));
    EXPECT_TRUE(at::equal(gradient.to_dense(), whole.grad()));
    EXPECT_EQ(gradient.to_dense()[kPad].abs().max().item<double>(), 0);
  }
}

TEST(WordRows, TakesARowForPaddingOnlyWhereItIs) {
  const WordRows words(table(), {0, 2}, kPad);
  backward(words.embed(at::tensor({0, 2}, at::kLong)));
  EXPECT_EQ(words.rows().grad().ne(0).sum().item<int64_t>(), 8);
}

TEST(WordRows, HaveNoGradientWithoutABackwardPass) {
  EXPECT_FALSE(WordRows(table(), {0, 2}, kPad).table_gradient().defined());
}

}  // namespace
}  // namespace angle
