// Invariants:
//  - nothing appears under the name before commit(), and then all of it, as private as what it replaces;
//  - without a saved state nothing remains; with one, another object goes on exactly where it was saved,
//    whatever was written after it;
//  - what a killed writer left of its own is removed, or begun again; what is not its own stays as it is;
//  - a state that does not fit the file is not used;
//  - two writers at a time, and destinations that are no files, are refused.
#include "angle/io/partial_file.h"

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

TEST(PartialFile, ShowsTheFileOnlyAfterCommit) {
  const testing::TempDir directory;
  const fs::path path = directory.file("result", "old");
  PartialFile file(path);
  file.restart();
  file.write("----");
  file.write("data");
  file.save({{"step", 1}});
  EXPECT_EQ(read_file(path), "old");
  file.commit("head");
  EXPECT_EQ(read_file(path), "headdata");
  EXPECT_EQ(directory.num_entries(), 1U);
}

TEST(PartialFile, IsAsPrivateAsTheFileThatItReplaces) {
  const testing::TempDir directory;
  const fs::path path = directory.file("result", "old");
  const auto only_owner = fs::perms::owner_read | fs::perms::owner_write;
  fs::permissions(path, only_owner);
  PartialFile file(path);
  EXPECT_EQ(fs::status(directory.path() / "result.part").permissions(), only_owner);
  file.restart();
  file.commit("head");
  EXPECT_EQ(fs::status(path).permissions(), only_owner);
}

TEST(PartialFile, LeavesNothingWithoutASavedState) {
  const testing::TempDir directory;
  {
    PartialFile file(directory.path() / "result");
    file.restart();
    file.write("half");
  }
  EXPECT_EQ(directory.num_entries(), 0U);
}

TEST(PartialFile, GoesOnWhereItWasSaved) {
  const testing::TempDir directory;
  const fs::path path = directory.path() / "result";
  {
    PartialFile file(path);
    EXPECT_TRUE(file.saved_state().is_null());
    file.restart();
    file.write("saved,");
    file.save({{"step", 1}});
    file.write("lost");
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_EQ(read_file(directory.path() / "result.part"), "saved,lost");
  PartialFile file(path);
  EXPECT_EQ(file.saved_state(), json({{"step", 1}}));
  file.resume();
  file.write("more");
  file.commit("");
  EXPECT_EQ(read_file(path), "saved,more");
}

TEST(PartialFile, ForgetsTheSavedStateWhenItRestarts) {
  const testing::TempDir directory;
  const fs::path path = directory.path() / "result";
  {
    PartialFile file(path);
    file.restart();
    file.write("something long");
    file.save({});
  }
  PartialFile file(path);
  file.restart();
  EXPECT_TRUE(file.saved_state().is_null());
  file.write("new");
  file.commit("");
  EXPECT_EQ(read_file(path), "new");
}

TEST(PartialFile, DoesNotUseAStateThatTheFileIsTooShortFor) {
  const testing::TempDir directory;
  directory.file("result.part", "12");
  directory.file("result.part.json", R"({"bytes": 3, "state": {}})");
  EXPECT_TRUE(PartialFile(directory.path() / "result").saved_state().is_null());
}

TEST(PartialFile, LeavesFilesAloneThatItHasNotBegun) {
  const testing::TempDir directory;
  const fs::path path = directory.path() / "result", part = directory.file("result.part", "texts");
  EXPECT_ERROR(PartialFile{path},
               "result.part: is there already, and not of an output that was begun; move it");
  EXPECT_EQ(read_file(part), "texts");
  const fs::path state = directory.file("result.part.json", "[1]");
  EXPECT_ERROR(PartialFile{path},
               "result.part.json: is there already, and does not say how far an output is");
  EXPECT_EQ(read_file(part) + read_file(state), "texts[1]");
}

TEST(PartialFile, BeginsAgainWhatWasKilledBeforeItSaved) {
  const testing::TempDir directory;
  const fs::path path = directory.path() / "result";
  const pid_t child = fork();
  if (child == 0) {
    PartialFile file(path);
    file.restart();
    file.write("half");
    _exit(0);  // as a kill does, it leaves everything as it is
  }
  waitpid(child, nullptr, 0);
  ASSERT_EQ(read_file(directory.path() / "result.part"), "half");
  PartialFile file(path);
  EXPECT_TRUE(file.saved_state().is_null());
  file.restart();
  file.write("whole");
  file.commit("");
  EXPECT_EQ(read_file(path), "whole");
  EXPECT_EQ(directory.num_entries(), 1U);
}

TEST(PartialFile, RemovesWhatAKilledWriterLeft) {
  const testing::TempDir directory;
  for (const char* name : {"result.part.json.tmp-7", "result.tmp-12", "other.tmp-12"})
    directory.file(name, "");
  PartialFile partial(directory.path() / "result");
  EXPECT_TRUE(fs::exists(directory.path() / "result.tmp-12")) << "it is nobody's who writes the state";
  EXPECT_FALSE(fs::exists(directory.path() / "result.part.json.tmp-7"));
  EXPECT_TRUE(fs::exists(directory.path() / "other.tmp-12"));
}

TEST(PartialFile, RefusesASecondWriter) {
  const testing::TempDir directory;
  const PartialFile first(directory.path() / "result");
  EXPECT_ERROR(PartialFile(directory.path() / "result"), "result.part: another process is writing it");
}

TEST(PartialFile, RefusesWhatIsNoFile) {
  const testing::TempDir directory;
  EXPECT_ERROR(PartialFile(directory.path()), "not a regular file");
  EXPECT_ERROR(PartialFile(directory.path() / "missing" / "result"), "can't be written",
               "No such file or directory");
}

TEST(PartialFile, ReplacesTheFileBehindALink) {
  const testing::TempDir directory;
  const fs::path file = directory.file("real/file", "old"), link = directory.path() / "link";
  fs::create_symlink(file, link);
  PartialFile partial(link);
  partial.restart();
  partial.write("new");
  partial.commit("");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(read_file(file), "new");
}

TEST(PartialFile, MakesTheFileThatALinkNamesAlready) {
  const testing::TempDir directory;
  const fs::path link = directory.path() / "link";
  fs::create_directory(directory.path() / "real");
  fs::create_symlink("real/file", link);
  PartialFile partial(link);
  partial.write("new");
  partial.commit("");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(read_file(directory.path() / "real/file"), "new");
}

}  // namespace
}  // namespace angle
