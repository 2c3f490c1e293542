// Invariants:
// - XLM-R ids equal the fast tokenizer's in every golden row, from tokenizer.json and from the model file
//   alone, also where the SentencePiece library's own ids differ.
// - Of all cuts of a word the most probable is taken; neighbouring characters in no piece are one unknown
//   token.
// - White space, U+2581 and the options about spaces separate words as the fast tokenizer does.
// - The character map replaces clusters of less than 6 bytes whole, by the shortest prefix it knows.
// - A damaged model file is an Error that names it, never a crash, however it is damaged.
#include "angle/text/sentencepiece.h"

#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"
#include "text/charsmap.h"
#include "text/golden_tokenizers.h"

namespace angle {
namespace {

using testing::TempDir;
using Ids = std::vector<int64_t>;

#define REQUIRE_TINY_XLMR(path) ANGLE_REQUIRE_GOLDEN(path, "models/tiny-xlmr")

TEST(SentencePiece, GivesTheGoldenIdsFromTokenizerJson) {
  REQUIRE_TINY_XLMR(directory);
  const auto loaded = load_tokenizer(directory);
  EXPECT_TRUE(loaded.warnings.empty());
  EXPECT_EQ(loaded.tokenizer->vocab_size(), 1502);
  EXPECT_EQ(loaded.tokenizer->unknown_id(), 3);
  testing::expect_golden_ids(*loaded.tokenizer, testing::golden_rows("tiny_xlmr.jsonl"));
}

TEST(SentencePiece, GivesTheGoldenIdsFromTheModelFileAlone) {
  REQUIRE_TINY_XLMR(directory);
  const TempDir model;
  model.file("sentencepiece.bpe.model", read_file(directory / "sentencepiece.bpe.model"));
  model.file("tokenizer_config.json", R"({"tokenizer_class": "XLMRobertaTokenizerFast"})");
  const auto loaded = load_tokenizer(model.path());
  testing::expect_golden_ids(*loaded.tokenizer, testing::golden_rows("tiny_xlmr.jsonl"));
}

TEST(SentencePiece, FollowsTheFastTokenizerWhereTheLibraryDiffers) {
  REQUIRE_TINY_XLMR(directory);
  const auto tokenizer = load_tokenizer(directory).tokenizer;
  const std::vector<std::pair<std::string, Ids>> cases = {
      {"hello\xC2\x85world", {0, 161, 122, 29, 492, 2}},
      {"a\xCC\x81\xCC\x82\xCC\x83\xCC\x84"
       "b",
       {0, 6, 1484, 3, 49, 2}},
      {"<s> </s> <pad> <mask> <unk>", {0, 0, 2, 1, 1501, 3, 2}}};
  for (const auto& [text, ids] : cases) EXPECT_EQ(tokenizer->encode(text, 99).token_ids, ids) << text;
}

TEST(SentencePiece, BreaksTiesInFloat64) {
  // In float32 the sums of the two equally good cuts round differently, and the library takes ll l.
  REQUIRE_TINY_XLMR(directory);
  const auto tokenizer = load_tokenizer(directory).tokenizer;
  std::string pieces;
  for (const int64_t id : tokenizer->encode("kungawqpmjgcfeyzmbxolwlllg", 99).token_ids)
    pieces += std::string(tokenizer->token(id)) + " ";
  EXPECT_THAT(pieces, ::testing::EndsWith("ol w l ll g </s> "));
}

TEST(SentencePiece, TakesIllFormedBytesForReplacementCharacters) {
  UnigramOptions options;
  options.pieces = {{"<unk>", 0.0}, {"\xE2\x96\x81", -1.0}, {"a", -1.0}, {"\xEF\xBF\xBD", -1.0}};
  EXPECT_EQ(make_unigram(options)->encode("a\xFF\xE4\xB8 a", 99).token_ids, (Ids{1, 2, 3, 3, 1, 2}));
}

UnigramOptions unigram_options() {
  UnigramOptions options;
  options.pieces = {{"<unk>", 0.0},
                    {"\xE2\x96\x81", -3.0},
                    {"\xE2\x96\x81"
                     "a",
                     -2.0},
                    {"a", -2.5},
                    {"b", -2.5},
                    {"ab", -4.0},
                    {"\xE2\x96\x81"
                     "ab",
                     -5.5},
                    {"bb", -5.0}};
  options.unknown_id = 0;
  return options;
}

Ids ids(std::string_view text, const UnigramOptions& with = unigram_options()) {
  return make_unigram(with)->encode(text, 1'000'000'000).token_ids;
}

TEST(Unigram, TakesTheMostProbableCut) {
  EXPECT_EQ(ids("ab"), (Ids{2, 4}));   // -2.0 - 2.5 beats -5.5 and -3.0 - 4.0
  EXPECT_EQ(ids("aab"), (Ids{2, 5}));  // -2.0 - 4.0 beats -2.0 - 2.5 - 2.5
  EXPECT_EQ(ids("b"), (Ids{1, 4}));
  EXPECT_EQ(ids("a a"), (Ids{2, 2}));
}

TEST(Unigram, TakesTheFirstOfEqualCuts) {
  EXPECT_EQ(ids("abb"), (Ids{2, 7}));  // b b and bb both add -5.0: the piece that begins first stays
}

TEST(Unigram, JoinsUnknownNeighbours) {
  EXPECT_EQ(ids("axyzb"), (Ids{2, 0, 4}));
  EXPECT_EQ(ids("x y"), (Ids{1, 0, 1, 0}));
  EXPECT_EQ(ids("\xE4\xB8\x80\xE4\xBA\x8C"
                "a"),
            (Ids{1, 0, 3}));
}

TEST(Unigram, TreatsSpacesAsAsked) {
  EXPECT_EQ(ids("  a \t a "), (Ids{2, 2}));
  EXPECT_EQ(ids("a\xE2\x96\x81"
                "ab"),
            (Ids{2, 2, 4}));
  EXPECT_EQ(ids(""), Ids{});
  EXPECT_EQ(ids("   "), Ids{});

  UnigramOptions with_spaces = unigram_options();
  with_spaces.split_at_white_space = false;
  EXPECT_EQ(ids("  a  a ", with_spaces), (Ids{1, 2, 1, 2, 1}));
  with_spaces.collapse_spaces = true;
  EXPECT_EQ(ids("  a  a ", with_spaces), (Ids{2, 2, 1}));
  with_spaces.strip_right = true;
  EXPECT_EQ(ids("a  a \t ", with_spaces), (Ids{2, 2}));
  with_spaces.mark_first_word = false;
  EXPECT_EQ(ids("a a", with_spaces), (Ids{3, 2}));
  EXPECT_EQ(ids(" ", with_spaces), Ids{});
}

TEST(Unigram, TakesTheWhiteSpaceBeforeAnLstripToken) {
  UnigramOptions with_mask = unigram_options();
  with_mask.split_at_white_space = false;
  with_mask.special_tokens.added.push_back({.content = "<mask>", .id = 8, .lstrip = true});
  EXPECT_EQ(ids("a  <mask> a", with_mask), (Ids{2, 8, 2}));
  EXPECT_EQ(ids("<mask><mask>", with_mask), (Ids{8, 8}));
}

TEST(Unigram, IsLinearInLongWords) {
  std::string word;
  for (int i = 0; i < 1'000'000; ++i) word += "a";
  EXPECT_EQ(make_unigram(unigram_options())->encode(word, 512).num_cut, 1'000'000 - 512);
}

TEST(Unigram, RefusesAnUnknownIdOutsideTheVocabulary) {
  UnigramOptions wrong = unigram_options();
  wrong.unknown_id = 8;
  EXPECT_ERROR(make_unigram(wrong), "unknown id 8", "8 pieces");
}

TEST(Charsmap, DecodesBase64) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("YQ=="), "a");
  EXPECT_EQ(decode_base64("YWI="), "ab");
  EXPECT_EQ(decode_base64("+/A"), "\xFB\xF0");
  EXPECT_EQ(decode_base64("YQ!="), std::nullopt);
}

TEST(Charsmap, RefusesMapsThatLieAboutTheirSize) {
  using namespace std::string_literals;
  for (const auto& bytes :
       {"\1"s, "\0\0\0\0"s, "\3\0\0\0abc"s, "\x8\0\0\0abcd"s, "\xFF\xFF\xFF\xFF"s + "abcd"})
    EXPECT_ERROR(Charsmap(bytes, "map"), "map: precompiled_charsmap", "damaged");
}

TEST(Charsmap, DoesNothingWhereItIsEmpty) {
  EXPECT_EQ(Charsmap().normalize("\xEF\xBC\xA1 a"), "\xEF\xBC\xA1 a");
}

TEST(Charsmap, ReplacesClustersAndCharacters) {
  REQUIRE_TINY_XLMR(directory);
  const Charsmap map(read_sentencepiece_model(directory / "sentencepiece.bpe.model").precompiled_charsmap,
                     "tiny-xlmr");
  EXPECT_EQ(map.normalize("plain text"), "plain text");
  EXPECT_EQ(map.normalize("\xEF\xBC\xA1\xEF\xBC\xA2"), "AB");  // full width
  EXPECT_EQ(map.normalize("x\ty\r\nz"), "x y z");              // CR LF is one cluster
  EXPECT_EQ(map.normalize("e\xCC\x81"), "\xC3\xA9");           // composed
  EXPECT_EQ(map.normalize("a\xCC\x81\xCC\x82\xCC\x83"
                          "b"),
            "a\xCC\x81\xCC\x82\xCC\x83"
            "b");  // 7 bytes: one by one
  EXPECT_EQ(map.normalize("\xEF\xAC\x81"), "fi");
}

TEST(SentencePieceModel, HoldsPiecesAndMap) {
  REQUIRE_TINY_XLMR(directory);
  const SentencePieceModel model = read_sentencepiece_model(directory / "sentencepiece.bpe.model");
  ASSERT_EQ(model.pieces.size(), 1500u);
  EXPECT_EQ(model.pieces[0].piece, "<unk>");
  EXPECT_EQ(model.pieces[3].piece, "s");
  EXPECT_NEAR(model.pieces[3].score, -2.9298126697540283, 1e-12);
  EXPECT_GT(model.precompiled_charsmap.size(), 200'000u);
}

TEST(SentencePieceModel, IsRefusedWhenItIsCutShort) {
  REQUIRE_TINY_XLMR(directory);
  const std::string whole = read_file(directory / "sentencepiece.bpe.model");
  const TempDir temp;
  for (size_t sixteenths = 0; sixteenths < 16; ++sixteenths) {
    const auto path = temp.file("cut.model", whole.substr(0, whole.size() * sixteenths / 16));
    EXPECT_ERROR(read_sentencepiece_model(path), "cut.model", "damaged");
  }
}

/// Loads and uses a model file that may be damaged; an Error is as good as ids.
void try_model(const std::filesystem::path& path, int& refused) {
  try {
    const auto tokenizer = make_unigram(xlm_roberta_options(read_sentencepiece_model(path)));
    tokenizer->encode("The quick brown \xEF\xBC\xA1 f\xC3\xB6x e\xCC\x81 \xE3\x81\x8B\xE3\x82\x99 <mask>",
                      512);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                ::testing::AnyOf(::testing::HasSubstr("damaged"), ::testing::HasSubstr("not supported"),
                                 ::testing::HasSubstr("not among")));
    ++refused;
  }
}

TEST(SentencePieceModel, NeverCrashesWhenBytesAreChanged) {
  REQUIRE_TINY_XLMR(directory);
  const std::string whole = read_file(directory / "sentencepiece.bpe.model");
  const TempDir temp;
  uint64_t state = 1;
  const auto random = [&state](uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  };
  int refused = 0;
  for (int round = 0; round < 300; ++round) {
    std::string damaged = whole;
    // The pieces come first; half of the damage goes there, the rest mostly into the character map.
    const size_t range = round % 2 == 0 ? whole.size() : 20'000;
    for (uint64_t i = 0; i <= random(4); ++i) damaged[random(range)] = static_cast<char>(random(256));
    try_model(temp.file("damaged.model", damaged), refused);
  }
  EXPECT_GT(refused, 20);
}

TEST(SentencePieceModel, IsRefusedWhenAPieceIsEmptyToTheLibrary) {
  REQUIRE_TINY_XLMR(directory);
  std::string model = read_file(directory / "sentencepiece.bpe.model");
  const size_t piece = model.find(std::string("\x0A\x01s\x15"));  // the piece "s", then its score
  ASSERT_NE(piece, std::string::npos);
  model[piece + 2] = '\0';
  const TempDir temp;
  EXPECT_ERROR(read_sentencepiece_model(temp.file("zero.model", model)), "zero.model", "damaged");
}

TEST(SentencePieceModel, IsRefusedWhenItIsNoUnigramModel) {
  using namespace std::string_literals;
  const TempDir temp;
  const auto bpe = temp.file("bpe.model", "\x12\x02\x18\x02"s);  // trainer_spec { model_type: BPE }
  EXPECT_ERROR(read_sentencepiece_model(bpe), "bpe.model", "model type 2", "tokenizer.json");
  EXPECT_ERROR(read_sentencepiece_model(temp.file("empty.model", "")), "empty.model");
  EXPECT_ERROR(read_sentencepiece_model(temp.file("text.model", "not a model at all")), "text.model",
               "damaged");
  EXPECT_ERROR(read_sentencepiece_model(temp.path() / "none.model"), "none.model");
}

}  // namespace
}  // namespace angle
