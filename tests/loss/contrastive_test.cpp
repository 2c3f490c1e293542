// Pinned here, for in-batch negatives and for the contrastive loss of pairs and triplets:
//  - golden values and gradients under every duplicate policy, where no text is repeated
//  - label-safety: only positive pairs have rows, the others are candidates; both divisors; no positive
//    pair gives 0
//  - each policy on batches worked out by hand, for both losses and both directions
//  - gradients equal central differences for every policy, divisor and direction
//  - zero rows, a single pair, float32 and bfloat16
#include "angle/loss/contrastive.h"

#include <cmath>

#include <gmock/gmock.h>

#include "loss/golden_losses.h"

namespace angle {
namespace {

using namespace angle::testing;

constexpr DuplicatePolicy kPolicies[] = {DuplicatePolicy::none, DuplicatePolicy::drop, DuplicatePolicy::mask,
                                         DuplicatePolicy::positive};

Tensor texts(const std::vector<int64_t>& identities) { return at::tensor(identities, at::kLong); }
Tensor flags(const std::vector<int64_t>& values) { return texts(values).to(at::kBool); }
double log_sum_exp(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).logsumexp(0).item<double>();
}

// Three directions whose cosines are 0, 0 and −1.
const std::vector<double> kEast = {1, 0}, kNorth = {0, 1}, kWest = {-1, 0};
Tensor rows(const std::vector<std::vector<double>>& values) {
  std::vector<Tensor> parts;
  for (const auto& value : values) parts.push_back(at::tensor(value, at::kDouble));
  return at::stack(parts);
}

TEST(InBatchNegativeLoss, EqualsTheGoldenValuesUnderEveryPolicy) {
  const auto golden = golden_losses("in_batch_negative.json");
  ASSERT_GT(golden["cases"].size(), 50U);
  for (const auto& example : golden["cases"]) {
    const auto& input = golden["inputs"][example["input"].get<std::string>()];
    const Tensor positive = tensor(input["labels"][example["labels"].get<std::string>()]) > 0.5;
    const std::vector<Tensor> sides = {tensor(input["x"]), tensor(input["y"])};
    for (const auto policy : kPolicies) {
      const auto loss = [&](const auto& in) {
        return in_batch_negative_loss(in[0], in[1], positive, distinct_texts(2 * positive.numel()),
                                      {.scale = number(example["scale"]), .duplicates = policy});
      };
      const auto found = gradients(loss, sides);
      EXPECT_TRUE(is_close(loss(sides), number(example["value"]), kGolden))
          << example["input"] << example["labels"];
      EXPECT_TRUE(tensors_close(found[0], tensor(example["grad_x"]), kGolden)) << example["input"];
      EXPECT_TRUE(tensors_close(found[1], tensor(example["grad_y"]), kGolden)) << example["input"];
    }
  }
}

TEST(ContrastiveLoss, EqualsTheGoldenValuesUnderEveryPolicy) {
  const auto golden = golden_losses("contrastive.json");
  ASSERT_GT(golden["cases"].size(), 30U);
  for (const auto& example : golden["cases"]) {
    const auto& input = golden["inputs"][example["input"].get<std::string>()];
    const bool with_negatives = example["kind"] == "with_negatives";
    std::vector<Tensor> sides = {tensor(input["query"]), tensor(input["positive"])};
    if (with_negatives) sides.push_back(tensor(input["negative"]));
    for (const auto policy : kPolicies) {
      const auto loss = [&](const auto& in) {
        const int64_t num_texts = static_cast<int64_t>(in.size()) * in[0].size(0);
        return contrastive_loss(in[0], in[1], with_negatives ? in[2] : Tensor(), distinct_texts(num_texts),
                                {number(example["scale"]), policy, example["kind"] == "symmetric"});
      };
      const auto found = gradients(loss, sides);
      EXPECT_TRUE(is_close(loss(sides), number(example["value"]), kGolden))
          << example["input"] << example["kind"];
      EXPECT_TRUE(tensors_close(found[0], tensor(example["grad_query"]), kGolden)) << example["input"];
      EXPECT_TRUE(tensors_close(found[1], tensor(example["grad_positive"]), kGolden)) << example["input"];
      if (with_negatives) {
        EXPECT_TRUE(tensors_close(found[2], tensor(example["grad_negative"]), kGolden)) << example["input"];
      }
    }
  }
}

/// Golden loss with a zero row: the value is the reference's. Its gradient at the zero row, 1e12, is the
/// reciprocal of an epsilon; ours is 0 there and the reference's everywhere else.
TEST(InBatchNegativeLoss, EqualsTheGoldenValueWithAZeroRowButLeavesTheRowAlone) {
  const auto example = golden_losses("angle_similarity.json")["loss_with_a_zero_vector"];
  const auto& expected = example["in_batch_negative_labels_0_1_1"];
  const std::vector<Tensor> sides = {tensor(example["x"]), tensor(example["y"])};
  const auto loss = [&](const auto& in) {
    return in_batch_negative_loss(in[0], in[1], flags({0, 1, 1}), {}, {.scale = number(expected["scale"])});
  };
  const auto found = gradients(loss, sides);
  Tensor right = tensor(expected["grad_y"]);
  EXPECT_GT(right[1].norm().item<double>(), 1e12);
  right[1].zero_();
  EXPECT_TRUE(is_close(loss(sides), number(expected["value"]), kGolden));
  EXPECT_TRUE(tensors_close(found[0], tensor(expected["grad_x"]), kGolden));
  EXPECT_TRUE(tensors_close(found[1], right, kGolden));
}

TEST(InBatchNegativeLoss, IsZeroWithoutAPositivePair) {
  for (const auto divisor : {InBatchDivisor::all_rows, InBatchDivisor::positive_rows}) {
    const auto loss = [&](const auto& in) {
      return in_batch_negative_loss(in[0], in[1], flags({0, 0, 0}), {}, {.divisor = divisor});
    };
    const std::vector<Tensor> sides = {random_tensor({3, 4}, 1), random_tensor({3, 4}, 2)};
    EXPECT_EQ(loss(sides).template item<double>(), 0);
    for (const auto& gradient : gradients(loss, sides))
      EXPECT_TRUE(tensors_close(gradient, at::zeros({3, 4}), 0));
  }
}

TEST(InBatchNegativeLoss, DividesByAllTextsOrByThoseOfPositivePairs) {
  const Tensor left = random_tensor({8, 4}, 1), right = random_tensor({8, 4}, 2),
               positive = flags({1, 0, 0, 1, 0, 0, 0, 0});
  const Tensor all = in_batch_negative_loss(left, right, positive, {}, {.divisor = InBatchDivisor::all_rows});
  const Tensor rows_only =
      in_batch_negative_loss(left, right, positive, {}, {.divisor = InBatchDivisor::positive_rows});
  EXPECT_TRUE(tensors_close(rows_only, all * 4, 1e-14));
}

TEST(InBatchNegativeLoss, TakesNonPositivePairsAsNegatives) {
  const Tensor left = rows({kEast, kNorth}), right = rows({kEast, kWest});
  const Tensor loss = in_batch_negative_loss(left, right, flags({1, 0}), {}, {.scale = 1});
  EXPECT_TRUE(is_close(loss, 2 * (log_sum_exp({1, 0, -1}) - 1) / 4, 1e-14));
}

TEST(Contrastive, IsZeroForASinglePair) {
  const Tensor left = random_tensor({1, 4}, 1), right = random_tensor({1, 4}, 2);
  EXPECT_EQ(in_batch_negative_loss(left, right, flags({1}), {}, {}).item<double>(), 0);
  EXPECT_EQ(contrastive_loss(left, right, {}, {}, {.symmetric = true}).item<double>(), 0);
}

// Pairs (east, north) and (east, west), both positive, the two lefts the same text. Rows, in the order of
// texts: left 0, left 1, right 0 = north, right 1 = west.
struct WorkedExample {
  DuplicatePolicy policy;
  std::vector<double> rows;
};

TEST(InBatchNegativeLoss, FollowsEachPolicyInABatchWorkedOutByHand) {
  const Tensor left = rows({kEast, kEast}), right = rows({kNorth, kWest});
  const std::vector<double> without = {log_sum_exp({1, 0, -1}) - 0, log_sum_exp({1, 0, -1}) + 1,
                                       log_sum_exp({0, 0, 0}) - 0, log_sum_exp({-1, -1, 0}) + 1};
  const WorkedExample examples[] = {
      {DuplicatePolicy::none, without},
      {DuplicatePolicy::drop, without},
      // The other left is a copy of the anchor for the lefts, and a copy of the positive for the rights.
      {DuplicatePolicy::mask,
       {log_sum_exp({0, -1}) - 0, log_sum_exp({0, -1}) + 1, log_sum_exp({0, 0}) - 0,
        log_sum_exp({-1, 0}) + 1}},
      // Targets of the lefts: partner and other left, cosine 1; of the rights: both lefts, which score alike.
      {DuplicatePolicy::positive,
       {log_sum_exp({1, 0, -1}) - (0 + 1) / 2., log_sum_exp({1, 0, -1}) - (-1 + 1) / 2.,
        log_sum_exp({0, 0, 0}) - 0, log_sum_exp({-1, -1, 0}) + 1}}};
  for (const auto& [policy, row] : examples) {
    const Tensor loss = in_batch_negative_loss(left, right, flags({1, 1}), texts({7, 7, 8, 9}),
                                               {.scale = 1, .duplicates = policy});
    EXPECT_TRUE(is_close(loss, (row[0] + row[1] + row[2] + row[3]) / 4, 1e-14)) << nlohmann::json(policy);
  }
}

TEST(ContrastiveLoss, FollowsEachPolicyInABatchWorkedOutByHand) {
  // Queries east and west share the positive north; the one negative repeats the first query.
  const Tensor query = rows({kEast, kWest}), positive = rows({kNorth, kNorth}), negative = rows({kEast});
  const std::vector<double> without = {log_sum_exp({0, 0, 1}), log_sum_exp({0, 0, -1})};
  const WorkedExample examples[] = {
      {DuplicatePolicy::none, without},
      {DuplicatePolicy::drop, without},
      {DuplicatePolicy::mask, {log_sum_exp({0}), log_sum_exp({0, -1})}},
      {DuplicatePolicy::positive, {log_sum_exp({0, 0, 1}) - (0 + 0 + 1) / 3., log_sum_exp({0, 0, -1})}}};
  for (const auto& [policy, row] : examples) {
    const Tensor loss = contrastive_loss(query, positive, negative, texts({1, 3, 2, 2, 1}),
                                         {.scale = 1, .duplicates = policy});
    EXPECT_TRUE(is_close(loss, (row[0] + row[1]) / 2, 1e-14)) << nlohmann::json(policy);
  }
}

TEST(ContrastiveLoss, AppliesThePolicyToTheOtherDirectionToo) {
  // Query east twice, with the positives north and west: from each positive the other query is a copy of its
  // own.
  const Tensor query = rows({kEast, kEast}), positive = rows({kNorth, kWest});
  const auto loss = [&](DuplicatePolicy policy) {
    return contrastive_loss(query, positive, {}, texts({1, 1, 2, 3}),
                            {.scale = 1, .duplicates = policy, .symmetric = true});
  };
  const double to_positive = (log_sum_exp({0, -1}) + log_sum_exp({0, -1}) + 1) / 2;
  EXPECT_TRUE(is_close(loss(DuplicatePolicy::none), (to_positive + std::log(2)) / 2, 1e-14));
  EXPECT_TRUE(is_close(loss(DuplicatePolicy::mask), (to_positive + 0) / 2, 1e-14));
  EXPECT_TRUE(is_close(loss(DuplicatePolicy::positive), (to_positive + std::log(2)) / 2, 1e-14));
}

TEST(ContrastiveLoss, FindsTheTextOfAnAnchorOnTheOtherSide) {
  // The second query is the text of the first positive: each is a copy of the other as an anchor.
  const Tensor query = rows({kEast, kNorth}), positive = rows({kNorth, kWest});
  const auto loss = [&](DuplicatePolicy policy) {
    return contrastive_loss(query, positive, {}, texts({1, 2, 2, 3}),
                            {.scale = 1, .duplicates = policy, .symmetric = true});
  };
  const double no_copies = log_sum_exp({0, -1}),
               copy = log_sum_exp({0, 1});  // one row of each in both directions
  EXPECT_TRUE(is_close(loss(DuplicatePolicy::none), (no_copies + copy) / 2, 1e-14));
  EXPECT_TRUE(is_close(loss(DuplicatePolicy::mask), no_copies / 2, 1e-14));
  EXPECT_TRUE(is_close(loss(DuplicatePolicy::positive), (no_copies + copy - 0.5) / 2, 1e-14));
}

TEST(Contrastive, KeepsThePartnerOfAPairOfEqualTexts) {
  const Tensor left = rows({kEast, kNorth}), right = rows({kEast, kWest});
  for (const auto policy : kPolicies) {
    const Tensor loss = in_batch_negative_loss(left, right, flags({1, 0}), texts({1, 2, 1, 3}),
                                               {.scale = 1, .duplicates = policy});
    EXPECT_TRUE(is_close(loss, 2 * (log_sum_exp({1, 0, -1}) - 1) / 4, 1e-14)) << nlohmann::json(policy);
  }
}

TEST(InBatchNegativeLoss, GivesRepeatedTextsNoMoreWeightThanOthers) {
  // One text five times: the share of each target falls, the pull on the row's true partner with it, the
  // row's does not.
  const Tensor left = rows({kEast, kEast, kEast, kEast, kEast}),
               right = rows({kNorth, kNorth, kNorth, kNorth, kNorth});
  const Tensor identities = texts({1, 1, 1, 1, 1, 2, 2, 2, 2, 2});
  const auto one_row = log_sum_exp({1, 1, 1, 1, 0, 0, 0, 0, 0}) - 4. / 9;
  const Tensor loss = in_batch_negative_loss(left, right, flags({1, 1, 1, 1, 1}), identities,
                                             {.scale = 1, .duplicates = DuplicatePolicy::positive});
  EXPECT_TRUE(is_close(loss, one_row, 1e-14));
}

TEST(InBatchNegativeLoss, HasTheGradientOfCentralDifferences) {
  const Tensor identities = texts({1, 2, 1, 4, 5, 6, 2, 8, 5, 10});
  for (const auto policy : kPolicies) {
    for (const auto divisor : {InBatchDivisor::all_rows, InBatchDivisor::positive_rows}) {
      expect_gradients(
          [&](const auto& in) {
            return in_batch_negative_loss(in[0], in[1], flags({1, 0, 1, 1, 0}), identities,
                                          {5, policy, divisor});
          },
          {random_tensor({5, 4}, 1), random_tensor({5, 4}, 2)});
    }
  }
}

TEST(ContrastiveLoss, HasTheGradientOfCentralDifferences) {
  const Tensor identities = texts({1, 2, 1, 4, 5, 2, 7, 5, 9, 1});
  for (const auto policy : kPolicies) {
    for (const bool symmetric : {false, true}) {
      expect_gradients(
          [&](const auto& in) {
            return contrastive_loss(in[0], in[1], in[2], identities, {5, policy, symmetric});
          },
          {random_tensor({3, 4}, 1), random_tensor({3, 4}, 2), random_tensor({4, 4}, 3)});
    }
  }
}

TEST(Contrastive, LosesLittleInFloat32) {
  const Tensor left = random_tensor({64, 32}, 1), right = left + 0.5 * random_tensor({64, 32}, 2);
  const Tensor positive = random_tensor({64}, 3) > 0;
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    const std::vector<Tensor> sides = {left.to(type), right.to(type)};
    const std::vector<Tensor> exact = {sides[0].to(at::kDouble), sides[1].to(at::kDouble)};
    const auto in_batch = [&](const auto& in) {
      return in_batch_negative_loss(in[0], in[1], positive, {}, {});
    };
    const auto symmetric = [&](const auto& in) {
      return contrastive_loss(in[0], in[1], {}, {}, {.symmetric = true});
    };
    for (const ScalarFunction& loss : {ScalarFunction(in_batch), ScalarFunction(symmetric)}) {
      EXPECT_EQ(loss(sides).scalar_type(), at::kFloat);
      EXPECT_TRUE(tensors_close(loss(sides), loss(exact), 2e-6));
      EXPECT_TRUE(tensors_close(gradients(loss, sides)[0], gradients(loss, exact)[0],
                                type == at::kFloat ? 1e-6 : 2e-3));
    }
  }
}

