// TensorBoard reads the event files of `angle train` back, every scalar of metrics.jsonl once, also of a run
// that was killed and resumed.
//
// Needs the Python package tensorboard, in $ANGLE_VENV (a virtual environment) or for python3; skips without
// it.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/train/event_file.h"

#include "cli/tiny_command.h"
#include "support/run_command.h"
#include "support/run_directory.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::RunningCommand;
using testing::TempDir;

std::string python() {
  const char* venv = std::getenv("ANGLE_VENV");
  return venv ? std::string(venv) + "/bin/python" : "python3";
}

/// What TensorBoard shows of a directory: {"train/loss": {"1": 0.5, …}, …}; a step that it has twice is an
/// error.
constexpr const char* kReader = R"(
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0}).Reload()
curves = {}
for tag in events.Tags()["scalars"]:
    points = [(event.step, event.value) for event in events.Scalars(tag)]
    assert len(points) == len(dict(points)), tag
    curves[tag] = dict(points)
print(json.dumps(curves))
)";

std::vector<std::string> run_of(const TempDir& directory) {
  std::vector<std::string> more = {"--data-dir", directory.path().string(), "--resume"};
  for (const char* set :
       {"train.epochs=8", "evaluation.task=stsb", "evaluation.every_steps=7", "checkpoint.every_steps=10"})
    more.insert(more.end(), {"--set", set});
  return testing::tiny_command(directory.path() / "run", more);
}

TEST(TensorBoard, ReadsEveryScalarOfAKilledAndResumedRunOnce) {
  if (testing::run_command({"sh", "-c", "\"$0\" -c 'import tensorboard'", python()}).exit_code != 0)
    GTEST_SKIP() << python()
                 << " has no package tensorboard; name a virtual environment with it in ANGLE_VENV";
  const TempDir directory;
  fs::create_directories(directory.path() / "stsb");
  fs::copy_file(ANGLE_SOURCE_DIR "/data/samples/pairs_validation.tsv",
                directory.path() / "stsb/validation.tsv");
  const fs::path output = directory.path() / "run";
  for (const char* latest : {"step-000020", "step-000050"}) {
    RunningCommand run(run_of(directory));
    while (run.is_running() && !fs::exists(output / "checkpoints" / latest))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // into the steps after the checkpoint
    run.send(SIGKILL);
    ASSERT_EQ(run.wait().exit_code, 128 + SIGKILL);
  }
  ASSERT_EQ(testing::run_command(run_of(directory)).exit_code, 0);

  const testing::CommandResult read = testing::run_command({python(), "-c", kReader, output.string()});
  ASSERT_EQ(read.exit_code, 0) << read.err;
  json shown = json::parse(read.out);
  size_t points = 0;
  for (const json& line : testing::read_metrics(output))
    for (const Scalar& scalar : scalars_of(line)) {
      const std::string step = std::to_string(line.at("step").get<int64_t>());
      ASSERT_TRUE(shown.contains(scalar.tag) && shown[scalar.tag].contains(step))
          << scalar.tag << " " << step;
      EXPECT_EQ(shown[scalar.tag][step].get<float>(), static_cast<float>(scalar.value))
          << scalar.tag << " " << step;
      ++points;
    }
  EXPECT_GT(points, 184 * 10u);
  size_t shown_points = 0;
  for (const auto& [tag, curve] : shown.items())
    if (tag != "train/tokens_per_second") shown_points += curve.size();
  EXPECT_EQ(shown_points, points);
  EXPECT_EQ(shown.at("train/tokens_per_second").size(), 184u);
}

}  // namespace
}  // namespace angle
