// `angle eval --task KIND:PATH` as its users see it:
//  - a table and JSON for each kind, beside tasks of scored pairs or alone;
//  - thresholds come from another split where there is one, and the report says which;
//  - intervals beside all scores but thresholds, unless none are asked for; baselines in the same run;
//  - retrieval is scored on the split that is asked for, which all results name;
//  - prompts reach the side that they are for;
//  - every score that a configuration can name is there;
//  - malformed data end with 1 and are named by file and line, before the model is loaded where that can be.

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/eval/own_data.h"
#include "angle/io/file.h"
#include "angle/io/json.h"

#include "support/golden.h"
#include "support/model_copy.h"
#include "support/own_data.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::Not;

class EvalOwnData : public ::testing::Test {
 protected:
  CommandResult eval(std::vector<std::string> args) const {
    args.insert(args.begin(), {ANGLE_BINARY, "eval"});
    if (std::find(args.begin(), args.end(), "--model") == args.end())
      args.insert(args.end(), {"--model", testing::golden_path("models/tiny-bert").string()});
    return testing::run_command(args);
  }

  json scores(const std::string& task, std::vector<std::string> args = {}) const {
    args.insert(args.end(), {"--task", task, "--json"});
    const CommandResult result = eval(args);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? json::parse(result.out).at("own_data").at(0) : json();
  }

  std::string write_retrieval() const {
    data.file("corpus.jsonl",
              "{\"_id\": \"d1\", \"text\": \"the harbour is quiet\"}\n{\"_id\": \"d2\", \"text\": \"a dog "
              "barks\"}\n"
              "{\"_id\": \"d3\", \"title\": \"Boats\", \"text\": \"wait for the tide\"}\n");
    data.file("queries.jsonl",
              "{\"_id\": \"q1\", \"text\": \"the harbour is quiet\"}\n{\"_id\": \"q2\", \"text\": \"a dog "
              "barks\"}\n");
    data.file("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t1\nq2\td9\t1\n");
    return "retrieval:" + data.path().string();
  }

  /// Asks q1 for a document that is not like it.
  ///
  /// @return  the file
  std::string write_dev_split() const {
    return data.file("qrels/dev.tsv", "query-id\tcorpus-id\tscore\nq1\td3\t1\n").string();
  }

  /// Makes d1 longer than the model reads.
  void write_long_document() const {
    std::string document = "the harbour";
    for (int i = 0; i < 60; ++i) document += " is quiet";
    data.file("corpus.jsonl",
              json{{"_id", "d1"}, {"text", document}}.dump() + "\n{\"_id\": \"d2\", \"text\": \"a dog\"}\n");
  }

  testing::TempDir data;
};

TEST_F(EvalOwnData, ClassifiesPairs) {
  const auto file = data.file("mine.tsv",
                              "sentence1\tsentence2\tscore\nthe harbour is quiet\tthe harbour is quiet\t1\n"
                              "a dog barks\ta dog barks\t1\nthe harbour\ta dog barks loudly\t0\n");
  const json result = scores("pairs:" + file.string());
  EXPECT_EQ(result.at("scores").at("cosine_average_precision"), 1.0);
  EXPECT_EQ(result.at("scores").at("cosine_f1"), 1.0);
  EXPECT_LT(result.at("scores").at("cosine_f1_threshold"), 1.0);
  EXPECT_EQ(result.at("intervals").at("cosine_average_precision"), json({1.0, 1.0}));
  EXPECT_FALSE(result.at("intervals").contains("cosine_f1_threshold"));
  EXPECT_TRUE(result.at("intervals").contains("tf_idf_average_precision"));
  EXPECT_TRUE(result.at("scores").contains("manhattan_accuracy"));
  EXPECT_THAT(result.at("about").get<std::string>(),
              HasSubstr("3 pairs, 2 positive; thresholds chosen on the same"));
  EXPECT_EQ(result.at("scores").at("word_overlap_average_precision"), 1.0);
  const auto table = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--task", "pairs:" + file.string()});
    return eval(args).out;
  };
  EXPECT_THAT(table({}),
              AllOf(HasSubstr("model: "), HasSubstr("cosine_average_precision"), HasSubstr("100.00"),
                    HasSubstr("tf_idf_average_precision"), Not(HasSubstr("manhattan"))));
  EXPECT_THAT(table({"--metric", "manhattan_spearman"}),
              AllOf(HasSubstr("manhattan_f1"), HasSubstr("tf_idf"), Not(HasSubstr("cosine_f1"))));
}

