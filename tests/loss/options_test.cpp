// Pinned here: the "loss" block has exactly the keys of the configuration, survives JSON, and refuses unknown
// names.
#include "angle/loss/options.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

TEST(LossOptions, HaveTheKeysOfTheConfiguration) {
  const nlohmann::json options = LossOptions{};
  std::vector<std::string> keys;
  for (const auto& [key, value] : options.items()) keys.push_back(key);
  EXPECT_THAT(keys, ::testing::UnorderedElementsAre(
                        "cosine_weight", "cosine_scale", "cosine_objective", "cosine_similarity",
                        "regression_labels", "in_batch_weight", "in_batch_scale", "angle_weight",
                        "angle_scale", "angle_similarity", "positive_threshold", "duplicates",
                        "in_batch_divisor", "symmetric", "matryoshka_dims", "matryoshka_weights"));
}

TEST(LossOptions, SurviveJson) {
  const nlohmann::json written = {{"cosine_weight", 0.5},
                                  {"cosine_scale", 10.0},
                                  {"cosine_objective", "regression"},
                                  {"cosine_similarity", "arccos"},
                                  {"regression_labels", {1.0, 5.0}},
                                  {"in_batch_weight", 3.0},
                                  {"in_batch_scale", 30.0},
                                  {"angle_weight", 2.0},
                                  {"angle_scale", 1.0},
                                  {"angle_similarity", "phase"},
                                  {"positive_threshold", 4.0},
                                  {"duplicates", "mask"},
                                  {"in_batch_divisor", "positive_rows"},
                                  {"symmetric", true},
                                  {"matryoshka_dims", {64, 32}},
                                  {"matryoshka_weights", {1.0, 0.5}}};
  EXPECT_EQ(nlohmann::json(written.get<LossOptions>()), written);
}

TEST(LossOptions, RefuseAnUnknownName) {
  for (const auto& [key, allowed] : {std::pair("cosine_objective", "ranking, regression"),
                                     std::pair("cosine_similarity", "cosine, arccos, dot"),
                                     std::pair("angle_similarity", "angle_emb, hermitian, phase"),
                                     std::pair("duplicates", "none, drop, mask, positive"),
                                     std::pair("in_batch_divisor", "all_rows, positive_rows")}) {
    try {
      nlohmann::json{{key, "nonsense"}}.get<LossOptions>();
      ADD_FAILURE() << key << ": no error";
    } catch (const nlohmann::json::exception& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(allowed));
    }
  }
}

}  // namespace
}  // namespace angle
