// Invariants:
//  - the ranges are those of all texts, over the borders of windows;
//  - none without texts; a text without tokens or with a vector that is not finite is told by its place.
#include "angle/embed/embedding_ranges.h"

#include <cmath>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/embed/embed_file.h"
#include "angle/io/json.h"
#include "angle/model/weights.h"

#include "support/expect_error.h"
#include "support/golden.h"
#include "support/model_copy.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

/// As many texts as a window takes.
std::string lines_of_a_window() {
  std::string lines;
  for (int64_t i = 0; i < EmbedFileOptions().window_texts; ++i) lines += "a\n";
  return lines;
}

TEST(EmbeddingRanges, AreThoseOfAllTexts) {
  Model model = load_model(testing::golden_path("models/tiny-bert"));
  Embedder embedder(model, {});
  const testing::TempDir directory;
  TextReader texts(directory.file("in.txt", lines_of_a_window() + "another text\n"));
  const Tensor ranges = embedding_ranges(embedder, texts);
  const Tensor rows = embedder.embed(std::vector<std::string>{"a", "another text"});
  EXPECT_LE((ranges[0] - rows.amin(0)).abs().max().item<double>(), 1e-6);
  EXPECT_LE((ranges[1] - rows.amax(0)).abs().max().item<double>(), 1e-6);
}

TEST(EmbeddingRanges, NeedTexts) {
  Model model = load_model(testing::golden_path("models/tiny-bert"));
  Embedder embedder(model, {});
  const testing::TempDir directory;
  TextReader no_texts(directory.file("empty", ""));
  EXPECT_ERROR(embedding_ranges(embedder, no_texts), "the calibration file has no texts");
  TextReader one_text(directory.file("one", "a\n"));
  EXPECT_ERROR(embedding_ranges(embedder, one_text),
               "has one text, whose vector has no ranges; expected hundreds");
}

TEST(EmbeddingRanges, TellTextsWithoutAVectorByTheirPlace) {
  const testing::ModelCopy bare;
  bare.edit("tokenizer.json", [](nlohmann::json& tokenizer) { tokenizer["post_processor"] = nullptr; });
  Model model = load_model(bare.path());
  Embedder embedder(model, {});
  const testing::TempDir directory;
  TextReader texts(directory.file("in.txt", lines_of_a_window() + "b\n\n"));
  EXPECT_ERROR(embedding_ranges(embedder, texts),
               "the calibration file: text 2050: there are no tokens in it");

  const int64_t id = model.tokenizer->encode("b", 8).token_ids.front();
  for (const NamedTensor& entry : model.encoder.encoder.checkpoint_tensors())
    if (entry.name == "embeddings.word_embeddings.weight") entry.tensor[id].fill_(NAN);
  TextReader not_finite(directory.file("nan.txt", lines_of_a_window() + "b\n"));
  EXPECT_ERROR(embedding_ranges(embedder, not_finite),
               "the calibration file: text 2049 has an embedding that is NaN");
}

}  // namespace
}  // namespace angle
