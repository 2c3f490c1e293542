// Invariants:
// - the format is found by the columns; none or two that fit are errors;
// - every bad row is counted, the first are told with file and line, and good ones are examined all the same;
// - repetitions, conflicts and contradictions are those that a look at the file finds, with their lines;
// - the expected repetitions in a batch are those of a simulation;
// - lengths are of whole texts, prompt included, cuts those of max_seq_length;
// - the table and the JSON say the same.
#include "angle/data/data_report.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/data/sampler.h"

#include "support/expect_error.h"
#include "support/golden.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TempDir;

class DataReportTest : public ::testing::Test {
 protected:
  DataReport examine(const std::string& name, const std::string& content,
                     const DataReportOptions& options = {}) {
    return examine_data(directory_.file(name, content), options);
  }

  TempDir directory_;
};

constexpr const char* kHeader = "sentence1\tsentence2\tscore\n";

TEST_F(DataReportTest, FindsTheFormatByTheColumns) {
  EXPECT_EQ(examine("a.tsv", std::string(kHeader) + "a\tb\t1\n").format, DataFormat::scored_pairs);
  EXPECT_EQ(examine("b.csv", "query,positive\na,b\n").format, DataFormat::pairs);
  EXPECT_EQ(examine("c.jsonl", "{\"anchor\":\"a\",\"positive\":\"b\",\"negative\":[\"c\",\"d\"]}\n").format,
            DataFormat::triplets);
  EXPECT_EQ(
      examine("d.tsv", "q\tp\na\tb\n", {.reading = {.columns = {{"query", "q"}, {"positive", "p"}}}}).format,
      DataFormat::pairs);
  EXPECT_ERROR(examine("e.tsv", "one\ttwo\na\tb\n"), "e.tsv", "(\"one\", \"two\") fit no format");
  EXPECT_ERROR(examine("e.tsv", "left,right,label\na,b,1\n"), "(\"left,right,label\") fit no format",
               "or names mapped to these; fields are separated by tabs in .tsv and by commas in .csv");
  EXPECT_ERROR(examine("e.tsv", "left right label\na b 1\n"), "(\"left right label\") fit no format",
               "; fields are separated by tabs");
  EXPECT_ERROR(
      examine("e.tsv", "sentence1\tsentence2\tsimilarity\na\tb\t1\n"),
      "e.tsv: its columns are nearly those of scored_pairs, but no column named label or score (found "
      "\"sentence1\", \"sentence2\", \"similarity\"); `columns` of the data set, or --column, can map");
  EXPECT_ERROR(examine("e.jsonl", "{\"query\":\"a\"}\n"),
               "nearly those of pairs, but no column named positive");
  EXPECT_ERROR(examine("e.tsv", "text\tlabel\na\t1\n"),
               "(\"text\", \"label\") fit no format; expected left, ");
  EXPECT_ERROR(examine("e.jsonl", "{\"2\":1,\"left\":\"a\",\"right\":\"b\"}\n"),
               "(found \"2\", \"left\", \"right\"); `columns` of the data set, or --column, can map names");
  EXPECT_ERROR(examine("g.jsonl", "{\"anchor\":\"a\",\"score\":NaN}\n"), "g.jsonl:1: not valid JSON",
               "say which format");
  EXPECT_ERROR(examine("f.tsv", "query\tpositive\tleft\tright\tlabel\na\tb\tc\td\t1\n"),
               "fit scored_pairs and pairs");
}

TEST_F(DataReportTest, CountsBadRowsAndExaminesTheOthers) {
  std::string content = kHeader;
  for (int i = 0; i < 25; ++i) content += "a\t \t1\n";
  content += "a\tb\tmany\na\tb\t1\n";
  const DataReport report = examine("x.tsv", content);
  EXPECT_EQ(report.rows, 1);
  EXPECT_EQ(report.bad_rows, 26);
  EXPECT_EQ(report.empty_texts, 25);
  ASSERT_EQ(report.problems.size(), 20u);
  EXPECT_THAT(report.problems[0], HasSubstr("x.tsv:2: sentence2: empty text"));
  EXPECT_THAT(format_data_report(report), HasSubstr("and 6 more"));
}

TEST_F(DataReportTest, RefusesFilesWithoutRows) {
  EXPECT_ERROR(examine("x.tsv", kHeader), "x.tsv: no rows behind the header");
  EXPECT_ERROR(examine("x.csv", ""), "x.csv: the file is empty");
  EXPECT_ERROR(examine("x.jsonl", ""), "x.jsonl: no rows");
}

