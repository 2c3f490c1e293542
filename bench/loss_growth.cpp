// Measures how the time of the objectives grows with the number of pairs: value and gradient, in float32.
//
//     cmake --build build/release --target loss_growth && build/release/bench/loss_growth
//
// One line for each: objective, pairs, the median of the seconds. The ranking loss takes scores and labels,
// in-batch negatives take normalized embeddings of kHidden dimensions. scripts/benchmark.sh growth draws it.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/variable.h>

#include "angle/loss/contrastive.h"
#include "angle/loss/ranking.h"

namespace angle {
namespace {

constexpr int64_t kHidden = 384;

double median_seconds(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  work();
  std::vector<double> seconds;
  const auto begin = Clock::now();
  while (seconds.size() < 3 || (seconds.size() < 101 && Clock::now() - begin < std::chrono::seconds(1))) {
    const auto start = Clock::now();
    work();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + seconds.size() / 2, seconds.end());
  return seconds[seconds.size() / 2];
}

double measure_ranking(int64_t pairs) {
  Tensor scores = at::rand({pairs}) * 2 - 1;
  const Tensor labels = at::randint(0, 26, {pairs}).to(at::kDouble) / 5;  // graded like those of STS-B
  scores.requires_grad_(true);
  return median_seconds([&] {
    scores.mutable_grad() = Tensor();
    ranking_loss(scores, labels, 20).backward();
  });
}

double measure_in_batch(int64_t pairs) {
  Tensor query = at::randn({pairs, kHidden}), positive = at::randn({pairs, kHidden});
  query.requires_grad_(true);
  positive.requires_grad_(true);
  const Tensor identities = at::arange(2 * pairs, at::kLong);
  return median_seconds([&] {
    query.mutable_grad() = Tensor();
    positive.mutable_grad() = Tensor();
    contrastive_loss(query, positive, Tensor(), identities).backward();
  });
}

void measure_growth() {
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(1);
  for (int64_t pairs = 10; pairs <= 1'000'000; pairs *= 10)
    std::printf("ranking\t%ld\t%.3g\n", pairs, measure_ranking(pairs));
  for (int64_t pairs = 32; pairs <= 8192; pairs *= 4)
    std::printf("in-batch\t%ld\t%.3g\n", pairs, measure_in_batch(pairs));
}

}  // namespace
}  // namespace angle

int main() { angle::measure_growth(); }
