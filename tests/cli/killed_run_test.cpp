// `angle train` ended by SIGKILL, which it cannot notice, and resumed, again and again:
//  - at 50 random moments, before the first step, within a step and within the writing of a checkpoint, the
//    run gets on, and ends with the bytes of one that nothing happened to;
//  - nothing that a killed process left unfinished remains.
// The moments come from a fixed seed; where in the run they fall depends on the speed of the machine.

#include <chrono>
#include <filesystem>
#include <functional>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "cli/tiny_command.h"
#include "support/run_command.h"
#include "support/run_directory.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::IsEmpty;
using testing::RunningCommand;
using testing::TempDir;

constexpr int kKills = 50;

/// A run with everything that has a state, which spends about half of its time on checkpoints.
std::vector<std::string> run_of(const fs::path& directory, const std::string& name) {
  std::vector<std::string> more = {"--data-dir", directory.string(), "--resume"};
  for (const char* set : {"train.epochs=8", "train.dropout=0.1", "checkpoint.every_steps=5",
                          "evaluation.task=stsb", "evaluation.every_steps=7"})
    more.insert(more.end(), {"--set", set});
  return testing::tiny_command(directory / name, more);
}

/// Whether this very process has a half-written checkpoint; one before it may have left some.
bool has_unfinished_checkpoint(const fs::path& output, const RunningCommand& run) {
  const std::string ending = fmt::format(".tmp-{}", run.process_id());
  std::error_code vanished;  // a name may go while it is looked at
  for (fs::directory_iterator entry(output / "checkpoints", vanished), end; !vanished && entry != end;
       entry.increment(vanished))
    if (entry->path().filename().string().ends_with(ending)) return true;
  return false;
}

/// How many processes have begun to write to the output: each begins an event file of its own.
int64_t count_begun(const fs::path& output) {
  int64_t files = 0;
  std::error_code absent;
  for (fs::directory_iterator entry(output, absent), end; !absent && entry != end; entry.increment(absent))
    files += entry->path().filename().string().starts_with("events.out.") ? 1 : 0;
  return files;
}

void wait_while(const RunningCommand& run, const std::function<bool()>& condition) {
  while (run.is_running() && condition()) std::this_thread::sleep_for(std::chrono::microseconds(100));
}

/// Waits for the moment of a kill: one in five while the program starts, two at any time of the training
/// after that, two while a checkpoint is written.
void wait_for_moment(const RunningCommand& run, const fs::path& output, int kill, std::mt19937& random) {
  const auto sleep = [&](int most) {
    std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution(0, most)(random)));
  };
  if (kill % 5 == 0) return sleep(300);
  const int64_t begun = count_begun(output);
  wait_while(run, [&] { return count_begun(output) == begun; });
  sleep(100);
  if (kill % 5 < 3) return;
  wait_while(run, [&] { return !has_unfinished_checkpoint(output, run); });
  sleep(3);
}

TEST(KilledRun, EndsWithTheBytesOfAWholeOneWhereverItIsKilled) {
  const TempDir directory;
  fs::create_directories(directory.path() / "stsb");
  fs::copy_file(ANGLE_SOURCE_DIR "/data/samples/pairs_validation.tsv",
                directory.path() / "stsb/validation.tsv");
  const fs::path whole = directory.path() / "whole", killed = directory.path() / "killed";
  ASSERT_EQ(testing::run_command(run_of(directory.path(), "whole")).exit_code, 0);

  std::mt19937 random(20260401);
  int kills = 0, half_written = 0;
  while (kills < kKills) {
    RunningCommand run(run_of(directory.path(), "killed"));
    wait_for_moment(run, killed, kills, random);
    run.send(SIGKILL);
    const testing::CommandResult result = run.wait();
    if (result.exit_code == 0) {  // it came to its end before: the rest of the kills are for another run
      ASSERT_THAT(testing::differing_files(whole, killed), IsEmpty()) << "after " << kills << " kills";
      fs::remove_all(killed);
      continue;
    }
    ASSERT_EQ(result.exit_code, 128 + SIGKILL) << result.err;
    ++kills;
    half_written += has_unfinished_checkpoint(killed, run) ? 1 : 0;
  }
  RecordProperty("kills within the writing of a checkpoint", half_written);
  EXPECT_GE(half_written, 5);  // or the test would show little
  EXPECT_LE(half_written, kKills - 5);

  const testing::CommandResult rest = testing::run_command(run_of(directory.path(), "killed"));
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_THAT(testing::differing_files(whole, killed), IsEmpty());
}

}  // namespace
}  // namespace angle
