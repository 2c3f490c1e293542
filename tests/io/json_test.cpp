// Invariants:
// - every JSON value is read as nlohmann::json reads it;
// - what is not exactly one value, or is ambiguous, is an error with its place: line and column, or the key;
// - no input overflows the stack;
// - what is written is read as the same, but for bytes that are not UTF-8, which don't stop the writing.
#include "angle/io/json.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

TEST(ParseJson, ReadsEveryKindOfValue) {
  const std::string text =
      R"({"null": null, "yes": true, "count": -3, "big": 18446744073709551615, "ratio": 2e-5,
    "name": "Σ\u00e9\n", "list": [1, [], {"deep": [false]}], "object": {"list": [1.5, "x"], "empty": {}}})";
  EXPECT_EQ(parse_json(text, "x"), json::parse(text));
  EXPECT_EQ(parse_json(" 7 ", "x"), json(7));
}

TEST(ParseJson, ValuesKnowTheirPlaceForLaterErrors) {
  const json value = parse_json(R"({"model": {"layers": [1, "two"]}})", "x");
  try {
    value.at("model").at("layers").at(1).get<int>();
    FAIL() << "a string was read as an integer";
  } catch (const json::exception& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("(/model/layers/1)"));
  }
}

TEST(ParseJson, NamesLineAndColumnOfASyntaxError) {
  EXPECT_ERROR(parse_json("{\n  \"a\": 1,\n  \"b\" 2}", "run.json"),
               "run.json: not valid JSON: ", "line 3, column 7");
  EXPECT_ERROR(parse_json("", "run.json"), "unexpected end of input");
  EXPECT_ERROR(parse_json("[1, 2", "run.json"), "unexpected end of input");
  EXPECT_ERROR(parse_json("[1,]", "run.json"), "line 1, column 4");
  EXPECT_ERROR(parse_json("NaN", "run.json"), "not valid JSON");
  EXPECT_ERROR(parse_json("1e999", "run.json"), "not valid JSON", "1e999");
}

TEST(ParseJson, ShowsLittleOfWhatItCanNotRead) {
  EXPECT_ERROR(parse_json("\"" + std::string(1000, 'x') + "\xff\x1b\"", "run.json"),
               "ill-formed UTF-8 byte; last read: '\"" + std::string(39, 'x') + "…'");
  EXPECT_ERROR(parse_json("\"a\xff\"", "run.json"), R"(last read: '"a\xff')");
}

TEST(ParseJson, RefusesMoreThanOneValue) {
  EXPECT_ERROR(parse_json("{} {}", "run.json"), "line 1, column 4");
}

TEST(ParseJson, RefusesDuplicateKeysInOneObject) {
  EXPECT_ERROR(parse_json(R"({"seed": 1, "x": {"seed": 2}, "seed": 3})", "run.json"),
               "\"seed\" occurs twice");
  EXPECT_EQ(parse_json(R"([{"seed": 1}, {"seed": 2}])", "x").size(), 2u);
}

TEST(ParseJson, RefusesInvalidUtf8) {
  EXPECT_ERROR(parse_json("\"a\xff\"", "run.json"), "not valid JSON", "UTF-8");
  EXPECT_ERROR(parse_json("\"\xc0\xaf\"", "run.json"), "UTF-8");          // overlong
  EXPECT_ERROR(parse_json("\"\xed\xa0\x80\"", "run.json"), "UTF-8");      // surrogate
  EXPECT_ERROR(parse_json("\"\\ud800\"", "run.json"), "not valid JSON");  // half of an escaped pair
}

TEST(ParseJson, BoundsTheNesting) {
  EXPECT_NO_THROW(parse_json(std::string(64, '[') + std::string(64, ']'), "x"));
  EXPECT_ERROR(parse_json(std::string(65, '[') + std::string(65, ']'), "x"),
               "x: not valid JSON: nested deeper than 64");
  EXPECT_ERROR(parse_json(std::string(1'000'000, '['), "x"), "nested deeper");
  std::string objects;
  for (int i = 0; i < 100; ++i) objects += "{\"a\":";
  EXPECT_ERROR(parse_json(objects, "x"), "nested deeper");
}

TEST(ParseJsonLine, TellsTheColumnBesideTheLineOfTheFile) {
  EXPECT_EQ(parse_json_line(R"({"a": 1})", "x.jsonl:3").at("a"), 1);
  EXPECT_ERROR(parse_json_line("[1,]", "x.jsonl:3"), "x.jsonl:3: not valid JSON: parse error at column 4");
  for (const char* blank : {"", " \t"})
    EXPECT_ERROR(parse_json_line(blank, "x.jsonl:3"), "x.jsonl:3: not valid JSON: a blank line");
}

TEST(ReadJson, NamesTheFile) {
  const testing::TempDir directory;
  EXPECT_EQ(read_json(directory.file("good.json", "{\"a\": 1}")).at("a"), 1);
  EXPECT_ERROR(read_json(directory.file("bad.json", "{\"a\": }")), "bad.json: not valid JSON",
               "line 1, column 7");
  for (const char* nothing : {"", " \n\t\r\n"})
    EXPECT_ERROR(read_json(directory.file("empty.json", nothing)),
                 "empty.json: the file is empty; expected JSON");
  EXPECT_ERROR(read_json(directory.path() / "missing.json"), "missing.json", "No such file");
}

TEST(ReadJson, SaysThatAFileIsUtf16) {
  const testing::TempDir directory;
  EXPECT_ERROR(read_json(directory.file("marked.json", std::string("\xFF\xFE{\0}\0", 6))),
               "marked.json: UTF-16, expected UTF-8; `iconv -f UTF-16 -t UTF-8`");
  EXPECT_ERROR(read_json(directory.file("bare.json", std::string("{\0}\0", 4))),
               "bare.json: UTF-16, expected UTF-8; `iconv -f UTF-16LE -t UTF-8`");
}

TEST(PrettyText, IsReadAsTheSame) {
  const json value = {{"name", "Σ"}, {"list", {1, 2.5}}};
  EXPECT_EQ(pretty_text(value), "{\n  \"list\": [\n    1,\n    2.5\n  ],\n  \"name\": \"Σ\"\n}\n");
  EXPECT_EQ(parse_json(pretty_text(value), "x"), value);
}

TEST(PrettyText, WritesAPathThatIsNotUtf8) {
  EXPECT_EQ(parse_json(pretty_text({{"file", "a\xFF.tsv"}}), "x").at("file"), "a\xEF\xBF\xBD.tsv");
}

}  // namespace
}  // namespace angle
