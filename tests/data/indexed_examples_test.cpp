// Invariants:
// - rows through an index are those of read_examples(), to the byte, in any order, from every kind of file;
// - the index is made once, beside the file or in the cache; a damaged one, one of other bytes and one of
//   another way of reading are not used; a file whose time alone changed keeps its index;
// - bad rows are all reported, with file and line, and leave no index;
// - what killed processes left of an index or a decompressed copy goes, and so does the copy of what a file
// was;
// - a file that is changed during the run is noticed;
// - memory does not grow with the file.
#include "angle/data/indexed_examples.h"

#include <chrono>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/data/example_store.h"
#include "angle/io/checksum.h"
#include "angle/io/file.h"

#include "support/environment.h"
#include "support/expect_error.h"
#include "support/gzip.h"
#include "support/sanitized.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

constexpr const char* kScoredRows = "left\tright\tlabel\na\tb\t1\nc\td\t4.5\r\né\tf\t2\n";

class IndexedExamplesTest : public ::testing::Test {
 protected:
  IndexedExamplesTest() { environment_.set("ANGLE_CACHE_DIR", (directory_.path() / "cache").string()); }

  /// How often the file had to be read through.
  IndexedExamples open(const fs::path& path, DataFormat format = DataFormat::scored_pairs,
                       const ReadOptions& options = {}) {
    return {path, format, options, [this](const std::string&) { ++notes_; }};
  }

  std::vector<fs::path> indexes(const fs::path& directory) const {
    std::vector<fs::path> found;
    if (fs::exists(directory))
      for (const auto& entry : fs::recursive_directory_iterator(directory))
        if (entry.path().extension() == ".index") found.push_back(entry.path());
    return found;
  }

  testing::Environment environment_;
  TempDir directory_;
  int notes_ = 0;
};

/// Examples as text, to compare.
std::string to_text(const ScoredPair& pair) {
  return pair.left + "|" + pair.right + "|" + std::to_string(pair.label) + "|" + std::to_string(pair.line);
}
std::string to_text(const PositivePair& pair) {
  return pair.query + "|" + pair.positive + "|" + std::to_string(pair.line);
}
std::string to_text(const Triplet& triplet) {
  std::string text = triplet.query + "|" + triplet.positive + "|" + std::to_string(triplet.line);
  for (const std::string& negative : triplet.negatives) text += "|" + negative;
  return text;
}

std::vector<std::string> to_texts(const Examples& examples) {
  std::vector<std::string> texts;
  std::visit(
      [&](const auto& list) {
        for (const auto& row : list) texts.push_back(to_text(row));
      },
      examples);
  return texts;
}

TEST_F(IndexedExamplesTest, AreThoseOfTheReader) {
  struct File {
    std::string name, content;
    DataFormat format;
  };
  const std::string pairs = "positive,query\n\"a, \"\"b\"\"\nc\",d\ne,f\n\"g\n\n\",h";
  for (const File& file :
       {File{"a.tsv", kScoredRows, DataFormat::scored_pairs}, File{"b.csv", pairs, DataFormat::pairs},
        File{"c.csv.gz", testing::gzip(pairs), DataFormat::pairs},
        File{"named_as_if_plain.csv", testing::gzip(pairs), DataFormat::pairs},
        File{"d.jsonl",
             "\xEF\xBB\xBF{\"query\":\"a\",\"positive\":\"b\",\"negative\":[\"c\",\"d\"]}\n"
             "{\"negative\":\"e\",\"query\":\"f\",\"positive\":\"g\"}",
             DataFormat::triplets}}) {
    const fs::path path = directory_.file(file.name, file.content);
    const auto expected = to_texts(read_examples(path, file.format).examples);
    const IndexedExamples examples = open(path, file.format);
    EXPECT_EQ(examples.size(), static_cast<int64_t>(expected.size())) << file.name;
    EXPECT_EQ(examples.checksum(), file_checksum(path));
    std::vector<int64_t> backwards;
    for (int64_t row = examples.size() - 1; row >= 0; --row) backwards.push_back(row);
    EXPECT_EQ(to_texts(examples.read(backwards)),
              std::vector<std::string>(expected.rbegin(), expected.rend()))
        << file.name;
  }
}

