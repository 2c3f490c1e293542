// The page:
//  - shows the tables of studies, predictions beside labels and their spread, scores, every objective that
//    changes, and what runs differ in;
//  - tells the notes of a task once, however many tables it has;
//  - charts of one similarity have one axis;
//  - on a narrow screen tables scroll in a box of their own, at whose edge a shade says so, and commands
//    are broken;
//  - needs nothing but itself: no script, no address;
//  - names are escaped, and each element that is opened is closed.
#include "angle/report/html_report.h"

#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

RunRecord some_run(const std::string& name, int seed) {
  RunRecord run;
  run.name = name;
  run.config = {{"train", {{"seed", seed}, {"batch_size", 32}}}, {"model", {{"path", "base"}}}};
  run.curves["cosine"] = {{1, 3}, {2, 2}, {3, 1}};
  run.curves["angle"] = {{1, 0}, {2, 0}};
  run.evaluations = {{0, "stsb validation cosine_spearman", 0.8, false},
                     {3, "stsb validation cosine_spearman", 0.85, true}};
  run.saturation = {json::parse(R"({"step": 3, "pairs": 4, "bins": [
      {"above": -1, "to": 0, "pairs": 1, "objective_gradient": {"cosine": 0.5}, "similarity_gradient": {"cosine": null}},
      {"above": 0, "to": 1, "pairs": 3, "objective_gradient": {"cosine": 0.1}, "similarity_gradient": {"cosine": 0.2}}]})")};
  return run;
}

TEST(HtmlReport, ShowsScoresObjectivesAndSaturation) {
  const std::string page = html_report(std::vector{some_run("one", 1)});
  EXPECT_THAT(page, HasSubstr("80.00 → <b>85.00</b> (step 3)"));
  EXPECT_THAT(page, HasSubstr("cosine objective"));
  EXPECT_THAT(page, Not(HasSubstr("angle objective")));  // it never changes
  EXPECT_THAT(page, HasSubstr("0 to 1: 75"));            // per cent of the pairs
  EXPECT_THAT(
      page,
      HasSubstr("<p>Not recorded by one: similarity against label and its spread (evaluation.task, with "
                "labelled pairs).</p>"));
  EXPECT_THAT(page, Not(HasSubstr("What the runs differ in")));
}

TEST(HtmlReport, ShowsALossAsALoss) {
  RunRecord run = some_run("one", 1);
  run.evaluations = {{0, "val_loss", 8.1396, false, true}, {3, "val_loss", 5.1848, true, true}};
  run.curves["val_loss"] = {{0, 8.1396}, {3, 5.1848}};
  const std::string page = html_report(std::vector{run});
  EXPECT_THAT(page, HasSubstr("val_loss 8.14 → <b>5.185</b> (step 3)"));
  EXPECT_THAT(page, Not(HasSubstr("× 100")));
  EXPECT_GT(page.find(">val_loss<"), page.find("<h2>Objectives</h2>"));
  EXPECT_NE(page.find(">val_loss<"), std::string::npos);
}

TEST(HtmlReport, ShowsRunsWithoutAConfiguration) {
  RunRecord bare;
  bare.config = nlohmann::json::object();
  EXPECT_THAT(html_report(std::vector{bare, some_run("one", 1)}), HasSubstr("cosine objective"));
}

TEST(HtmlReport, ShowsWhatRunsDifferIn) {
  const std::string page = html_report(std::vector{some_run("one", 1), some_run("two", 2)});
  EXPECT_THAT(page, HasSubstr("<td>train/seed</td><td>1</td><td>2</td>"));
  EXPECT_THAT(page, Not(HasSubstr("train/batch_size")));
}

TEST(HtmlReport, BreaksLongSettings) {
  RunRecord one = some_run("one", 1), two = some_run("two", 1);
  one.config["model"]["path"] = std::string(100, 'x');
  const std::string page = html_report(std::vector{one, two});
  EXPECT_THAT(page,
              HasSubstr("<td><span class=\"long\">" + std::string(100, 'x') + "</span></td><td>base</td>"));
}

