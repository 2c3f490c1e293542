// Invariants:
// - a file is read byte for byte, unless it is what git-LFS leaves instead of the file;
// - an atomic file appears complete or not at all; a failure leaves the old file and no temporary; writers at
//   the same time never mix, even with the same process id, as in two containers;
// - a file that is replaced hands its permissions on;
// - what killed processes left unfinished can be removed, and nothing else is;
// - a full disk (here: a limit on the file size) is an error that says so, however little of it was written.
#include "angle/io/file.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// No file can grow beyond `bytes` as long as this lives: what a full disk looks like to write().
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{bytes, old_limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int);
};

TEST(ReadFile, ReadsEveryByte) {
  const testing::TempDir directory;
  std::string bytes("\0\r\n\xff", 4);
  for (int i = 0; i < 100'000; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(read_file(directory.file("bytes", bytes)), bytes);
  EXPECT_EQ(read_file(directory.file("empty", "")), "");
}

TEST(ReadFile, NamesWhatCantBeRead) {
  const testing::TempDir directory;
  EXPECT_ERROR(read_file(directory.path() / "missing"),
               "missing: can't be opened: No such file or directory");
  EXPECT_ERROR(read_file(directory.path()), directory.path().string() + ": a directory, not a file");
}

TEST(ReadFile, RefusesAGitLfsPointer) {
  const testing::TempDir directory;
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:53aa51172d142c89d9012cce15ae4d6c\nsize 9\n";
  EXPECT_ERROR(read_file(directory.file("model.safetensors", pointer)),
               "model.safetensors: a git-LFS pointer, not the file itself", "`git lfs pull`",
               "scripts/fetch_model.sh");
  const std::string text = "A text about it: " + pointer;
  EXPECT_EQ(read_file(directory.file("text", text)), text);
}

TEST(AtomicFile, ShowsTheNewFileOnlyAfterCommit) {
  const testing::TempDir directory;
  const auto path = directory.file("result", "old");
  AtomicFile file(path);
  file.write("new ");
  file.write("content");
  EXPECT_EQ(read_file(path), "old");
  file.commit();
  EXPECT_EQ(read_file(path), "new content");
  EXPECT_EQ(directory.num_entries(), 1u);
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  const testing::TempDir directory;
  {
    AtomicFile file(directory.path() / "result");
    file.write("half");
    EXPECT_EQ(directory.num_entries(), 1u);
  }
  EXPECT_EQ(directory.num_entries(), 0u);
}

TEST(AtomicFile, HandsThePermissionsOfTheOldFileOn) {
  const testing::TempDir directory;
  const auto path = directory.file("result", "old");
  const auto only_owner = fs::perms::owner_read | fs::perms::owner_write;
  fs::permissions(path, only_owner);
  write_file(path, "new");
  EXPECT_EQ(fs::status(path).permissions(), only_owner);
}

TEST(AtomicFile, KeepsTheOldFileWhenTheDiskIsFull) {
  const testing::TempDir directory;
  const auto path = directory.file("result", "old");
  {
    const FileSizeLimit limit(1000);
    EXPECT_ERROR(write_file(path, std::string(5000, 'x')), "result: writing failed: File too large");
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(directory.num_entries(), 1u);
}

TEST(AtomicFile, IsOfOneWriterAlone) {
  const testing::TempDir directory;
  const auto path = directory.path() / "result";
  AtomicFile one(path), other(path);
  one.write("a longer text of one");
  other.write("the other");
  EXPECT_EQ(directory.num_entries(), 2u);
  one.commit();
  EXPECT_EQ(read_file(path), "a longer text of one");
  other.commit();
  EXPECT_EQ(read_file(path), "the other");
  EXPECT_EQ(directory.num_entries(), 1u);
}

TEST(AtomicFile, IsKnownAsALeftoverOnceItsWriterIsGone) {
  const testing::TempDir directory;
  const AtomicFile file(directory.path() / "result");
  EXPECT_EQ(directory.num_entries(), 1u);
  remove_unfinished_of(directory.path() / "result");
  EXPECT_EQ(directory.num_entries(), 0u);
}

TEST(AtomicFile, ReplacesTheFileBehindASymbolicLink) {
  const testing::TempDir directory;
  const auto target = directory.file("elsewhere/target", "old");
  const auto link = directory.path() / "link";
  fs::create_symlink(target, link);
  write_file(link, "new");
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(read_file(target), "new");
}

TEST(AtomicFile, MakesTheFileThatASymbolicLinkNamesAlready) {
  const testing::TempDir directory;
  fs::create_directory(directory.path() / "elsewhere");
  fs::create_symlink("second", directory.path() / "first");
  fs::create_symlink("elsewhere/target", directory.path() / "second");
  write_file(directory.path() / "first", "new");
  EXPECT_TRUE(fs::is_symlink(directory.path() / "first"));
  EXPECT_TRUE(fs::is_symlink(directory.path() / "second"));
  EXPECT_EQ(read_file(directory.path() / "elsewhere/target"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path() / "elsewhere"), {}), 1);
}

TEST(AtomicFile, RefusesASymbolicLinkThatLeadsNowhere) {
  const testing::TempDir directory;
  fs::create_symlink("circle", directory.path() / "circle");
  EXPECT_ERROR(AtomicFile(directory.path() / "circle"), "circle: a symbolic link that leads in a circle");
  fs::create_symlink("missing/target", directory.path() / "link");
  EXPECT_ERROR(AtomicFile(directory.path() / "link"), "missing/target: can't be written");
  EXPECT_TRUE(fs::is_symlink(directory.path() / "link"));
}

TEST(AtomicFile, RefusesDirectoriesDevicesAndPipes) {
  const testing::TempDir directory;
  EXPECT_ERROR(AtomicFile(directory.path()), "angle-test.", "not a regular file");
  EXPECT_ERROR(AtomicFile("/dev/null"), "/dev/null: not a regular file", "stdout");
  const auto pipe = directory.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_ERROR(AtomicFile{pipe}, "pipe: not a regular file");
}

TEST(AtomicFile, NamesADestinationThatCantBeWritten) {
  const testing::TempDir directory;
  EXPECT_ERROR(AtomicFile(directory.path() / "missing" / "result"), "missing/result: can't be written",
               "No such file or directory");
}

TEST(AtomicFile, WritesIntoTheCurrentDirectory) {
  const testing::TempDir directory;
  const auto before = fs::current_path();
  fs::current_path(directory.path());
  write_file("result", "here");
  fs::current_path(before);
  EXPECT_EQ(read_file(directory.path() / "result"), "here");
}

TEST(RemoveUnfinished, RemovesWhatKilledProcessesLeftAndNothingElse) {
  const testing::TempDir directory;
  for (const char* name : {"a.tmp-12", "sub/b.json.tmp-7", "step-5.tmp-3/model", "kept", "kept.tmp-",
                           "kept.tmp-x1", "sub/kept.tmp-1x", "tmp-1"})
    directory.file(name, "");
  remove_unfinished(directory.path());
  std::vector<std::string> left;
  for (const auto& entry : fs::recursive_directory_iterator(directory.path()))
    left.push_back(fs::relative(entry.path(), directory.path()).string());
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{"kept", "kept.tmp-", "kept.tmp-x1", "sub", "sub/kept.tmp-1x",
                                            "tmp-1"}));
}

TEST(RemoveAbandonedOf, LeavesWhatMayStillBeWritten) {
  const testing::TempDir directory;
  const auto file = [&](const char* name, int hours) {
    fs::path path = directory.file(name, "");
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(hours));
    return path;
  };
  const fs::path abandoned = file("a.tmp-12", 25), young = file("a.tmp-13", 23), other = file("b.tmp-12", 25);
  remove_abandoned_of(directory.path() / "a");
  EXPECT_FALSE(fs::exists(abandoned));
  EXPECT_TRUE(fs::exists(young));
  EXPECT_TRUE(fs::exists(other));
  EXPECT_NO_THROW(remove_abandoned_of("/nowhere/at/all"));
}

TEST(SyncDirectory, NamesAMissingDirectory) {
  EXPECT_ERROR(sync_directory("/nowhere/at/all"), "/nowhere/at/all", "No such file or directory");
}

}  // namespace
}  // namespace angle
