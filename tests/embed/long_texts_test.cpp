// Pins: the vector of a long text is the mean of its windows' vectors by their tokens, normalised after that;
// a text that fits has the same vector either way, alone or beside long ones; what was read in windows is
// counted and nothing is reported as cut.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/embed/embedder.h"

#include "support/expect_error.h"
#include "support/golden.h"

namespace angle {
namespace {

const std::string kLong =
    "the harbour was quiet and the boats waited for the tide while people unloaded a blue one and did not "
    "speak to each other until the sun had gone and the fog had come back from the open sea to the old town";

class LongTextVectors : public ::testing::Test {
 protected:
  EmbedOptions windows(int64_t overlap = 4) const {
    return {.max_seq_length = 16, .long_texts = LongTexts::windows, .window_overlap = overlap};
  }

  Tensor embed(const EmbedOptions& options, const std::vector<std::string>& texts) {
    return Embedder(model_, options).embed(texts);
  }

  Model model_ = load_model(testing::golden_path("models/tiny-bert"));
};

TEST_F(LongTextVectors, AreTheMeanOfTheirWindowsByTokens) {
  EmbedOptions options = windows();
  const TokenWindows cut = WindowCutter(*model_.tokenizer, "", 16, 4).cut(kLong);
  ASSERT_GT(cut.token_ids.size(), 3u);
  ASSERT_NE(cut.weights.back(), cut.weights.front());
  Tensor sum = at::zeros({1, model_.encoder.dims()});
  int64_t weights = 0;
  {
    const at::NoGradGuard no_gradients;
    for (size_t i = 0; i < cut.token_ids.size(); ++i) {
      sum +=
          cut.weights[i] * model_.encoder.forward(pack(std::vector<std::vector<int64_t>>{cut.token_ids[i]}));
      weights += cut.weights[i];
    }
  }
  const Tensor mean = sum / weights;
  options.normalize = false;
  EXPECT_TRUE(at::allclose(embed(options, {kLong}), mean, 1e-5, 1e-6));
  options.normalize = true;
  EXPECT_TRUE(at::allclose(embed(options, {kLong}), mean / mean.norm(), 1e-5, 1e-6));
}

TEST_F(LongTextVectors, LeaveShortTextsAsTheyAre) {
  const std::string text = "a quiet harbour";
  const Tensor alone = embed({.max_seq_length = 16}, {text});
  const Tensor beside = embed(windows(), {kLong, text, kLong});
  EXPECT_TRUE(at::allclose(beside[1], alone[0], 0, 1e-6));
  EXPECT_TRUE(at::equal(beside[0], beside[2]));
  EXPECT_FALSE(at::allclose(beside[0], embed({.max_seq_length = 16}, {kLong})[0], 0, 1e-2));
}

TEST_F(LongTextVectors, LeaveTheBitsOfShortTextsBesideThem) {
  std::vector<std::string> texts;
  for (const char* text : {"a quiet harbour", "the fog", "people waited for the tide", "a blue boat", "old"})
    texts.emplace_back(text);
  for (const bool normalize : {false, true}) {
    EmbedOptions options = windows();
    options.normalize = normalize;
    const Tensor without = embed(options, texts);
    std::vector<std::string> with_long = texts;
    with_long.push_back(kLong);
    EXPECT_TRUE(at::equal(embed(options, with_long).narrow(0, 0, without.size(0)), without)) << normalize;
  }
}

TEST_F(LongTextVectors, AreCountedAndNotCut) {
  Embedder embedder(model_, windows());
  embedder.embed(std::vector<std::string>{kLong, "short", kLong});
  const TextStatistics& counts = embedder.statistics();
  EXPECT_EQ(counts.texts, 3);
  EXPECT_EQ(counts.texts_cut, 0);
  EXPECT_EQ(counts.tokens_cut, 0);
  EXPECT_EQ(counts.texts_in_windows, 2);
  EXPECT_EQ(counts.windows,
            2 * static_cast<int64_t>(WindowCutter(*model_.tokenizer, "", 16, 4).cut(kLong).token_ids.size()));
  EXPECT_EQ(embedder.statistics_of(kLong).texts_in_windows, 1);
  EXPECT_EQ(counts.texts, 3);
  EXPECT_ERROR(Embedder(model_, windows(14)), "window overlap 14: expected 0 to 13");
}

}  // namespace
}  // namespace angle
