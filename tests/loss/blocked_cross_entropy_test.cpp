// Pinned here: value and gradient do not depend on the size of the blocks, whether it divides the rows or
// not, and equal those of the whole matrix under autograd, for every policy, with rows of any weight, also 0.
#include "loss/blocked_cross_entropy.h"

#include <limits>

#include "loss/golden_losses.h"

namespace angle {
namespace {

using namespace angle::testing;

constexpr double kScale = 3;

/// The definition, with the whole matrix.
Tensor whole_cross_entropy(const Tensor& anchors, const Tensor& candidates, const SoftmaxRows& rows) {
  const auto& [policy, anchor_ids, candidate_ids] = rows.duplicates;
  Tensor is_target =
      at::zeros({anchors.size(0), candidates.size(0)}, at::kBool).scatter(1, rows.target.unsqueeze(1), true);
  Tensor left_out = at::zeros_like(is_target);
  if (rows.self.defined()) left_out = left_out.scatter(1, rows.self.unsqueeze(1), true);
  const Tensor same =
      (anchor_ids.unsqueeze(1) == candidate_ids)
          .logical_or(candidate_ids.index_select(0, rows.target).unsqueeze(1) == candidate_ids)
          .logical_and(left_out.logical_not());
  if (policy == DuplicatePolicy::mask)
    left_out = left_out.logical_or(same.logical_and(is_target.logical_not()));
  if (policy == DuplicatePolicy::positive) is_target = is_target.logical_or(same);
  const Tensor scores = (kScale * anchors.matmul(candidates.t()))
                            .masked_fill(left_out, -std::numeric_limits<double>::infinity());
  const Tensor losses =
      -scores.log_softmax(1).masked_fill(is_target.logical_not(), 0).sum(1) / is_target.sum(1);
  return (losses * rows.weight).sum();
}

/// Ten anchors that are candidates themselves, with three more candidates and a few repeated texts.
SoftmaxRows ten_rows(DuplicatePolicy policy, bool with_self) {
  const Tensor row = at::arange(10, at::kLong);
  const std::vector<int64_t> identities = {0, 1, 2, 0, 4, 5, 1, 7, 8, 9, 0, 4, 7};
  const Tensor ids = at::tensor(identities, at::kLong);
  return {.target = (row + 5).remainder(10),
          .self = with_self ? row : Tensor(),
          .weight = at::tensor({.1, .2, 0., .3, .1, .05, 0., .1, .1, .05}, at::kDouble),
          .duplicates = {policy, ids.slice(0, 0, 10), ids}};
}

template <class Rows>
void expect_whole_matrix(const Rows& rows, int64_t rows_per_block) {
  SCOPED_TRACE(rows_per_block);
  const std::vector<Tensor> inputs = {random_tensor({10, 4}, 1), random_tensor({13, 4}, 2)};
  const auto whole = [&](const auto& in) { return whole_cross_entropy(in[0], in[1], rows); };
  const auto blocked = [&](const auto& in) {
    return blocked_cross_entropy(in[0], in[1], rows, kScale, 13 * rows_per_block);
  };
  EXPECT_TRUE(tensors_close(blocked(inputs), whole(inputs), 1e-13));
  const auto expected = gradients(whole, inputs), found = gradients(blocked, inputs);
  EXPECT_TRUE(tensors_close(found[0], expected[0], 1e-13));
  EXPECT_TRUE(tensors_close(found[1], expected[1], 1e-13));
}

TEST(BlockedCrossEntropy, EqualsTheWholeMatrixForEverySizeOfBlocks) {
  for (const auto policy :
       {DuplicatePolicy::none, DuplicatePolicy::drop, DuplicatePolicy::mask, DuplicatePolicy::positive})
    for (const bool with_self : {true, false})
      for (const int64_t rows_per_block : {1, 2, 3, 5, 7, 10, 11, 1000})
        expect_whole_matrix(ten_rows(policy, with_self), rows_per_block);
}

TEST(BlockedCrossEntropy, TakesABlockOfOneRowWhenARowIsMoreThanTheLimit) {
  const Tensor anchors = random_tensor({10, 4}, 1), candidates = random_tensor({13, 4}, 2);
  const auto rows = ten_rows(DuplicatePolicy::none, true);
  EXPECT_TRUE(tensors_close(blocked_cross_entropy(anchors, candidates, rows, kScale, 5),
                            blocked_cross_entropy(anchors, candidates, rows, kScale), 1e-13));
}

TEST(BlockedCrossEntropy, ScalesItsGradientWithThatOfTheLoss) {
  const std::vector<Tensor> inputs = {random_tensor({10, 4}, 1), random_tensor({13, 4}, 2)};
  const auto rows = ten_rows(DuplicatePolicy::none, true);
  const auto once =
      gradients([&](const auto& in) { return blocked_cross_entropy(in[0], in[1], rows, kScale); }, inputs);
  const auto thrice = gradients(
      [&](const auto& in) { return 3 * blocked_cross_entropy(in[0], in[1], rows, kScale); }, inputs);
  EXPECT_TRUE(tensors_close(thrice[0], once[0] * 3, 1e-14));
  EXPECT_TRUE(tensors_close(thrice[1], once[1] * 3, 1e-14));
}

}  // namespace
}  // namespace angle