TEST_F(EvalOwnData, ScoresPairsByTheAngleThatIsAskedFor) {
  const std::string task =
      "pairs:" + data.file("mine.tsv",
                           "sentence1\tsentence2\tscore\nthe harbour is quiet\tthe boats wait\t1\n"
                           "a dog barks\ta dog runs\t1\nthe harbour\ta dog barks loudly\t0\n")
                     .string();
  const auto threshold = [&](const std::string& variant) {
    const json result = scores(task, {"--metric", "angle_spearman", "--angle-similarity", variant});
    return result.at("scores").at("angle_f1_threshold").get<double>();
  };
  EXPECT_LE(threshold("phase"), 0.0) << "a phase is from -pi to 0";
  EXPECT_GT(threshold("hermitian"), threshold("phase"));
  EXPECT_NE(threshold("hermitian"), threshold("angle_emb"));
}

TEST_F(EvalOwnData, SaysThatTheModelWasTrainedOnTheFile) {
  const testing::ModelCopy trained;
  trained.write("train_config.json", R"({"data": {"train": [{"path": "own/mine.tsv"}]}})");
  const auto file = data.file("own/mine.tsv", "sentence1\tsentence2\tscore\na\ta\t1\nb\tc\t0\n");
  const std::vector<std::string> args = {"--model", trained.path().string(), "--data-dir",
                                         data.path().string()};
  const char* note =
      "the model was trained on this file: a score on the same pairs tells nothing about new ones";
  EXPECT_THAT(scores("pairs:" + file.string(), args).at("about").get<std::string>(), HasSubstr(note));
  std::vector<std::string> as_scored_pairs = {"--task", file.string()};
  as_scored_pairs.insert(as_scored_pairs.end(), args.begin(), args.end());
  EXPECT_THAT(eval(as_scored_pairs).out, HasSubstr(note));
}

TEST_F(EvalOwnData, FindsPairsInColumnsOfOtherNames) {
  const auto file =
      data.file("mine.tsv", "question1\tquestion2\tsame\na dog barks\ta dog barks\t1\nthe tide\ta dog\t0\n");
  const json result = scores("pairs:" + file.string(), {"--column", "left=question1", "--column",
                                                        "right=question2", "--column", "label=same"});
  EXPECT_EQ(result.at("scores").at("cosine_average_precision"), 1.0);
}

TEST_F(EvalOwnData, LooksInTheWorkingDirectoryThenInTheDataDirectory) {
  const std::string content = "sentence1\tsentence2\tscore\na\tb\t1\nc\td\t0\n";
  data.file("here/mine.tsv", content);
  data.file("data/mrpc/test.tsv", content);
  const auto run = [&](const std::string& task) {
    return testing::run_shell("cd " + (data.path() / "here").string() + " && \"$0\" eval --json --model " +
                                  testing::golden_path("models/tiny-bert").string() +
                                  " --data-dir ../data --task " + task,
                              ANGLE_BINARY);
  };
  const auto result = [&](const std::string& task) {
    const CommandResult done = run(task);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return done.exit_code == 0 ? json::parse(done.out) : json();
  };
  EXPECT_EQ(result("pairs:mrpc").at("own_data").at(0).at("path"), "../data/mrpc");
  EXPECT_EQ(result("pairs:mine.tsv").at("own_data").at(0).at("path"), "mine.tsv");
  EXPECT_EQ(result("mrpc/test.tsv").at("evaluations").at(0).at("pairs"), 2);
  data.file("data/mine.tsv", content);
  EXPECT_EQ(result("pairs:mine.tsv").at("own_data").at(0).at("path"), "mine.tsv");

  const CommandResult absent = run("pairs:absent.tsv");
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_THAT(absent.err,
              HasSubstr("absent.tsv: no such data file, neither in the data directory ../data nor in the "
                        "working directory; correct the path"));
  EXPECT_THAT(run("pairs:qqp").err, HasSubstr("`scripts/fetch_data.sh qqp` fetches qqp"));
}

