// Pins: a text that fits is one window as the tokenizer gives it; windows of a longer one begin and end like
// any text, repeat the overlap and together hold every token once more per overlap; the prompt begins every
// window; an overlap without room for new tokens is refused.
#include "angle/text/token_windows.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "support/expect_error.h"
#include "support/golden.h"

namespace angle {
namespace {

using ::testing::ElementsAre;

using Ids = std::vector<int64_t>;

constexpr int64_t kWithoutLimit = int64_t{1} << 40;

class TokenWindowsOf : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto directory = testing::golden_path(std::string("models/") + GetParam());
    ASSERT_FALSE(directory.empty());
    tokenizer_ = load_tokenizer(directory).tokenizer;
  }

  Ids ids(const std::string& text) const { return tokenizer_->encode(text, kWithoutLimit).token_ids; }

  /// The text's own ids of all windows, without what each repeats; checks how the windows begin and end.
  Ids reassemble(const TokenWindows& windows, const Ids& head, int64_t last, int64_t overlap) const {
    Ids text;
    for (size_t i = 0; i < windows.token_ids.size(); ++i) {
      const Ids& window = windows.token_ids[i];
      EXPECT_EQ(Ids(window.begin(), window.begin() + static_cast<std::ptrdiff_t>(head.size())), head);
      EXPECT_EQ(window.back(), last);
      const Ids own(window.begin() + static_cast<std::ptrdiff_t>(head.size()), window.end() - 1);
      EXPECT_EQ(static_cast<int64_t>(own.size()), windows.weights[i]);
      const auto repeated = i == 0 ? 0 : static_cast<std::ptrdiff_t>(overlap);
      EXPECT_TRUE(std::equal(text.end() - repeated, text.end(), own.begin()));
      text.insert(text.end(), own.begin() + repeated, own.end());
    }
    return text;
  }

  std::unique_ptr<Tokenizer> tokenizer_;
};

const std::string kText =
    "The old harbour lay quiet in the morning fog while two boats waited for the tide to turn, and a third "
    "one, painted blue, was being unloaded by people who did not speak.";

TEST_P(TokenWindowsOf, HoldEveryTokenOfTheText) {
  const Ids whole = ids(kText);
  const Ids own(whole.begin() + 1, whole.end() - 1);
  for (const int64_t overlap : {0, 1, 3, 9}) {
    for (const int64_t length : {12, 13, 20}) {
      const TokenWindows windows = WindowCutter(*tokenizer_, "", length, overlap).cut(kText);
      EXPECT_GT(windows.token_ids.size(), 2u);
      for (const Ids& window : windows.token_ids) EXPECT_LE(static_cast<int64_t>(window.size()), length);
      EXPECT_EQ(reassemble(windows, {whole.front()}, whole.back(), overlap), own) << overlap << " " << length;
      EXPECT_EQ(windows.whole.token_ids, whole);
      EXPECT_EQ(windows.whole.num_cut, 0);
    }
  }
}

TEST_P(TokenWindowsOf, AreOneForATextThatFits) {
  const Ids whole = ids(kText);
  const auto length = static_cast<int64_t>(whole.size());
  EXPECT_THAT(WindowCutter(*tokenizer_, "", length, 2).cut(kText).token_ids, ElementsAre(whole));
  EXPECT_EQ(WindowCutter(*tokenizer_, "", length - 1, 2).cut(kText).token_ids.size(), 2u);
  EXPECT_THAT(WindowCutter(*tokenizer_, "", 16).cut("").token_ids, ElementsAre(ids("")));
  EXPECT_THAT(WindowCutter(*tokenizer_, "", 16).cut("").weights, ElementsAre(1));
}

TEST_P(TokenWindowsOf, BeginWithThePrompt) {
  const std::string prompt = "query: ";
  const Ids whole = ids(prompt + kText);
  Ids head = ids(prompt), other = ids(prompt + "a");
  head.erase(std::mismatch(head.begin(), head.end(), other.begin(), other.end()).first, head.end());
  ASSERT_GT(head.size(), 1u);
  const TokenWindows windows = WindowCutter(*tokenizer_, prompt, 20, 3).cut(kText);
  EXPECT_EQ(reassemble(windows, head, whole.back(), 3),
            Ids(whole.begin() + static_cast<std::ptrdiff_t>(head.size()), whole.end() - 1));
}

TEST_P(TokenWindowsOf, NeedRoomForMoreThanTheOverlap) {
  EXPECT_EQ(WindowCutter(*tokenizer_, "", 18).overlap(), 2);
  EXPECT_EQ(WindowCutter(*tokenizer_, "", 18, 15).cut(kText).weights.front(), 16);
  EXPECT_ERROR(WindowCutter(*tokenizer_, "", 18, 16), "window overlap 16: expected 0 to 15",
               "of 18 tokens 2 are special tokens and prompt");
  EXPECT_ERROR(WindowCutter(*tokenizer_, "", 18, -1), "window overlap -1");
  EXPECT_ERROR(WindowCutter(*tokenizer_, kText, 18), "special tokens and prompt take", "and a window has 18");
}

TEST_P(TokenWindowsOf, StandInAFrameOfSpecialTokensAndPrompt) {
  const Ids whole = ids(kText);
  const TextFrame frame = find_frame(*tokenizer_, "");
  EXPECT_THAT(frame.head, ElementsAre(whole.front()));
  EXPECT_THAT(frame.tail, ElementsAre(whole.back()));
  const int64_t prompted = find_frame(*tokenizer_, kText).tokens();
  EXPECT_NO_THROW(check_room_for_text("here", *tokenizer_, kText, prompted + 1));
  EXPECT_ERROR(check_room_for_text("here", *tokenizer_, kText, prompted),
               fmt::format("here: special tokens and prompt take {0} tokens, and {0} are read", prompted),
               fmt::format("shorten the prompt, or read at least {}", prompted + 1));
  EXPECT_ERROR(check_room_for_text("here", *tokenizer_, "", 2),
               "here: special tokens take 2 tokens, and 2 are read", "expected at least 3");
}

INSTANTIATE_TEST_SUITE_P(Tokenizers, TokenWindowsOf,
                         ::testing::Values("tiny-bert", "tiny-roberta", "tiny-xlmr", "tiny-modernbert"),
                         [](const auto& tokenizer) {
                           std::string name = tokenizer.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace angle
