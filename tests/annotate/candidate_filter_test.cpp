// Which sentences are used. Invariants:
// - whatever is left out is counted under its reason, and nothing is left out without one;
// - refusals, copies of the seed, repetitions, blanks and what is too long or too much never get through;
// - one sentence can't be both the same and the opposite.
#include "annotate/candidate_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

FilteredSentences filter(const std::string& reply, const std::string& finish_reason = "stop",
                         const std::string& seed = "The dog sleeps.") {
  AnnotateConfig config;
  config.sentences = 2;
  config.max_words = 5;
  return filter_reply({.text = seed, .reply = reply, .finish_reason = finish_reason}, config);
}

TEST(FilterReply, KeepsGoodSentencesAsTheyAre) {
  const FilteredSentences filtered = filter("1. A dog is asleep.\n2. The hound naps.");
  EXPECT_THAT(filtered.sentences, ElementsAre("A dog is asleep.", "The hound naps."));
  EXPECT_THAT(filtered.rejected, IsEmpty());
}

TEST(FilterReply, CountsEachReasonApart) {
  const FilteredSentences filtered = filter(
      "Here you are:\n1. the dog SLEEPS!\n2. ...\n3. A hound naps.\n4. a hound, naps\n5. One two three four "
      "five six.\n"
      "6. As an AI I can't.\n7. Dogs sleep.\n8. Zzz.");
  EXPECT_THAT(filtered.sentences, ElementsAre("A hound naps.", "Dogs sleep."));
  EXPECT_THAT(
      filtered.rejected,
      UnorderedElementsAre(Pair(Rejection::unlisted, 1), Pair(Rejection::copy, 1), Pair(Rejection::empty, 1),
                           Pair(Rejection::duplicate, 1), Pair(Rejection::too_long, 1),
                           Pair(Rejection::refused, 1), Pair(Rejection::surplus, 1)));
}

TEST(FilterReply, TakesNothingFromARefusal) {
  for (const auto& [reply, finish_reason] : std::vector<std::pair<std::string, std::string>>{
           {"I'm sorry, but I can't.", "stop"}, {"1. A dog.", "content_filter"}, {"No.", "refusal"}}) {
    EXPECT_THAT(filter(reply, finish_reason).sentences, IsEmpty()) << reply;
    EXPECT_THAT(filter(reply, finish_reason).rejected, ElementsAre(Pair(Rejection::refused, 1))) << reply;
  }
}

TEST(FilterReply, LetsASeedThatSoundsLikeARefusalBeParaphrased) {
  EXPECT_THAT(filter("1. I cannot help with moving.", "stop", "I can't help with the removal.").sentences,
              ElementsAre("I cannot help with moving."));
}

TEST(FilterReply, DropsTheLastSentenceOfAReplyThatWasCut) {
  const FilteredSentences filtered = filter("1. A dog is asleep.\n2. The hou", "length");
  EXPECT_THAT(filtered.sentences, ElementsAre("A dog is asleep."));
  EXPECT_THAT(filtered.rejected, ElementsAre(Pair(Rejection::cut, 1)));
}

TEST(FilterReply, CountsAReplyThatWasCutBeforeItsFirstWord) {
  const FilteredSentences filtered = filter("", "length");
  EXPECT_TRUE(filtered.sentences.empty());
  EXPECT_THAT(filtered.rejected, ElementsAre(Pair(Rejection::cut, 1)));
  EXPECT_THAT(filter("", "content_filter").rejected, ElementsAre(Pair(Rejection::refused, 1)));
}

TEST(RemoveContradictions, TakesBothOut) {
  std::vector<std::string> same = {"A dog naps.", "It sleeps."}, opposite = {"it sleeps", "It is awake."};
  EXPECT_EQ(remove_contradictions(same, opposite), 2);
  EXPECT_THAT(same, ElementsAre("A dog naps."));
  EXPECT_THAT(opposite, ElementsAre("It is awake."));
}

}  // namespace
}  // namespace angle