TEST_F(EvalOwnData, ChoosesThresholdsOnAnotherSplit) {
  const std::string header = "sentence1\tsentence2\tscore\n";
  data.file("test.tsv", header + "a dog barks\ta dog barks\t1\nthe harbour\tthe harbour\t0\n");
  data.file("train.tsv", header + "the harbour\ta dog barks loudly\t1\nthe tide\tthe tide\t1\n");
  const json on_train = scores("pairs:" + data.path().string());
  EXPECT_EQ(on_train.at("scores").at("cosine_recall"), 1.0);
  EXPECT_EQ(on_train.at("scores").at("cosine_precision"), 0.5);
  EXPECT_THAT(on_train.at("about").get<std::string>(), HasSubstr("train.tsv"));
  data.file("validation.tsv", header + "the boats wait\ta dog barks loudly\t0\nthe tide\tthe tide\t1\n");
  EXPECT_THAT(scores("pairs:" + data.path().string()).at("about").get<std::string>(),
              HasSubstr("validation.tsv"));
}

TEST_F(EvalOwnData, ReplacesNoFileThatItReads) {
  const std::string task = write_retrieval();
  for (const char* name : {"corpus.jsonl", "queries.jsonl", "qrels/test.tsv"}) {
    const std::string file = (data.path() / name).string(), content = read_file(file);
    const CommandResult result = eval({"--task", task, "-o", file});
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err,
                HasSubstr("--output " + file + ": is a file of --task " + task + ", which would be lost"));
    EXPECT_EQ(read_file(file), content);
  }
  const std::string pairs = (data.path() / "mine.tsv").string(), own = testing::write_binary_pairs(pairs);
  EXPECT_EQ(eval({"--task", own, "-o", pairs}).exit_code, 2);
  const std::string dev = write_dev_split();
  EXPECT_EQ(eval({"--task", task, "--split", "dev", "-o", dev}).exit_code, 2);
}

TEST_F(EvalOwnData, RetrievesDocuments) {
  const std::string task = write_retrieval();
  const json result = scores(task);
  EXPECT_EQ(result.at("scores").at("mrr@10"), 1.0);
  EXPECT_EQ(result.at("scores").at("recall@1"), 0.75);  // one of two relevant documents of q2 is not there
  EXPECT_THAT(result.at("about").get<std::string>(),
              AllOf(HasSubstr("2 queries, 3 documents"), HasSubstr("; nDCG with linear gain; "),
                    HasSubstr("; not in the corpus: 1 of 3 relevant")));
  EXPECT_THAT(scores(task, {"--query-prompt", "the tide ", "--document-prompt", "boats "})
                  .at("about")
                  .get<std::string>(),
              HasSubstr("query prompt \"the tide \", document prompt \"boats \""));
}

TEST_F(EvalOwnData, RetrievesForTheSplitThatIsAskedFor) {
  const std::string task = write_retrieval();
  write_dev_split();
  EXPECT_EQ(scores(task).at("split"), "test");
  const std::vector<std::string> of_dev = {"--split", "dev"};
  const json dev = scores(task, of_dev);
  EXPECT_EQ(dev.at("split"), "dev");
  EXPECT_EQ(dev.at("scores").at("recall@1"), 0.0);
  EXPECT_THAT(dev.at("about").get<std::string>(), HasSubstr("1 query, 3 documents"));
  std::vector<std::string> args = {"--task", task, "--compare",
                                   testing::golden_path("models/tiny-roberta").string()};
  args.insert(args.end(), of_dev.begin(), of_dev.end());
  const std::string table = eval(args).out;
  const size_t comparison = table.find("\nother: ");
  ASSERT_NE(comparison, std::string::npos) << table;
  for (const std::string& part : {table.substr(0, comparison), table.substr(comparison)})
    EXPECT_THAT(part, HasSubstr("\n" + task + "  dev    ndcg@10"));
  args.push_back("--json");
  const json compared = json::parse(eval(args).out).at("comparison");
  EXPECT_EQ(compared.at("differences").at(0).at("split"), "dev");
  EXPECT_EQ(compared.at("own_data").at(0).at("split"), "dev");
}

