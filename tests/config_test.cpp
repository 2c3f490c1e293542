// Invariants:
// - a configuration of the documented shape is read; what is left out has the default of the structs;
// - everything that is not in the schema is refused, with its path and the nearest name, or with the place
//   where one of its name belongs, all problems at once;
// - overrides are checked like the file;
// - combinations that would do nothing, or not what was meant, are refused.
#include "angle/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

/// The example of the documentation.
const char* const kExample = R"({
  "description": "what it is for, expected score, hardware, command",
  "model":      {"path": "all-MiniLM-L6-v2", "pooling": "mean", "max_seq_length": 128},
  "data":       {"train": [{"path": "stsb/train.tsv", "format": "scored_pairs", "label_scale": [0, 5], "weight": 1.0}]},
  "loss":       {"cosine_weight": 1.0, "cosine_scale": 20.0, "in_batch_weight": 1.0, "in_batch_scale": 20.0,
                 "angle_weight": 0.02, "angle_scale": 20.0, "angle_similarity": "angle_emb", "positive_threshold": 4.0,
                 "duplicates": "positive"},
  "train":      {"epochs": 1, "batch_size": 32, "learning_rate": 2e-5, "schedule": "linear", "warmup_steps": 18,
                 "weight_decay": 0.01, "max_grad_norm": 1.0, "accumulation_steps": 1, "precision": "float32", "seed": 42,
                 "gradient_cache_tokens": 0},
  "evaluation": {"task": "stsb", "split": "validation", "metric": "cosine_spearman", "every_steps": 0, "patience": 0},
  "checkpoint": {"every_steps": 200, "keep": 2}
})";

TrainConfig parse(const std::vector<std::string>& overrides) {
  json given = parse_json(kExample, "run.json");
  for (const std::string& assignment : overrides) apply_override(given, assignment);
  return parse_config(given, "run.json");
}

/// What is wrong when the data set is of that format and the loss is as given.
std::vector<std::string> problems_of(DataFormat format, const LossOptions& loss) {
  TrainConfig config = parse({});
  config.data.train[0].format = format;
  config.data.train[0].label_scale = {};
  config.loss = loss;
  return validate(config);
}

TEST(Config, ReadsTheDocumentedExample) {
  const TrainConfig config = parse({});
  EXPECT_EQ(config.model.path, "all-MiniLM-L6-v2");
  EXPECT_EQ(config.model.max_seq_length, 128);
  ASSERT_EQ(config.data.train.size(), 1u);
  EXPECT_EQ(config.data.train[0].format, DataFormat::scored_pairs);
  EXPECT_EQ(config.data.train[0].label_scale, (std::vector<double>{0, 5}));
  EXPECT_EQ(config.loss.angle_similarity, AngleVariant::angle_emb);
  EXPECT_EQ(config.loss.positive_threshold, 4.0);
  EXPECT_EQ(config.train.learning_rate, 2e-5);
  EXPECT_EQ(config.train.warmup_steps, 18);
  EXPECT_EQ(config.evaluation.task, "stsb");
  EXPECT_EQ(config.checkpoint.every_steps, 200);
}

TEST(Config, FillsInDefaults) {
  const json given = {{"model", {{"path", "m"}}},
                      {"data", {{"train", {{{"path", "d.tsv"}}}}}},
                      {"loss", {{"in_batch_weight", 0}}}};
  const TrainConfig config = parse_config(given, "run.json");
  EXPECT_EQ(config.train.batch_size, 32);
  EXPECT_EQ(config.train.schedule, ScheduleKind::linear);
  EXPECT_EQ(config.train.dropout, -1.0);
  EXPECT_EQ(config.data.train.at(0).weight, 1.0);
  EXPECT_EQ(config.loss.angle_weight, 0.02);
  EXPECT_EQ(config.loss.in_batch_divisor, InBatchDivisor::all_rows);
  EXPECT_EQ(config.checkpoint.keep, 2);
}

TEST(Config, RoundTripsThroughJson) {
  const TrainConfig config = parse({R"(data.train[0].columns={"left":"premise"})", "loss.symmetric=false"});
  const json saved = config;
  EXPECT_EQ(json(parse_config(saved, "train_config.json")), saved);
  EXPECT_EQ(saved.at("data").at("train").at(0).at("columns").at("left"), "premise");
  EXPECT_FALSE(saved.at("data").at("train").at(0).contains("positive_threshold"));
}

