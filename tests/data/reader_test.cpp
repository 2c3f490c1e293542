// Invariants:
// - the same data in TSV, CSV or JSONL, compressed or not, under any accepted names, gives the same examples;
// - texts are taken as they are, and every example knows its line;
// - every malformed row is reported with file and line, all in one error; none is skipped in silence; only
//   what is wrong with the columns of many rows is reported with the first of them alone;
// - fields that are not used are allowed and counted.
#include "angle/data/reader.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/gzip.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

class ReaderTest : public ::testing::Test {
 protected:
  fs::path file(const std::string& name, std::string_view content) { return directory_.file(name, content); }

  std::vector<ScoredPair> scored_pairs(const std::string& name, std::string_view content,
                                       const ReadOptions& options = {}) {
    return read_scored_pairs(file(name, content), options).examples;
  }

 private:
  testing::TempDir directory_;
};

void expect_cat_and_dog(const std::vector<ScoredPair>& pairs) {
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].left, "A cat.");
  EXPECT_EQ(pairs[0].right, "The cat");
  EXPECT_EQ(pairs[0].label, 4.75);
  EXPECT_EQ(pairs[1].left, "dog, \"big\"");
  EXPECT_EQ(pairs[1].right, " Hund é ");
  EXPECT_EQ(pairs[1].label, 0.0);
}

TEST_F(ReaderTest, ReadsTheSameFromEveryKindOfFile) {
  const std::string tsv = "text1\ttext2\tlabel\nA cat.\tThe cat\t4.75\ndog, \"big\"\t Hund é \t0\n";
  const std::string csv = "text1,text2,label\nA cat.,The cat,4.75\n\"dog, \"\"big\"\"\", Hund é ,0\n";
  const std::string jsonl =
      "{\"text1\": \"A cat.\", \"text2\": \"The cat\", \"label\": 4.75}\n"
      "{\"label\": 0, \"text2\": \" Hund \\u00e9 \", \"text1\": \"dog, \\\"big\\\"\"}\n";
  expect_cat_and_dog(scored_pairs("x.tsv", tsv));
  expect_cat_and_dog(scored_pairs("x.csv", csv));
  expect_cat_and_dog(scored_pairs("x.jsonl", jsonl));
  expect_cat_and_dog(scored_pairs("x.tsv.gz", testing::gzip(tsv)));
  expect_cat_and_dog(scored_pairs("x.csv.gz", testing::gzip(csv)));
  expect_cat_and_dog(scored_pairs("x.jsonl.gz", testing::gzip(jsonl)));
}

TEST_F(ReaderTest, AcceptsAllNamesOfScoredPairs) {
  for (const char* header : {"text1\ttext2\tlabel", "sentence1\tsentence2\tscore", "left\tright\tlabel"}) {
    const auto pairs = scored_pairs("x.tsv", std::string(header) + "\na\tb\t1\n");
    EXPECT_EQ(pairs.at(0).left, "a") << header;
    EXPECT_EQ(pairs.at(0).right, "b") << header;
    EXPECT_EQ(pairs.at(0).label, 1.0) << header;
  }
}

TEST_F(ReaderTest, FindsColumnsByNameNotByPlace) {
  const auto pair = scored_pairs("x.tsv", "score\tid\tsentence2\tsentence1\n2.5\t7\tb\ta\n").at(0);
  EXPECT_EQ(pair.left, "a");
  EXPECT_EQ(pair.right, "b");
  EXPECT_EQ(pair.label, 2.5);
}

TEST_F(ReaderTest, ReadsPairs) {
  for (const char* header : {"query\tpositive", "anchor\tpositive"}) {
    const auto pairs = read_positive_pairs(file("x.tsv", std::string(header) + "\nq\tp\n")).examples;
    EXPECT_EQ(pairs.at(0).query, "q");
    EXPECT_EQ(pairs.at(0).positive, "p");
    EXPECT_EQ(pairs.at(0).line, 2);
  }
}

