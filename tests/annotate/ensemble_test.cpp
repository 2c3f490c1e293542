// From annotations to training sets and their report. Invariants:
// - concatenation keeps each sentence once, in the order of the annotators; a sentence written as both
//   relations is in no set;
// - the length rule drops opposites that differ by fewer words than it says, and nothing else;
// - a vote needs a majority of the annotators' scores for the relation; missing scores are no votes;
// - each pair says where it comes from, and `angle train`'s reader takes the file;
// - kappa is 1 for equal scores and 0 for chance, and has no value where it means nothing;
// - leaks into evaluation sets are found whatever case and punctuation.
#include "angle/annotate/ensemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/annotate/annotation_report.h"
#include "angle/data/reader.h"

#include "annotate/agreement.h"
#include "support/annotate_setup.h"

namespace angle {
namespace {

using testing::AnnotateSetup;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

AnnotateConfig two_annotators() {
  return parse_annotate_config(AnnotateSetup::config("http://localhost:1/v1/chat"), "test");
}

Candidate candidate(size_t annotator, Relation relation, const std::string& text, Scores scores = {}) {
  return {.seed = 0,
          .annotator = annotator,
          .relation = relation,
          .text = text,
          .reply = annotator,
          .scores = std::move(scores)};
}

Annotations annotations_of(std::vector<Candidate> candidates) {
  Annotations annotations;
  annotations.seeds = {"a b c d e"};
  annotations.replies = {{.request = "r1",
                          .annotator = "a",
                          .model = "m",
                          .prompt = "same",
                          .prompt_hash = "h",
                          .time = "t",
                          .reply = "1"},
                         {.request = "r2",
                          .annotator = "b",
                          .model = "m",
                          .prompt = "same",
                          .prompt_hash = "h",
                          .time = "t",
                          .reply = "2"}};
  annotations.candidates = std::move(candidates);
  annotations.rejected.resize(2);
  return annotations;
}

std::vector<std::string> texts(const TrainingPairs& pairs, const Annotations& annotations) {
  std::vector<std::string> all;
  for (const AnnotatedPair& pair : pairs.pairs) all.push_back(annotations.candidates[pair.candidate].text);
  return all;
}

TEST(Combine, ConcatenatesTheAnnotators) {
  const Annotations annotations =
      annotations_of({candidate(1, Relation::same, "from b"), candidate(0, Relation::same, "from a"),
                      candidate(1, Relation::same, "From A!"), candidate(1, Relation::opposite, "x")});
  const OutputConfig output{.path = "o.jsonl", .min_word_difference = 0};
  const TrainingPairs pairs = combine(annotations, two_annotators(), output);
  EXPECT_THAT(texts(pairs, annotations), ElementsAre("from a", "from b", "x"));
  EXPECT_THAT(pairs.left_out, ElementsAre(Pair(LeftOut::duplicate, 1)));
  EXPECT_EQ(pairs.pairs[0].score, 1);
  EXPECT_EQ(pairs.pairs[2].score, 0);
  EXPECT_THAT(texts(combine(annotations, two_annotators(),
                            {.path = "o", .annotators = {"a"}, .min_word_difference = 0}),
                    annotations),
              ElementsAre("from a"));
}

TEST(Combine, TakesNoSentenceThatWasWrittenAsBoth) {
  const Annotations annotations =
      annotations_of({candidate(0, Relation::same, "it is"), candidate(1, Relation::opposite, "It is.")});
  const TrainingPairs pairs = combine(annotations, two_annotators(), {.path = "o", .min_word_difference = 0});
  EXPECT_THAT(pairs.pairs, IsEmpty());
  EXPECT_THAT(pairs.left_out, ElementsAre(Pair(LeftOut::contradiction, 2)));
  // One of the two alone contradicts nobody.
  EXPECT_EQ(
      combine(annotations, two_annotators(), {.path = "o", .annotators = {"b"}, .min_word_difference = 0})
          .pairs.size(),
      1U);
}

TEST(Combine, FollowsThePapersLengthRule) {
  const Annotations annotations = annotations_of({candidate(0, Relation::same, "one two three four five"),
                                                  candidate(0, Relation::opposite, "1 2 3 4 5 6 7 8 9"),
                                                  candidate(0, Relation::opposite, "1 2 3 4 5 6 7 8 9 10"),
                                                  candidate(0, Relation::opposite, "1")});
  const TrainingPairs pairs = combine(annotations, two_annotators(), {.path = "o"});
  EXPECT_THAT(texts(pairs, annotations), ElementsAre("one two three four five", "1 2 3 4 5 6 7 8 9 10"));
  EXPECT_THAT(pairs.left_out, ElementsAre(Pair(LeftOut::length_rule, 2)));
}

TEST(Combine, KeepsWhatTheMajorityConfirms) {
  const Annotations annotations = annotations_of(
      {candidate(0, Relation::same, "both", {3, 5}), candidate(0, Relation::same, "one", {5, 2.9}),
       candidate(0, Relation::same, "missing", {5, std::nullopt}),
       candidate(0, Relation::opposite, "low", {0, 2.9}), candidate(0, Relation::opposite, "high", {0, 3}),
       candidate(0, Relation::same, "unscored")});
  OutputConfig output{.path = "o", .combine = Combination::vote, .min_word_difference = 0};
  EXPECT_THAT(texts(combine(annotations, two_annotators(), output), annotations), ElementsAre("both", "low"));
  EXPECT_THAT(combine(annotations, two_annotators(), output).left_out,
              ElementsAre(Pair(LeftOut::outvoted, 4)));
  output.min_votes = 1;
  EXPECT_THAT(texts(combine(annotations, two_annotators(), output), annotations),
              ElementsAre("both", "one", "missing", "low", "high"));
}

TEST(Combine, CanLabelByTheMeanScore) {
  const Annotations annotations = annotations_of({candidate(0, Relation::same, "x", {5, 4}),
                                                  candidate(0, Relation::opposite, "y", {1, std::nullopt}),
                                                  candidate(0, Relation::same, "z")});
  const TrainingPairs pairs = combine(
      annotations, two_annotators(), {.path = "o", .label = PairLabel::mean_score, .min_word_difference = 0});
  ASSERT_EQ(pairs.pairs.size(), 2U);
  EXPECT_DOUBLE_EQ(pairs.pairs[0].score, 0.9);
  EXPECT_DOUBLE_EQ(pairs.pairs[1].score, 0.2);
  EXPECT_THAT(pairs.left_out, ElementsAre(Pair(LeftOut::unscored, 1)));
}

TEST(FormatPairs, GivesTrainingDataWithItsProvenance) {
  const Annotations annotations = annotations_of(
      {candidate(0, Relation::same, "An \"Ä\".", {5, 4}), candidate(1, Relation::opposite, "x")});
  const AnnotateConfig config = two_annotators();
  const std::string lines = format_pairs(
      combine(annotations, config, {.path = "o", .min_word_difference = 0}), annotations, config);
  const AnnotateSetup setup;
  const auto data = read_scored_pairs(setup.file("pairs.jsonl", lines), {.label_scale = {0, 1}});
  ASSERT_EQ(data.examples.size(), 2U);
  EXPECT_EQ(data.examples[0].left, "a b c d e");
  EXPECT_EQ(data.examples[0].right, "An \"Ä\".");
  EXPECT_EQ(data.examples[0].label, 1);
  EXPECT_EQ(data.examples[1].label, 0);
  const json row = parse_json(lines.substr(0, lines.find('\n')), "row");
  EXPECT_EQ(row.at("annotator"), "a");
  EXPECT_EQ(row.at("request"), "r1");
  EXPECT_EQ(row.at("reply_hash").get<std::string>().size(), 32U);
  EXPECT_EQ(row.at("annotator_scores"), json::parse(R"({"a": 5, "b": 4})"));
  for (const char* key : {"model", "prompt", "prompt_hash", "time", "relation"})
    EXPECT_TRUE(row.contains(key)) << key;
  EXPECT_TRUE(has_provenance(row));
  EXPECT_FALSE(has_provenance(to_record(annotations.replies[0])));
  EXPECT_FALSE(has_provenance(json::array()));
}

TEST(WeightedKappa, IsCohens) {
  const std::vector<double> scores = {0, 1, 2, 3, 4, 5}, reversed = {5, 4, 3, 2, 1, 0};
  EXPECT_DOUBLE_EQ(*weighted_kappa(scores, scores, 5), 1);
  EXPECT_DOUBLE_EQ(*weighted_kappa(scores, reversed, 5), -1);
  const std::vector<double> left = {0, 0, 5, 5}, right = {0, 5, 0, 5};
  EXPECT_DOUBLE_EQ(*weighted_kappa(left, right, 5), 0);
  // By hand: observed 0 + 1 + 0 + 1 = 2; expected, over the 16 ways to pair them, (12 + 4 + 4 + 12) / 4 = 8.
  const std::vector<double> one = {0, 1, 2, 3}, other = {0, 2, 2, 2};
  EXPECT_DOUBLE_EQ(*weighted_kappa(one, other, 5), 1 - 2.0 / 8);
  EXPECT_EQ(weighted_kappa({}, {}, 5), std::nullopt);
  const std::vector<double> same = {3, 3};
  EXPECT_EQ(weighted_kappa(same, same, 5), std::nullopt);
}

AnnotationReport report_of(const Annotations& annotations,
                           const std::filesystem::path& data_dir = "/nowhere") {
  return make_annotation_report(annotations, two_annotators(), data_dir);
}

TEST(AnnotationReport, DescribesWhatEachAnnotatorWrote) {
  const Annotations annotations = annotations_of(
      {candidate(0, Relation::same, "a b c", {5, 4}), candidate(0, Relation::opposite, "f", {0, 4}),
       candidate(1, Relation::opposite, "1 2 3 4 5 6 7 8 9 10", {1, 1})});
  const AnnotationReport report = report_of(annotations);
  ASSERT_EQ(report.annotators.size(), 2U);
  const AnnotatorReport &a = report.annotators[0], &b = report.annotators[1];
  EXPECT_EQ(a.same.pairs, 1);
  EXPECT_DOUBLE_EQ(*a.same.words, 3);
  EXPECT_DOUBLE_EQ(*a.same.word_difference, 2);
  EXPECT_DOUBLE_EQ(*a.same.overlap, 0.6);
  EXPECT_DOUBLE_EQ(*a.opposite.within_length_rule, 0);
  EXPECT_DOUBLE_EQ(*b.opposite.within_length_rule, 1);
  EXPECT_EQ(b.same.words, std::nullopt);
  EXPECT_DOUBLE_EQ(*a.confirmed, 1);
  EXPECT_DOUBLE_EQ(*b.confirmed, 2.0 / 3);
  ASSERT_EQ(report.agreement.size(), 1U);
  EXPECT_EQ(report.agreement[0].pairs, 3);
  EXPECT_TRUE(report.agreement[0].kappa);
  EXPECT_THAT(report.gold, IsEmpty());
  EXPECT_EQ(report.outputs.at(0).path, "a.jsonl");
  EXPECT_EQ(report.outputs.at(0).opposite, 1);
}

TEST(AnnotationReport, ComparesWithGold) {
  Annotations annotations = annotations_of({candidate(0, Relation::same, "x")});
  for (const double label : {0.0, 2.0, 5.0})
    annotations.gold.push_back({"l", "r", label, {label, 5 - label}});
  const AnnotationReport report = report_of(annotations);
  ASSERT_EQ(report.gold.size(), 3U);
  EXPECT_DOUBLE_EQ(*report.gold[0].spearman, 1);
  EXPECT_DOUBLE_EQ(*report.gold[1].spearman, -1);
  EXPECT_EQ(report.gold[2].spearman, std::nullopt);  // the mean is the same throughout
  const std::string text = format_report(report);
  EXPECT_THAT(text, HasSubstr("a and gold"));
  EXPECT_THAT(text, HasSubstr("n/a"));
  EXPECT_TRUE(report_to_json(report).at("gold")[2].at("spearman").is_null());
}

TEST(AnnotationReport, FindsSentencesTwiceAndLeaks) {
  Annotations annotations =
      annotations_of({candidate(0, Relation::same, "The CAT, sat."), candidate(0, Relation::same, "F g")});
  annotations.seeds.emplace_back("f g!");
  Candidate again = candidate(1, Relation::opposite, "the cat sat");
  again.seed = 1;
  annotations.candidates.push_back(again);
  const AnnotateSetup data;
  data.file("sts12/test.tsv", "sentence1\tsentence2\tscore\nthe cat sat!\tsomething else\t3\n");
  data.file("stsb/train.tsv", "sentence1\tsentence2\tscore\nf g\tx\t3\n");  // training data may be shared
  const AnnotationReport report = report_of(annotations, data.path("."));
  EXPECT_EQ(report.written_twice, 1);
  EXPECT_EQ(report.also_seeds, 1);
  ASSERT_EQ(report.leaks.size(), 1U);
  EXPECT_EQ(report.leaks[0].task, "sts12");
  EXPECT_THAT(report.leaks[0].leaked, ElementsAre("The CAT, sat.", "the cat sat"));
  EXPECT_THAT(format_report(report), HasSubstr("  2 in sts12/test:\n    The CAT, sat.\n"));
  EXPECT_THAT(format_report(report_of(annotations)), HasSubstr("leaks: not looked for"));
}

}  // namespace
}  // namespace angle