TEST(Config, DefaultsAreAllKeysOfTheSchema) {
  const json defaults = default_config();
  EXPECT_EQ(defaults.at("train").at("learning_rate"), 2e-5);
  EXPECT_EQ(defaults.at("loss").at("duplicates"), "positive");
  for (const char* block : {"description", "model", "data", "loss", "train", "evaluation", "checkpoint"})
    EXPECT_TRUE(defaults.contains(block)) << block;
}

TEST(Config, NamesUnknownKeysWithTheNearestOne) {
  const json given = {{"learning_rate", 1},
                      {"loss", {{"angle_wieght", 0.1}}},
                      {"train", {{"learning_rte", 1e-5}}},
                      {"data", {{"train", {{{"pth", "x"}}}}}}};
  EXPECT_ERROR(parse_config(given, "run.json"), "run.json:\n", "  learning_rate: unknown key",
               "  loss.angle_wieght: unknown key; did you mean \"angle_weight\"?",
               "  train.learning_rte: unknown key; did you mean \"learning_rate\"?",
               "  data.train[0].pth: unknown key; did you mean \"path\"?");
}

TEST(Config, NamesWrongTypesWithWhatWasFound) {
  EXPECT_ERROR(parse({"train.seed=1.5"}), "train.seed: expected integer, found number 1.5");
  EXPECT_ERROR(parse({"train.epochs=\"3\""}), "train.epochs: expected integer, found string \"3\"");
  EXPECT_ERROR(parse({"loss.angle_weight=high"}),
               "loss.angle_weight: expected number, found string \"high\"");
  EXPECT_ERROR(parse({"loss=3"}), "loss: expected object, found integer 3");
  EXPECT_ERROR(parse({"model.path=null"}), "model.path: expected string, found null");
  EXPECT_ERROR(parse({"data.train[0].label_scale=[0,\"5\"]"}),
               "data.train[0].label_scale[1]: expected number, found string \"5\"");
  EXPECT_ERROR(parse({"data.train[0].columns={\"left\": 3}"}),
               "data.train[0].columns.left: expected string, found integer 3");
  EXPECT_ERROR(parse({"train.seed=18446744073709551615"}), "train.seed: 18446744073709551615 is too large");
  EXPECT_ERROR(parse_config(json::array(), "run.json"), "expected object, found array");
}

TEST(Config, ReportsRangesTogetherWithUnknownKeysAndWrongTypes) {
  EXPECT_THAT(
      [] {
        parse({"train.epocs=3", "train.batch_size=0", "train.seed=1.5", "data.train[0].weight=-1",
               "data.train[0].label_scale=[0,\"5\"]"});
      },
      ::testing::ThrowsMessage<Error>(
          ::testing::AllOf(::testing::HasSubstr("train.epocs: unknown key; did you mean \"epochs\"?"),
                           ::testing::HasSubstr("train.batch_size: 0, expected at least 1"),
                           ::testing::HasSubstr("train.seed: expected integer, found number 1.5"),
                           ::testing::HasSubstr("data.train[0].weight: -1, expected at least 0"),
                           ::testing::HasSubstr("data.train[0].label_scale[1]: expected number"),
                           ::testing::Not(::testing::HasSubstr("[lowest, highest]")))));
}

TEST(Config, SaysNothingOfWhatFitsTogetherWhileAPartIsUnknown) {
  const json given = {{"model", {{"pth", "m"}}}, {"data", {{"train", 3}}}};
  EXPECT_THAT([&] { parse_config(given, "run.json"); },
              ::testing::ThrowsMessage<Error>("run.json:\n  data.train: expected array, found integer 3\n"
                                              "  model.pth: unknown key; did you mean \"path\"?"));
}

TEST(Config, TakesAnIntegerForANumber) { EXPECT_EQ(parse({"loss.angle_weight=2"}).loss.angle_weight, 2.0); }

TEST(Config, NamesUnknownChoicesWithTheKnownOnes) {
  const std::string similarity =
      "loss.angle_similarity: \"hermitean\" is not one of: angle_emb, hermitian, phase; did you mean "
      "\"hermitian\"?";
  EXPECT_ERROR(
      parse({"loss.angle_similarity=hermitean", "loss.duplicates=3", "data.train[0].format=pair",
             "train.precision=int8", "train.schedule=step", "loss.in_batch_divisor=rows",
             "loss.cosine_objective=regresion", "loss.cosine_similarity=euclid"}),
      similarity,
      "loss.cosine_objective: \"regresion\" is not one of: ranking, regression; did you mean \"regression\"?",
      "loss.cosine_similarity: \"euclid\" is not one of: cosine, arccos, dot",
      "loss.duplicates: 3 is not one of: none, drop, mask, positive\n",
      "data.train[0].format: \"pair\" is not one of: scored_pairs, pairs, triplets; did you mean \"pairs\"?",
      "train.precision: \"int8\" is not one of: float32, bfloat16",
      "train.schedule: \"step\" is not one of: linear, cosine, constant",
      "loss.in_batch_divisor: \"rows\" is not one of: all_rows, positive_rows");
}

