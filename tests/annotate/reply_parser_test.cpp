// What models say, taken apart. Invariants:
// - the items of any usual kind of list are found, without mark and markup; other lines are counted;
// - a number that begins a sentence is no mark;
// - scores belong to their number; what is missing, out of range or contradictory is none;
// - nothing a model may say crashes or hangs.
#include "annotate/reply_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Score = std::optional<double>;

TEST(ParseSentences, FindsTheItemsOfEveryUsualList) {
  for (const char* reply :
       {"1. A cat.\n2. A dog.", "1) A cat.\n2) A dog.", "(1) A cat.\n(2) A dog.", "1: A cat.\n2: A dog.",
        "- A cat.\n- A dog.", "* A cat.\n* A dog.", "• A cat.\n• A dog.",
        "  1.   A cat.  \r\n\r\n  2. A dog.\r\n", "**1.** A cat.\n**2.** A dog.",
        "1. **A cat.**\n2. \"A dog.\"", "**1. A cat.**\n**2) \"A dog.\"**", "1. “A cat.”\n2. `A dog.`",
        "<think>\n1. Hm.\n</think>\n1. A cat.\n2. A dog.",
        "Two sentences:\n1. Hm.\n</think>\n\n1. A cat.\n2. A dog."}) {
    const ParsedSentences parsed = parse_sentences(reply);
    EXPECT_THAT(parsed.sentences, ElementsAre("A cat.", "A dog.")) << reply;
    EXPECT_EQ(parsed.rejected_lines, 0) << reply;
  }
}

TEST(ParseSentences, CountsWhatIsNoItem) {
  const ParsedSentences parsed =
      parse_sentences("Sure! Here are two sentences:\n\n1. A cat.\n2. A dog.\n\nAnything else?");
  EXPECT_THAT(parsed.sentences, ElementsAre("A cat.", "A dog."));
  EXPECT_EQ(parsed.rejected_lines, 2);
}

TEST(ParseSentences, TakesASingleLineAsItIs) {
  EXPECT_THAT(parse_sentences("A cat sleeps.\n").sentences, ElementsAre("A cat sleeps."));
  EXPECT_THAT(parse_sentences("3.5 million people came.").sentences, ElementsAre("3.5 million people came."));
  EXPECT_THAT(parse_sentences("1. 3.5 million people came.\n2. 12 left.").sentences,
              ElementsAre("3.5 million people came.", "12 left."));
}

TEST(ParseSentences, FindsTheItemsOfOtherForms) {
  for (const char* reply :
       {R"(["He left.", "She stayed."])", "<think>x</think> [\"He left.\",\n\"She stayed.\"]",
        "1. He left. 2. She stayed.", "1) He left. 2) She stayed.", "1.He left.\n2.She stayed.",
        "```json\n[\"He left.\", \"She stayed.\"]\n```", "```\n1. He left.\n2. She stayed.\n```"})
    EXPECT_THAT(parse_sentences(reply).sentences, ElementsAre("He left.", "She stayed.")) << reply;
  EXPECT_THAT(parse_sentences("[1, 2]").sentences, IsEmpty());
  EXPECT_THAT(parse_sentences("1:30 is late.\n2.5 is not.").sentences, IsEmpty());
  EXPECT_THAT(parse_sentences("In 2012. 2. Bundesliga began.").sentences,
              ElementsAre("In 2012. 2. Bundesliga began."));
}

TEST(ParseSentences, TakesNothingThatIsNoSentence) {
  for (const char* reply :
       {"Here are two sentences that say the opposite:", "[sentence]", "1. N/A\n2. [sentence]", "- n/a"}) {
    const ParsedSentences parsed = parse_sentences(reply);
    EXPECT_THAT(parsed.sentences, IsEmpty()) << reply;
    EXPECT_GT(parsed.rejected_lines, 0) << reply;
  }
}

