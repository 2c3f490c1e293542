// Invariants:
// - all-MiniLM-L6-v2 gives the golden ids, whole and cut to 16, from tokenizer.json and from vocab.txt alone.
// - The tokenizer is chosen by the files of the directory; tokenizer.json wins, but for the switches that
// Hugging Face's BertTokenizer takes from tokenizer_config.json, and what disagrees with it is a warning.
// - truncation and padding blocks of tokenizer.json change nothing.
// - Whatever is missing, damaged or not supported is one Error with file and place.
// - Statistics count every cut text, cut token, unknown token and empty text.
#include "angle/text/tokenizer.h"

#include <gtest/gtest.h>

#include "angle/io/file.h"
#include "angle/text/statistics.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"
#include "text/golden_tokenizers.h"

namespace angle {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempDir;
using Ids = std::vector<int64_t>;

constexpr const char* kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##able\nable\n";

json tokenizer_json() {
  return json::parse(R"({
    "added_tokens": [{"id": 4, "content": "[MASK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "TemplateProcessing",
      "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
      "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}, "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
      "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "un": 5, "##able": 6, "able": 7}}})");
}

LoadedTokenizer load(const TempDir& directory, const json& tokenizer) {
  directory.file("tokenizer.json", tokenizer.dump());
  return load_tokenizer(directory.path());
}

Ids ids(const LoadedTokenizer& loaded, std::string_view text) {
  return loaded.tokenizer->encode(text, 512).token_ids;
}

TEST(Tokenizer, GivesTheGoldenIdsOfMiniLM) {
  ANGLE_REQUIRE_MINILM(directory);
  const auto loaded = load_tokenizer(directory);
  EXPECT_TRUE(loaded.warnings.empty());
  const auto rows = testing::golden_rows("wordpiece_minilm.jsonl");
  testing::expect_golden_ids(*loaded.tokenizer, rows);
  testing::expect_golden_ids(*loaded.tokenizer, rows, "ids_max16", 16);
}

TEST(Tokenizer, GivesTheGoldenIdsOfMiniLMFromItsVocabTxt) {
  ANGLE_REQUIRE_MINILM(directory);
  const TempDir model;
  model.file("vocab.txt", read_file(directory / "vocab.txt"));
  model.file("tokenizer_config.json", read_file(directory / "tokenizer_config.json"));
  const auto loaded = load_tokenizer(model.path());
  EXPECT_TRUE(loaded.warnings.empty());
  testing::expect_golden_ids(*loaded.tokenizer, testing::golden_rows("wordpiece_minilm.jsonl"));
}

TEST(Tokenizer, IgnoresTruncationAndPaddingOfTheFile) {
  ANGLE_REQUIRE_GOLDEN(plain, "models/tiny-bert");
  ANGLE_REQUIRE_GOLDEN(truncating, "models/tiny-bert-cls");
  const std::string text =
      "A man is playing a guitar and a woman is slicing an onion in the kitchen while it rains.";
  const Ids expected = ids(load_tokenizer(plain), text);
  EXPECT_GT(expected.size(), 16u);
  EXPECT_EQ(ids(load_tokenizer(truncating), text), expected);
}

TEST(Tokenizer, PrefersTokenizerJsonAndReportsADifferentVocabTxt) {
  const TempDir directory;
  directory.file("vocab.txt", kVocab);
  EXPECT_TRUE(load(directory, tokenizer_json()).warnings.empty());

  directory.file("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nunder\n##able\n");
  const auto loaded = load(directory, tokenizer_json());
  EXPECT_EQ(ids(loaded, "unable"), (Ids{2, 5, 6, 3}));
  EXPECT_THAT(loaded.warnings, ElementsAre(AllOf(HasSubstr("vocab.txt"), HasSubstr("2 of 8"),
                                                 HasSubstr("line 6 has \"under\""), HasSubstr("\"un\""))));
}

TEST(Tokenizer, ReportsADifferentDoLowerCase) {
  const TempDir directory;
  directory.file("tokenizer_config.json", R"({"do_lower_case": false})");
  const auto loaded = load(directory, tokenizer_json());
  EXPECT_EQ(ids(loaded, "UN"), (Ids{2, 5, 3}));
  EXPECT_THAT(loaded.warnings,
              ElementsAre(AllOf(HasSubstr("do_lower_case is false"), HasSubstr("tokenizer.json is used"))));
}

TEST(Tokenizer, NormalisesForABertTokenizerAsTokenizerConfigSays) {
  const TempDir directory;
  const std::string text = "UN \xC3\xBCn abl\xC3\xA9 un\xE4\xB8\x80";
  json tokenizer = tokenizer_json();
  tokenizer["model"]["vocab"]["un\xE4\xB8\x80"] = 8;
  tokenizer["model"]["vocab"]["\xC3\xBCn"] = 9;
  const auto expect = [&](const char* config, const Ids& expected, const char* warning) {
    directory.file("tokenizer_config.json", config);
    const auto loaded = load(directory, tokenizer);
    EXPECT_EQ(ids(loaded, text), expected) << config;
    if (warning == nullptr) {
      EXPECT_TRUE(loaded.warnings.empty()) << config;
    } else {
      EXPECT_THAT(loaded.warnings,
                  ElementsAre(AllOf(HasSubstr("tokenizer_config.json: its BertTokenizer has " +
                                              std::string(warning) + ", but"),
                                    HasSubstr("tokenizer_config.json is used"))))
          << config;
    }
  };
  expect(R"({"tokenizer_class": "BertTokenizer"})", {2, 5, 5, 7, 5, 1, 3}, nullptr);
  expect(R"({"tokenizer_class": "BertTokenizerFast", "do_lower_case": false})", {2, 1, 9, 1, 5, 1, 3},
         "do_lower_case false, strip_accents false");
  expect(R"({"tokenizer_class": "BertTokenizer", "strip_accents": false})", {2, 5, 9, 1, 5, 1, 3},
         "strip_accents false");
  expect(R"({"tokenizer_class": "BertTokenizer", "tokenize_chinese_chars": false})", {2, 5, 5, 7, 8, 3},
         "tokenize_chinese_chars false");

  tokenizer["normalizer"] = {{"type", "BertNormalizer"},
                             {"lowercase", false},
                             {"strip_accents", false},
                             {"handle_chinese_chars", false}};
  expect(R"({"tokenizer_class": "BertTokenizer", "strip_accents": null})", {2, 5, 5, 7, 5, 1, 3},
         "do_lower_case true, strip_accents true, tokenize_chinese_chars true");
  expect(R"({"tokenizer_class": "TokenizersBackend"})", {2, 1, 9, 1, 8, 3}, nullptr);
  expect("{}", {2, 1, 9, 1, 8, 3}, nullptr);
}

TEST(Tokenizer, ReportsMissingSpecialTokensAroundTexts) {
  json tokenizer = tokenizer_json();
  tokenizer["post_processor"] = nullptr;
  const auto loaded = load(TempDir(), tokenizer);
  EXPECT_EQ(ids(loaded, "un"), Ids{5});
  EXPECT_THAT(loaded.warnings, ElementsAre(HasSubstr("no special tokens")));
}

TEST(Tokenizer, ReadsBertAndRobertaProcessing) {
  json tokenizer = tokenizer_json();
  for (const char* type : {"BertProcessing", "RobertaProcessing"}) {
    tokenizer["post_processor"] = {{"type", type}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}};
    EXPECT_EQ(ids(load(TempDir(), tokenizer), "un"), (Ids{2, 5, 3}));
  }
}

TEST(Tokenizer, ReadsCasedModels) {
  json tokenizer = tokenizer_json();
  tokenizer["normalizer"]["lowercase"] = false;
  EXPECT_EQ(ids(load(TempDir(), tokenizer), "un UN"), (Ids{2, 5, 1, 3}));
  const TempDir directory;
  directory.file("vocab.txt", kVocab);
  directory.file("tokenizer_config.json", R"({"do_lower_case": false, "tokenizer_class": "BertTokenizer"})");
  EXPECT_EQ(ids(load_tokenizer(directory.path()), "un UN"), (Ids{2, 5, 1, 3}));
}

/// What sentence-transformers gives with do_lower_case in sentence_bert_config.json, tiny-bert being a cased
/// model for it.
struct LowercasedGolden {
  const char* model;
  std::string text;
  Ids ids;
};

const LowercasedGolden kLowercased[] = {
    {"tiny-bert", "The BOATS Waited", {2, 139, 805, 158, 65, 193, 215, 528, 237, 3}},
    {"tiny-bert", "ÄRGER ΟΔΟΣ İ", {2, 1, 87, 1161, 1169, 1172, 1, 3}},
    {"tiny-bert", "A Boat[MASK] BOAT [MASK]", {2, 43, 805, 4, 805, 4, 3}},
    {"tiny-roberta", "The BOATS Waited", {0, 543, 465, 279, 86, 270, 68, 832, 2}},
    {"tiny-roberta",
     "ÄRGER ΟΔΟΣ İ",
     {0, 131, 101, 85, 825, 224, 142, 127, 142, 116, 142, 127, 143, 229, 224, 76, 140, 233, 2}},
    {"tiny-roberta",
     "A Boat<mask> BOAT <MASK>",
     {0, 68, 465, 279, 1199, 465, 279, 224, 31, 80, 293, 78, 33, 2}},
    {"tiny-xlmr", "The BOATS Waited", {0, 7, 753, 4, 162, 22, 73, 16, 2}},
    {"tiny-xlmr", "ÄRGER ΟΔΟΣ İ", {0, 12, 3, 31, 41, 32, 12, 3, 12, 30, 3, 2}},
    {"tiny-xlmr", "A Boat<mask> BOAT <MASK>", {0, 6, 753, 1501, 753, 12, 1501, 2}}};

TEST(Tokenizer, LowercasesBeforeEverythingElseWhereAsked) {
  ANGLE_REQUIRE_GOLDEN(models, "models");
  for (const LowercasedGolden& golden : kLowercased) {
    const TempDir directory;
    for (const char* file : {"tokenizer.json", "tokenizer_config.json"})
      directory.file(file, read_file(models / golden.model / file));
    if (std::string_view(golden.model) == "tiny-bert")
      directory.file("tokenizer_config.json",
                     R"({"tokenizer_class": "BertTokenizer", "do_lower_case": false})");
    EXPECT_EQ(ids(load_tokenizer(directory.path(), true), golden.text), golden.ids)
        << golden.model << ": " << golden.text;
    EXPECT_NE(ids(load_tokenizer(directory.path()), golden.text), golden.ids);
  }
}

TEST(Tokenizer, ToleratesLineEndsAndByteOrderMarksInVocabTxt) {
  for (const char* vocab : {kVocab, "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\nun\r\n##able\r\nable",
                            "\xEF\xBB\xBF[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun \n##able\t\nable"}) {
    const TempDir directory;
    directory.file("vocab.txt", vocab);
    const auto loaded = load_tokenizer(directory.path());
    EXPECT_EQ(ids(loaded, "unable [MASK] able"), (Ids{2, 5, 6, 4, 7, 3}));
    EXPECT_TRUE(loaded.warnings.empty());
  }
}

TEST(Tokenizer, UsesTheLastOfDuplicateTokensAndSaysSo) {
  const TempDir directory;
  directory.file("vocab.txt", std::string(kVocab) + "un\n");
  const auto loaded = load_tokenizer(directory.path());
  EXPECT_EQ(ids(loaded, "unable"), (Ids{2, 8, 6, 3}));
  EXPECT_THAT(loaded.warnings,
              ElementsAre(AllOf(HasSubstr("1 duplicate"), HasSubstr("\"un\" in lines 6 and 9"))));
}

TEST(Tokenizer, RefusesDamagedVocabTxt) {
  const TempDir directory;
  const auto expect_refused = [&directory](std::string_view vocab, const char* what, const char* more) {
    directory.file("vocab.txt", vocab);
    EXPECT_ERROR(load_tokenizer(directory.path()), "vocab.txt", what, more);
  };
  expect_refused("", "empty", "");
  expect_refused("\n\n", "no tokens", "");
  expect_refused("un\nable\n", "[UNK], [CLS], [SEP], [PAD]", "2 tokens");
  expect_refused("[PAD]\n[UNK]\n[CLS]\nun\n", "no [SEP]", "tokenizer_config.json");
  expect_refused("[PAD]\n\xFF\n", "vocab.txt:2", "not UTF-8");
}

TEST(Tokenizer, RefusesVocabTxtOfOtherTokenizers) {
  const TempDir directory;
  directory.file("vocab.txt", kVocab);
  directory.file("tokenizer_config.json", R"({"tokenizer_class": "BertJapaneseTokenizer"})");
  EXPECT_ERROR(load_tokenizer(directory.path()), "tokenizer_config.json", "BertJapaneseTokenizer",
               "not supported");
}

TEST(Tokenizer, SaysWhatItLookedFor) {
  const TempDir directory;
  EXPECT_ERROR(load_tokenizer(directory.path()), directory.path().c_str(), "tokenizer.json", "vocab.txt");
  EXPECT_ERROR(load_tokenizer(directory.path() / "none"), "none", "no such directory");
}

/// Replaces the value at a JSON pointer and expects an error that says where.
void expect_refused(const char* pointer, json value, const std::string& place, const char* what) {
  const TempDir directory;
  json tokenizer = tokenizer_json();
  tokenizer[json::json_pointer(pointer)] = std::move(value);
  const std::string where = "tokenizer.json: " + place;
  EXPECT_ERROR(load(directory, tokenizer), where.c_str(), what);
}

TEST(Tokenizer, RefusesMalformedTokenizerJsonWithItsPlace) {
  expect_refused("/model", nullptr, "model", "missing");
  expect_refused("/model", "x", "model", "expected an object, found string");
  expect_refused("/model/vocab", nullptr, "model.vocab", "missing");
  expect_refused("/model/vocab", json::object(), "model.vocab", "empty");
  expect_refused("/model/vocab/un", -1, "model.vocab", "\"un\" has the id -1");
  expect_refused("/model/vocab/un", 1.5, "model.vocab", "\"un\" has the id 1.5");
  expect_refused("/model/vocab/un", "5", "model.vocab", "\"un\" has the id");
  expect_refused("/model/vocab/un", 1e9, "model.vocab", "\"un\" has the id");
  expect_refused("/model/vocab/un", 1'000'000'000, "model.vocab", "\"un\" has the id 1000000000");
  expect_refused("/model/vocab/un", 7, "model.vocab", "same id 7");
  expect_refused("/model/unk_token", nullptr, "model.unk_token", "missing");
  expect_refused("/model/unk_token", "<unk>", "model.unk_token", "not among");
  expect_refused("/model/max_input_chars_per_word", 0, "model.max_input_chars_per_word", "is 0");
  expect_refused("/model/continuing_subword_prefix", 5, "model.continuing_subword_prefix",
                 "expected a string");
  expect_refused("/normalizer/lowercase", 1, "normalizer.lowercase",
                 "expected true or false, found number 1");
  expect_refused("/normalizer/type", "NFKC", "normalizer", "NFKC");
  expect_refused("/pre_tokenizer", nullptr, "pre_tokenizer", "BertPreTokenizer");
  expect_refused("/pre_tokenizer/type", "Whitespace", "pre_tokenizer", "\"Whitespace\"");
  expect_refused("/added_tokens", 3, "added_tokens", "expected an array");
  expect_refused("/added_tokens/0/content", nullptr, "added_tokens[0].content", "missing");
  expect_refused("/added_tokens/0/id", 3, "added_tokens[0]", "which is \"[SEP]\"");
  expect_refused("/added_tokens/0/id", int64_t{1} << 60, "added_tokens[0].id", "out of range");
  expect_refused("/post_processor/type", "Magic", "post_processor", "\"Magic\"");
  expect_refused("/post_processor/single", json::array(), "post_processor.single", "no place for the text");
  expect_refused("/post_processor/single/1/Sequence/id", "B", "post_processor.single[1]", "\"A\"");
  expect_refused("/post_processor/special_tokens/[CLS]/ids/0", 99, "post_processor",
                 "id 99 is not in the vocabulary");
  expect_refused("/post_processor/special_tokens", json::object(), "post_processor.special_tokens.[CLS]",
                 "missing");
  expect_refused("/post_processor", {{"type", "BertProcessing"}, {"cls", {"[CLS]"}}, {"sep", {"[SEP]", 3}}},
                 "post_processor.cls", "1 elements");
}

TEST(Tokenizer, RefusesWhatIsNotJson) {
  const TempDir directory;
  directory.file("tokenizer.json", "");
  EXPECT_ERROR(load_tokenizer(directory.path()), "tokenizer.json: the file is empty");
  for (const char* text : {"{", "[]x", R"({"model": {"vocab": {"a": 0, "a": 1}}})"}) {
    directory.file("tokenizer.json", text);
    EXPECT_ERROR(load_tokenizer(directory.path()), "tokenizer.json", "not valid JSON");
  }
}

TEST(Tokenizer, NamesAModelThatIsNotSupported) {
  expect_refused("/model/type", "WordLevel", "model.type", "\"WordLevel\" is not supported");
}

TEST(Tokenizer, ReadsOldFilesWithoutAModelType) {
  json tokenizer = tokenizer_json();
  tokenizer["model"].erase("type");
  EXPECT_EQ(ids(load(TempDir(), tokenizer), "unable"), (Ids{2, 5, 6, 3}));
}

json unigram_json() {
  json tokenizer = tokenizer_json();
  tokenizer["normalizer"] = nullptr;
  tokenizer["pre_tokenizer"] = json::parse(R"({"type": "Sequence", "pretokenizers": [
      {"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": true}]})");
  tokenizer["model"] =
      json::parse(R"({"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["\u2581", -2.0], ["<s>", 0],
      ["</s>", 0], ["[MASK]", 0.0], ["un", -1.5]]})");
  return tokenizer;
}