TEST(Override, SetsValuesByPath) {
  EXPECT_EQ(parse({"loss.angle_weight=0.05"}).loss.angle_weight, 0.05);
  EXPECT_EQ(parse({"train.schedule=cosine"}).train.schedule, ScheduleKind::cosine);
  EXPECT_EQ(parse({"description=a = b"}).description, "a = b");
  EXPECT_EQ(parse({"data.train[0].weight=2"}).data.train[0].weight, 2.0);
  EXPECT_EQ(parse({"data.train[0].label_scale[1]=6"}).data.train[0].label_scale, (std::vector<double>{0, 6}));
  EXPECT_EQ(parse({"data.train=[{\"path\":\"other.tsv\"}]"}).data.train[0].path, "other.tsv");
}

TEST(Override, MakesBlocksThatAreNotThere) {
  json given = json::object();
  apply_override(given, "model.path=m");
  EXPECT_EQ(given, json({{"model", {{"path", "m"}}}}));
}

TEST(Override, IsCheckedLikeTheFile) {
  EXPECT_ERROR(parse({"lss.angle=1"}), "lss: unknown key; did you mean \"loss\"?");
  EXPECT_ERROR(parse({"data.train[0].wieght=1"}),
               "data.train[0].wieght: unknown key; did you mean \"weight\"?");
}

TEST(Override, RefusesPathsThatLeadNowhere) {
  EXPECT_ERROR(parse({"loss.angle_weight"}), "--set loss.angle_weight: expected path=value");
  EXPECT_ERROR(parse({"=1"}), "--set =1: expected path=value");
  EXPECT_ERROR(parse({".loss=1"}), "expected path=value");
  EXPECT_ERROR(parse({"loss.=1"}), "expected path=value");
  EXPECT_ERROR(parse({"loss..angle_weight=1"}), "expected path=value");
  EXPECT_THAT(
      [] { parse({"data.train[1].weight=1"}); },
      ::testing::ThrowsMessage<Error>(::testing::EndsWith("there is no [1]; the list has 1 element")));
  EXPECT_ERROR(parse({"data.train[99999999999999999999].weight=1"}), "expected an index such as [0]");
  EXPECT_ERROR(parse({"data.train[-1].weight=1"}), "expected an index such as [0]");
  EXPECT_ERROR(parse({"data.train[0=1"}), "expected an index such as [0]");
  EXPECT_ERROR(parse({"loss[0]=1"}), "there is no [0]; the list has 0 elements");
  EXPECT_ERROR(parse({"model.path.x=1"}), "\"x\" is a key, but there is string before it");
  EXPECT_ERROR(parse({"description=\xff"}), "invalid UTF-8");
}

TEST(Rules, RequireModelAndData) {
  EXPECT_ERROR(parse_config(json::object(), "run.json"), "model.path: not given", "data.train: empty");
  EXPECT_ERROR(parse({"data.train[0].path="}), "data.train[0].path: not given");
}

TEST(Rules, ReportAllProblemsTogether) {
  EXPECT_ERROR(parse({"train.epochs=0", "train.batch_size=0", "train.learning_rate=0",
                      "train.warmup_steps=-1", "loss.cosine_scale=0", "loss.angle_weight=-1",
                      "train.dropout=1", "train.seed=-1", "checkpoint.keep=0", "model.max_seq_length=2"}),
               "train.epochs: 0, expected at least 1", "train.batch_size: 0, expected at least 1",
               "train.learning_rate: 0, expected more than 0", "train.warmup_steps: -1, expected at least 0",
               "loss.cosine_scale: 0, expected more than 0", "loss.angle_weight: -1, expected at least 0",
               "train.dropout: 1, expected -1", "train.seed: -1", "checkpoint.keep: 0",
               "model.max_seq_length: 2");
}

