// Invariants:
//  - each line is one text, as it is, empty ones too; plain or gzip;
//  - with a field, each line is a JSON object and its field the text; what is wrong is said with file and
//    line;
//  - with a field, a .csv or .tsv file is a table, and the field its column;
//  - bytes that are not UTF-8 are an error with line, offset and the caller's advice, or replaced and
//    counted;
//  - the size of the input is known for plain files only, and is what reading reaches.
#include "angle/data/text_reader.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/gzip.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> read_all(TextReader reader) {
  std::vector<std::string> texts;
  for (std::string text; reader.next(text);) texts.push_back(text);
  return texts;
}

TEST(TextReader, TakesEveryLineAsItIs) {
  const testing::TempDir directory;
  const std::string lines = "one\n\n two  words \r\n\t\nlast";
  EXPECT_THAT(read_all(TextReader(directory.file("plain", lines))),
              ElementsAre("one", "", " two  words ", "\t", "last"));
  EXPECT_THAT(read_all(TextReader(directory.file("gzip", testing::gzip(lines)))),
              ElementsAre("one", "", " two  words ", "\t", "last"));
  EXPECT_THAT(read_all(TextReader(directory.file("empty", ""))), IsEmpty());
}

TEST(TextReader, CountsWhatIsLeft) {
  const testing::TempDir directory;
  TextReader texts(directory.file("in.txt", "a\n\nb"));
  EXPECT_EQ(count_texts(texts), 3);
  EXPECT_EQ(count_texts(texts), 0);
}

TEST(TextReader, TakesAFieldOfJsonLines) {
  const testing::TempDir directory;
  const auto path =
      directory.file("x", "{\"id\": 1, \"text\": \"a\\nb\"}\n{\"text\": \"\", \"more\": [1]}\n");
  EXPECT_THAT(read_all(TextReader(path, {.field = "text"})), ElementsAre("a\nb", ""));
}

TEST(TextReader, SaysWhichLineHasNoSuchField) {
  const testing::TempDir directory;
  const auto read = [&](const std::string& second_line) {
    const auto path = directory.file("in.jsonl", "{\"text\": \"\"}\n" + second_line + "\n");
    return read_all(TextReader(path, {.field = "text"}));
  };
  EXPECT_ERROR(read("{\"texts\": \"a\", \"id\": 1}"),
               "in.jsonl:2: there is no field \"text\"; did you mean \"texts\"? (found: \"id\", \"texts\")");
  EXPECT_ERROR(read("{\"text\": 7}"), "in.jsonl:2: field \"text\": expected a string, found number");
  EXPECT_ERROR(read("[\"text\"]"), "in.jsonl:2: expected a JSON object", "found array");
  EXPECT_ERROR(read("{\"text\": "), "in.jsonl:2: not valid JSON");
  EXPECT_ERROR(read(""), "in.jsonl:2: not valid JSON: a blank line");
}

TEST(TextReader, SaysWhereATableIsReadWhenItMeetsOneElsewhere) {
  const testing::TempDir directory;
  EXPECT_ERROR(read_all(TextReader(directory.file("in.txt", "id,text\n1,a\n"), {.field = "text"})),
               "in.txt:1: not valid JSON", "each line has to be a JSON object",
               "a table is read only from a file whose name ends in .csv or .tsv");
  EXPECT_THAT(
      [&] { read_all(TextReader(directory.file("in.jsonl", "{\"text\": \"\"}\n{\n"), {.field = "text"})); },
      ::testing::ThrowsMessage<Error>(::testing::Not(::testing::HasSubstr("a table is read"))));
}

TEST(TextReader, TakesAColumnOfATable) {
  const testing::TempDir directory;
  const std::string csv = "id,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n2,\r\n";
  EXPECT_THAT(read_all(TextReader(directory.file("x.csv", "\xEF\xBB\xBF" + csv), {.field = "text"})),
              ElementsAre("a, \"b\"\nc", ""));
  EXPECT_THAT(read_all(TextReader(directory.file("x.csv.gz", testing::gzip(csv)), {.field = "id"})),
              ElementsAre("1", "2"));
  EXPECT_THAT(read_all(TextReader(directory.file("x.tsv", "text\tid\n\"a\t1\n"), {.field = "text"})),
              ElementsAre("\"a"));
  EXPECT_THAT(read_all(TextReader(directory.file("lines.csv", csv))),
              ElementsAre("id,text", "1,\"a, \"\"b\"\"", "c\"", "2,"));
}

