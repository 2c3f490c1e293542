// Pins: BEIR's three files, plain or gzip; titles stand before texts; queries without a relevant document are
// left out; every damaged line is named, and so are the splits that are there in place of one that is not;
// relevant documents that the corpus doesn't have are counted.
#include "angle/eval/retrieval_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/gzip.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class RetrievalData : public ::testing::Test {
 protected:
  void SetUp() override {
    data.file("corpus.jsonl",
              "{\"_id\": \"d1\", \"title\": \"Cats\", \"text\": \"They purr.\"}\n"
              "{\"_id\": \"d2\", \"title\": \"\", \"text\": \"Dogs bark.\", \"metadata\": {}}\n"
              "{\"_id\": \"d3\", \"text\": \"Birds sing.\"}\n");
    data.file("queries.jsonl",
              "{\"_id\": \"q2\", \"text\": \"who barks\"}\n{\"_id\": \"q1\", \"text\": \"who purrs\"}\n"
              "{\"_id\": \"q3\", \"text\": \"nothing\"}\n");
    data.file("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\nq3\td1\t0\n");
  }

  RelevanceGrades grades() const { return read_judgements(data.path(), "test").grades; }

  testing::TempDir data;
};

TEST_F(RetrievalData, IsReadFromThreeFiles) {
  const auto [read, left_out] = read_judgements(data.path(), "test");
  EXPECT_THAT(read, SizeIs(2));
  EXPECT_EQ(left_out, 1) << "q3 has no relevant document";
  EXPECT_EQ(read.at("q1").at("d1"), 2);
  EXPECT_EQ(read.at("q1").at("d2"), 0);
  const auto queries = read_queries(data.path(), read, "test");
  ASSERT_THAT(queries, SizeIs(2));
  EXPECT_EQ(queries[0].id, "q2");
  EXPECT_EQ(queries[0].text, "who barks");

  CorpusReader corpus(data.path());
  const auto first = corpus.next(2), second = corpus.next(2);
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(first[0].text, "Cats They purr.");
  EXPECT_EQ(first[1].text, "Dogs bark.");
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].id, "d3");
  EXPECT_THAT(corpus.next(2), IsEmpty());

  EXPECT_THAT(retrieval_files(data.path(), "test"),
              ::testing::ElementsAre(data.path() / "corpus.jsonl", data.path() / "queries.jsonl",
                                     data.path() / "qrels/test.tsv"));
}

TEST_F(RetrievalData, MayBeCompressed) {
  std::filesystem::remove(data.path() / "corpus.jsonl");
  data.file("corpus.jsonl.gz", testing::gzip("{\"_id\": \"d1\", \"text\": \"Cats\"}\n"));
  EXPECT_EQ(CorpusReader(data.path()).next(9).at(0).text, "Cats");
}

TEST_F(RetrievalData, NamesWhatIsMissing) {
  EXPECT_ERROR(read_judgements(data.path(), "dev"), "qrels/dev.tsv: no such file; splits there: test");
  data.file("qrels/train.tsv.gz", "");
  data.file("qrels/README.md", "");
  EXPECT_ERROR(read_judgements(data.path(), "dev"), "splits there: test, train");
  std::filesystem::remove(data.path() / "queries.jsonl");
  EXPECT_ERROR(read_queries(data.path(), {}, "test"), "queries.jsonl: no such file");
  data.file("queries.jsonl", "{\"_id\": \"q1\", \"text\": \"who purrs\"}\n");
  EXPECT_ERROR(read_queries(data.path(), grades(), "test"), "qrels/test.tsv:4: query q2 is not in",
               "queries.jsonl");
  std::filesystem::remove_all(data.path() / "qrels");
  EXPECT_ERROR(grades(), "qrels/test.tsv: no such file; a retrieval task is a directory with corpus.jsonl");
}

