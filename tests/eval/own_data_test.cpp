// Pins: what has a colon is a task on own data, and its kind and path are checked at once; the table and JSON
// of its results.
#include "angle/eval/own_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

TEST(ParseOwnDataTask, ReadsKindAndPath) {
  const testing::TempDir data;
  const std::string file = data.file("a:b.tsv", "").string();
  const auto task = parse_own_data_task("pairs:" + file).value();
  EXPECT_EQ(task.kind, OwnDataKind::pairs);
  EXPECT_EQ(task.path, file);
  EXPECT_EQ(task.name, "pairs:" + file);
  EXPECT_EQ(parse_own_data_task("retrieval:" + data.path().string())->kind, OwnDataKind::retrieval);
  EXPECT_FALSE(parse_own_data_task("stsb").has_value());
}

TEST(ParseOwnDataTask, RefusesWhatIsMistyped) {
  EXPECT_ERROR(parse_own_data_task("retrival:/tmp"), "--task retrival:/tmp: unknown kind of task",
               "did you mean \"retrieval\"?", "pairs, retrieval, classify, cluster");
  EXPECT_ERROR(parse_own_data_task("pairs:"), "no path behind the colon");
  EXPECT_ERROR(parse_own_data_task("cluster:/absent.tsv"), "/absent.tsv: no such file or directory");
}

const std::vector<OwnDataResult> kResults{
    {{OwnDataKind::pairs, "p.tsv", "pairs:p.tsv"},
     {{"cosine_f1", 0.5, false, Similarity::cosine},
      {"cosine_f1_threshold", 0.625, true, Similarity::cosine},
      {"dot_f1", 0.75, false, Similarity::dot}},
     "9 pairs"},
    {{OwnDataKind::cluster, "c.tsv", "cluster:c.tsv"}, {{"v_measure", 1.0}}, "8 texts"}};

TEST(FormatOwnData, IsATable) {
  EXPECT_EQ(format_own_data(kResults, std::vector<Metric>{Metric{}}),
            R"(task           metric                score
pairs:p.tsv    cosine_f1             50.00
               cosine_f1_threshold  0.6250
cluster:c.tsv  v_measure            100.00

scores x 100, thresholds as they are
pairs:p.tsv: 9 pairs
cluster:c.tsv: 8 texts
)");
}

TEST(FormatOwnData, ShowsTheSimilaritiesOfTheMetrics) {
  const std::string text =
      format_own_data(kResults, std::vector<Metric>{{Similarity::dot, Statistic::pearson}});
  EXPECT_THAT(text,
              ::testing::HasSubstr("pairs:p.tsv    dot_f1      75.00\ncluster:c.tsv  v_measure  100.00\n"));
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("cosine")));
}

TEST(OwnDataJson, HasAllDigits) {
  const nlohmann::json results = own_data_json(kResults);
  EXPECT_EQ(results.at(0).at("kind"), "pairs");
  EXPECT_EQ(results.at(0).at("scores").at("cosine_f1_threshold"), 0.625);
  EXPECT_EQ(results.at(0).at("scores").at("dot_f1"), 0.75);
  EXPECT_EQ(results.at(1).at("about"), "8 texts");
}

}  // namespace
}  // namespace angle
