// Pins: a resample's correlations are those of the pairs it holds, ties and all; the same seed gives the same
// resamples for any scores; other scores see the same resamples; intervals are the quantiles and cover the
// true correlation as often as they say; p-values are two-sided, never 0; what is undefined is left out or
// empty, never NaN; threads change nothing.
#include "angle/eval/bootstrap.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <new>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/eval/correlation.h"
#include "angle/random.h"

#include "support/sanitized.h"

namespace angle {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Values = std::vector<double>;

/// Standard normal numbers (Box & Muller).
class Normal {
 public:
  explicit Normal(uint64_t seed) : random_(seed) {}
  double next() {
    return std::sqrt(-2 * std::log(1 - random_.uniform())) * std::cos(2 * M_PI * random_.uniform());
  }

 private:
  SplitMix64 random_;
};

struct Pairs {
  Values scores, labels;
};

/// Pairs of normal numbers with a correlation; labels rounded to tie when `ties`.
Pairs correlated(size_t size, double correlation, uint64_t seed, bool ties = false) {
  Normal normal(seed);
  Pairs pairs;
  for (size_t i = 0; i < size; ++i) {
    const double label = normal.next();
    pairs.scores.push_back(correlation * label + std::sqrt(1 - correlation * correlation) * normal.next());
    pairs.labels.push_back(ties ? std::round(label) : label);
  }
  return pairs;
}

ResampledCorrelations resample(const Pairs& pairs, const BootstrapOptions& options = {}) {
  return resample_correlations(std::vector<Values>{pairs.scores}, pairs.labels, options).at(0);
}

/// The indices of a resample by its documented generator, the slow way.
std::vector<size_t> indices_of(size_t pairs, uint64_t seed, uint64_t resample) {
  SplitMix64 random(derive_seed(derive_seed(seed, pairs), resample));
  std::vector<size_t> indices;
  while (indices.size() < pairs) {
    const uint64_t bits = random.next();
    indices.push_back(((bits & 0xFFFFFFFF) * pairs) >> 32);
    if (indices.size() < pairs) indices.push_back(((bits >> 32) * pairs) >> 32);
  }
  return indices;
}

Values pick(const Values& values, const std::vector<size_t>& indices) {
  Values picked;
  for (const size_t index : indices) picked.push_back(values[index]);
  return picked;
}

TEST(ResampleCorrelations, AreThoseOfThePairsThatAResampleHolds) {
  for (const bool ties : {false, true}) {
    const Pairs pairs = correlated(101, 0.6, 3, ties);
    const ResampledCorrelations resampled = resample(pairs, {.resamples = 50, .seed = 9});
    ASSERT_THAT(resampled.spearman, SizeIs(50));
    for (size_t i = 0; i < 50; ++i) {
      const auto indices = indices_of(101, 9, i);
      const Values scores = pick(pairs.scores, indices);
      const Values labels = pick(pairs.labels, indices);
      EXPECT_NEAR(resampled.spearman[i], spearman(scores, labels).value(), 1e-12);
      EXPECT_NEAR(resampled.pearson[i], pearson(scores, labels).value(), 1e-12);
    }
  }
}

TEST(ResampleCorrelations, AreTheSamePairsForEveryScoring) {
  const Pairs pairs = correlated(60, 0.5, 1);
  const Pairs others = correlated(60, 0.1, 2);
  const std::vector<Values> scorings{others.scores, {}, pairs.scores};
  const auto together = resample_correlations(scorings, pairs.labels, {.resamples = 20});
  EXPECT_EQ(together[2].spearman, resample(pairs, {.resamples = 20}).spearman);
  EXPECT_THAT(together[1].spearman, IsEmpty());
  EXPECT_NE(together[2].spearman, resample(pairs, {.resamples = 20, .seed = 7}).spearman);
}

TEST(ResampleCorrelations, StayExactForScoresOfAnySize) {
  Pairs pairs = correlated(50, 0.5, 4);
  const Values before = resample(pairs, {.resamples = 5}).pearson;
  for (double& score : pairs.scores) score *= 1e250;
  const Values after = resample(pairs, {.resamples = 5}).pearson;
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(after[i], before[i], 1e-12);
}

TEST(ResampleCorrelations, MarkResamplesWithoutACorrelation) {
  const Pairs pairs{{0.1, 0.2, 0.7}, {0, 0, 1}};
  const ResampledCorrelations resampled = resample(pairs, {.resamples = 200});
  const auto undefined = std::count_if(resampled.spearman.begin(), resampled.spearman.end(),
                                       [](double value) { return std::isnan(value); });
  EXPECT_GT(undefined, 30);  // (2/3)³ of the resamples lack the last pair
  EXPECT_LT(undefined, 120);
  for (size_t i = 0; i < 200; ++i)
    EXPECT_EQ(std::isnan(resampled.pearson[i]), std::isnan(resampled.spearman[i]));
  EXPECT_EQ(confidence_interval(resampled.spearman), std::nullopt);
}

TEST(ResampleCorrelations, AreEmptyWhereThereIsNoCorrelation) {
  EXPECT_THAT(resample({{1, 1, 1}, {1, 2, 3}}).spearman, IsEmpty());
  EXPECT_THAT(resample({{1}, {1}}).pearson, IsEmpty());
  EXPECT_THAT(resample({{NAN, 1, 2}, {1, 2, 3}}).pearson, IsEmpty());
}

TEST(ResampleCorrelations, TakeSecondsNotMinutesForFiveThousandPairs) {
  if (testing::kSanitized) GTEST_SKIP() << "the sanitizer takes the time";
  const Pairs pairs = correlated(5000, 0.8, 5, /*ties=*/true);
  const auto start = std::chrono::steady_clock::now();
  const auto interval = confidence_interval(resample(pairs).spearman);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  ASSERT_TRUE(interval.has_value());
  EXPECT_LT(seconds, 5.0);  // half a second alone on a core; tests share theirs
}

TEST(ConfidenceInterval, IsTheQuantiles) {
  Values values;
  for (int i = 1000; i >= 0; --i) values.push_back(i);
  const Interval interval = confidence_interval(values).value();
  EXPECT_DOUBLE_EQ(interval.low, 25);
  EXPECT_DOUBLE_EQ(interval.high, 975);
  EXPECT_DOUBLE_EQ(confidence_interval(Values{3, 3})->high, 3);
  EXPECT_DOUBLE_EQ(confidence_interval(Values{0, 1})->low, 0.025);
  EXPECT_EQ(confidence_interval({}), std::nullopt);
}

TEST(ConfidenceInterval, LeavesOutAFewUndefinedResamples) {
  Values values(100, 0.5);
  values[7] = NAN;
  EXPECT_EQ(confidence_interval(values)->low, 0.5);
  std::fill_n(values.begin(), 6, NAN);
  EXPECT_EQ(confidence_interval(values), std::nullopt);
}

TEST(ConfidenceInterval, CoversTheTrueCorrelationAsOftenAsItSays) {
  int covered = 0;
  constexpr int kSamples = 300;
  for (int sample = 0; sample < kSamples; ++sample) {
    const Pairs pairs = correlated(200, 0.7, 1000 + static_cast<uint64_t>(sample));
    const Interval interval = confidence_interval(resample(pairs, {.resamples = 400}).pearson).value();
    covered += interval.low <= 0.7 && 0.7 <= interval.high ? 1 : 0;
  }
  EXPECT_GT(covered, kSamples * 0.90);  // 95 % ± 2.5 standard errors and the percentile method's bias
  EXPECT_LT(covered, kSamples * 0.985);
}

TEST(ConfidenceInterval, IsAboutAsWideAsTheoryHasIt) {
  const Pairs pairs = correlated(1379, 0.85, 8);
  const Interval interval = confidence_interval(resample(pairs).pearson).value();
  const double r = pearson(pairs.scores, pairs.labels).value();
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * (1 - r * r) / std::sqrt(1379.0), 0.002);
}

