// Pins: published rows have as many scores as the group has tasks, with the printed averages; the baselines
// and the model come under them; where a task was not scored every row's average is over the others, and the
// table says so; splits that are not those of the paper are not in the table.
#include "angle/eval/group_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const TaskGroup& group(const std::string& name) {
  return *select_tasks(std::vector<std::string>{name}).groups.at(0);
}

Evaluation scored_task(const std::string& task, double spearman) {
  Evaluation result;
  result.task = &find_task(task);
  result.split = result.task->default_split();
  result.scores.correlations[0] = {spearman, spearman, ""};
  result.baselines = {{"word_overlap", "word overlap", {spearman / 2, spearman / 2, ""}}};
  return result;
}

TEST(PublishedRows, HaveThePrintedAverages) {
  const auto expect_averages = [](const std::string& name, std::vector<double> averages) {
    const std::vector<TableRow>& rows = published_rows(group(name));
    ASSERT_EQ(rows.size(), averages.size());
    for (size_t i = 0; i < averages.size(); ++i) {
      EXPECT_EQ(rows[i].scores.size(), group(name).tasks.size());
      EXPECT_NEAR(rows[i].average.value(), averages[i], 0.0051) << rows[i].name;
    }
  };
  expect_averages("transfer", {74.86, 81.57, 82.37});  // SBERT's is printed as 74.89
  expect_averages("non-transfer", {68.03, 56.73, 73.55});
}

TEST(FormatGroupTable, PutsOurRowsUnderThePublishedOnes) {
  EvaluationReport report;
  for (const char* task : {"mrpc", "stsb", "qqp", "qnli"})
    report.evaluations.push_back(scored_task(task, 0.5));
  report.evaluations.push_back(scored_task("gis", 0.1));
  const std::string text = format_group_table(group("non-transfer"), report, "runs/mine");
  EXPECT_THAT(text, HasSubstr(R"(non-transfer   MRPC  STS-B    QQP   QNLI    GIS  average
SBERT         46.19  84.67  73.80  65.98  69.50    68.03
SimCSE        48.14  76.27  65.84  33.00  60.38    56.73
AnglE         62.20  86.26  76.54  72.19  70.55    73.55
word overlap  25.00  25.00  25.00  25.00   5.00    21.00
runs/mine     50.00  50.00  50.00  50.00  10.00    42.00
)"));
  EXPECT_THAT(text, AllOf(HasSubstr("arXiv 2309.12871"), Not(HasSubstr("every average"))));
}

TEST(FormatGroupTable, AveragesWhatEveryRowHas) {
  EvaluationReport report;
  for (const char* task : {"mrpc", "qnli"}) report.evaluations.push_back(scored_task(task, 0.5));
  report.evaluations.push_back(scored_task("gis", 0.1));
  report.evaluations.back().beside = true;
  report.evaluations.front().notes = {"the model was trained on it"};
  EXPECT_EQ(format_group_table(group("non-transfer"), report, "runs/mine"),
            R"(non-transfer   MRPC  STS-B    QQP   QNLI    GIS  average of 2
SBERT         46.19  84.67  73.80  65.98  69.50         56.09
SimCSE        48.14  76.27  65.84  33.00  60.38         40.57
AnglE         62.20  86.26  76.54  72.19  70.55         67.19
word overlap  25.00      -      -  25.00      -         25.00
runs/mine     50.00      -      -  50.00      -         50.00
)" +
                ("rho of the cosine, x 100; SBERT, SimCSE and AnglE (BERT-base): " +
                 published_rows(group("non-transfer"))[0].source) +
                R"(
every average is over the 2 of 5 tasks scored here; published ones over all: SBERT 68.03, SimCSE 56.73, AnglE 73.55
read the notes (*) on mrpc before comparing
)");
}

TEST(FormatGroupTable, IsOfTheSplitsOfThePaper) {
  EvaluationReport report;
  report.evaluations = {scored_task("mrpc", 0.5)};
  report.evaluations[0].split = "train";
  EXPECT_EQ(format_group_table(group("non-transfer"), report, "m"), "");
  EXPECT_TRUE(group_table_json(group("non-transfer"), report, "m").empty());
  EXPECT_EQ(format_group_table(group("non-transfer"), {}, "m"), "");
}

TEST(GroupTableJson, HasNullForWhatIsMissing) {
  EvaluationReport report;
  report.evaluations = {scored_task("sts12", 0.25)};
  const nlohmann::json rows = group_table_json(group("sts"), report, "m");
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[2].at("scores").at("sickr"), 81.23);
  EXPECT_THAT(rows[2].at("source").get<std::string>(), HasSubstr("2309.12871"));
  EXPECT_EQ(rows[4].at("scores").at("sts12"), 25.0);
  EXPECT_TRUE(rows[4].at("scores").at("sts13").is_null());
  EXPECT_EQ(rows[4].at("average"), 25.0);
  EXPECT_EQ(rows[2].at("average"), 75.09);
  EXPECT_EQ(rows[2].at("average_of"), nlohmann::json{"sts12"});
  EXPECT_TRUE(rows[4].at("source").is_null());
  report.evaluations.push_back(scored_task("sts13", 0.25));
  report.evaluations.back().scores.correlations[0] = {{}, {}, "all scores are equal"};
  EXPECT_TRUE(group_table_json(group("sts"), report, "m")[4].at("average").is_null());
}

}  // namespace
}  // namespace angle