TEST_F(ReaderTest, ReadsTripletsWithOneOrManyNegatives) {
  const auto one = read_triplets(file("x.tsv", "query\tpositive\tnegative\nq\tp\tn\n")).examples;
  EXPECT_EQ(one.at(0).negatives, (Texts{"n"}));
  const auto columns =
      read_triplets(file("x.csv", "anchor,positive,negative_1,negative_2,negative3\nq,p,n1,n2,n3\n"))
          .examples;
  EXPECT_EQ(columns.at(0).negatives, (Texts{"n1", "n2", "n3"}));
  const auto list = read_triplets(file("x.jsonl", R"({"query":"q","positive":"p","negative":["n1","n2"]}
{"query":"q","positive":"p","negative":"n"})"))
                        .examples;
  EXPECT_EQ(list.at(0).negatives, (Texts{"n1", "n2"}));
  EXPECT_EQ(list.at(1).negatives, (Texts{"n"}));
}

TEST_F(ReaderTest, ReadsTheFormatThatIsAskedFor) {
  const auto path = file("x.tsv", "query\tpositive\tnegative\nq\tp\tn\n");
  EXPECT_EQ(format_of(read_examples(path, DataFormat::triplets).examples), DataFormat::triplets);
  EXPECT_EQ(format_of(read_examples(path, DataFormat::pairs).examples), DataFormat::pairs);
  EXPECT_EQ(num_examples(read_examples(path, DataFormat::pairs).examples), 1);
  EXPECT_ERROR(read_examples(path, DataFormat::scored_pairs),
               "x.tsv:1: no column named left, text1 or sentence1", "\"query\", \"positive\", \"negative\"",
               "; these are the columns of the format triplets");
  EXPECT_ERROR(read_examples(file("x.jsonl", R"({"query":"q","positive":"p"})"), DataFormat::triplets),
               "x.jsonl:1: no column named negative", "; these are the columns of the format pairs");
}

TEST_F(ReaderTest, SaysWhatAHeaderThatIsNoneMayBe) {
  EXPECT_ERROR(scored_pairs("x.csv", "text1;text2;label\na;b;1\n"),
               "x.csv:1: no column named left, text1 or sentence1 (found \"text1;text2;label\"); fields are "
               "separated by tabs in .tsv and by commas in .csv");
  EXPECT_ERROR(
      scored_pairs("x.tsv", "1\t2\t3\na\tb\t5\n"),
      "looks like a row; if it does name them, `columns` of the data set, or --column, can map names");
  EXPECT_ERROR(
      scored_pairs("x.tsv", "a cat\ta dog\t2.5\na cat\ta cat\t5\n"),
      "(found \"a cat\", \"a dog\", \"2.5\"); the first line has to name the columns, and looks like a "
      "row");
}

TEST_F(ReaderTest, CountsIgnoredFields) {
  EXPECT_EQ(read_positive_pairs(file("x.tsv", "id\tquery\tpositive\tsource\n1\tq\tp\tweb\n2\tr\ts\tweb\n"))
                .ignored_fields,
            4);
  EXPECT_EQ(read_positive_pairs(file("x.jsonl", R"({"query":"q","positive":"p","id":1}
{"query":"q","positive":"p"})"))
                .ignored_fields,
            1);
}

TEST_F(ReaderTest, MapsColumns) {
  const ReadOptions options{
      .columns = {{"left", "premise"}, {"right", "hypothesis"}, {"label", "similarity"}}, .label_scale = {}};
  const auto pair =
      scored_pairs("x.tsv", "premise\thypothesis\tsimilarity\tlabel\na\tb\t0.5\t9\n", options).at(0);
  EXPECT_EQ(pair.left, "a");
  EXPECT_EQ(pair.right, "b");
  EXPECT_EQ(pair.label, 0.5);
  EXPECT_ERROR(scored_pairs("x.tsv", "premises\ttext2\tlabel\na\tb\t0.5\n", options),
               "x.tsv:1: no column named premise, which is to be left; did you mean \"premises\"? (found ");
  const ReadOptions misspelt{.columns = {{"lefft", "premise"}}, .label_scale = {}};
  EXPECT_ERROR(scored_pairs("x.tsv", "text1\ttext2\tlabel\na\tb\t0.5\n", misspelt),
               "lefft is not one of left, right, label", "did you mean \"left\"?");
}

TEST_F(ReaderTest, MapsTwoPartsToOneColumn) {
  const ReadOptions options{.columns = {{"query", "text"}, {"positive", "text"}}, .label_scale = {}};
  const std::string long_text = "a text too long to be kept within a string";
  for (const auto& [name, content] : {std::pair{"x.tsv", "text\tid\n" + long_text + "\t7\n"},
                                      std::pair{"x.jsonl", R"({"id":7,"text":")" + long_text + "\"}\n"}}) {
    const auto data = read_positive_pairs(file(name, content), options);
    EXPECT_EQ(data.examples.at(0).query, long_text);
    EXPECT_EQ(data.examples.at(0).positive, long_text);
    EXPECT_EQ(data.ignored_fields, 1);
  }
}

TEST_F(ReaderTest, RefusesAMappingToTheColumnOfAnotherPart) {
  const ReadOptions options{.columns = {{"left", "text2"}}, .label_scale = {}};
  EXPECT_ERROR(scored_pairs("x.tsv", "text1\ttext2\tlabel\na\tb\t1\n", options),
               "x.tsv:1: left and right are both the column \"text2\"; map each to its own with `columns`");
  EXPECT_ERROR(scored_pairs("x.jsonl", R"({"text1":"a","text2":"b","label":1})", options),
               "x.jsonl:1: left and right are both the column \"text2\"");
  const ReadOptions swapped{.columns = {{"left", "text2"}, {"right", "text1"}}, .label_scale = {}};
  EXPECT_EQ(scored_pairs("x.tsv", "text1\ttext2\tlabel\na\tb\t1\n", swapped).at(0).left, "b");
}

TEST_F(ReaderTest, RefusesAmbiguousColumns) {
  EXPECT_ERROR(scored_pairs("x.tsv", "text1\tsentence1\ttext2\tlabel\na\tb\tc\t1\n"),
               "x.tsv:1: two columns could be left: \"text1\" and \"sentence1\"");
  EXPECT_ERROR(scored_pairs("x.csv", "text1,text1,text2,label\na,b,c,1\n"), "two columns could be left");
  EXPECT_ERROR(scored_pairs("x.jsonl", R"({"text1":"a","left":"b","right":"c","label":1})"),
               "x.jsonl:1: two columns could be left");
}

TEST_F(ReaderTest, KnowsTheLineOfEveryExample) {
  const auto pairs = scored_pairs("x.csv", "text1,text2,label\n\"two\nlines\",b,1\nc,d,2\n");
  EXPECT_EQ(pairs.at(0).left, "two\nlines");
  EXPECT_EQ(pairs.at(0).line, 2);
  EXPECT_EQ(pairs.at(1).line, 4);
  EXPECT_EQ(scored_pairs("x.jsonl", "{\"text1\":\"a\",\"text2\":\"b\",\"label\":1}\n").at(0).line, 1);
}

TEST_F(ReaderTest, KnowsNoQuotingInTsv) {
  const auto pair = scored_pairs("x.tsv", "text1\ttext2\tlabel\n\"a\tb\"\"\t1\n").at(0);
  EXPECT_EQ(pair.left, "\"a");
  EXPECT_EQ(pair.right, "b\"\"");
}

TEST_F(ReaderTest, ReadsWindowsFiles) {
  const auto pair = scored_pairs("x.tsv", "\xEF\xBB\xBFtext1\ttext2\tlabel\r\na\tb\t1.5\r\n").at(0);
  EXPECT_EQ(pair.left, "a");
  EXPECT_EQ(pair.label, 1.5);
}

TEST_F(ReaderTest, ReportsAWrongNumberOfColumns) {
  const std::string header = "text1\ttext2\tscore\n";
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\n"),
               "x.tsv:2: expected 3 tab-separated columns (\"text1\", \"text2\", \"score\"), found 2");
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\t1\textra\n"), "found 4");
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\t1\n\n"), "x.tsv:3: expected 3", "found 1");
  EXPECT_ERROR(scored_pairs("x.csv", "text1,text2,score\na,b\n"),
               "x.csv:2: expected 3 comma-separated columns");
}