TEST(Rules, KnowHowDataSetsAreMixed) {
  EXPECT_EQ(parse({"data.mixing=proportions"}).data.mixing, MixingRule::proportions);
  EXPECT_ERROR(parse({"data.mixing=equal"}), "data.mixing", "passes", "proportions");
  EXPECT_ERROR(parse({"data.temperature=0.5", "data.rows_per_epoch=-1", "data.train[0].max_rows=-1"}),
               "data.temperature: 0.5, expected at least 1", "data.rows_per_epoch: -1, expected at least 0",
               "data.train[0].max_rows: -1, expected at least 0");
  EXPECT_ERROR(parse({"data.rows_per_epoch=4000000000000000000"}),
               "data.rows_per_epoch: 4000000000000000000, expected at most 1000000000");
  EXPECT_ERROR(parse({"data.mixing=proportions", "data.temperature=2", "data.train[0].max_rows=9"}),
               "data.temperature: 2, but only mixing \"passes\"",
               "data.train[0].max_rows: 9, but only mixing \"passes\"");
}

TEST(Rules, BoundWhatIsMultiplied) {
  EXPECT_ERROR(parse({"train.epochs=9223372036854775807", "train.batch_size=1000001",
                      "train.accumulation_steps=1e6", "data.train[0].weight=1e300"}),
               "train.accumulation_steps");
  EXPECT_ERROR(parse({"train.epochs=9223372036854775807", "train.batch_size=1000001",
                      "train.accumulation_steps=9223372036854775807", "data.train[0].weight=1e300"}),
               "train.epochs: 9223372036854775807, expected at most 1000000",
               "train.batch_size: 1000001, expected at most 1000000",
               "train.accumulation_steps: 9223372036854775807",
               "data.train[0].weight: 1e+300, expected at most 1000");
}

TEST(Rules, KnowTheMetrics) {
  EXPECT_ERROR(
      parse({"evaluation.metric=cosine_spaerman", "train.epochs=0"}), "train.epochs: 0",
      "evaluation.metric cosine_spaerman: no task has this metric; did you mean \"cosine_spearman\"?");
}

TEST(Rules, RequireAMetricThatIsMeasured) {
  const std::string data = R"(evaluation.loss_data=[{"path":"held_out.tsv"}])";
  EXPECT_NO_THROW(parse({data, "evaluation.metric=val_loss_angle"}));
  EXPECT_NO_THROW(parse({"evaluation.task=stsb, sts12/test", "evaluation.metric=sts12/cosine_spearman"}));
  EXPECT_ERROR(parse({"evaluation.metric=val_loss"}),
               "evaluation.metric: val_loss, but there is no evaluation.loss_data");
  EXPECT_ERROR(parse({data, "evaluation.metric=val_loss_angle", "loss.angle_weight=0"}),
               "evaluation.metric: val_loss_angle, but the weight of that term is 0");
  EXPECT_ERROR(parse({data, "evaluation.task="}),
               "evaluation.metric: cosine_spearman, but there is no evaluation.task", "choose val_loss");
  EXPECT_ERROR(parse({"evaluation.metric=sts12/cosine_spearman"}), "but evaluation.task does not name sts12");
  EXPECT_ERROR(parse({"evaluation.task=stsb,stbs"}), "evaluation.task stbs: unknown task");
  EXPECT_ERROR(parse({"evaluation.task=retrival:faq"}), "evaluation.task retrival:faq: unknown kind of task",
               "did you mean \"retrieval\"?");
  EXPECT_NO_THROW(parse({"evaluation.task=stsb,retrieval:faq", "evaluation.metric=ndcg@10"}));
  EXPECT_NO_THROW(parse({"evaluation.task=pairs:a.tsv,pairs:b.tsv", "evaluation.metric=pairs:a.tsv/dot_f1"}));
  EXPECT_ERROR(
      parse({"evaluation.task=retrieval:faq"}), "evaluation.metric cosine_spearman: no task has this metric",
      "(metrics of retrieval:faq: ndcg@10, mrr@10, map@100, recall@1, recall@5, recall@10, recall@100)");
  EXPECT_ERROR(parse({"evaluation.task=./faq"}), "evaluation.task ./faq: a path, not a task; ",
               "retrieval:./faq");
  EXPECT_ERROR(parse({"evaluation.task=sts12,sts12/test"}), "evaluation.task: sts12 is there twice");
  EXPECT_ERROR(parse({"evaluation.task=stbs,sts122"}), "evaluation.task stbs: unknown task",
               "evaluation.task sts122: unknown task");
}

