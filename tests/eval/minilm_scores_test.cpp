// Pins: all-MiniLM-L6-v2 has the correlations of sentence-transformers on nine files (the numbers behind the
// published 72.37 80.60 75.59 85.39 78.99 82.03 of STS12-16 and STS-B). Needs the model and the data sets.
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "angle/data/reader.h"
#include "angle/embed/embedder.h"
#include "angle/error.h"
#include "angle/eval/sts.h"
#include "angle/io/json.h"
#include "angle/model/model_directory.h"

#include "support/golden.h"

namespace angle {
namespace {

/// 1e-5, but a hundredth of a point for Spearman of cosine and dot product: those of identical texts are all
/// 1, and the reference ranks them by rounding errors (in STS12 its cosine, dot and euclidean differ by 3e-5,
/// though for vectors of length 1 they give the same order). Here cosines of identical texts tie.
double tolerance(const Metric& metric) {
  const bool ranks_rounding_errors =
      metric.statistic == Statistic::spearman &&
      (metric.similarity == Similarity::cosine || metric.similarity == Similarity::dot);
  return ranks_rounding_errors ? 1e-4 : 1e-5;
}

TEST(MiniLmScores, AreThoseOfSentenceTransformers) {
  ANGLE_REQUIRE_GOLDEN(golden_file, "minilm/stsb_test_scores.json");
  const char* data_dir = std::getenv("ANGLE_DATA_DIR");
  if (data_dir == nullptr) GTEST_SKIP() << "no data sets: set ANGLE_DATA_DIR";
  std::filesystem::path directory;
  try {
    directory = find_model("all-MiniLM-L6-v2");
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }

  Model model = load_model(directory);
  Embedder embedder(model, {});
  const json golden = read_json(golden_file);
  ASSERT_EQ(golden.size(), 9u);
  for (const auto& [name, expected] : golden.items()) {
    SCOPED_TRACE(name);
    const auto pairs = read_scored_pairs(std::filesystem::path(data_dir) / (name + ".tsv")).examples;
    ASSERT_EQ(static_cast<int64_t>(pairs.size()), expected.at("pairs").get<int64_t>());
    const StsScores scores = evaluate_pairs(embedder, pairs);
    for (const Metric& metric : all_metrics()) {
      if (metric.similarity == Similarity::angle) continue;  // the reference has none
      EXPECT_NEAR(scores.value(metric).value(),
                  expected.at(to_string(metric.similarity)).at(to_string(metric.statistic)).get<double>(),
                  tolerance(metric))
          << to_string(metric);
    }
  }
}

}  // namespace
}  // namespace angle