StudyRecord some_study() {
  StudyRecord study{.name = "objectives <1>", .description = "d & e", .baseline = "all"};
  StudyRecordRow all{.name = "all", .seeds = 3, .mean = 0.86, .deviation = 0.001};
  StudyRecordRow other{.name = "without <angle>", .seeds = 3, .mean = 0.85, .deviation = 0.002};
  other.difference = -0.01;
  other.low = -0.015, other.high = -0.005;
  other.by_seeds = StudyTest{.p_value = 0.3, .significant = false};
  other.by_pairs = StudyTest{.p_value = 0.00001, .significant = true};
  study.tasks = {{"stsb/test", "cosine_spearman", 9, {all, other, {.name = "not finished"}}, {}}};
  return study;
}

TEST(HtmlReport, ShowsTheTableOfAStudyAndWhatIsSignificant) {
  const std::string page = html_report({}, std::vector{some_study()});
  EXPECT_THAT(page, HasSubstr("<td>all</td><td>3</td><td>86.00 ± 0.10</td><td>baseline</td>"));
  EXPECT_THAT(
      page,
      HasSubstr("<td>without &lt;angle&gt;</td><td>3</td><td>85.00 ± 0.20</td><td>-1.00</td><td>-1.50 to "
                "-0.50</td><td>0.3000</td><td><b>&lt; 0.0001 *</b></td>"));
  EXPECT_THAT(page, HasSubstr("<td>not finished</td><td>0</td><td>–</td>"));
  EXPECT_THAT(page, HasSubstr("difference to all"));
  EXPECT_THAT(page, Not(HasSubstr("What the runs differ in")));
}

TEST(HtmlReport, ShowsTheModelBeforeTrainingInTheTableAlone) {
  StudyRecord study = some_study();
  StudyRecordRow untrained{.name = "before training", .mean = 0.82};
  untrained.difference = -0.04;
  untrained.low = -0.05, untrained.high = -0.03;
  study.tasks[0].rows.insert(study.tasks[0].rows.begin(), untrained);
  const std::string page = html_report({}, std::vector{study});
  EXPECT_THAT(page, HasSubstr("<td>before training</td><td>–</td><td>82.00</td><td>-4.00</td>"));
  const size_t chart = page.find("difference to all");
  ASSERT_NE(chart, std::string::npos);
  EXPECT_EQ(page.substr(chart, page.find("</svg>", chart) - chart).find("before training"),
            std::string::npos);
}

TEST(HtmlReport, TellsWhatTablesOfAPartLeaveOut) {
  StudyRecord study = some_study();
  EXPECT_THAT(html_report({}, std::vector{study}), Not(HasSubstr("Left out")));
  study.left_out = "seeds 3, 4";
  EXPECT_THAT(html_report({}, std::vector{study}), HasSubstr("<p>Left out: seeds 3, 4</p>"));
}

TEST(HtmlReport, TellsTheNotesOfATaskOnce) {
  StudyRecord study = some_study();
  study.tasks = {{"retrieval:faq", "ndcg@10", 0, {}, {"9 queries"}},
                 {"retrieval:faq", "recall@5", 0, {}, {"9 queries", "a run is left out"}},
                 {"retrieval:wiki", "ndcg@10", 0, {}, {"9 queries"}}};
  const std::string page = html_report({}, std::vector{study});
  const size_t first = page.find("<p>9 queries</p>"), last = page.rfind("<p>9 queries</p>");
  EXPECT_LT(first, page.find("retrieval:faq: recall@5"));
  EXPECT_GT(last, page.find("retrieval:wiki: ndcg@10"));
  EXPECT_EQ(page.find("<p>9 queries</p>", first + 1), last);
  EXPECT_THAT(page, HasSubstr("<p>a run is left out</p>"));
}

TEST(HtmlReport, ShowsPredictionsBesideLabels) {
  EXPECT_THAT(html_report(std::vector{some_run("one", 1)}), Not(HasSubstr("Predicted similarity")));
  RunRecord run = some_run("one", 1);
  run.predictions = {{"stsb/validation", "cosine", "before training", {{0, 0.2}, {5, 0.9}, {5, 0.7}}}};
  const std::string page = html_report(std::vector{run});
  EXPECT_THAT(page, HasSubstr("before training: stsb/validation"));
  const std::regex dots(R"(class="dots c0" d="(M[0-9. ]+h0){3}")");
  EXPECT_TRUE(std::regex_search(page, dots));
  const std::regex trend(R"(class="trend"><path class="line c0" d="M[0-9. ]+L[0-9. ]+")");
  EXPECT_TRUE(std::regex_search(page, trend));
}