TEST_F(ReaderTest, ReportsEmptyTexts) {
  const std::string header = "text1\ttext2\tlabel\n";
  EXPECT_ERROR(scored_pairs("x.tsv", header + "\tb\t1\n"), "x.tsv:2: text1: empty text");
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\t \t1\n"), "x.tsv:2: text2: empty text");
  EXPECT_ERROR(read_triplets(file("x.jsonl", R"({"query":"q","positive":"p","negative":["n",""]})")),
               "x.jsonl:1: negative: empty text");
  EXPECT_ERROR(read_triplets(file("x.jsonl", R"({"query":"q","positive":"p","negative":[]})")),
               "x.jsonl:1: negative: empty list");
}

TEST_F(ReaderTest, ReportsBadLabels) {
  const std::string header = "text1\ttext2\tlabel\n";
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\t\n"), "x.tsv:2: label: the label is missing");
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\thigh\n"), "label: expected a number, found \"high\"");
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\t1.5x\n"), "expected a number, found \"1.5x\"");
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\t1,5\n"), "expected a number, found \"1,5\"");
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\tnan\n"), "the label is nan, not a finite number");
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\t-inf\n"), "the label is -inf, not a finite number");
  EXPECT_ERROR(scored_pairs("x.jsonl", R"({"text1":"a","text2":"b","label":null})"),
               "x.jsonl:1: label: the label is missing");
  EXPECT_ERROR(scored_pairs("x.jsonl", R"({"text1":"a","text2":"b","label":true})"),
               "expected a number, found true");
  EXPECT_ERROR(scored_pairs("x.jsonl", R"({"text1":"a","text2":"b","label":["1"]})"),
               R"(x.jsonl:1: label: expected a number, found ["1"])");
  EXPECT_ERROR(scored_pairs("x.jsonl", R"({"text1":"a","text2":"b"})"),
               "x.jsonl:1: no column named label or score");
}

