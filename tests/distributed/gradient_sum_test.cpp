// The sum of gradients over several processes, here threads, for a table with rows that are given and a bias:
//  - rows that all, some or one of the processes have touched hold the sum everywhere, to the same bits, and
//    all other rows are zero;
//  - a process without a gradient gets that of the others; where nobody has one there is none;
//  - a row that is not finite anywhere is not finite everywhere;
//  - only the given rows are exchanged, and all rows where more than half or none are given;
//  - nothing is left of the step before, whether it exchanged more or less;
//  - a process on its own keeps its gradients as they are.

#include "angle/distributed/gradient_sum.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/thread_group.h"

namespace angle {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using testing::run_group;

constexpr int64_t kRows = 10, kColumns = 3;

/// Those of one process; undefined: none.
struct Gradients {
  Tensor table;  // [kRows, kColumns]
  Tensor bias;   // [kColumns]
};

/// The gradients before a step's sum, rank after rank, and the rows that are given.
struct Step {
  std::vector<Gradients> before;
  Tensor rows;
};

Tensor row_numbers(const std::vector<int64_t>& rows) { return at::tensor(rows, at::kLong); }

/// Zero outside of the rows; inside, sums of two are rounded.
Tensor table_gradient(int rank, const std::vector<int64_t>& touched) {
  const Tensor gradient = at::zeros({kRows, kColumns});
  for (const int64_t row : touched) gradient[row].fill_(1.0 / static_cast<double>(3 + 7 * rank + row));
  return gradient;
}

/// Any number of these is added up without rounding.
Tensor bias_gradient(int rank) { return at::full({kColumns}, rank + 1.0); }

Tensor copy_of(const Tensor& gradient) { return gradient.defined() ? gradient.clone() : Tensor(); }

/// The gradients after the last of the steps, rank after rank.
std::vector<Gradients> after(const std::vector<Step>& steps) {
  std::vector<Gradients> results(steps[0].before.size());
  EXPECT_THAT(run_group({.size = static_cast<int>(results.size())},
                        [&](const ProcessGroup& group) {
                          const auto rank = static_cast<size_t>(group.rank());
                          const Tensor table = at::zeros({kRows, kColumns}).requires_grad_(true);
                          const Tensor bias = at::zeros({kColumns}).requires_grad_(true);
                          GradientSum sum(group, {table, bias}, table);
                          for (const Step& step : steps) {
                            table.mutable_grad() = copy_of(step.before[rank].table);
                            bias.mutable_grad() = copy_of(step.before[rank].bias);
                            sum.reduce(step.rows);
                          }
                          results[rank] = {table.grad(), bias.grad()};
                        }),
              Each(IsEmpty()));
  return results;
}

/// The same after one step.
std::vector<Gradients> add_up(const std::vector<Gradients>& before, const Tensor& rows) {
  return after({Step{before, rows}});
}

void expect_everywhere(const std::vector<Gradients>& results, const Gradients& expected) {
  for (size_t rank = 0; rank < results.size(); ++rank) {
    ASSERT_TRUE(results[rank].table.defined() && results[rank].bias.defined()) << "rank " << rank;
    EXPECT_TRUE(at::equal(results[rank].table, expected.table)) << rank << ": " << results[rank].table;
    EXPECT_TRUE(at::equal(results[rank].bias, expected.bias)) << rank << ": " << results[rank].bias;
  }
}

TEST(GradientSum, AddsUpTheRowsThatAnyProcessHasTouched) {
  const Tensor rows = row_numbers({0, 4, 7, 9});  // 7: by none of them
  const Gradients first = {table_gradient(0, {0, 4}), bias_gradient(0)};
  const Gradients second = {table_gradient(1, {4, 9}), bias_gradient(1)};
  const Gradients third = {table_gradient(2, {0}), bias_gradient(2)};
  const Gradients of_two = {first.table + second.table, first.bias + second.bias};
  expect_everywhere(add_up({first, second}, rows), of_two);
  expect_everywhere(add_up({first, second, third}, rows),
                    {of_two.table + third.table, of_two.bias + third.bias});
}

TEST(GradientSum, GivesAGradientToProcessesThatHaveNone) {
  const Gradients with_table = {table_gradient(0, {1, 2}), Tensor()};
  const Gradients with_bias = {Tensor(), bias_gradient(1)};
  for (const Tensor& rows : {row_numbers({1, 2}), Tensor()}) {
    expect_everywhere(add_up({with_table, with_bias}, rows), {with_table.table, with_bias.bias});
    expect_everywhere(add_up({with_table, with_bias, Gradients()}, rows), {with_table.table, with_bias.bias});
  }
}

TEST(GradientSum, MakesNoGradientWhereNobodyHasOne) {
  const Gradients with_table = {table_gradient(0, {1}), Tensor()};
  const Gradients with_bias = {Tensor(), bias_gradient(1)};
  for (const Tensor& rows : {row_numbers({1, 2}), Tensor()}) {
    for (const Gradients& result : add_up({with_table, Gradients()}, rows)) {
      EXPECT_TRUE(at::equal(result.table, with_table.table));
      EXPECT_FALSE(result.bias.defined());
    }
    for (const Gradients& result : add_up({with_bias, with_bias}, rows)) {
      EXPECT_FALSE(result.table.defined());
      EXPECT_TRUE(at::equal(result.bias, 2 * with_bias.bias));
    }
  }
}

TEST(GradientSum, CarriesWhatIsNotFiniteToAll) {
  for (const float value : {NAN, INFINITY}) {
    const Gradients sound = {table_gradient(0, {3, 5}), bias_gradient(0)};
    const Gradients broken = {table_gradient(1, {5}), bias_gradient(1)};
    broken.table[3][1].fill_(value);
    for (const Gradients& result : add_up({sound, broken}, row_numbers({3, 5}))) {
      const Tensor finite = result.table.isfinite();
      EXPECT_FALSE(finite[3][1].item<bool>());
      EXPECT_EQ(finite.sum().item<int64_t>(), kRows * kColumns - 1);
    }
  }
}

TEST(GradientSum, ExchangesOnlyTheGivenRows) {
  // Row 8 would have to be given. It is not, so that it can be seen to stay where it is.
  const Gradients first = {table_gradient(0, {2, 8}), bias_gradient(0)};
  const Gradients second = {table_gradient(1, {2}), bias_gradient(1)};
  const std::vector<Gradients> results = add_up({first, second}, row_numbers({0, 1, 2, 3, 4}));
  EXPECT_TRUE(at::equal(results[0].table[8], first.table[8]));
  EXPECT_TRUE(at::equal(results[1].table[8], at::zeros({kColumns})));
  for (const Gradients& result : results)
    EXPECT_TRUE(at::equal(result.table[2], first.table[2] + second.table[2]));
}

TEST(GradientSum, ExchangesAllRowsWhereMoreThanHalfOrNoneAreGiven) {
  const Gradients first = {table_gradient(0, {2, 8}), bias_gradient(0)};
  const Gradients second = {table_gradient(1, {2, 9}), bias_gradient(1)};
  const Gradients expected = {first.table + second.table, first.bias + second.bias};
  for (const Tensor& rows : {row_numbers({0, 1, 2, 3, 4, 5}), Tensor()})
    expect_everywhere(add_up({first, second}, rows), expected);
}

TEST(GradientSum, ForgetsTheStepBefore) {
  const auto step = [](const std::vector<int64_t>& touched) {
    const Gradients first = {table_gradient(0, touched), bias_gradient(0)};
    const Gradients second = {table_gradient(1, touched), bias_gradient(1)};
    return Step{{first, second}, row_numbers(touched)};
  };
  const Gradients with_both = {table_gradient(0, {6}), bias_gradient(0)};
  const Gradients with_bias = {Tensor(), bias_gradient(1)};
  const Step last = {{with_both, with_bias}, row_numbers({6, 7})};
  const Gradients expected = {with_both.table, with_both.bias + with_bias.bias};
  expect_everywhere(after({step({1}), last}), expected);
  expect_everywhere(after({step({1, 6, 7, 8}), last}), expected);
  expect_everywhere(after({step({1}), step({0, 1, 2, 3, 4, 5, 6, 7, 8}), last}), expected);
}

TEST(GradientSum, OfOneDoesNothing) {
  const Tensor table = at::zeros({kRows, kColumns}).requires_grad_(true);
  const Tensor gradient = table_gradient(0, {1, 2});
  table.mutable_grad() = gradient;
  GradientSum({}, {table}, table).reduce(row_numbers({1}));
  EXPECT_TRUE(table.grad().is_same(gradient));
  EXPECT_TRUE(at::equal(gradient, table_gradient(0, {1, 2})));
}

}  // namespace
}  // namespace angle