/// A run whose cosines training has raised.
RunRecord predicting_run() {
  RunRecord run = some_run("one", 1);
  run.predictions = {{"stsb/validation", "cosine", "before training", {{0, -0.5}, {5, 0.52}, {5, 0.58}}},
                     {"stsb/validation", "cosine", "at the best step", {{0, 0.81}, {5, 0.97}, {5, 1.0}}}};
  return run;
}

TEST(HtmlReport, ShowsTheSpreadOfPredictionsBeforeAndAfter) {
  const std::string page = html_report(std::vector{predicting_run()});
  EXPECT_THAT(page, HasSubstr("Spread of the predicted similarities"));
  EXPECT_THAT(page, HasSubstr("<title>before training, 0.5 to 0.6: 66.67</title>"));
  EXPECT_THAT(page, HasSubstr("<title>at the best step, 0.9 to 1: 66.67</title>"));
  EXPECT_THAT(page, Not(HasSubstr("pairs of the batches"))) << "predictions tell of more pairs";
  const std::string without = html_report(std::vector{some_run("one", 1)});
  EXPECT_THAT(without, HasSubstr("pairs of the batches of steps 3 and 3"));
  EXPECT_THAT(without, Not(HasSubstr("Spread of the predicted")));
}

TEST(HtmlReport, PutsPredictionsBeforeAndAfterOnTheSameAxis) {
  const std::string page = html_report(std::vector{predicting_run()});
  const auto axis = [&](const std::string& moment) {
    const size_t begin = page.find("<figcaption>" + moment);
    const std::string chart = page.substr(begin, page.find("</figure>", begin) - begin);
    std::string labels;
    const std::regex label("text-anchor=\"end\">([^<]*)<");
    for (std::sregex_iterator at(chart.begin(), chart.end(), label), end; at != end; ++at)
      labels += (*at)[1].str() + " ";
    return labels;
  };
  EXPECT_THAT(axis("before training"), HasSubstr("-0.5 0 0.5 1 "));
  EXPECT_EQ(axis("before training"), axis("at the best step"));
}

TEST(HtmlReport, KeepsWideTablesAndCommandsInReachOfANarrowScreen) {
  const std::string page = html_report({}, std::vector{some_study()});
  EXPECT_THAT(page, HasSubstr("<div class=\"scroll\"><table>"));
  EXPECT_TRUE(std::regex_search(page, std::regex(R"(\.scroll \{[^}]*overflow-x: auto[^}]*var\(--shade\))")));
  EXPECT_TRUE(std::regex_search(page, std::regex(R"(pre \{[^}]*white-space: pre-wrap)")));
}

TEST(HtmlReport, NeedsNothingElse) {
  const std::string page = html_report(std::vector{some_run("one", 1)}, std::vector{some_study()});
  for (const char* foreign : {"<script", "http:", "https:", "src=", "@import", "url("})
    EXPECT_THAT(page, Not(HasSubstr(foreign)));
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
}

TEST(HtmlReport, IsWellFormed) {
  RunRecord run = some_run("a<b>&\"c\"", 1);
  run.predictions = {{"x<y>", "cosine", "at the best step", {{1, 0.2}}}};
  const std::string page = html_report(std::vector{run, some_run("two", 2)}, std::vector{some_study()});
  EXPECT_THAT(page, HasSubstr("a&lt;b&gt;&amp;&quot;c&quot;"));
  std::vector<std::string> open;
  const std::regex tag("<(/?)([a-z][a-z0-9]*)[^>]*?(/?)>");
  for (std::sregex_iterator at(page.begin(), page.end(), tag), end; at != end; ++at) {
    const std::string name = (*at)[2];
    if ((*at)[3].length() > 0 || name == "meta" || name == "br") continue;
    if ((*at)[1].length() == 0) {
      open.push_back(name);
      continue;
    }
    ASSERT_FALSE(open.empty()) << name;
    EXPECT_EQ(open.back(), name);
    open.pop_back();
  }
  EXPECT_TRUE(open.empty());
}

}  // namespace
}  // namespace angle