TEST_F(IndexedExamplesTest, KnowWhatTrainingAsksOfAFile) {
  const fs::path path = directory_.file("a.csv", "left,right,label,source\na,b,1,x\nc,d,4.5,x\n");
  for (int opened = 0; opened < 2; ++opened) {  // made, and found
    const IndexedExamples examples = open(path);
    EXPECT_EQ(examples.label_range(), (LabelRange{1, 4.5}));
    EXPECT_EQ(examples.ignored_fields(), 2);
    EXPECT_EQ(examples.format(), DataFormat::scored_pairs);
  }
}

TEST_F(IndexedExamplesTest, AreIndexedOnceBesideTheFile) {
  const fs::path path = directory_.file("a.tsv", kScoredRows);
  open(path);
  open(path);
  EXPECT_EQ(notes_, 1);
  EXPECT_EQ(indexes(directory_.path()).size(), 1u);
}

TEST_F(IndexedExamplesTest, KeepTheirIndexWhenOnlyTheTimeOfTheFileChanges) {
  const fs::path path = directory_.file("a.tsv", kScoredRows);
  open(path);
  fs::last_write_time(path, fs::last_write_time(path) + std::chrono::hours(1));
  open(path);
  EXPECT_EQ(notes_, 1);
}

TEST_F(IndexedExamplesTest, AreIndexedAnewWhenTheFileChanges) {
  const fs::path path = directory_.file("a.tsv", kScoredRows);
  open(path);
  directory_.file("a.tsv", "left\tright\tlabel\na\tb\t1\nc\td\t4.0\r\né\tf\t2\n");  // as long as before
  fs::last_write_time(path, fs::last_write_time(path) + std::chrono::hours(1));
  EXPECT_EQ(open(path).label_range()->highest, 4.0);
  directory_.file("a.tsv", "left\tright\tlabel\na\tb\t1\n");
  EXPECT_EQ(open(path).size(), 1);
  EXPECT_EQ(notes_, 3);
}

TEST_F(IndexedExamplesTest, AreIndexedAnewForAnotherWayOfReading) {
  const fs::path path = directory_.file("a.tsv", kScoredRows);
  open(path);
  EXPECT_ERROR(open(path, DataFormat::scored_pairs, {.label_scale = {0, 4}}), "a.tsv:3",
               "label_scale [0, 4]");
  EXPECT_NO_THROW(open(path, DataFormat::scored_pairs, {.label_scale = {0, 5}}));
  EXPECT_EQ(indexes(directory_.path()).size(), 2u);
}

TEST_F(IndexedExamplesTest, AreIndexedAnewWhenTheIndexIsDamaged) {
  const fs::path path = directory_.file("a.tsv", kScoredRows);
  open(path);
  const fs::path index = indexes(directory_.path()).at(0);
  const std::string good = read_file(index);
  for (size_t place = 0; place < good.size(); place += 7) {
    std::string bad = good;
    bad[place] = static_cast<char>(bad[place] ^ 0x20);
    write_file(index, bad);
    EXPECT_EQ(to_texts(open(path).read(std::vector<int64_t>{1})),
              (std::vector<std::string>{"c|d|4.500000|3"}));
  }
  for (const size_t size : {size_t{0}, size_t{5}, good.size() - 1}) {
    write_file(index, good.substr(0, size));
    EXPECT_EQ(open(path).size(), 3);
  }
  EXPECT_EQ(read_file(index), good);
}

TEST_F(IndexedExamplesTest, AreIndexedInTheCacheWhereTheIndexCannotBeWritten) {
  const fs::path path = directory_.file("data/a.tsv", kScoredRows);
  open(path);
  const fs::path index = indexes(directory_.path() / "data").at(0);
  fs::remove(index);
  fs::create_directory(index);  // nobody can put a file there
  open(path);
  open(path);
  EXPECT_EQ(notes_, 2);
  EXPECT_EQ(indexes(directory_.path() / "cache").size(), 1u);
}

TEST_F(IndexedExamplesTest, ReportAllBadRowsAndLeaveNoIndex) {
  const fs::path path = directory_.file("a.tsv", "left\tright\tlabel\na\tb\t1\nbad\na\tb\tx\n");
  EXPECT_ERROR(open(path), "a.tsv: 2 rows can't be used", "a.tsv:3: expected 3", "a.tsv:4: label");
  EXPECT_TRUE(indexes(directory_.path()).empty());
  const fs::path empty = directory_.file("b.tsv", "left\tright\tlabel\n");
  EXPECT_ERROR(open(empty), "b.tsv: no rows behind the header");
}

