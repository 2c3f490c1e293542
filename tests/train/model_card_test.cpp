// README.md of a trained model:
//  - its front matter is what the hub of Hugging Face needs to file the model;
//  - it tells base model, data with rows, checksum and use, configuration, all scores, command and version;
//  - what there was not is not made up; names cannot break the tables.

#include "angle/train/model_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace angle {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ModelCard stsb_card() {
  return {.base_model = "models/all-MiniLM-L6-v2/",
          .pipeline = "BERT 6 × 384 → mean, at most 128 tokens",
          .config = {{"train", {{"seed", 7}}}},
          .files = {{"train", {{{"file", "train.tsv"}, {"rows", 5749}, {"xxh3_128", "0a1b"}}}},
                    {"evaluation", {{"file", "validation.tsv"}, {"xxh3_128", "2c3d"}}}},
          .evaluation = "stsb validation cosine_spearman",
          .before = 0.86721,
          .after = 0.8831,
          .step = 360,
          .command = "angle train --config configs/stsb.json --set train.seed=7",
          .version = "1.0.0"};
}

TEST(ModelCard, BeginsWithTheFrontMatterOfTheHub) {
  EXPECT_THAT(
      format_model_card(stsb_card()),
      AllOf(StartsWith(
                "---\nlibrary_name: sentence-transformers\npipeline_tag: sentence-similarity\ntags:\n- "),
            HasSubstr("\n- angle\n---\n\n# all-MiniLM-L6-v2 ")));
}

TEST(ModelCard, TellsHowTheModelWasMade) {
  EXPECT_THAT(
      format_model_card(stsb_card()),
      AllOf(HasSubstr("made from all-MiniLM-L6-v2 in 360 optimizer updates"),
            HasSubstr("BERT 6 × 384 → mean, at most 128 tokens"),
            HasSubstr("| train.tsv | train | 5749 | `0a1b` |\n"),
            HasSubstr("| validation.tsv | evaluation |  | `2c3d` |\n"),
            HasSubstr("| stsb validation cosine_spearman × 100 | 86.72 | 88.31 |\n"),
            HasSubstr(
                "Made by angle 1.0.0:\n\n    angle train --config configs/stsb.json --set train.seed=7\n"),
            HasSubstr("```json\n{\n  \"train\": {\n    \"seed\": 7\n  }\n}\n```\n")));
}

TEST(ModelCard, CountsASingleUpdate) {
  ModelCard card = stsb_card();
  card.step = 1;
  EXPECT_THAT(format_model_card(card), HasSubstr("in 1 optimizer update with"));
}

TEST(ModelCard, TellsTheOtherScoresAndWhatEachFileIsUsedFor) {
  ModelCard card = stsb_card();
  EXPECT_THAT(format_model_card(card), Not(HasSubstr("The first of these scores")));
  card.others_before = {{"mrpc/cosine_spearman", 0.38621}, {"val_loss", 2.5}, {"val_loss_angle", 1.0}};
  card.others_after = {{"mrpc/cosine_spearman", 0.594},
                       {"retrieval:faq/ndcg@10", 0.5},
                       {"val_loss", 1.93},
                       {"val_loss.tsv/pearson", 0.25}};
  card.files["evaluation"] = {{{"file", "validation.tsv"}, {"used_for", "stsb validation"}},
                              {{"file", "validation.tsv"}, {"used_for", "pairs:a|b"}}};
  EXPECT_THAT(format_model_card(card),
              AllOf(HasSubstr("| stsb validation cosine_spearman × 100 | 86.72 | 88.31 |\n"
                              "| mrpc/cosine_spearman × 100 | 38.62 | 59.40 |\n"
                              "| retrieval:faq/ndcg@10 × 100 | n/a | 50.00 |\n"
                              "| val_loss | 2.5000 | 1.9300 |\n"
                              "| val_loss.tsv/pearson × 100 | n/a | 25.00 |\n"
                              "| val_loss_angle | 1.0000 | n/a |\n"
                              "\nThe first of these scores chose the model.\n"),
                    HasSubstr("| validation.tsv | evaluation: stsb validation |"),
                    HasSubstr("| validation.tsv | evaluation: pairs:a\\|b |")));
  card.after = std::nullopt;
  EXPECT_THAT(format_model_card(card), Not(HasSubstr("The first of these scores")));
}

TEST(ModelCard, MakesNothingUp) {
  ModelCard card = stsb_card();
  card.evaluation = card.command = card.version = "";
  EXPECT_THAT(format_model_card(card), AllOf(HasSubstr("The run had no validation"),
                                             Not(HasSubstr("Made by")), Not(HasSubstr("86.72"))));
  card.evaluation = "stsb";
  card.before = std::nullopt;
  EXPECT_THAT(format_model_card(card), HasSubstr("| stsb × 100 | n/a | 88.31 |"));
  card.evaluation = "val_loss";
  card.lower_is_better = true;
  EXPECT_THAT(format_model_card(card), HasSubstr("| val_loss | n/a | 0.8831 |"));
}

TEST(ModelCard, KeepsNamesWithinTheirCell) {
  ModelCard card = stsb_card();
  card.files["train"][0]["file"] = "a|b.tsv";
  EXPECT_THAT(format_model_card(card), HasSubstr("| a\\|b.tsv | train |"));
}

}  // namespace
}  // namespace angle