TEST_F(DataReportTest, ReportsColumnsThatAreMissingInManyRowsOnce) {
  std::string content = "{\"query\":\"a\",\"positive\":\"b\"}\n";
  for (int i = 0; i < 25; ++i) content += "{\"query\":\"a\"}\n";
  const DataReport report = examine("x.jsonl", content);
  EXPECT_EQ(report.bad_rows, 25);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0], HasSubstr("x.jsonl:2: no column named positive"));
  EXPECT_THAT(report.problems[0], HasSubstr("the same in 24 more rows"));
  EXPECT_THAT(format_data_report(report), ::testing::Not(HasSubstr("and 24 more")));
}

TEST_F(DataReportTest, SaysOnlyWhatIsWrongWithAFileOfBadRows) {
  const std::string text = format_data_report(examine("x.tsv", std::string(kHeader) + "a\tb\n"));
  EXPECT_THAT(text, HasSubstr("x.tsv:2: expected 3 tab-separated columns"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("in a batch")));
}

TEST_F(DataReportTest, FindsRepetitionsConflictsAndContradictions) {
  const DataReport report = examine("x.tsv", std::string(kHeader) +
                                                 "a\tb\t5\n"    // 2
                                                 "b\ta\t4\n"    // 3: the same pair, another label
                                                 "a\tc\t3\n"    // 4
                                                 "c\ta\t3\n"    // 5: the same pair, the same label
                                                 "d\td\t1\n"    // 6: identical, a low label
                                                 "e\te\t5\n"    // 7: identical, a high one
                                                 "f\tg\t0\n");  // 8
  EXPECT_EQ(report.rows, 7);
  const RepetitionReport& found = report.repetitions;
  EXPECT_TRUE(found.exact);
  EXPECT_EQ(found.distinct_texts, 7);
  EXPECT_EQ(found.repeated_texts, 3 + 1 + 1);  // a, b, c
  EXPECT_EQ(found.most_rows, 4);
  EXPECT_EQ(found.distinct_pairs, 5);
  EXPECT_EQ(found.repeated_pairs, 2);
  EXPECT_EQ(found.conflicting_pairs, 1);
  EXPECT_THAT(found.conflicts_at, ElementsAre(3));
  ASSERT_TRUE(report.labels);
  EXPECT_EQ(report.labels->identical_pairs, 2);
  EXPECT_EQ(report.labels->contradictions, 1);
  EXPECT_THAT(report.labels->contradictions_at, ElementsAre(6));
  EXPECT_EQ(report.labels->middle, 2.5);
  EXPECT_EQ(report.labels->lowest, 0);
  EXPECT_EQ(report.labels->highest, 5);
  EXPECT_FALSE(report.labels->positives);
}

TEST_F(DataReportTest, TakesTheMiddleOfADeclaredScaleAndCountsPositives) {
  const DataReport report = examine("x.tsv", std::string(kHeader) + "a\ta\t2\nb\tc\t4\nd\te\t3.5\n",
                                    {.reading = {.label_scale = {0, 5}}, .positive_threshold = 3.5});
  EXPECT_EQ(report.labels->middle, 2.5);
  EXPECT_EQ(report.labels->contradictions, 1);
  EXPECT_EQ(report.labels->positives, 2);
}

TEST_F(DataReportTest, ExpectsTheRepetitionsThatASimulationFinds) {
  // Twenty rows; the positive "p" is in four of them, in another one it is the query.
  constexpr int64_t kRows = 20, kBatch = 6, kTrials = 20'000;
  std::string content = "query\tpositive\n";
  for (int64_t i = 0; i < kRows; ++i)
    content +=
        (i == 4 ? "p" : "q" + std::to_string(i)) + "\t" + (i < 4 ? "p" : "r" + std::to_string(i)) + "\n";
  const RepetitionReport found = examine("x.tsv", content, {.batch_size = kBatch}).repetitions;

  int64_t anchors = 0, positives = 0;
  for (int64_t trial = 0; trial < kTrials; ++trial) {
    const std::vector<int64_t> order = permutation(kRows, 1, trial);
    const auto having = std::count_if(order.begin(), order.begin() + kBatch, [](int64_t i) { return i < 5; });
    const auto query = std::count(order.begin(), order.begin() + kBatch, 4);
    if (having < 2) continue;
    anchors += query;
    positives += having - query;
  }
  EXPECT_NEAR(found.anchors_in_batch, static_cast<double>(anchors) / kTrials, 0.02);
  EXPECT_NEAR(found.positives_in_batch, static_cast<double>(positives) / kTrials, 0.03);
  EXPECT_GT(found.positives_in_batch, 0.5);
}