TEST_F(IndexedExamplesTest, RefuseAFileThatIsNotThereAndMakeNothing) {
  EXPECT_ERROR(open(directory_.path() / "nowhere" / "a.tsv"), "a.tsv: can't be opened: No such file");
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}

TEST_F(IndexedExamplesTest, RemoveWhatWasAbandonedWhileItWasMade) {
  const auto leave = [](const fs::path& file) {
    fs::path rest = file.string() + ".tmp-7";
    write_file(rest, "");
    fs::last_write_time(rest, fs::file_time_type::clock::now() - std::chrono::hours(48));
    return rest;
  };
  const fs::path path = directory_.file("a.tsv.gz", testing::gzip(kScoredRows));
  open(path);
  const fs::path index = leave(indexes(directory_.path()).at(0));
  const fs::path copy = leave(*fs::directory_iterator(directory_.path() / "cache" / "decompressed"));
  open(path);
  EXPECT_FALSE(fs::exists(index));
  EXPECT_FALSE(fs::exists(copy));
}

TEST_F(IndexedExamplesTest, KeepOnlyTheLastCopyOfAFileThatChanges) {
  const fs::path copies = directory_.path() / "cache" / "decompressed";
  open(directory_.file("other.tsv.gz", testing::gzip(kScoredRows)));
  open(directory_.file("a.tsv.gz", testing::gzip(kScoredRows)));
  const auto before = std::distance(fs::directory_iterator(copies), {});
  const fs::path path = directory_.file("a.tsv.gz", testing::gzip("left\tright\tlabel\nnew\tone\t1\n"));
  EXPECT_EQ(open(path).size(), 1);
  EXPECT_EQ(std::distance(fs::directory_iterator(copies), {}), before);
}

TEST_F(IndexedExamplesTest, NoticeThatTheFileIsChangedDuringTheRun) {
  const fs::path path = directory_.file("a.tsv", kScoredRows);
  const IndexedExamples examples = open(path);
  directory_.file("a.tsv", "left\tright\tlabel\n");
  EXPECT_ERROR(examples.read(std::vector<int64_t>{0}), "a.tsv: the file has been changed");
}

TEST_F(IndexedExamplesTest, AreReadByAStoreAsThoseInMemory) {
  const fs::path path = directory_.file("a.tsv", kScoredRows);
  const ExampleStore memory(read_examples(path, DataFormat::scored_pairs).examples);
  const ExampleStore file(open(path));
  const std::vector<int64_t> rows{2, 0, 2};
  EXPECT_EQ(to_texts(file.read(rows)), to_texts(memory.read(rows)));
  EXPECT_EQ(file.size(), memory.size());
  EXPECT_EQ(file.format(), memory.format());
  EXPECT_EQ(file.label_range(), memory.label_range());
}

/// The most memory in KiB that a child process has that opens a file and reads rows all over it.
int64_t peak_of_reading(const fs::path& path) {
  const pid_t child = fork();
  if (child == 0) {
    const IndexedExamples examples(path, DataFormat::pairs, {});
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < examples.size(); row += 97) {
      rows.push_back(row);
      if (rows.size() < 32) continue;
      if (num_examples(examples.read(rows)) != 32) _exit(1);
      rows.clear();
    }
    _exit(0);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  EXPECT_EQ(status, 0);
  return usage.ru_maxrss;
}

TEST_F(IndexedExamplesTest, NeedNoMoreMemoryForALargeFile) {
  if (testing::kSanitized) GTEST_SKIP() << "the sanitizer keeps what is freed";
  const auto write = [&](const char* name, int count) {
    std::string content = "query\tpositive\n";
    for (int i = 0; i < count; ++i)
      content += "query " + std::to_string(i) + "\t" + std::string(400, 'x') + "\n";
    return directory_.file(name, content);
  };
  const fs::path small = write("small.tsv", 2'000), large = write("large.tsv", 60'000);  // 25 MB
  const int64_t of_small = peak_of_reading(small);
  EXPECT_LT(peak_of_reading(large), of_small + int64_t{4} * 1024);
}

}  // namespace
}  // namespace angle
