// Invariants:
// - lines come without their ends (LF, CR LF), without a byte order mark, and the last one needs no end;
// - gzip, known by its content, gives the same lines as the plain file, also in several members;
// - a file that begins as UTF-16 does, with a byte order mark or without, is told as that;
// - a gzip stream that is cut anywhere, or damaged, is an error and never just fewer lines;
// - a line on a pipe is given out when it is there, not when a buffer is full;
// - whoever is told to stop waits for no pipe, but reads what is there.
#include "angle/io/line_reader.h"

#include <atomic>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/gzip.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using Lines = std::vector<std::string>;

Lines read_lines(const std::filesystem::path& path) {
  LineReader reader(path);
  Lines lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  return lines;
}

class LineReaderTest : public ::testing::Test {
 protected:
  Lines lines_of(std::string_view content) { return read_lines(directory_.file("text", content)); }
  testing::TempDir directory_;
};

TEST_F(LineReaderTest, StripsLineEnds) {
  EXPECT_EQ(lines_of("a\nb\n"), (Lines{"a", "b"}));
  EXPECT_EQ(lines_of("a\r\nb\r\n"), (Lines{"a", "b"}));
}

TEST_F(LineReaderTest, TellsWhereLinesBegin) {
  const std::string content =
      "\xEF\xBB\xBF"
      "a\r\nbc\n\nd";
  for (const std::string& bytes : {content, testing::gzip(content)}) {
    LineReader reader(directory_.file("text", bytes));
    std::string line;
    std::vector<int64_t> offsets;
    do offsets.push_back(reader.offset());
    while (reader.next(line));
    EXPECT_EQ(offsets, (std::vector<int64_t>{0, 6, 9, 10, 11}));
  }
}

TEST_F(LineReaderTest, ReadsAPieceOfAFileInMemory) {
  LineReader reader("b\r\nc", "x.tsv", 7);
  std::string line;
  EXPECT_TRUE(reader.next(line));
  EXPECT_EQ(line, "b");
  EXPECT_EQ(reader.location(), "x.tsv:8");
  EXPECT_TRUE(reader.next(line));
  EXPECT_EQ(line, "c");
  EXPECT_FALSE(reader.next(line));
}

TEST_F(LineReaderTest, KeepsOtherWhiteSpaceAndCarriageReturns) {
  EXPECT_EQ(lines_of(" a\t\r\r\nb\rc\n\v\n"), (Lines{" a\t\r", "b\rc", "\v"}));
}

TEST_F(LineReaderTest, ReadsALastLineWithoutLineEnd) {
  EXPECT_EQ(lines_of("a\nb"), (Lines{"a", "b"}));
  EXPECT_EQ(lines_of("a"), (Lines{"a"}));
}

TEST_F(LineReaderTest, ReadsEmptyFilesAndEmptyLines) {
  EXPECT_EQ(lines_of(""), (Lines{}));
  EXPECT_EQ(lines_of("\n"), (Lines{""}));
  EXPECT_EQ(lines_of("\n\na\n\n"), (Lines{"", "", "a", ""}));
}

TEST_F(LineReaderTest, SkipsAByteOrderMarkAtTheStartOnly) {
  EXPECT_EQ(lines_of("\xEF\xBB\xBF"
                     "a\n\xEF\xBB\xBF"
                     "b\n"),
            (Lines{"a",
                   "\xEF\xBB\xBF"
                   "b"}));
}

TEST_F(LineReaderTest, ReadsNulAndInvalidUtf8AsTheyAre) {
  EXPECT_EQ(lines_of(std::string_view("a\0b\n\xff\n", 6)), (Lines{std::string("a\0b", 3), "\xff"}));
}

TEST_F(LineReaderTest, CountsLines) {
  LineReader reader(directory_.file("text", "a\nb\n"));
  std::string line;
  EXPECT_EQ(reader.line_number(), 0);
  reader.next(line);
  reader.next(line);
  EXPECT_EQ(reader.line_number(), 2);
  EXPECT_EQ(reader.location(), (directory_.path() / "text").string() + ":2");
  EXPECT_FALSE(reader.next(line));
  EXPECT_FALSE(reader.next(line));
  EXPECT_EQ(reader.line_number(), 2);
}

TEST_F(LineReaderTest, ReadsLinesLongerThanItsBuffer) {
  const std::string longer(1'000'000, 'x');
  EXPECT_EQ(lines_of(longer + "\n" + longer + "y\r\nz"), (Lines{longer, longer + "y", "z"}));
}

TEST_F(LineReaderTest, RefusesALineWithoutEnd) {
  // 300 MB of nothing, compressed: what a broken or hostile file looks like.
  const std::string zeros = testing::gzip(std::string(1'000'000, '\0'));
  std::string bomb;
  for (int i = 0; i < 300; ++i) bomb += zeros;
  EXPECT_ERROR(lines_of(bomb), "text:1: the line is longer than 268435456 bytes");
}

TEST_F(LineReaderTest, SaysThatAFileIsUtf16) {
  for (const std::string mark : {"\xFF\xFE", "\xFE\xFF"})
    EXPECT_ERROR(lines_of(mark + std::string("a\0\n\0", 4)),
                 "text: UTF-16, expected UTF-8; `iconv -f UTF-16 -t UTF-8` makes that of it");
}

/// Each byte with a 0 behind it, or before it.
std::string widened(const std::string& text, bool little_endian) {
  std::string wide;
  for (const char c : text) wide += little_endian ? std::string{c, '\0'} : std::string{'\0', c};
  return wide;
}