TEST(TextReader, SaysWhichRowOrColumnATableLacks) {
  const testing::TempDir directory;
  const auto path = directory.file("x.csv", "id,text\n1,a\n2\n");
  EXPECT_ERROR(read_all(TextReader(path, {.field = "text"})), "x.csv:3: expected 2 comma-separated columns");
  EXPECT_ERROR(TextReader(path, {.field = "txt"}),
               "x.csv:1: there is no column \"txt\"; did you mean \"text\"? (found: \"id\", \"text\")");
  EXPECT_ERROR(
      TextReader(directory.file("y.csv", "id;text\n1;a\n"), {.field = "text"}),
      "y.csv:1: there is no column \"text\" (found: \"id;text\"); fields are separated by tabs in .tsv "
      "and by commas in .csv");
}

TEST(TextReader, ChoosesBetweenNoColumnsOfOneName) {
  const testing::TempDir directory;
  const auto path = directory.file("x.tsv", "text\tid\ttext\na\t1\tb\n");
  EXPECT_ERROR(TextReader(path, {.field = "text"}),
               "x.tsv:1: two columns are named \"text\" (found: \"text\", \"id\", \"text\")");
  EXPECT_THAT(read_all(TextReader(path, {.field = "id"})), ElementsAre("1"));
}

TEST(TextReader, RefusesWhatHasTooManyColumnsForATable) {
  const testing::TempDir directory;
  const std::string wide(65536, '\t');
  EXPECT_ERROR(read_all(TextReader(directory.file("x.tsv", "id\ttext\n" + wide), {.field = "text"})),
               "x.tsv:2: more than 65536 tab-separated columns; is this a table?");
  EXPECT_ERROR(
      read_all(TextReader(directory.file("x.tsv", "id\ttext\n" + wide.substr(1)), {.field = "text"})),
      "x.tsv:2: expected 2 tab-separated columns", "found 65536");
}

TEST(TextReader, RefusesBytesThatAreNotUtf8) {
  const testing::TempDir directory;
  const auto path = directory.file("in.txt", "fine\nab\xff\n");
  EXPECT_ERROR(read_all(TextReader(path, {.utf8_advice = "use --some-option"})),
               "in.txt:2: invalid UTF-8 at byte 2 of the line; use --some-option");
  EXPECT_THAT([&] { read_all(TextReader(path)); },
              ::testing::ThrowsMessage<Error>(::testing::EndsWith("of the line; convert the text")));
  const auto json = directory.file("in.jsonl", "{\"t\": \"\xc3\"}\n");
  EXPECT_ERROR(read_all(TextReader(json, {.field = "t"})), "in.jsonl:1: invalid UTF-8 at byte 7");
}

TEST(TextReader, ReplacesBytesThatAreNotUtf8) {
  const testing::TempDir directory;
  TextReader reader(directory.file("in.txt", "fine\nab\xff\xfe\n"), {.invalid_utf8 = InvalidUtf8::replace});
  std::string text;
  ASSERT_TRUE(reader.next(text));
  EXPECT_EQ(reader.repaired_texts(), 0);
  ASSERT_TRUE(reader.next(text));
  EXPECT_EQ(text, "ab\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(reader.repaired_texts(), 1);
}

TEST(TextReader, KnowsTheSizeOfPlainFiles) {
  const testing::TempDir directory;
  TextReader plain(directory.file("plain", "one\ntwo\n"));
  EXPECT_EQ(plain.total_bytes(), 8);
  for (std::string text; plain.next(text);) continue;
  EXPECT_EQ(plain.bytes_read(), 8);
  TextReader marked(directory.file("marked", "\xEF\xBB\xBFone\r\ntwo"));
  for (std::string text; marked.next(text);) continue;
  EXPECT_EQ(marked.bytes_read(), marked.total_bytes());
  TextReader table(directory.file("x.csv", "a,b\r\n\"1\n2\",3\r\n"), {.field = "a"});
  for (std::string text; table.next(text);) continue;
  EXPECT_EQ(table.bytes_read(), table.total_bytes());
  EXPECT_EQ(TextReader(directory.file("gzip", testing::gzip("one\ntwo\n"))).total_bytes(), 0);
}

TEST(TextReader, NamesAFileThatIsNotThere) {
  EXPECT_ERROR(TextReader("/nowhere/in.txt"), "/nowhere/in.txt: can't be opened: No such file or directory");
}

}  // namespace
}  // namespace angle
