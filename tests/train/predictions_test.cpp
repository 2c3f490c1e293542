// Pins: what was predicted before training stays when the best is added, and the best is replaced;
// predictions of another similarity, or a damaged file, are not mixed in; of very many pairs a part is kept,
// labels and similarities alike.
#include "angle/train/predictions.h"

#include <gtest/gtest.h>

#include "angle/io/file.h"
#include "angle/io/json.h"

#include "support/temp_dir.h"

namespace angle {
namespace {

using Tasks = std::vector<TaskPredictions>;

class Predictions : public ::testing::Test {
 protected:
  json content() const { return read_json(file()); }
  std::filesystem::path file() const { return directory_.path() / "predictions.json"; }

  testing::TempDir directory_;
};

TEST_F(Predictions, KeepWhatWasPredictedBefore) {
  write_predictions(file(), "before", "cosine", Tasks{{"stsb/validation", {5, 1}, {0.25, 0.5}}});
  write_predictions(file(), "best", "cosine", Tasks{{"stsb/validation", {5, 1}, {0.75, 0.1}}});
  write_predictions(file(), "best", "cosine", Tasks{{"stsb/validation", {5, 1}, {0.98765432, 0.1}}});
  EXPECT_EQ(content(), json::parse(R"({"similarity": "cosine", "tasks": {"stsb/validation":
      {"labels": [5.0, 1.0], "before": [0.25, 0.5], "best": [0.9877, 0.1]}}})"));
}

TEST_F(Predictions, OfAnotherSimilarityBeginAnew) {
  write_predictions(file(), "before", "cosine", Tasks{{"a", {1}, {0.5}}});
  write_predictions(file(), "best", "dot", Tasks{{"a", {1}, {3.5}}});
  EXPECT_EQ(content().at("similarity"), "dot");
  EXPECT_FALSE(content().at("tasks").at("a").contains("before"));
  for (const char* damaged : {"[1]", "{\"similarity\": \"do", ""}) {
    write_file(file(), damaged);
    write_predictions(file(), "best", "dot", Tasks{{"a", {1}, {3.5}}});
    EXPECT_EQ(content().at("tasks").at("a").at("best"), json({3.5}));
  }
}

TEST_F(Predictions, AreAPartOfVeryManyPairs) {
  TaskPredictions many{"a", {}, {}};
  for (int i = 0; i < 12000; ++i) many.labels.push_back(i), many.similarities.push_back(-i);
  write_predictions(file(), "best", "cosine", Tasks{many});
  const json labels = content().at("tasks").at("a").at("labels"),
             best = content().at("tasks").at("a").at("best");
  ASSERT_EQ(labels.size(), 4000u);
  ASSERT_EQ(best.size(), 4000u);
  for (size_t i = 0; i < labels.size(); ++i) ASSERT_EQ(labels[i].get<double>(), -best[i].get<double>());
  EXPECT_EQ(labels.back(), 11997);
}

TEST_F(Predictions, WriteNothingWithoutTasks) {
  write_predictions(file(), "best", "cosine", {});
  EXPECT_FALSE(std::filesystem::exists(file()));
}

}  // namespace
}  // namespace angle
