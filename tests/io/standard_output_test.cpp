// Invariants:
//  - all that is written arrives, in order;
//  - a reader that has gone is told, not an error; a full disk is an error.
#include "angle/io/standard_output.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

/// Stdout is another descriptor as long as this lives.
class RedirectedStdout {
 public:
  explicit RedirectedStdout(int descriptor) : old_(dup(STDOUT_FILENO)) {
    dup2(descriptor, STDOUT_FILENO);
    close(descriptor);
  }
  ~RedirectedStdout() {
    dup2(old_, STDOUT_FILENO);
    close(old_);
  }

 private:
  int old_;
};

TEST(StandardOutput, DeliversEverythingInOrder) {
  const testing::TempDir directory;
  const auto path = directory.path() / "out";
  std::string expected;
  {
    const RedirectedStdout redirected(open(path.c_str(), O_WRONLY | O_CREAT, 0666));
    StandardOutput out;
    for (int i = 0; i < 100'000; ++i) {
      const std::string line = std::to_string(i) + "\n";
      EXPECT_TRUE(out.write(line));
      expected += line;
    }
    EXPECT_TRUE(out.flush());
  }
  EXPECT_EQ(read_file(path), expected);
}

TEST(StandardOutput, TellsThatTheReaderHasGone) {
  const auto old_handler = std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  bool wrote = true, flushed = true, wrote_again = true;
  {
    const RedirectedStdout redirected(ends[1]);
    StandardOutput out;
    wrote = out.write("collected");
    flushed = out.flush();
    wrote_again = out.write("more");
  }
  std::signal(SIGPIPE, old_handler);
  EXPECT_TRUE(wrote);
  EXPECT_FALSE(flushed);
  EXPECT_FALSE(wrote_again);
}

TEST(StandardOutput, SaysThatTheDiskIsFull) {
  const RedirectedStdout redirected(open("/dev/full", O_WRONLY));
  StandardOutput out;
  out.write("text");
  EXPECT_ERROR(out.flush(), "<stdout>: writing failed: No space left on device");
}

}  // namespace
}  // namespace angle