TEST(Rules, RequireValidationDataThatTheObjectiveCanUse) {
  EXPECT_ERROR(parse({R"(evaluation.loss_data=[{"path":""}])"}), "evaluation.loss_data[0].path: not given");
  EXPECT_ERROR(
      parse({R"(evaluation.loss_data=[{"path":"a.csv","format":"pairs"}])", "loss.in_batch_weight=0"}),
      "evaluation.loss_data[0]: pairs have the in-batch term alone");
  EXPECT_ERROR(parse({R"(evaluation.loss_data=[{"path":"a.tsv","weight":0}])"}),
               "evaluation.loss_data: every weight is 0");
  EXPECT_ERROR(parse({R"(evaluation.loss_data=[{"path":"a.tsv","fromat":"pairs"}])"}),
               "evaluation.loss_data[0].fromat: unknown key; did you mean \"format\"?");
  EXPECT_ERROR(parse({"evaluation.task=", "checkpoint.keep_best=true"}),
               "checkpoint.keep_best: true, but there is no evaluation.task or loss_data");
}

TEST(Rules, RequireSomethingToLearnFrom) {
  EXPECT_ERROR(parse({"loss.cosine_weight=0", "loss.in_batch_weight=0", "loss.angle_weight=0"}),
               "loss: every weight is 0");
  EXPECT_ERROR(parse({"data.train[0].weight=0"}), "data.train: every weight is 0");
  EXPECT_ERROR(parse({"data.train[0].weight=-1"}), "data.train[0].weight: -1, expected at least 0");
}

TEST(Rules, RequireAWarmUpWithinTheRun) {
  EXPECT_ERROR(parse({"train.max_steps=10"}), "train.warmup_steps: 18, more than max_steps, 10");
  EXPECT_NO_THROW(parse({"train.max_steps=18"}));
}

TEST(Rules, RequireFreezingFromBelow) {
  EXPECT_ERROR(parse({"train.freeze_layers=2"}), "train.freeze_layers: 2, but the embeddings below",
               "set train.freeze_embeddings to true");
  EXPECT_ERROR(parse({"train.freeze_layers=-1"}), "train.freeze_layers: -1, expected at least 0");
  EXPECT_NO_THROW(parse({"train.freeze_layers=2", "train.freeze_embeddings=true"}));
}

TEST(Rules, RequireADecayThatFalls) {
  EXPECT_ERROR(parse({"train.layer_decay=0"}), "train.layer_decay: 0, expected more than 0 and at most 1");
  EXPECT_ERROR(parse({"train.layer_decay=1.05"}), "train.layer_decay: 1.05");
  EXPECT_NO_THROW(parse({"train.layer_decay=0.95"}));
}

TEST(Rules, RequireDimensionsThatCanBeTruncatedTo) {
  EXPECT_ERROR(parse({"loss.matryoshka_dims=[384,0]"}), "loss.matryoshka_dims: 0, expected at least 1");
  EXPECT_THAT([] { parse({"loss.matryoshka_dims=[128,128]"}); },
              ::testing::ThrowsMessage<Error>("run.json:\n  loss.matryoshka_dims: 128 is there twice"));
  EXPECT_ERROR(parse({"loss.matryoshka_dims=[33]"}),
               "loss.matryoshka_dims: 33, but the angle objective needs an even number");
  EXPECT_NO_THROW(parse({"loss.matryoshka_dims=[33]", "loss.angle_weight=0"}));
  EXPECT_ERROR(parse({"loss.matryoshka_dims=[64,32]", "loss.matryoshka_weights=[1]"}),
               "loss.matryoshka_weights: 1 numbers, expected one for each of the 2 matryoshka_dims");
  EXPECT_ERROR(parse({"loss.matryoshka_dims=[64]", "loss.matryoshka_weights=[0]"}),
               "loss.matryoshka_weights: 0");
  EXPECT_EQ(parse({"loss.matryoshka_dims=[64,32]", "loss.matryoshka_weights=[1,0.5]"}).loss.matryoshka_dims,
            (std::vector<int64_t>{64, 32}));
}

TEST(Rules, RequireAThresholdForInBatchNegativesOfScoredPairs) {
  json given = parse_json(kExample, "run.json");
  given["loss"].erase("positive_threshold");
  EXPECT_ERROR(parse_config(given, "run.json"), "loss.positive_threshold: not given");
  json own = given;
  own["data"]["train"][0]["positive_threshold"] = 4;
  EXPECT_NO_THROW(parse_config(own, "run.json"));
  given["loss"]["in_batch_weight"] = 0;
  EXPECT_NO_THROW(parse_config(given, "run.json"));
}