TEST_F(ReaderTest, ChecksLabelsAgainstTheirScale) {
  const ReadOptions options{.columns = {}, .label_scale = {0, 5}};
  const std::string header = "text1\ttext2\tlabel\n";
  EXPECT_EQ(scored_pairs("x.tsv", header + "a\tb\t0\nc\td\t5\n", options).size(), 2u);
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\t5.5\n", options),
               "x.tsv:2: label: the label 5.5 is outside of label_scale [0, 5]");
  EXPECT_ERROR(scored_pairs("x.tsv", header + "a\tb\t-1\n", options), "outside of label_scale");
}

TEST_F(ReaderTest, ReportsBrokenJson) {
  EXPECT_ERROR(scored_pairs("x.jsonl", "{\"text1\": \"a\"\n"), "x.jsonl:1: not valid JSON");
  EXPECT_ERROR(scored_pairs("x.jsonl", "[1]\n"), "x.jsonl:1: expected a JSON object, found array");
  EXPECT_ERROR(scored_pairs("x.jsonl", "\n"), "x.jsonl:1: not valid JSON: a blank line");
  EXPECT_ERROR(scored_pairs("x.jsonl", R"({"text1":7,"text2":"b","label":1})"),
               "x.jsonl:1: text1: expected a text, found 7");
  EXPECT_ERROR(scored_pairs("x.jsonl", R"({"text1":["a","é"],"text2":"b","label":1})"),
               R"(x.jsonl:1: text1: expected a text, found ["a","é"])");
  EXPECT_ERROR(read_triplets(file("x.jsonl", R"({"query":"q","positive":"p","negative":["n",1]})")),
               "negative: expected a text or a list of texts");
}

