// `angle report` as its users see it: a page for one run or several; what is no run is refused and leaves no
// page; no other file is replaced by one.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "support/run_command.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(ReportCommand, WritesAPage) {
  const testing::TempDir run;
  run.file("metrics.jsonl", "{\"cosine\":2.5,\"step\":1}\n{\"cosine\":2.0,\"step\":2}\n");
  const std::string page = (run.path() / "page.html").string();
  const auto result = testing::run_command({ANGLE_BINARY, "report", run.path().string(), "-o", page});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr(page));
  EXPECT_THAT(read_file(page), StartsWith("<!doctype html>"));
  EXPECT_THAT(read_file(page), HasSubstr("cosine objective"));
  EXPECT_EQ(testing::run_command({ANGLE_BINARY, "report", run.path().string(), "-o", "-"}).out,
            read_file(page));
}

TEST(ReportCommand, ReplacesNothingButItsPages) {
  const testing::TempDir run;
  run.file("metrics.jsonl", "{\"cosine\":2.5,\"step\":1}\n{\"cosine\":2.0,\"step\":2}\n");
  const auto report = [&](const std::string& page) {
    return testing::run_command({ANGLE_BINARY, "report", run.path().string(), "-o", page});
  };
  const std::string page = run.file("page.html", "").string();  // as mktemp makes it
  EXPECT_EQ(report(page).exit_code, 0);
  EXPECT_EQ(report(page).exit_code, 0);
  for (const char* name : {"config.json", "own.html"}) {
    const std::string content = "<!doctype html>\n<title>mine</title>\n";
    const std::string file = run.file(name, content).string();
    const auto result = report(file);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("--output " + file + ": is there already and no page of angle report"));
    EXPECT_THAT(result.err, HasSubstr("name another file"));
    EXPECT_EQ(read_file(file), content);
  }
}

TEST(ReportCommand, ShowsAStudy) {
  const testing::TempDir study;
  study.file(
      "study.json",
      R"({"name": "objectives", "description": "", "command": "angle study", "metric": "cosine_spearman",
      "baseline": "all", "runs": 1, "finished_runs": 1, "tasks": [{"task": "stsb/test", "pairs": 9, "notes": [],
      "rows": [{"name": "all", "seeds": [1], "mean": 0.86, "deviation": null, "difference": null}]}]})");
  const std::string page = (study.path() / "page.html").string();
  const auto result = testing::run_command({ANGLE_BINARY, "report", study.path().string(), "-o", page});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("a page of objectives"));
  EXPECT_THAT(read_file(page), HasSubstr("stsb/test, 9 pairs: cosine_spearman × 100"));
}

TEST(ReportCommand, RefusesWhatIsNoRun) {
  const testing::TempDir directory;
  const std::string page = (directory.path() / "page.html").string();
  const auto result = testing::run_command({ANGLE_BINARY, "report", directory.path().string(), "-o", page});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no metrics.jsonl there; expected the output directory of angle train"));
  EXPECT_FALSE(std::filesystem::exists(page));
  const auto nothing = testing::run_command({ANGLE_BINARY, "report"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("angle report: expected output directories of angle train or of"));
}

}  // namespace
}  // namespace angle