TEST_F(DataReportTest, ExpectsNothingWhereNothingComesAgain) {
  const RepetitionReport found = examine("x.tsv", "query\tpositive\na\tb\nc\td\n").repetitions;
  EXPECT_EQ(found.anchors_in_batch, 0);
  EXPECT_EQ(found.positives_in_batch, 0);
}

TEST_F(DataReportTest, ExpectsEveryRepetitionInABatchOfAllRows) {
  const RepetitionReport found =
      examine("x.tsv", "query\tpositive\na\tb\nc\tb\nd\te\n", {.batch_size = 100}).repetitions;
  EXPECT_EQ(found.positives_in_batch, 2);
}

TEST_F(DataReportTest, EstimatesFromAPartOfTheTextsWhenThereAreTooMany) {
  std::string content = "query\tpositive\n";
  for (int i = 0; i < 20'000; ++i) content += "q" + std::to_string(i) + "\tp" + std::to_string(i / 2) + "\n";
  const RepetitionReport exact = examine("x.tsv", content).repetitions;
  const RepetitionReport estimated = examine("x.tsv", content, {.most_texts = 2000}).repetitions;
  EXPECT_EQ(exact.distinct_texts, 30'000);
  EXPECT_FALSE(estimated.exact);
  EXPECT_NEAR(static_cast<double>(estimated.distinct_texts), 30'000, 3'000);
  EXPECT_NEAR(static_cast<double>(estimated.repeated_texts), 10'000, 2'000);
  EXPECT_NEAR(estimated.positives_in_batch, exact.positives_in_batch, 0.2 * exact.positives_in_batch);
}

TEST_F(DataReportTest, MeasuresTextsInTokens) {
  const LoadedTokenizer loaded = load_tokenizer(testing::golden_path("models/tiny-bert"));
  const std::string content = "query\tpositive\nthe cat\tthe the the the the the the the\n";
  const DataReport report =
      examine("x.tsv", content, {.tokenizer = loaded.tokenizer.get(), .max_seq_length = 6});
  ASSERT_TRUE(report.lengths);
  const auto length = [&](const std::string& text) {
    return static_cast<int64_t>(loaded.tokenizer->encode(text, 100).token_ids.size());
  };
  EXPECT_EQ(report.lengths->shortest, length("the cat"));
  EXPECT_EQ(report.lengths->longest, length("the the the the the the the the"));
  EXPECT_EQ(report.lengths->median, report.lengths->shortest);
  EXPECT_EQ(report.lengths->percentile_99, report.lengths->longest);
  EXPECT_EQ(report.lengths->texts.texts_cut, report.lengths->shortest > 6 ? 2 : 1);
  const DataReport prompted = examine(
      "x.tsv", content,
      {.tokenizer = loaded.tokenizer.get(), .max_seq_length = 6, .left_prompt = "the ", .right_prompt = ""});
  EXPECT_EQ(prompted.lengths->shortest, length("the the cat"));
}

TEST_F(DataReportTest, MeasuresTextsOfAnyLength) {
  const LoadedTokenizer loaded = load_tokenizer(testing::golden_path("models/tiny-bert"));
  std::string text;
  for (int i = 0; i < 70'000; ++i) text += "the ";
  const DataReport report = examine("x.tsv", "query\tpositive\n" + text + "\tthe\n",
                                    {.tokenizer = loaded.tokenizer.get(), .max_seq_length = 16});
  EXPECT_EQ(report.lengths->shortest, 3);
  EXPECT_EQ(report.lengths->percentile_95, 70'002);
  EXPECT_EQ(report.lengths->longest, 70'002);
}

TEST_F(DataReportTest, SaysTheSameInTheTableAndInJson) {
  const DataReport report = examine("x.tsv", std::string(kHeader) + "a\tb\t5\nb\ta\t0\nc\tc\t0\n",
                                    {.batch_size = 2, .positive_threshold = 4});
  const std::string text = format_data_report(report);
  for (const char* fragment :
       {"scored_pairs, columns sentence1, sentence2, score", "from 0 to 5", "1 pairs, 1 of them with a label",
        "(line 4)", "2 different ones; 1 come again", "1 pairs (line 3)", "of 2:", "1 (33.3 %)"})
    EXPECT_THAT(text, HasSubstr(fragment));
  const nlohmann::json json = data_report_json(report);
  EXPECT_EQ(json.at("rows"), 3);
  EXPECT_EQ(json.at("format"), "scored_pairs");
  EXPECT_EQ(json.at("labels").at("contradictions"), 1);
  EXPECT_EQ(json.at("labels").at("positives"), 1);
  EXPECT_EQ(json.at("repetitions").at("conflicting_pairs"), 1);
  EXPECT_TRUE(json.at("tokens").is_null());
}

}  // namespace
}  // namespace angle