TEST_F(ReaderTest, ReportsBrokenQuoting) {
  EXPECT_ERROR(scored_pairs("x.csv", "text1,text2,label\na\"b,c,1\n"),
               "x.csv:2: column 1 has a quote in the middle");
  EXPECT_ERROR(scored_pairs("x.csv", "text1,text2,label\na,b,1\n\"c,d,1\ne,f,1\n"),
               "x.csv:3: the quote that opens column 1 is never closed");
}

TEST_F(ReaderTest, ReportsOrRepairsInvalidUtf8) {
  const ReadOptions repair{.columns = {}, .label_scale = {}, .invalid_utf8 = InvalidUtf8::replace};
  const std::string tsv = "text1\ttext2\tlabel\na\tb\xff\t1\n";
  EXPECT_ERROR(scored_pairs("x.tsv", tsv), "x.tsv:2: text2: invalid UTF-8 at byte 1");
  const auto repaired = read_scored_pairs(file("x.tsv", tsv), repair);
  EXPECT_EQ(repaired.examples.at(0).right, "b\xEF\xBF\xBD");
  EXPECT_EQ(repaired.repaired_texts, 1);

  const std::string jsonl = "{\"text1\":\"a\",\"text2\":\"b\xff\",\"label\":1}\n";
  EXPECT_ERROR(scored_pairs("x.jsonl", jsonl), "x.jsonl:1: line: invalid UTF-8 at byte 23");
  EXPECT_EQ(scored_pairs("x.jsonl", jsonl, repair).at(0).right, "b\xEF\xBF\xBD");
  EXPECT_ERROR(scored_pairs("x.csv",
                            "text1,text2,la\xff"
                            "bel\na,b,1\n"),
               "x.csv:1: header: invalid UTF-8 at byte 2");
}

TEST_F(ReaderTest, ReportsAllMalformedRowsTogether) {
  const std::string content = "text1\ttext2\tlabel\na\tb\t1\nonly one\n\tb\t1\na\tb\tx\nc\td\t2\n";
  EXPECT_ERROR(scored_pairs("x.tsv", content), "x.tsv: 3 rows can't be used", "x.tsv:3: expected 3",
               "x.tsv:4: text1: empty text", "x.tsv:5: label: expected a number, found \"x\"");
}

TEST_F(ReaderTest, ReportsWhatIsWrongWithTheColumnsOfManyRowsOnce) {
  std::string content;
  for (int i = 0; i < 200; ++i) content += "{\"text1\":\"a\",\"txet2\":\"b\",\"label\":1}\n";
  const std::string missing =
      "x.jsonl:1: no column named right, text2 or sentence2 (found \"label\", \"text1\", \"txet2\"); "
      "`columns` of the data set, or --column, can map names; the same in 199 more rows";
  EXPECT_THAT([&] { scored_pairs("x.jsonl", content); },
              ::testing::ThrowsMessage<Error>(::testing::EndsWith(missing)));

  content += "{\"text1\":\"a\",\"text2\":\"\",\"label\":1}\n{\"text1\":\"a\",\"text2\":\"\",\"label\":1}\n";
  EXPECT_ERROR(scored_pairs("x.jsonl", content), "x.jsonl: 202 rows can't be used", missing + "\n",
               "x.jsonl:201: text2: empty text\n", "x.jsonl:202: text2: empty text");
}

TEST_F(ReaderTest, ShowsTwentyMalformedRowsAndCountsTheOthers) {
  std::string content = "text1\ttext2\tlabel\n";
  for (int i = 0; i < 30; ++i) content += "bad row\n";
  try {
    scored_pairs("x.tsv", content);
    FAIL() << "30 malformed rows were read";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_THAT(message, ::testing::HasSubstr("30 rows can't be used"));
    EXPECT_THAT(message, ::testing::HasSubstr("x.tsv:21: "));
    EXPECT_THAT(message, ::testing::Not(::testing::HasSubstr("x.tsv:22: ")));
  }
}