void expect_unigram_refused(const char* pointer, json value, const std::string& place, const char* what) {
  const TempDir directory;
  json tokenizer = unigram_json();
  tokenizer[json::json_pointer(pointer)] = std::move(value);
  const std::string where = "tokenizer.json: " + place;
  EXPECT_ERROR(load(directory, tokenizer), where.c_str(), what);
}

TEST(Tokenizer, ReadsUnigramModels) {
  EXPECT_EQ(ids(load(TempDir(), unigram_json()), "un x[MASK]"), (Ids{2, 1, 5, 1, 0, 4, 3}));
}

TEST(Tokenizer, RefusesMalformedUnigramModels) {
  expect_unigram_refused("/model/vocab", json::object(), "model.vocab", "expected an array");
  expect_unigram_refused("/model/vocab", json::array(), "model.vocab", "empty");
  expect_unigram_refused("/model/vocab/1", json::array({"a"}), "model.vocab", "element 1");
  expect_unigram_refused("/model/vocab/1/1", "x", "model.vocab", "element 1");
  expect_unigram_refused("/model/unk_id", 6, "model.unk_id", "6 is not among the 6 pieces");
  expect_unigram_refused("/model/unk_id", nullptr, "model.unk_id", "missing");
  expect_unigram_refused("/model/byte_fallback", true, "model.byte_fallback", "not supported");
  expect_unigram_refused("/normalizer", {{"type", "Lowercase"}}, "normalizer", "\"Lowercase\"");
  expect_unigram_refused("/normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "*"}},
                         "normalizer.precompiled_charsmap", "base64");
  expect_unigram_refused("/pre_tokenizer", nullptr, "pre_tokenizer", "not supported");
  expect_unigram_refused("/pre_tokenizer/pretokenizers/1/replacement", "_", "pre_tokenizer", "not supported");
}