TEST_F(RetrievalData, NamesAllDamagedLinesUpToALimit) {
  std::string lines = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t2\nq1\td2\n";
  data.file("qrels/test.tsv", lines);
  EXPECT_ERROR(grades(), "qrels/test.tsv: 2 rows can't be used", "test.tsv:3: document d1 is graded twice",
               "test.tsv:4: expected 3 tab-separated columns");
  for (int i = 0; i < 30; ++i) lines += "q1\td2\thigh\n";
  data.file("qrels/test.tsv", lines);
  EXPECT_ERROR(grades(), "32 rows can't be used", "test.tsv:22: score \"high\"", "and 12 more");

  data.file("qrels/test.tsv", "query-id\tcorpus-id\tscore\nx1\td1\t1\nq1\td1\t1\nx2\td1\t1\nx2\td2\t1\n");
  EXPECT_ERROR(read_queries(data.path(), grades(), "test"), "3 rows can't be used",
               "qrels/test.tsv:2: query x1 is not in", "qrels/test.tsv:4: query x2 is not in",
               "qrels/test.tsv:5: query x2 is not in");
  data.file("queries.jsonl", "{\"_id\": \"q1\"}\n[1]\n");
  EXPECT_ERROR(read_queries(data.path(), grades(), "test"), "queries.jsonl:1: no text \"text\"",
               "queries.jsonl:2: expected a JSON object");
}

TEST_F(RetrievalData, CountsRelevantDocumentsThatAreNotThere) {
  const std::vector<std::string> all = {"d1", "d2", "d3"}, some = {"d2"}, none = {"d3"};
  EXPECT_EQ(count_relevant(data.path(), grades(), all).missing, 0);
  const RelevantDocuments relevant = count_relevant(data.path(), grades(), some);
  EXPECT_EQ(relevant.all, 2);
  EXPECT_EQ(relevant.missing, 1);
  EXPECT_ERROR(count_relevant(data.path(), grades(), none),
               "none of the 2 relevant documents of the qrels is in the corpus");
  data.file("corpus.jsonl", "");
  EXPECT_ERROR(CorpusReader(data.path()).next(9), "corpus.jsonl: the corpus has no documents");
}

TEST_F(RetrievalData, NamesDamagedLines) {
  const auto corpus_error = [&](const std::string& line) {
    data.file("corpus.jsonl", "{\"_id\": \"d1\", \"text\": \"Cats\"}\n" + line + "\n");
    try {
      CorpusReader(data.path()).next(9);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(corpus_error("{\"_id\": \"d2\"}"), HasSubstr("corpus.jsonl:2: no text \"text\""));
  EXPECT_THAT(corpus_error("{\"_id\": 2, \"text\": \"Dogs\"}"), HasSubstr("corpus.jsonl:2: no text \"_id\""));
  EXPECT_THAT(corpus_error("{\"_id\": \"d2\", \"text\": "), HasSubstr("corpus.jsonl:2: not valid JSON"));
  EXPECT_THAT(corpus_error("{\"_id\": \"d1\", \"text\": \"Dogs\"}"),
              HasSubstr("corpus.jsonl:2: document d1 comes twice in the corpus"));
  EXPECT_THAT(corpus_error("[1]"), HasSubstr("corpus.jsonl:2: expected a JSON object, found array"));
  EXPECT_THAT(corpus_error("{\"_id\": \"d2\", \"text\": \"\xff\"}"), HasSubstr("not valid UTF-8"));

  data.file("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\n");
  EXPECT_ERROR(grades(), "test.tsv:2: expected 3 tab-separated columns", "found 2");
  data.file("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\thigh\n");
  EXPECT_ERROR(grades(), "test.tsv:2: score \"high\": expected a whole number");
  data.file("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td1\t2\n");
  EXPECT_ERROR(grades(), "test.tsv:3: document d1 is graded twice for query q1");
  data.file("qrels/test.tsv", "q1\td1\t1\nq2\td1\t1\n");
  EXPECT_ERROR(grades(), "test.tsv:1: expected a header", "found a grade");
  for (const char* header :
       {"corpus-id\tquery-id\tscore", "doc\tquery\tscore", "q1 0 d1 1", "query-id\tcorpus-id"}) {
    data.file("qrels/test.tsv", std::string(header) + "\nq1\td1\t1\n");
    EXPECT_ERROR(grades(), "test.tsv:1: expected a header (query-id, corpus-id, score)", "in this order",
                 "found ");
  }
  data.file("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t0\n");
  EXPECT_ERROR(grades(), "no query has a document with a score above 0");
  data.file("queries.jsonl", "{\"_id\": \"q1\", \"text\": \"a\"}\n{\"_id\": \"q1\", \"text\": \"b\"}\n");
  EXPECT_ERROR(read_queries(data.path(), {{"q1", {{"d1", 1}}}}, "test"),
               "queries.jsonl:2: query q1 comes twice");
}

}  // namespace
}  // namespace angle
