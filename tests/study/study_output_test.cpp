// Invariants: tables are replaced by those of the same study only, whatever rows, seeds and tasks have come
// or gone; so nothing else of those names is lost.
#include "angle/study/study_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/json.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

class StudyOutput : public ::testing::Test {
 protected:
  StudyOutput() {
    study_.base = "configs/stsb.json";
    study_.rows = {{.name = "all"}, {.name = "without angle"}};
    study_.seeds = {1};
  }

  void check(const std::string& name = "objectives") const {
    check_study_output(directory_.path(), name, study_);
  }

  void write_tables() const {
    directory_.file("study.md", "# objectives\n");
    directory_.file("study.json", R"({"name": "objectives", "base": "../configs/stsb.json", "seeds": [1],
                                      "rows": [{"name": "all"}, {"name": "without angle"}]})");
  }

  testing::TempDir directory_;
  StudyConfig study_;
};

TEST_F(StudyOutput, IsNewOrOfTheSameStudy) {
  EXPECT_NO_THROW(check_study_output(directory_.path() / "absent", "objectives", study_));
  EXPECT_NO_THROW(check());
  write_tables();
  EXPECT_NO_THROW(check());
  study_.seeds = {1, 2};
  study_.rows = {{.name = "all"}, {.name = "cosine"}, {.name = "angle"}};
  study_.description = "Another question?";
  EXPECT_NO_THROW(check());
}

TEST_F(StudyOutput, IsNotOfAnotherStudy) {
  write_tables();
  EXPECT_ERROR(check("labels"), "study.json: has the tables of another study, objectives on ",
               "(rows: all, without angle)", "--output", "\"output\" in the study");
  study_.rows = {{.name = "lower"}, {.name = "higher"}};
  EXPECT_ERROR(check(), "has the tables of another study");
  study_.rows = {{.name = "all"}};
  EXPECT_NO_THROW(check());
  study_.base = "configs/nli.json";
  EXPECT_ERROR(check(), "has the tables of another study");
}

TEST_F(StudyOutput, HasNoFilesOfOthers) {
  directory_.file("study.md", "my notes\n");
  EXPECT_ERROR(check(), "study.md: is there without a study.json", "--output");
  for (const char* other :
       {R"({"base": "stsb.json", "rows": [{"name": "all"}], "seeds": [1]})", "[]", "", "{"}) {
    directory_.file("study.json", other);
    EXPECT_ERROR(check(), "study.json: is not what angle study writes", "--output");
  }
}

}  // namespace
}  // namespace angle
