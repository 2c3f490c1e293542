// Pins: the files that each kind of task reads, and that what is missing, damaged or gives no score is named
// before there is a model.
#include "angle/eval/own_data_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/own_data.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::ElementsAre;

class OwnDataFiles : public ::testing::Test {
 protected:
  std::vector<std::filesystem::path> files(const std::string& task) const {
    auto found = own_data_files(*parse_own_data_task(task));
    for (auto& file : found) file = std::filesystem::relative(file, data.path());
    return found;
  }

  OwnData read(const std::string& task) const { return read_own_data(*parse_own_data_task(task)); }

  std::string path(const std::string& name) const { return (data.path() / name).string(); }

  testing::TempDir data;
};

TEST_F(OwnDataFiles, AreAllThatIsRead) {
  const std::string pairs = testing::write_binary_pairs(path("test.tsv"));
  EXPECT_THAT(files(pairs), ElementsAre("test.tsv"));
  EXPECT_THAT(files("pairs:" + data.path().string()), ElementsAre("test.tsv"));
  data.file("train.tsv", read_file(path("test.tsv")));
  EXPECT_THAT(files("pairs:" + data.path().string()), ElementsAre("test.tsv", "train.tsv"));
  data.file("validation.tsv", read_file(path("test.tsv")));
  EXPECT_THAT(files("pairs:" + data.path().string()), ElementsAre("test.tsv", "validation.tsv"));
  EXPECT_THAT(files(testing::write_retrieval(path("faq"))),
              ElementsAre("faq/corpus.jsonl", "faq/queries.jsonl", "faq/qrels/test.tsv"));
  EXPECT_THAT(files(testing::write_classes(path("kinds"))),
              ElementsAre("kinds/train.jsonl", "kinds/test.jsonl"));
  EXPECT_THAT(files("cluster:" + path("kinds/train.jsonl")), ElementsAre("kinds/train.jsonl"));
}

TEST_F(OwnDataFiles, OfRetrievalAreThoseOfItsSplit) {
  OwnDataTask task = *parse_own_data_task(testing::write_retrieval(path("faq")));
  task.split = "dev";
  EXPECT_ERROR(own_data_files(task), "faq/qrels/dev.tsv: no such file; splits there: test");
  const std::string qrels = read_file(path("faq/qrels/test.tsv"));
  const size_t end_of_first_row = qrels.find('\n', qrels.find('\n') + 1) + 1;
  data.file("faq/qrels/dev.tsv", qrels.substr(0, end_of_first_row));
  EXPECT_EQ(own_data_files(task).back(), path("faq/qrels/dev.tsv"));
  const OwnData dev = read_own_data(task);
  EXPECT_EQ(std::get<RetrievalQueries>(dev.content).queries.size(), 1u);
}

TEST_F(OwnDataFiles, ThatAreMissingAreNamed) {
  EXPECT_ERROR(files("pairs:/absent.tsv"), "/absent.tsv: no such file or directory");
  EXPECT_ERROR(files("cluster:/absent.tsv"), "/absent.tsv: no such file or directory");
  EXPECT_ERROR(files("pairs:" + data.path().string()), "no test file there");
  EXPECT_ERROR(files("retrieval:/absent"), "/absent/corpus.jsonl: no such file; a retrieval task is a dir");
  EXPECT_ERROR(files("classify:/absent"), "/absent: not a directory");
}

TEST_F(OwnDataFiles, ThatAreGoodPass) {
  for (const std::string& task :
       {testing::write_binary_pairs(path("pairs.tsv")), testing::write_retrieval(path("faq")),
        testing::write_classes(path("kinds")), "cluster:" + path("kinds/train.jsonl")})
    EXPECT_NO_THROW(read(task)) << task;
}

TEST_F(OwnDataFiles, AreReadByTheKindOfTheTask) {
  data.file("train.tsv", read_file(testing::sample_file("pairs_validation.tsv")));
  testing::write_binary_pairs(path("test.tsv"));
  testing::write_binary_pairs(path("validation.tsv"));
  const OwnData read_pairs = read("pairs:" + data.path().string());
  const auto& pairs = std::get<BinaryPairs>(read_pairs.content);
  EXPECT_EQ(pairs.test.size(), 72);
  EXPECT_EQ(pairs.chosen_on.size(), 72);
  EXPECT_EQ(pairs.chosen_on_file.filename(), "validation.tsv");
  const OwnData read_queries = read(testing::write_retrieval(path("faq")));
  const auto& [judged, queries] = std::get<RetrievalQueries>(read_queries.content);
  EXPECT_EQ(judged.grades.size(), queries.size());
  EXPECT_EQ(read_queries.task.path, path("faq"));
}

TEST_F(OwnDataFiles, ThatGiveNoScoreAreNamed) {
  const std::string header = "sentence1\tsentence2\tscore\n";
  EXPECT_ERROR(read("pairs:" + data.file("a.tsv", header + "a\tb\t1\nc\td\t0.5\n").string()),
               "a.tsv:3: label 0.5: expected 0 or 1");
  EXPECT_ERROR(read("pairs:" + data.file("b.tsv", header + "a\tb\t0\n").string()),
               "b.tsv: no pair has label 1");
  EXPECT_ERROR(read("cluster:" + data.file("c.tsv", "text\tlabel\na\tx\nb\ty\n").string()),
               "c.tsv: every text has a label of its own");
  data.file("train.tsv", "text\tlabel\na\tx\nb\tx\n");
  data.file("test.tsv", "text\tlabel\na\tx\n");
  EXPECT_ERROR(read("classify:" + data.path().string()), "all training texts have the same label");
  const std::string task = testing::write_retrieval(path("faq"));
  data.file("faq/corpus.jsonl", "{\"_id\": \"other\", \"text\": \"x\"}\n");
  EXPECT_ERROR(read(task), "none of the 12 relevant documents of the qrels is in the corpus");
}

}  // namespace
}  // namespace angle