TEST(DifferencePValue, CountsTheSmallerSideTwice) {
  Values differences(999, 1.0);
  EXPECT_DOUBLE_EQ(difference_p_value(differences).value(), 2.0 / 1000);
  std::fill_n(differences.begin(), 49, -1.0);
  EXPECT_DOUBLE_EQ(difference_p_value(differences).value(), 2 * 50.0 / 1000);
  for (double& difference : differences) difference = -difference;
  EXPECT_DOUBLE_EQ(difference_p_value(differences).value(), 2 * 50.0 / 1000);
  EXPECT_DOUBLE_EQ(difference_p_value(Values(10, 0.0)).value(), 1.0);
  EXPECT_EQ(difference_p_value({}), std::nullopt);
}

TEST(ResampleCorrelations, AreTheSameWithAnyNumberOfThreads) {
  const Pairs pairs = correlated(50, 0.5, 1);
  const ResampledCorrelations expected = resample(pairs, {.resamples = 20});
  const ResampleScorer first_count = [](const ResampleCounts& counts) -> Values { return {1.0 * counts[0]}; };
  for (const int threads : {0, 2, 3, 20, 64}) {
    const ResampledCorrelations resampled = resample(pairs, {.resamples = 20, .threads = threads});
    EXPECT_EQ(resampled.spearman, expected.spearman) << threads;
    EXPECT_EQ(resampled.pearson, expected.pearson) << threads;
    EXPECT_EQ(resample_scores(50, first_count, {.resamples = 20, .threads = threads}),
              resample_scores(50, first_count, {.resamples = 20}))
        << threads;
    EXPECT_THAT(resample_scores(50, first_count, {.resamples = 0, .threads = threads}), IsEmpty());
  }
}

TEST(ResampleScores, TellWhatAThreadThrew) {
  const ResampleScorer failing = [](const ResampleCounts&) -> Values { throw std::bad_alloc(); };
  EXPECT_THROW(resample_scores(5, failing, {.resamples = 8, .threads = 4}), std::bad_alloc);
}

TEST(ResampleScores, SeesTheResamplesOfCorrelations) {
  const Pairs pairs = correlated(50, 0.5, 1);
  const BootstrapOptions options{.resamples = 20, .seed = 7};
  const ResampleScorer pearson_and_items = [&](const ResampleCounts& counts) -> Values {
    Values scores, labels;
    for (size_t i = 0; i < counts.size(); ++i) {
      scores.insert(scores.end(), counts[i], pairs.scores[i]);
      labels.insert(labels.end(), counts[i], pairs.labels[i]);
    }
    return {*pearson(scores, labels), static_cast<double>(scores.size())};
  };
  const auto resampled = resample_scores(50, pearson_and_items, options);
  const Values expected = resample(pairs, options).pearson;
  ASSERT_THAT(resampled, SizeIs(2));
  ASSERT_THAT(resampled[0], SizeIs(20));
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(resampled[0][i], expected[i], 1e-12);
  EXPECT_THAT(resampled[1], Each(50.0));
  EXPECT_THAT(resample_scores(50, pearson_and_items, {.resamples = 0}), IsEmpty());
}

}  // namespace
}  // namespace angle
