// Pins: texts and labels from TSV, CSV and JSONL; classes are numbered as they appear, those of a training
// file first; damaged rows are named; the file of a split is found by its name, and only one may be there.
#include "angle/eval/labelled_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::ElementsAre;

TEST(ReadLabelledTexts, NumbersClassesAsTheyAppear) {
  const testing::TempDir data;
  const auto file = data.file("train.tsv", "label\ttext\njoy\tgood\nanger\tbad\njoy\tfine\n");
  const LabelledTexts train = read_labelled_texts(file);
  EXPECT_THAT(train.texts, ElementsAre("good", "bad", "fine"));
  EXPECT_THAT(train.labels, ElementsAre(0, 1, 0));
  EXPECT_THAT(train.classes, ElementsAre("joy", "anger"));

  const auto jsonl = data.file(
      "test.jsonl", "{\"sentence\": \"x\", \"label\": \"anger\"}\n{\"sentence\": \"y\", \"label\": 3}\n");
  const LabelledTexts test = read_labelled_texts(jsonl, {}, train.classes);
  EXPECT_THAT(test.labels, ElementsAre(1, 2));
  EXPECT_THAT(test.classes, ElementsAre("joy", "anger", "3"));
  EXPECT_EQ(test.size(), 2);
}

TEST(ReadLabelledTexts, NamesDamagedRows) {
  const testing::TempDir data;
  EXPECT_ERROR(read_labelled_texts(data.file("a.tsv", "text\tlabel\ngood\tjoy\n \tjoy\n")),
               "a.tsv:3: no text");
  EXPECT_ERROR(read_labelled_texts(data.file("b.tsv", "text\tlabel\ngood\t\n")), "b.tsv:2: no label");
  EXPECT_ERROR(read_labelled_texts(data.file("c.tsv", "text\tlabel\ngood\n")), "c.tsv:2: expected 2");
  EXPECT_ERROR(read_labelled_texts(data.file("d.tsv", "text\tclass\ngood\tjoy\n")),
               "d.tsv:1: no column named label (found \"text\", \"class\")");
  EXPECT_ERROR(
      read_labelled_texts(data.file("d.jsonl", "{\"text\": \"x\", \"label\": 1}\n{\"text\": \"x\"}\n")),
      "d.jsonl:2: no column named label");
  EXPECT_ERROR(read_labelled_texts(data.file("e.tsv", "text\tlabel\n")), "e.tsv: no rows");
  EXPECT_ERROR(read_labelled_texts(data.file("f.jsonl", "{\"text\": \"x\", \"label\": [1]}\n")),
               "f.jsonl:1: no label");
  EXPECT_ERROR(read_labelled_texts(data.path() / "none.tsv"), "none.tsv");
}

TEST(ReadLabelledTexts, FindsColumnsOfOtherNames) {
  const testing::TempDir data;
  const auto file = data.file("a.csv", "body,text,topic\ngood,1,joy\n");
  const LabelledTexts read = read_labelled_texts(file, {{"text", "body"}, {"label", "topic"}});
  EXPECT_THAT(read.texts, ElementsAre("good"));
  EXPECT_THAT(read.classes, ElementsAre("joy"));
  EXPECT_ERROR(read_labelled_texts(file, {{"text", "bdy"}}), "a.csv:", "no column named bdy");
}

TEST(SplitFile, IsFoundByItsName) {
  const testing::TempDir data;
  EXPECT_ERROR(split_file(data.path(), "train"), "no train file there; expected train.tsv, .csv or .jsonl");
  EXPECT_EQ(find_split_file(data.path(), "train"), "");
  const auto file = data.file("train.jsonl", "");
  EXPECT_EQ(split_file(data.path(), "train"), file);
  data.file("train.tsv", "");
  EXPECT_ERROR(split_file(data.path(), "train"), "train.jsonl: there is train.tsv too");
}

}  // namespace
}  // namespace angle
