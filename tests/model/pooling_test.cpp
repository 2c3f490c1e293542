// Pooling:
//  - every kind gives the number of its formula, on texts of different lengths in one batch;
//  - its gradient is that of central differences, in float64;
//  - a text of one token pools to that token, whatever the kind;
//  - names are read and written, a misspelt one is answered with the nearest.

#include "angle/model/pooling.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/gradient_check.h"

namespace angle {
namespace {

using testing::tensors_close;

constexpr Pooling kPoolings[] = {Pooling::cls,           Pooling::mean,        Pooling::max,
                                 Pooling::last,          Pooling::cls_avg,     Pooling::cls_max,
                                 Pooling::mean_sqrt_len, Pooling::weightedmean};

/// Three texts of 3, 1 and 2 tokens. Packed order: the second, the third, the first.
TokenBatch three_texts() { return pack(std::vector<std::vector<int64_t>>{{1, 1, 1}, {2}, {3, 3}}); }

/// In packed order.
Tensor embeddings() {
  return at::tensor({5.0, -1.0, /**/ 1.0, 2.0, 3.0, -4.0, /**/ 1.0, 7.0, -2.0, 0.0, 4.0, 5.0}, at::kDouble)
      .view({6, 2});
}

/// The pooled vectors in the caller's order.
Tensor pooled(Pooling kind) {
  const TokenBatch batch = three_texts();
  return pool(embeddings(), batch, kind).index_select(0, batch.row_of_text);
}

Tensor rows(std::initializer_list<double> numbers) {
  return at::tensor(std::vector<double>(numbers), at::kDouble).view({3, 2});
}

TEST(Pooling, FollowsItsFormula) {
  EXPECT_TRUE(tensors_close(pooled(Pooling::cls), rows({1, 7, 5, -1, 1, 2}), 1e-15));
  EXPECT_TRUE(tensors_close(pooled(Pooling::mean), rows({1, 4, 5, -1, 2, -1}), 1e-15));
  EXPECT_TRUE(tensors_close(pooled(Pooling::max), rows({4, 7, 5, -1, 3, 2}), 1e-15));
  EXPECT_TRUE(tensors_close(pooled(Pooling::last), rows({4, 5, 5, -1, 3, -4}), 1e-15));
  EXPECT_TRUE(tensors_close(pooled(Pooling::cls_avg), rows({1, 5.5, 5, -1, 1.5, 0.5}), 1e-15));
  EXPECT_TRUE(tensors_close(pooled(Pooling::cls_max), rows({2.5, 7, 5, -1, 2, 2}), 1e-15));
  const double r3 = std::sqrt(3.0), r2 = std::sqrt(2.0);
  EXPECT_TRUE(
      tensors_close(pooled(Pooling::mean_sqrt_len), rows({3 / r3, 12 / r3, 5, -1, 4 / r2, -2 / r2}), 1e-15));
  EXPECT_TRUE(tensors_close(pooled(Pooling::weightedmean),
                            rows({9.0 / 6, 22.0 / 6, 5, -1, 7.0 / 3, -6.0 / 3}), 1e-15));
}

TEST(Pooling, KeepsTheOnlyTokenOfAText) {
  const TokenBatch batch = pack(std::vector<std::vector<int64_t>>{{1}, {2}});
  const Tensor tokens = at::randn({2, 5}, at::kDouble);
  for (const Pooling kind : kPoolings)
    EXPECT_TRUE(tensors_close(pool(tokens, batch, kind), tokens, 1e-15)) << pooling_name(kind);
}

TEST(Pooling, HasTheGradientOfCentralDifferences) {
  const TokenBatch batch = three_texts();
  const Tensor weights = at::arange(1, 7, at::kDouble).view({3, 2});
  for (const Pooling kind : kPoolings) {
    SCOPED_TRACE(pooling_name(kind));
    testing::expect_gradients(
        [&](const std::vector<Tensor>& inputs) {
          return (pool(inputs[0], batch, kind).square() * weights).sum();
        },
        {embeddings()});
  }
}

TEST(Pooling, HasNames) {
  for (const Pooling kind : kPoolings) EXPECT_EQ(parse_pooling(pooling_name(kind)), kind);
  EXPECT_EQ(parse_pooling("avg"), Pooling::mean);
  EXPECT_ERROR(parse_pooling("meen"), "pooling \"meen\": no such pooling", "did you mean \"mean\"?",
               "cls_avg");
  EXPECT_ERROR(parse_pooling("3", "model.pooling"), "model.pooling \"3\": no such pooling");
}

}  // namespace
}  // namespace angle