TEST(Rules, RequireAThresholdThatTellsLabelsApart) {
  EXPECT_ERROR(parse({"loss.positive_threshold=6"}),
               "loss.positive_threshold: 6, but labels of stsb/train.tsv are from 0 to 5");
  EXPECT_ERROR(parse({"loss.positive_threshold=0"}), "it must be above 0 and at most 5");
  EXPECT_NO_THROW(parse({"loss.positive_threshold=5"}));
  EXPECT_NO_THROW(parse({"loss.positive_threshold=6", "loss.in_batch_weight=0"}));
}

TEST(Rules, TakeAThresholdForEachDataSet) {
  const auto mixed = [](const std::string& threshold, const std::string& more = "train.seed=1") {
    return parse({R"(data.train=[{"path":"stsb/train.tsv","label_scale":[0,5]},
                                 {"path":"mrpc/train.tsv","label_scale":[0,1])" +
                      threshold + "}]",
                  more});
  };
  const TrainConfig config = mixed(R"(,"positive_threshold":0.5)");
  EXPECT_FALSE(config.data.train[0].positive_threshold);
  EXPECT_EQ(config.data.train[1].positive_threshold, 0.5);
  EXPECT_EQ(json(parse_config(config, "train_config.json")), json(config));
  EXPECT_ERROR(mixed(""), "loss.positive_threshold: 4, but labels of mrpc/train.tsv are from 0 to 1",
               "at most 1 (or give data.train[1].positive_threshold)");
  EXPECT_ERROR(
      mixed(R"(,"positive_threshold":2)"),
      "data.train[1].positive_threshold: 2, but labels of mrpc/train.tsv are from 0 to 1; it must be "
      "above 0 and at most 1");
  EXPECT_ERROR(mixed(R"(,"positive_threshold":null)"),
               "data.train[1].positive_threshold: expected number, found null");
  EXPECT_ERROR(
      mixed("", R"(evaluation.loss_data=[{"path":"a.jsonl","format":"pairs","positive_threshold":1}])"),
      "evaluation.loss_data[0].positive_threshold: only scored_pairs have labels");
}

TEST(Rules, RequireASensibleLabelScale) {
  EXPECT_THAT([] { parse({"data.train[0].label_scale=[5,0]"}); },
              ::testing::ThrowsMessage<Error>(
                  ::testing::EndsWith("\n  data.train[0].label_scale: [5, 0], expected [lowest, highest]")));
  EXPECT_ERROR(parse({"data.train[0].label_scale=[5]"}), "expected [lowest, highest]");
  EXPECT_ERROR(parse({"data.train[0].format=triplets"}),
               "data.train[0].label_scale: only scored_pairs have labels");
}

TEST(Rules, RequireColumnsOfTheFormat) {
  EXPECT_ERROR(
      parse({"data.train[0].columns={\"lft\":\"a\"}"}),
      "data.train[0].columns.lft: unknown key; did you mean \"left\"?; expected: left, right, label");
  EXPECT_ERROR(parse({"data.train[0].columns={\"left\":\"\"}"}), "data.train[0].columns.left: empty");
}

TEST(Rules, RefuseWeightsThatPairsCantUse) {
  const auto problems = problems_of(DataFormat::pairs, {.cosine_weight = 1.0, .angle_weight = 0.5});
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_THAT(problems[0], ::testing::StartsWith("loss.cosine_weight: 1, but pairs have no labels"));
  EXPECT_THAT(problems[1], ::testing::StartsWith("loss.angle_weight: 0.5, but pairs have no labels"));
  EXPECT_TRUE(problems_of(DataFormat::pairs, {.cosine_weight = 0, .angle_weight = 0}).empty());
  EXPECT_TRUE(problems_of(DataFormat::triplets, {}).empty());
  EXPECT_TRUE(problems_of(DataFormat::scored_pairs, {}).empty());
}

TEST(Rules, RefuseDataThatNoTermCanUse) {
  EXPECT_ERROR(parse({"data.train=[{\"path\":\"a.tsv\"},{\"path\":\"b.tsv\",\"format\":\"pairs\"}]",
                      "loss.in_batch_weight=0"}),
               "loss.in_batch_weight: 0, but pairs are trained with that term alone");
}

