// The logs of a run that goes on: TensorBoard keeps what metrics.jsonl keeps. Where the validation of the
// step is still to come, an earlier one of that step is void, and the update of that step is told again.
#include "angle/train/run_logs.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempDir;

/// Two updates and the validation of each.
void log_two_steps(const fs::path& output) {
  RunLogs logs(output, {.step = 0, .validated = false, .saturation = false});
  for (const int64_t step : {1, 2}) {
    TrainProgress progress{};
    progress.step = step;
    logs.write(progress);
    logs.write(TrainEvaluation{.step = step, .name = "stsb", .score = 0.5});
  }
}

/// Of the event file that was begun last.
std::string newest_events(const fs::path& output) {
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(output))
    if (entry.path().filename().string().starts_with("events.")) newest = std::max(newest, entry.path());
  return read_file(newest);
}

/// That what came from a step on is void.
std::string restart_at(char step) { return "\x10"s + step + "\x3a\x02\x08\x01"; }

TEST(RunLogs, TellTensorBoardOfLaterStepsThatTheyAreVoid) {
  const TempDir output;
  log_two_steps(output.path());
  EXPECT_THAT(newest_events(output.path()), HasSubstr(restart_at(0)));
  const RunLogs logs(output.path(), {.step = 2, .validated = true, .saturation = false});
  EXPECT_THAT(newest_events(output.path()),
              AllOf(HasSubstr(restart_at(3)), Not(HasSubstr("train/")), Not(HasSubstr("evaluation/"))));
}

TEST(RunLogs, TellTensorBoardOfAValidationOnceThatIsDoneAgain) {
  const TempDir output;
  log_two_steps(output.path());
  const RunLogs logs(output.path(), {.step = 2, .validated = false, .saturation = false});
  const std::string events = newest_events(output.path());
  EXPECT_THAT(events,
              AllOf(HasSubstr(restart_at(2)), HasSubstr("train/loss"), Not(HasSubstr("evaluation/"))));
  EXPECT_EQ(events.find("train/loss"), events.rfind("train/loss"));
}

}  // namespace
}  // namespace angle