TEST_F(EvalOwnData, TakesASplitOfADirectoryThatIsNamedLikeAFile) {
  write_retrieval();
  write_dev_split();
  const testing::TempDir other;
  const std::filesystem::path named = other.path() / "faq.tsv";
  std::filesystem::copy(data.path(), named, std::filesystem::copy_options::recursive);
  EXPECT_EQ(scores("retrieval:" + named.string(), {"--split", "dev"}).at("split"), "dev");
}

TEST_F(EvalOwnData, RetrievesForTwoSplitsThatAreNamed) {
  const std::string task = write_retrieval(), dev = task + "/qrels/dev.tsv";
  write_dev_split();
  const CommandResult result = eval({"--task", task + "," + dev, "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json found = json::parse(result.out).at("own_data");
  EXPECT_EQ(found.at(0).at("split"), "test");
  EXPECT_EQ(found.at(1).at("split"), "dev");
  EXPECT_EQ(found.at(1).at("task"), dev);
  EXPECT_EQ(found.at(1).at("scores"), scores(task, {"--split", "dev"}).at("scores"));
  const CommandResult refused = eval({"--task", dev, "--split", "test"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--split test: " + dev + " has files of its own, not splits"));
}

TEST_F(EvalOwnData, ShowsTheScoresThatAreNamed) {
  const std::string task = write_retrieval();
  const CommandResult result = eval({"--task", task, "--metric", "ndcg@10"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr(" ndcg@10"), HasSubstr("bm25_ndcg@10"), Not(HasSubstr("recall@5"))));
  EXPECT_THAT(eval({"--task", task}).out, HasSubstr("recall@5"));
}

TEST_F(EvalOwnData, SaysWhichScoresTheTasksHave) {
  const std::string task = write_retrieval();
  const auto error = [&](const std::string& tasks, const std::string& metric) {
    const CommandResult result = eval({"--task", tasks, "--metric", metric, "--model", "/absent"});
    EXPECT_EQ(result.exit_code, 2) << metric;
    return result.err;
  };
  EXPECT_THAT(error(task, "nDCG10"),
              HasSubstr("--metric nDCG10: no task has this metric; did you mean \"ndcg@10\"? (metrics of " +
                        task + ": ndcg@10, mrr@10, map@100, recall@1, recall@5, recall@10, recall@100)"));
  for (const char* of_pairs : {"cosine_f1", "cosine_spearman"})
    EXPECT_THAT(error(task, of_pairs), HasSubstr(std::string(of_pairs) + ": no task has this metric"));
  EXPECT_THAT(
      error("stsb," + task, "recall"),
      AllOf(HasSubstr("did you mean \"recall@1\"? (metrics of stsb: cosine_spearman, cosine_pearson, "),
            HasSubstr("; of " + task + ": ndcg@10, ")));
}

TEST_F(EvalOwnData, FindsByWordsToo) {
  const std::string task = write_retrieval();
  data.file("queries.jsonl",
            "{\"_id\": \"q1\", \"text\": \"HARBOUR!\"}\n{\"_id\": \"q2\", \"text\": \"the unknown\"}\n");
  const json result = scores(task);
  EXPECT_EQ(result.at("scores").at("bm25_mrr@10"), 0.5);  // q2 shares a word with other documents only
  EXPECT_EQ(result.at("scores").at("bm25_recall@1"), 0.5);
  EXPECT_THAT(result.at("about").get<std::string>(), HasSubstr("BM25 without prompts, k1 = 0.9, b = 0.4"));
}

TEST_F(EvalOwnData, HasIntervalsBesideScores) {
  const std::string task = write_retrieval();
  const json result = scores(task);
  EXPECT_EQ(result.at("bootstrap").at("resamples"), 10000);
  EXPECT_EQ(result.at("intervals").at("mrr@10"), json({1.0, 1.0}));
  EXPECT_EQ(result.at("intervals").at("recall@1"), json({0.5, 1.0}));  // of q1 1, of q2 0.5
  EXPECT_EQ(result.at("intervals").size(), result.at("scores").size());
  EXPECT_EQ(scores(task, {"--seed", "7"}).at("bootstrap").at("seed"), 7);
  EXPECT_FALSE(scores(task, {"--resamples", "0"}).contains("intervals"));
  EXPECT_THAT(eval({"--task", task}).out, HasSubstr("recall@1          75.00   [50.00 100.00]"));
}

TEST_F(EvalOwnData, LeavesOutTheDocumentThatIsTheQuery) {
  const std::string task = write_retrieval();
  data.file("queries.jsonl",
            "{\"_id\": \"d1\", \"text\": \"the harbour is quiet\"}\n{\"_id\": \"d2\", \"text\": \"a dog "
            "barks\"}\n");
  data.file("qrels/test.tsv", "query-id\tcorpus-id\tscore\nd1\td2\t1\nd1\td3\t1\nd2\td2\t1\n");
  const json result = scores(task);
  EXPECT_EQ(result.at("scores").at("mrr@10"), 1.0);  // d1 not in the way; d2 counts, for it is graded
  EXPECT_THAT(result.at("about").get<std::string>(),
              HasSubstr("; left out: 1 found by the query of the same id"));
}

TEST_F(EvalOwnData, ComparesLongDocumentsCutAndInWindows) {
  const std::string task = write_retrieval();
  write_long_document();
  const CommandResult result = eval({"--task", task, "--long-texts", "both", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json differences = json::parse(result.out).at("long_texts");
  ASSERT_EQ(differences.size(), 7u);  // BM25 reads all of it anyway
  EXPECT_EQ(differences.at(0).at("metric"), "ndcg@10");
  EXPECT_EQ(differences.at(0).at("texts"), 4);
  EXPECT_EQ(differences.at(0).at("long_texts"), 1);
}

TEST_F(EvalOwnData, ComparesCutAndInWindowsByTheScoresThatAreNamed) {
  const std::string task = write_retrieval();
  write_long_document();
  const auto both = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--task", task, "--long-texts", "both", "--metric", "ndcg@10"});
    const CommandResult result = eval(args);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  };
  EXPECT_THAT(both({}), AllOf(HasSubstr("in windows"), Not(HasSubstr("mrr@10")), Not(HasSubstr("recall@5"))));
  const json differences = json::parse(both({"--json"})).at("long_texts");
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences.at(0).at("metric"), "ndcg@10");
}

TEST_F(EvalOwnData, PutsTheModelsPromptsBeforeQueriesAndDocuments) {
  const testing::ModelCopy prompting;
  prompting.write_json("config_sentence_transformers.json",
                       {{"prompts", {{"query", "ask: "}, {"passage", "tell: "}}}});
  EXPECT_THAT(
      scores(write_retrieval(), {"--model", prompting.path().string()}).at("about").get<std::string>(),
      HasSubstr("query prompt \"ask: \", document prompt \"tell: \""));
}

TEST_F(EvalOwnData, ProbesClasses) {
  std::string rows = "text\tlabel\n";
  for (int i = 0; i < 8; ++i)
    rows += "the quiet harbour " + std::to_string(i) + "\tplace\na dog barks loudly " + std::to_string(i) +
            "\tanimal\n";
  data.file("train.tsv", rows);
  data.file("test.tsv", "text\tlabel\nthe quiet harbour\tplace\na dog barks loudly\tanimal\nwho\tperson\n");
  const json result = scores("classify:" + data.path().string());
  EXPECT_NEAR(result.at("scores").at("knn_accuracy"), 2.0 / 3, 1e-12);
  EXPECT_NEAR(result.at("scores").at("logistic_regression_accuracy"), 2.0 / 3, 1e-12);
  EXPECT_NEAR(result.at("scores").at("majority_accuracy"), 1.0 / 3, 1e-12);
  EXPECT_EQ(result.at("intervals").at("knn_accuracy"), json({0.0, 1.0}));
  EXPECT_EQ(result.at("intervals").size(), result.at("scores").size());
  EXPECT_THAT(result.at("about").get<std::string>(), HasSubstr("2 classes and 1 that only the test has"));
}

TEST_F(EvalOwnData, ComparesTwoModels) {
  const std::string pairs = data.file("mine.tsv",
                                      "sentence1\tsentence2\tscore\nthe harbour\tthe quiet harbour\t1\n"
                                      "a dog barks\ta dog\t1\nthe harbour\ta dog barks loudly\t0\n")
                                .string();
  const std::string task = "pairs:" + pairs, other = testing::golden_path("models/tiny-roberta").string();
  const CommandResult result = eval({"--task", task + "," + write_retrieval(), "--compare", other, "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const json comparison = json::parse(result.out).at("comparison");
  const json& difference = comparison.at("differences").at(0);
  EXPECT_EQ(difference.at("task"), task);
  EXPECT_EQ(difference.at("metric"), "cosine_average_precision");
  EXPECT_EQ(difference.at("other"),
            comparison.at("own_data").at(0).at("scores").at("cosine_average_precision"));
  EXPECT_EQ(comparison.at("own_data").at(0), scores(task, {"--model", other}));
  EXPECT_EQ(comparison.at("differences").back().at("metric"), "recall@100");
  EXPECT_THAT(
      eval({"--task", task, "--compare", other, "--resamples", "50"}).out,
      AllOf(HasSubstr("cosine_f1"), HasSubstr("difference   95 % interval"), HasSubstr("50 resamples"),
            Not(HasSubstr(" split ")), HasSubstr("\nother: " + task + ": 3 pairs, 2 positive; ")));
}

TEST_F(EvalOwnData, ClustersBesideATaskOfScoredPairs) {
  const std::string rows =
      "text\tlabel\nthe quiet harbour\tplace\nthe quiet harbour\tplace\na dog barks loudly\tanimal\n"
      "a dog barks loudly\tanimal\n";
  const std::string task = "cluster:" + data.file("all.tsv", rows).string();
  const json result = scores(task);
  EXPECT_NEAR(result.at("scores").at("v_measure"), 1.0, 1e-12);
  EXPECT_NEAR(result.at("intervals").at("v_measure").at(0), 1.0, 1e-12);
  data.file("stsb/test.tsv",
            read_file(std::filesystem::path(ANGLE_SOURCE_DIR) / "data/samples/pairs_validation.tsv"));
  const CommandResult both = eval({"--task", "stsb," + task, "--data-dir", data.path().string()});
  EXPECT_THAT(both.out, AllOf(HasSubstr("stsb *  test"), HasSubstr("v_measure")));
}

TEST_F(EvalOwnData, SaysWhenThereAreFewerDifferentTextsThanClusters) {
  const auto about = [&](const std::string& rows) {
    const std::string task = "cluster:" + data.file("all.tsv", "text\tlabel\n" + rows).string();
    return scores(task, {"--resamples", "0"}).at("about").get<std::string>();
  };
  EXPECT_THAT(
      about("a\tx\na\ty\na\tx\na\ty\n"),
      HasSubstr("2 classes and clusters; k-means++, the best of 10 starts, seed 42; different texts: 1, "
                "so some clusters hold the same"));
  EXPECT_THAT(about("a\tx\nb\ty\na\tx\nb\ty\n"), Not(HasSubstr("different")));
}

TEST_F(EvalOwnData, HasEveryScoreThatModelsAreJudgedBy) {
  const std::string classes = testing::write_classes(data.path() / "kinds");
  for (const std::string& task :
       {testing::write_binary_pairs(data.path() / "mine.tsv"), testing::write_retrieval(data.path() / "faq"),
        classes, "cluster:" + (data.path() / "kinds/train.jsonl").string()}) {
    const json found = scores(task, {"--resamples", "0"}).at("scores");
    for (const std::string& metric : own_data_metrics(parse_own_data_task(task)->kind))
      EXPECT_TRUE(found.contains(metric)) << task << ": " << metric;
  }
}

TEST_F(EvalOwnData, TakesEachTaskOnceWhateverTheBlanks) {
  const std::string task = testing::write_binary_pairs(data.path() / "mine.tsv");
  const CommandResult result =
      eval({"--task", task + ", " + task + " ,stsb", "--json", "--data-dir", data.path().string()});
  EXPECT_THAT(result.err, HasSubstr("stsb/test.tsv: no such file"));
  const CommandResult alone = eval({"--task", " " + task + "," + task, "--json"});
  EXPECT_EQ(json::parse(alone.out).at("own_data").size(), 1u) << alone.err;
}

TEST_F(EvalOwnData, RefusesPromptsThatAreNotText) {
  const CommandResult result = eval({"--task", write_retrieval(), "--query-prompt", "\xff"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--query-prompt: not valid UTF-8"));
}

TEST_F(EvalOwnData, NamesMalformedData) {
  const auto error = [&](const std::string& task) {
    const CommandResult result = eval({"--task", task});
    EXPECT_EQ(result.exit_code, 1);
    return result.err;
  };
  const std::string header = "sentence1\tsentence2\tscore\n";
  EXPECT_THAT(error("pairs:" + data.file("a.tsv", header + "a\tb\t1\nc\td\t0.5\n").string()),
              HasSubstr("a.tsv:3: label 0.5: expected 0 or 1"));
  EXPECT_THAT(error("pairs:" + data.file("b.tsv", header + "a\tb\t0\n").string()),
              HasSubstr("b.tsv: no pair has label 1"));
  EXPECT_THAT(error("cluster:" + data.file("c.tsv", "text\tlabel\na\tx\nb\tx\n").string()),
              HasSubstr("all texts have the same label"));
  EXPECT_THAT(error("cluster:" + data.file("d.tsv", "text\tlabel\na\tx\nb\ty\n").string()),
              HasSubstr("d.tsv: every text has a label of its own"));
  EXPECT_THAT(error("cluster:" + data.file("e.tsv", "text\tlabel\na\tx\nb\ty\nc\ty\n").string()),
              HasSubstr("e.tsv: 2 labels for 3 texts; is `label` the column of classes?"));
  EXPECT_THAT(error("classify:" + data.path().string()), HasSubstr("no train file there"));
  EXPECT_THAT(error("classify:" + (data.path() / "a.tsv").string()), HasSubstr("a.tsv: not a directory"));
  const std::string task = write_retrieval();
  data.file("corpus.jsonl", "{\"_id\": \"d1\", \"text\": \"x\"}\n{\"_id\": \"d1\", \"text\": \"y\"}\n");
  EXPECT_THAT(error(task), HasSubstr("document d1 comes twice"));
  data.file("corpus.jsonl", "{\"_id\": \"d5\", \"text\": \"x\"}\n");
  EXPECT_THAT(error(task), HasSubstr("none of the 3 relevant documents of the qrels is in the corpus"));
  data.file("corpus.jsonl", "");
  EXPECT_THAT(error(task), HasSubstr("the corpus has no documents"));
}

TEST_F(EvalOwnData, AnswersWhatIsMistypedBeforeItLoadsTheModel) {
  const auto error = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--model", "/absent"});
    return eval(args).err;
  };
  EXPECT_THAT(error({"--task", "pair:x.tsv"}), HasSubstr("did you mean \"pairs\"?"));
  EXPECT_THAT(error({"--task", "pairs:/absent.tsv"}),
              HasSubstr("/absent.tsv: no such data file; correct the path"));
  EXPECT_THAT(error({"--task", "cluster:" + data.path().string(), "--split", "test"}),
              HasSubstr("--split test: cluster:"));
  const std::string retrieval = write_retrieval();
  EXPECT_THAT(error({"--task", retrieval + ",cluster:" + data.path().string(), "--split", "test"}),
              HasSubstr("--split test: cluster:"));
  EXPECT_THAT(error({"--task", retrieval, "--split", "validation"}),
              HasSubstr("qrels/validation.tsv: no such file; splits there: test"));
  EXPECT_THAT(error({"--task", "cluster:" + data.path().string(), "--verify"}),
              HasSubstr("--verify: needs a public task of scored pairs"));
}

}  // namespace
}  // namespace angle