TEST(Rules, RefuseBatchesInWhichNothingIsCompared) {
  const auto with = [](const std::string& format, const std::string& size) {
    std::vector<std::string> set = {R"(data.train=[{"path":"a.tsv","format":")" + format + "\"}]",
                                    "train.batch_size=" + size};
    if (format == "pairs") set.insert(set.end(), {"loss.cosine_weight=0", "loss.angle_weight=0"});
    return parse(set);
  };
  const char* const problem = "train.batch_size: 1, but pairs, scored or not, are learned from by comparing";
  EXPECT_ERROR(with("scored_pairs", "1"), problem, "expected at least 2");
  EXPECT_ERROR(with("pairs", "1"), problem);
  EXPECT_NO_THROW(with("triplets", "1"));
  EXPECT_NO_THROW(with("scored_pairs", "2"));
  EXPECT_NO_THROW(with("pairs", "2"));
  EXPECT_NO_THROW(
      parse({"train.batch_size=1", "loss.cosine_objective=regression", "loss.regression_labels=[0,5]"}));
}

TEST(Rules, RefuseChoicesOfACosineTermThatIsOff) {
  EXPECT_ERROR(
      parse({"loss.cosine_weight=0", "loss.cosine_objective=regression", "loss.cosine_similarity=dot"}),
      "loss.cosine_objective: regression, but loss.cosine_weight is 0",
      "loss.cosine_similarity: dot, but loss.cosine_weight is 0");
}

TEST(Rules, RequireRegressionToMeetTheLabels) {
  const std::string regression = "loss.cosine_objective=regression";
  EXPECT_NO_THROW(parse({regression, "loss.regression_labels=[0,5]"}));
  EXPECT_ERROR(
      parse({regression}),
      "loss.regression_labels: [0, 1], but labels of stsb/train.tsv are from 0 to 5; expected [0, 5]");
  for (const std::string labels : {"[5,0]", "[1]", "[]", "[0,1,2]"})
    EXPECT_ERROR(parse({regression, "loss.regression_labels=" + labels}), "loss.regression_labels: [",
                 "expected [lowest, highest]");
  EXPECT_ERROR(parse({regression, "loss.regression_labels=[0,5]", "loss.cosine_weight=0"}),
               "loss.regression_labels: [0, 5], but only cosine_objective \"regression\" with a "
               "cosine_weight can use it");
  EXPECT_ERROR(parse({"loss.regression_labels=[0,5]"}), "but only cosine_objective \"regression\"");

  LossOptions loss{.cosine_objective = CosineObjective::regression};
  EXPECT_TRUE(problems_of(DataFormat::triplets, loss).empty());      // their labels are 0 and 1
  EXPECT_TRUE(problems_of(DataFormat::scored_pairs, loss).empty());  // no scale declared
  loss.regression_labels = {0, 5};
  EXPECT_THAT(problems_of(DataFormat::triplets, loss),
              ::testing::ElementsAre(
                  ::testing::HasSubstr("labels of stsb/train.tsv are from 0 to 1; expected [0, 1]")));
}

TEST(Rules, AllowTermsThatOnlySomeOfTheDataUse) {
  EXPECT_NO_THROW(parse({"data.train=[{\"path\":\"a.tsv\"},{\"path\":\"b.tsv\",\"format\":\"pairs\"}]"}));
}

TEST(Rules, RefuseChoicesWithoutEffect) {
  EXPECT_ERROR(parse({"loss.symmetric=true"}),
               "loss.symmetric: true, but only pairs and triplets can use it");
  EXPECT_TRUE(problems_of(DataFormat::triplets, {.symmetric = true}).empty());
  EXPECT_EQ(problems_of(DataFormat::triplets, {.in_batch_divisor = InBatchDivisor::positive_rows}).size(),
            1u);
  EXPECT_ERROR(parse({"evaluation.task=", "evaluation.patience=3"}),
               "evaluation.patience: 3, but there is no evaluation.task or loss_data");
}

TEST(LoadConfig, FindsTheSectionOfAKeyThatLacksIt) {
  const testing::TempDir directory;
  const auto file = directory.file("run.json", kExample);
  EXPECT_ERROR(load_config(file, {"learning_rate=1"}),
               "learning_rate: unknown key; did you mean \"train.learning_rate\"?");
  EXPECT_ERROR(load_config(file, {"every_steps=1"}),
               "every_steps: unknown key; did you mean \"checkpoint.every_steps\" or "
               "\"evaluation.every_steps\"?");
}