TEST(ParseSentences, KeepsQuotesThatArePartOfASentence) {
  EXPECT_THAT(parse_sentences("1. \"Yes\" and \"no\"\n2. He said \"no\".").sentences,
              ElementsAre("\"Yes\" and \"no\"", "He said \"no\"."));
}

TEST(ParseSentences, MakesWhiteSpaceOneBlank) {
  EXPECT_THAT(parse_sentences("1. A\tcat\xC2\xA0 sleeps.\x01 \n2. B").sentences,
              ElementsAre("A cat sleeps.", "B"));
}

TEST(ParseSentences, SurvivesAnything) {
  for (const std::string& reply :
       {std::string(), std::string("\n\n"), std::string("1."), std::string("1. "), std::string("(\n("),
        std::string("**\n**"), std::string("99999999999999999999. x\ny"), std::string("<think> never ends"),
        std::string(100'000, '*'), std::string(100'000, '1'), std::string(10'000, '\n') + "1. x"})
    for (const std::string& text : parse_sentences(reply).sentences) EXPECT_LE(text.size(), reply.size());
  EXPECT_THAT(parse_sentences("<think> never ends\n1. A cat.").sentences, IsEmpty());
}

TEST(ParseScores, FindsEachNumbersScore) {
  EXPECT_THAT(parse_scores("1. 5\n2) 0\n3: 4.5\n(4) 3/5", 4), ElementsAre(5.0, 0.0, 4.5, 3.0));
  EXPECT_THAT(parse_scores("Scores:\n2. 1\n1. **4**", 2), ElementsAre(4.0, 1.0));
  EXPECT_THAT(parse_scores("**1. 4**\n**2:** 1", 2), ElementsAre(4.0, 1.0));
  EXPECT_THAT(parse_scores("4", 1), ElementsAre(4.0));
  EXPECT_THAT(parse_scores("1. 4", 1), ElementsAre(4.0));
  EXPECT_THAT(parse_scores("1. 2 at first sight\n1. 3\n</think>\n1. 4", 1), ElementsAre(4.0));
}

TEST(ParseScores, HasNoneForWhatIsNoScore) {
  EXPECT_THAT(parse_scores("1. 6\n2. -1\n3. five\n4. nan\n5. 4 or 5\n7. 3", 6),
              ElementsAre(Score(), Score(), Score(), Score(), Score(), Score()));
  EXPECT_THAT(parse_scores("1. 4\n1. 2\n2. 3\n2. 3\n0. 1", 2), ElementsAre(Score(), 3.0));
  EXPECT_THAT(parse_scores("", 2), ElementsAre(Score(), Score()));
  EXPECT_THAT(parse_scores("I can't score this.", 1), ElementsAre(Score()));
}

TEST(IsRefusal, KnowsHowModelsDecline) {
  for (const char* text :
       {"I'm sorry, but I can't help with that.", "I’m sorry, but I cannot do this",
        "As an AI language model, I …", "Sorry, but I can't.", "I cannot assist with this request.",
        "I'm sorry, I can't assist with that.", "Sorry, I can't help with that request.",
        "I'm sorry, but as an AI I cannot.", "Unfortunately, I cannot help with this.",
        "I'm not able to help with that.", "I cannot fulfill this request.", "I won't write that.",
        "My apologies, but I must decline to do so.", "I’m afraid that I am unable to provide this.",
        "Sorry, but I don't feel comfortable with it."})
    EXPECT_TRUE(is_refusal(text)) << text;
  for (const char* text :
       {"I'm sorry I am late.", "I cannot find my keys.", "The assistant was sorry.",
        "Sorry, I cannot come to the party.", "Unfortunately, it rained.", "I won't write to her.",
        "I can't help laughing.", "I must decline the invitation.", "I won't decline the offer.",
        "But I will not go.", ""})
    EXPECT_FALSE(is_refusal(text)) << text;
}

}  // namespace
}  // namespace angle
