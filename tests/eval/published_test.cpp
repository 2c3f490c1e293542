// Pins: published rows are seven tasks with averages that add up to the printed ones; a score passes within
// the tolerance and fails beyond it; another number of pairs, split or task is not compared; an unknown model
// is an error with the nearest name.
#include "angle/eval/published.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/report_of.h"

namespace angle {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::report_of;

Evaluation evaluation(const std::string& task, const std::string& split, int64_t pairs, double spearman) {
  Evaluation result;
  result.task = &find_task(task);
  result.split = split;
  result.scores.pairs = pairs;
  result.scores.correlations[0] = {0.8274, spearman, ""};
  return result;
}

double average(const PublishedModel& model) {
  double sum = 0;
  for (const PublishedScore& score : model.scores)
    sum += score.statistic == Statistic::spearman ? score.score : 0;
  return sum / 7;
}

TEST(PublishedModels, HaveTheAveragesThatWerePrinted) {
  EXPECT_NEAR(average(find_published("angle-bert-base-uncased-nli-en-v1")), 82.37, 0.005);
  EXPECT_NEAR(average(find_published("all-MiniLM-L6-v2")), 78.94, 0.005);
  for (const PublishedModel& model : published_models()) {
    EXPECT_EQ(model.scores.size() % 7, 0u) << model.name;
    EXPECT_GT(average(model), 50) << model.name;
  }
}

TEST(Verify, PassesWithinTheToleranceAndFailsBeyondIt) {
  const PublishedModel& minilm = find_published("all-MiniLM-L6-v2");
  const auto verified = verify(report_of({evaluation("stsb", "test", 1379, 0.8203)}), minilm, 0.02);
  EXPECT_EQ(verified.failures(), 0);
  ASSERT_EQ(verified.scores.size(), 2u);
  EXPECT_NEAR(verified.scores[0].difference(), -0.00247, 1e-9);
  EXPECT_THAT(format_verification(verified), HasSubstr("2 of 2 within 0.02 points\n"));

  const auto equal = verify(report_of({evaluation("stsb", "test", 1379, 0.820322)}), minilm, 0.02);
  EXPECT_THAT(format_verification(equal), AllOf(HasSubstr("+0.000"), Not(HasSubstr("-0.000"))));

  const auto differing = verify(report_of({evaluation("stsb", "test", 1379, 0.8206)}), minilm, 0.02);
  EXPECT_EQ(differing.failures(), 1);
  EXPECT_THAT(format_verification(differing), HasSubstr("82.060     82.032      +0.028  differs"));
  EXPECT_EQ(verification_json(differing).at("passed"), false);
  EXPECT_EQ(verification_json(differing).at("scores").size(), 2u);
}

TEST(Verify, DoesNotCompareOtherPairs) {
  const PublishedModel& minilm = find_published("all-MiniLM-L6-v2");
  const auto verified =
      verify(report_of({evaluation("stsb", "test", 1379, 0.82), evaluation("sickr", "test", 4927, 0.8),
                        evaluation("stsb", "validation", 1500, 0.8), evaluation("mrpc", "test", 1725, 0.4)}),
             minilm, 0.02);
  EXPECT_THAT(verified.not_compared,
              ElementsAre("sickr/test: 4927 pairs, the published score is of 9927",
                          "stsb/validation: no published score", "mrpc/test: no published score"));
  EXPECT_ERROR(verify(report_of({evaluation("mrpc", "test", 1725, 0.4)}), minilm, 0.02),
               "--verify all-MiniLM-L6-v2: nothing to compare", "mrpc/test: no published score");
}

TEST(FindPublished, NamesTheNearest) {
  EXPECT_ERROR(find_published("all-minilm-L6-v2"), "did you mean \"all-MiniLM-L6-v2\"?");
  EXPECT_ERROR(find_published("stsb_run"), "no published scores are known", "UAE-Large-V1");
}

}  // namespace
}  // namespace angle