TEST(Tokenizer, RefusesASentencePieceModelOfAnotherClass) {
  const TempDir directory;
  directory.file("sentencepiece.bpe.model", "x");
  directory.file("tokenizer_config.json", R"({"tokenizer_class": "CamembertTokenizer"})");
  EXPECT_ERROR(load_tokenizer(directory.path()), "CamembertTokenizer", "not supported");
}

TEST(TextStatistics, CountWhatWasCutUnknownAndEmpty) {
  const auto loaded = load(TempDir(), tokenizer_json());
  TextStatistics statistics;
  for (const char* text : {"unable", "x un", "", " \t", "un un un un"})
    statistics.add(loaded.tokenizer->encode(text, 4), *loaded.tokenizer);
  TextStatistics more;
  more.add(loaded.tokenizer->encode("un un un", 2), *loaded.tokenizer);
  statistics += more;
  EXPECT_EQ(statistics.texts, 6);
  EXPECT_EQ(statistics.tokens, 4 + 4 + 2 + 2 + 4 + 2);
  EXPECT_EQ(statistics.texts_cut, 2);
  EXPECT_EQ(statistics.tokens_cut, 2 + 3);
  EXPECT_EQ(statistics.unknown_tokens, 1);
  EXPECT_EQ(statistics.empty_texts, 2);
}

}  // namespace
}  // namespace angle