TEST_F(LineReaderTest, SaysThatAFileWithoutByteOrderMarkIsUtf16) {
  const std::string dash = "\x13\x20";
  EXPECT_ERROR(lines_of(widened("text1\ttext2\r\na\tb\r\n", true)), "text: UTF-16, expected UTF-8",
               "`iconv -f UTF-16LE -t UTF-8`");
  EXPECT_ERROR(lines_of(widened("ab", false)), "`iconv -f UTF-16BE -t UTF-8`");
  EXPECT_ERROR(lines_of(widened("A cat ", true) + dash + widened(" or a dog\n", true)), "UTF-16LE");
}

TEST_F(LineReaderTest, TakesZerosAmongLettersForWhatTheyAre) {
  for (const std::string& line :
       {std::string("a\0", 2), std::string("a\0b\0\0c", 6), std::string("a\0bcd", 5)})
    EXPECT_EQ(lines_of(line + "\n"), Lines{line});
}

TEST_F(LineReaderTest, NamesWhatCantBeRead) {
  EXPECT_ERROR(read_lines(directory_.path() / "missing"),
               "missing: can't be opened: No such file or directory");
  EXPECT_ERROR(read_lines(directory_.path()), ": a directory, not a file");
}

std::string numbered_lines() {
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += "line " + std::to_string(i * 7919 % 10007) + "\n";
  return content;
}

TEST_F(LineReaderTest, ReadsGzipLikeThePlainFile) {
  const std::string content = numbered_lines();
  EXPECT_EQ(lines_of(testing::gzip(content)), lines_of(content));
  EXPECT_EQ(lines_of(testing::gzip("")), (Lines{}));
}

TEST_F(LineReaderTest, ReadsGzipWhoseOutputIsMuchLargerThanItsInput) {
  const std::string zeros(3'000'000, '0');
  EXPECT_EQ(lines_of(testing::gzip(zeros + "\nend")), (Lines{zeros, "end"}));
}

TEST_F(LineReaderTest, TakesZerosAfterGzipForPadding) {
  const std::string zeros(100'000, '\0');
  EXPECT_EQ(lines_of(testing::gzip("a\nb\n") + zeros), (Lines{"a", "b"}));
  EXPECT_EQ(lines_of(testing::gzip("a\n") + zeros + testing::gzip("b\n")), (Lines{"a", "b"}));
  EXPECT_ERROR(lines_of(testing::gzip("a\n") + zeros + "not gzip"), "damaged gzip stream");
}

TEST_F(LineReaderTest, ReadsSeveralGzipMembers) {
  EXPECT_EQ(lines_of(testing::gzip("a\nb") + testing::gzip("") + testing::gzip("c\nd\n")),
            (Lines{"a", "bc", "d"}));
}

TEST_F(LineReaderTest, DetectsAGzipStreamCutAnywhere) {
  const std::string first = testing::gzip("a\n");
  const std::string stream = first + testing::gzip("the second member\nhas two lines\n");
  for (size_t length = 2; length < stream.size(); ++length) {
    if (length == first.size()) continue;  // a whole file with one member
    EXPECT_ERROR(lines_of(stream.substr(0, length)), "text: the gzip stream ends too early");
  }
}

TEST_F(LineReaderTest, DetectsADamagedGzipStream) {
  std::string stream = testing::gzip(numbered_lines());
  stream[stream.size() / 2] = static_cast<char>(stream[stream.size() / 2] ^ 1);
  EXPECT_ERROR(lines_of(stream), "text: damaged gzip stream");
  std::string wrong_checksum = testing::gzip("a\n");
  wrong_checksum[wrong_checksum.size() - 8] =
      static_cast<char>(wrong_checksum[wrong_checksum.size() - 8] ^ 1);
  EXPECT_ERROR(lines_of(wrong_checksum), "damaged gzip stream (incorrect data check)");
  EXPECT_ERROR(lines_of(testing::gzip("a\n") + "rubbish"), "damaged gzip stream");
}

/// Standard input reads from a pipe as long as this lives.
class PipedStdin {
 public:
  PipedStdin() : saved_(dup(STDIN_FILENO)) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe failed");
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    writer_ = ends[1];
  }
  ~PipedStdin() {
    close_writer();
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }
  void write(std::string_view bytes) {
    ASSERT_EQ(::write(writer_, bytes.data(), bytes.size()), ssize_t(bytes.size()));
  }
  void close_writer() {
    if (writer_ >= 0) close(writer_);
    writer_ = -1;
  }

 private:
  int saved_;
  int writer_ = -1;
};

TEST(LineReaderOnStdin, GivesOutEachLineWhenItIsThere) {
  PipedStdin input;
  LineReader reader("-");
  std::string line;
  input.write("first\nsec");
  ASSERT_TRUE(reader.next(line));  // waits for ever when the reader wants a full buffer
  EXPECT_EQ(line, "first");
  EXPECT_EQ(reader.location(), "<stdin>:1");
  input.write("ond");
  input.close_writer();
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line, "second");
  EXPECT_FALSE(reader.next(line));
}

TEST(LineReaderOnStdin, WaitsForNothingOnceItIsToldToStop) {
  PipedStdin input;
  const std::atomic<bool> stop = true;
  LineReader reader("-", &stop);
  std::string line;
  input.write("first\nsec");
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line, "first");
  ASSERT_TRUE(reader.next(line));
  EXPECT_EQ(line, "sec");
  EXPECT_FALSE(reader.next(line));
}

TEST(LineReaderOnStdin, RecognisesGzip) {
  PipedStdin input;
  input.write(testing::gzip("a\nb\n"));
  input.close_writer();
  EXPECT_EQ(read_lines("-"), (Lines{"a", "b"}));
}

}  // namespace
}  // namespace angle
