// Pins: search keeps the best documents in order, ties by number, however the documents come in blocks; the
// metrics of its rankings equal the golden ones; worked examples beyond the cut-offs.
#include "angle/eval/retrieval_metrics.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/eval/top_documents.h"
#include "angle/io/json.h"
#include "angle/random.h"

#include "support/golden.h"

namespace angle {
namespace {

using Grades = std::vector<int64_t>;

std::vector<int64_t> numbers(const std::vector<ScoredDocument>& documents) {
  std::vector<int64_t> result;
  for (const ScoredDocument& document : documents) result.push_back(document.document);
  return result;
}

/// The ranking of a golden query, whose documents are named in ascending order.
RetrievalScores score_golden(const json& query) {
  std::vector<float> scores;
  std::vector<std::string> ids;
  for (const auto& [id, score] : query.at("scores").items()) {
    ids.push_back(id);
    scores.push_back(score.get<float>());
  }
  TopDocuments top(1, 100);
  top.add(0, std::span(scores).first(7), 0);
  top.add(0, std::span(scores).subspan(7), 7);
  Grades ranked, all;
  for (const int64_t document : numbers(top.ranked(0)))
    ranked.push_back(query.at("qrels").value(ids[static_cast<size_t>(document)], int64_t{0}));
  for (const json& grade : query.at("qrels")) all.push_back(grade.get<int64_t>());
  return score_ranking(ranked, all);
}

void expect_equal(const RetrievalScores& actual, const json& expected) {
  EXPECT_NEAR(actual.ndcg_10, expected.at("ndcg_linear@10"), 1e-12);
  EXPECT_NEAR(actual.mrr_10, expected.at("mrr@10"), 1e-12);
  EXPECT_NEAR(actual.map_100, expected.at("map"), 1e-12);  // of 30 documents
  EXPECT_NEAR(actual.recall[0], expected.at("recall@1"), 1e-12);
  EXPECT_NEAR(actual.recall[1], expected.at("recall@5"), 1e-12);
  EXPECT_NEAR(actual.recall[2], expected.at("recall@10"), 1e-12);
}

TEST(ScoreRanking, EqualsTheGoldenMetrics) {
  ANGLE_REQUIRE_GOLDEN(path, "metrics/retrieval.json");
  const json golden = read_json(path);
  std::vector<RetrievalScores> scores;
  for (const json& query : golden.at("queries")) {
    if (!query.contains("metrics") || query.at("metrics").is_null()) continue;  // nothing relevant
    SCOPED_TRACE(query.at("id").get<std::string>());
    scores.push_back(score_golden(query));
    expect_equal(scores.back(), query.at("metrics"));
  }
  ASSERT_GE(scores.size(), 7u);
  expect_equal(mean(scores), golden.at("mean"));
}

TEST(ScoreRanking, StopsAtItsCutoffs) {
  Grades ranked(150, 0);
  ranked[10] = ranked[99] = ranked[100] = 1;
  const RetrievalScores scores = score_ranking(ranked, Grades{1, 1, 1, 0});
  EXPECT_EQ(scores.ndcg_10, 0.0);
  EXPECT_EQ(scores.mrr_10, 0.0);
  EXPECT_DOUBLE_EQ(scores.map_100, (1.0 / 11 + 2.0 / 100) / 3);
  EXPECT_DOUBLE_EQ(scores.recall[3], 2.0 / 3);
}

TEST(ScoreRanking, GainsTheGradeItself) {
  EXPECT_DOUBLE_EQ(score_ranking(Grades{1, 3}, Grades{3, 1}).ndcg_10,
                   (1 + 3 / std::log2(3)) / (3 + 1 / std::log2(3)));  // not 2^3 - 1 = 7
}

TEST(ScoreRanking, HandlesFewDocuments) {
  const RetrievalScores scores = score_ranking(Grades{0, 2}, Grades{2, 1});
  EXPECT_DOUBLE_EQ(scores.ndcg_10, (2 / std::log2(3)) / (2 + 1 / std::log2(3)));
  EXPECT_EQ(scores.mrr_10, 0.5);
  EXPECT_EQ(scores.recall[3], 0.5);
  EXPECT_EQ(score_ranking({}, Grades{1}).map_100, 0.0);
  EXPECT_EQ(mean({}).ndcg_10, 0.0);
}

TEST(TopDocuments, AreTheSameInAnyBlocks) {
  SplitMix64 random(3);
  std::vector<float> scores;
  for (int i = 0; i < 1000; ++i) scores.push_back(static_cast<float>(random.below(200)));  // many ties
  std::vector<ScoredDocument> expected;
  for (size_t i = 0; i < scores.size(); ++i) expected.push_back({scores[i], static_cast<int64_t>(i)});
  std::sort(expected.begin(), expected.end());
  expected.resize(50);
  for (const size_t block : {1u, 7u, 50u, 1000u}) {
    TopDocuments top(2, 50);
    for (size_t begin = 0; begin < scores.size(); begin += block)
      top.add(1, std::span(scores).subspan(begin, std::min(block, scores.size() - begin)),
              static_cast<int64_t>(begin));
    EXPECT_EQ(numbers(top.ranked(1)), numbers(expected)) << block;
    EXPECT_TRUE(top.ranked(0).empty());
  }
}

TEST(TopDocuments, RankNaNLast) {
  TopDocuments top(1, 2);
  top.add(0, std::vector<float>{NAN, 0.1F, -5.0F}, 0);
  EXPECT_EQ(numbers(top.ranked(0)), (std::vector<int64_t>{1, 2}));
}

}  // namespace
}  // namespace angle