TEST(Contrastive, NeedsIdentitiesToFindDuplicates) {
  const Tensor sides = random_tensor({2, 4});
  for (const auto policy : {DuplicatePolicy::mask, DuplicatePolicy::positive}) {
    EXPECT_THROW(in_batch_negative_loss(sides, sides, flags({1, 1}), {}, {.duplicates = policy}), c10::Error);
    EXPECT_THROW(contrastive_loss(sides, sides, {}, {}, {.duplicates = policy}), c10::Error);
  }
}

TEST(Contrastive, RefusesShapesThatDoNotFit) {
  const Tensor two = random_tensor({2, 4}), three = random_tensor({3, 4});
  EXPECT_THROW(in_batch_negative_loss(two, three, flags({1, 1}), {}, {}), c10::Error);
  EXPECT_THROW(in_batch_negative_loss(two, two, flags({1, 1, 1}), {}, {}), c10::Error);
  EXPECT_THROW(in_batch_negative_loss(two, two, at::ones({2}), {}, {}), c10::Error);
  EXPECT_THROW(in_batch_negative_loss(two, two, flags({1, 1}), distinct_texts(3), {}), c10::Error);
  EXPECT_THROW(contrastive_loss(two, three, {}, {}, {}), c10::Error);
  EXPECT_THROW(contrastive_loss(two, two, three, distinct_texts(4), {}), c10::Error);
}

}  // namespace
}  // namespace angle