TEST(LoadConfig, FindsTheSectionOfAKeyInAnother) {
  const testing::TempDir directory;
  const auto file = directory.file("run.json", kExample);
  const auto expect_hint = [&](const std::string& assignment, const std::string& key,
                               const std::string& meant) {
    EXPECT_ERROR(load_config(file, {assignment}), "  " + key + ": unknown key; did you mean " + meant + "?");
  };
  expect_hint("train.cosine_weight=1", "train.cosine_weight", "\"loss.cosine_weight\"");
  expect_hint("train.every_steps=3", "train.every_steps",
              "\"train.saturation_every_steps\" or \"checkpoint.every_steps\" or \"evaluation.every_steps\"");
  expect_hint("data.train[0].batch_size=8", "data.train[0].batch_size", "\"train.batch_size\"");
  expect_hint("loss.model.path=m", "loss.model", "\"model\"");
  expect_hint("data.format=pairs", "data.format", "\"data.train[0].format\"");
  expect_hint(
      "loss.weight=1", "loss.weight",
      "\"loss.angle_weight\" or \"loss.cosine_weight\" or \"loss.in_batch_weight\" or \"data.train[0].weight\" or "
      "\"evaluation.loss_data[0].weight\"");
  expect_hint("model.weight=2", "model.weight",
              "\"data.train[0].weight\" or \"evaluation.loss_data[0].weight\"");
}

TEST(LoadConfig, NamesTheFile) {
  const testing::TempDir directory;
  EXPECT_ERROR(load_config(directory.file("run.json", kExample), {"train.seed=x", "train.epochs=2"}),
               "run.json:\n  train.seed: expected integer, found string \"x\" (by --set)");
  EXPECT_ERROR(load_config(directory.file("run.json", "{\"sed\": 1}"), {"train.epochs=x"}),
               "sed: unknown key", "train.epochs: expected integer, found string \"x\" (by --set)");
  EXPECT_ERROR(load_config(directory.file("run.json", kExample), {"data.train.0.path=x"}),
               "--set data.train.0.path=x: an element of a list is in brackets: [0] in place of .0");
  EXPECT_EQ(load_config(directory.file("run.json", kExample), {"train.seed=7"}).train.seed, 7);
  EXPECT_ERROR(load_config(directory.file("run.json", "{\"sed\": 1}")), "run.json:\n", "sed: unknown key");
  EXPECT_ERROR(load_config(directory.file("run.json", "{")), "run.json: not valid JSON");
  EXPECT_ERROR(load_config(directory.path() / "missing.json"), "missing.json: no such file");
}

TEST(LoadConfig, TellsWhichCommandAnotherKindOfFileIsFor) {
  const std::filesystem::path configs = std::filesystem::path(ANGLE_SOURCE_DIR) / "configs";
  const std::string study = (configs / "studies/objectives_stsb.json").string();
  EXPECT_ERROR(load_config(study, {"train.seed=7"}),
               study + ": this is a study, expected a training configuration; use `angle study --config " +
                   study + "`");
  const std::string annotation = (configs / "annotate/server.json").string();
  EXPECT_ERROR(load_config(annotation), "this is a configuration of angle annotate",
               "`angle annotate --config " + annotation + "`");
}

TEST(LoadConfig, TakesNoMisspeltKeyForAnotherKindOfFile) {
  const testing::TempDir directory;
  for (const char* content :
       {R"({"train": {}, "rows": []})", R"({"rows": 3})", R"({"base": "x.json", "seeds": [1]})"})
    EXPECT_ERROR(load_config(directory.file("run.json", content)), "run.json:\n", ": unknown key");
}

TEST(LoadConfig, SuggestsAConfigurationCalledByItsName) {
  const testing::TempDir directory;
  directory.file("run.json", kExample);
  EXPECT_ERROR(load_config(directory.path() / "run"), "run: no such file; did you mean ", "run.json?");
}

TEST(LoadConfig, ReadsEveryConfigurationOfTheProject) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(ANGLE_SOURCE_DIR) / "configs")) {
    if (entry.path().extension() != ".json") continue;
    ++files;
    TrainConfig config;
    ASSERT_NO_THROW(config = load_config(entry.path())) << entry.path();
    for (const char* word : {"Expected", "Hardware", "Command"})
      EXPECT_THAT(config.description, ::testing::HasSubstr(word)) << entry.path();
    const std::string text = read_file(entry.path());
    EXPECT_EQ(text.find('"'), text.find("\"description\""))
        << entry.path() << ": the description comes first";
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace angle