TEST_F(ReaderTest, CutsLongValuesInMessages) {
  const std::string label(39, 'x');
  EXPECT_ERROR(scored_pairs("x.tsv", "text1\ttext2\tlabel\na\tb\t" + label + "éé\n"),
               "found \"" + label + "\"…");
}

TEST_F(ReaderTest, ShowsWhatABinaryFileHolds) {
  const std::string binary("H\0\x1b[2J\xC2\x9B\tx", 10);
  EXPECT_ERROR(scored_pairs("x.tsv", binary + "\na\tb\n"),
               R"((found "H\x00\x1b[2J\xc2\x9b", "x"); `columns` of the data set)");
  EXPECT_ERROR(scored_pairs("x.tsv", "text1\ttext2\tlabel\na\tb\t" + binary.substr(0, 6) + "\n"),
               R"(label: expected a number, found "H\x00\x1b[2J")");
}

TEST_F(ReaderTest, RefusesFilesWithoutRows) {
  EXPECT_ERROR(scored_pairs("x.tsv", ""), "x.tsv: the file is empty");
  EXPECT_ERROR(scored_pairs("x.csv", "text1,text2,label\n"), "x.csv: no rows behind the header");
  EXPECT_ERROR(scored_pairs("x.jsonl", ""), "x.jsonl: no rows");
}

TEST_F(ReaderTest, RefusesOtherExtensions) {
  EXPECT_ERROR(scored_pairs("x.txt", "a"), "x.txt: unknown kind of file", ".tsv, .csv, .jsonl", ".jsonl.gz");
  EXPECT_ERROR(scored_pairs("x.gz", "a"), "x.gz: unknown kind of file");
  const testing::TempDir directory;
  EXPECT_ERROR(read_scored_pairs(directory.path()),
               directory.path().string() + ": a directory, not a file; expected .tsv");
}

TEST_F(ReaderTest, NamesAMissingFileAndACutOne) {
  EXPECT_ERROR(read_scored_pairs("/nowhere/x.tsv"), "/nowhere/x.tsv: can't be opened");
  const std::string whole = testing::gzip("text1\ttext2\tlabel\na\tb\t1\n");
  EXPECT_ERROR(scored_pairs("x.tsv.gz", whole.substr(0, whole.size() - 3)),
               "x.tsv.gz: the gzip stream ends too early");
}

/// The directory of public data sets; the tests that need it are skipped without it.
fs::path data_dir() {
  const char* directory = std::getenv("ANGLE_DATA_DIR");
  return directory == nullptr ? fs::path() : fs::path(directory);
}

TEST(ReaderOnPublicData, ReadsEveryRowOfStsBenchmark) {
  const fs::path directory = data_dir() / "stsb";
  if (!fs::exists(directory / "train.tsv")) GTEST_SKIP() << "no stsb in ANGLE_DATA_DIR";
  const ReadOptions options{.columns = {}, .label_scale = {0, 5}};
  EXPECT_EQ(read_scored_pairs(directory / "train.tsv", options).examples.size(), 5749u);
  EXPECT_EQ(read_scored_pairs(directory / "validation.tsv", options).examples.size(), 1500u);
  EXPECT_EQ(read_scored_pairs(directory / "test.tsv", options).examples.size(), 1379u);
}

TEST(ReaderOnPublicData, ReadsEveryTripletOfNli) {
  const fs::path path = data_dir() / "nli" / "triples.jsonl.gz";
  if (!fs::exists(path)) GTEST_SKIP() << "no nli in ANGLE_DATA_DIR";
  // SimCSE's, which scripts/fetch_data.sh fetches, or those of configs/README.md, each with its "source".
  const auto triplets = read_triplets(path);
  if (triplets.ignored_fields == 0)
    EXPECT_EQ(triplets.examples.size(), 275'601u);
  else
    EXPECT_EQ(triplets.examples.size(), 24'778u);
}

}  // namespace
}  // namespace angle
