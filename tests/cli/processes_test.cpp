// `angle train` by several processes, as their users see it:
//  - N processes give what one gives, to rounding, without dropout; with it the same bytes every time;
//  - only rank 0 says anything; stdin serves all of them; all may use all CPUs;
//  - Ctrl-C saves and exits 130, and any number of processes can go on from there;
//  - a process that is killed, hangs or fails ends all, with its rank and the reason, within the timeout; a
//    launcher that is suspended ends none;
//  - processes that somebody else starts, with torchrun's environment, do the same;
//  - wrong numbers and different configurations are errors.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"
#include "angle/io/json.h"

#include "cli/tiny_command.h"
#include "support/free_port.h"
#include "support/golden.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ::testing::AllOf;
using testing::CommandResult;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RunningCommand;
using ::testing::StartsWith;
using testing::TempDir;
using testing::tiny_command;
using testing::wait_for_steps;

using Args = std::vector<std::string>;

const fs::path kSource = ANGLE_SOURCE_DIR;

Args processes(int count, const Args& more = {}) {
  Args args = {"--processes", std::to_string(count)};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

/// One of several processes, as torchrun or a person would start it.
Args member(int rank, int size, uint16_t port, const Args& command) {
  Args args = {"env", "RANK=" + std::to_string(rank), "WORLD_SIZE=" + std::to_string(size),
               "MASTER_ADDR=127.0.0.1", "MASTER_PORT=" + std::to_string(port)};
  args.insert(args.end(), command.begin(), command.end());
  return args;
}

const Args kShort = {"--set", "train.max_steps=12", "--set", "train.dropout=0"};
const Args kEndless = {"--set", "train.epochs=100000", "--set", "checkpoint.every_steps=100000"};
const Args kEndlessWithTimeout = {
    "--set", "train.epochs=100000", "--set", "checkpoint.every_steps=100000", "--timeout", "2"};

std::vector<json> read_metrics(const fs::path& output) {
  std::vector<json> lines;
  std::istringstream stream(read_file(output / "metrics.jsonl"));
  for (std::string line; std::getline(stream, line);) lines.push_back(json::parse(line));
  return lines;
}

/// The same losses, gradients and counts, step by step.
void expect_like(const fs::path& left, const fs::path& right) {
  const std::vector<json> expected = read_metrics(left), lines = read_metrics(right);
  ASSERT_EQ(lines.size(), expected.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    for (const char* key : {"loss", "cosine", "in_batch", "angle", "gradient_norm"})
      EXPECT_NEAR(lines[i].at(key), expected[i].at(key),
                  1e-4 * std::abs(expected[i].at(key).get<double>()) + 1e-5)
          << key << " of line " << i;
    for (const char* key : {"step", "examples", "tokens", "positive_rows", "duplicates", "learning_rate"})
      EXPECT_EQ(lines[i].at(key), expected[i].at(key)) << key;
  }
}

/// Process ids of all processes that train into a directory, by rank. The launcher has none.
std::map<int, pid_t> members(const fs::path& output) {
  std::map<int, pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream arguments(entry.path() / "cmdline"), environment(entry.path() / "environ");
    std::set<std::string> all;
    for (std::string argument; std::getline(arguments, argument, '\0');) all.insert(argument);
    if (!all.contains(output)) continue;
    for (std::string variable; std::getline(environment, variable, '\0');)
      if (variable.starts_with("RANK=")) found[std::stoi(variable.substr(5))] = std::stoi(name);
  }
  return found;
}

/// Waits for the end of a run; the test fails, and the run is killed, when that does not come within `limit`.
CommandResult end_of(RunningCommand& run, Clock::duration limit) {
  const auto end = Clock::now() + limit;
  while (run.is_running() && Clock::now() < end) std::this_thread::sleep_for(10ms);
  if (run.is_running()) {
    ADD_FAILURE() << "the run does not end";
    run.send(SIGKILL);
  }
  return run.wait();
}

// --- what comes out

TEST(Processes, GiveWhatOneGives) {
  const TempDir directory;
  ASSERT_EQ(testing::run_command(tiny_command(directory.path() / "1", kShort)).exit_code, 0);
  for (const int count : {2, 3}) {
    const fs::path output = directory.path() / std::to_string(count);
    const CommandResult result = testing::run_command(tiny_command(output, processes(count, kShort)));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, AllOf(HasSubstr("processes: " + std::to_string(count)), HasSubstr("% exchange"),
                                  HasSubstr("exchanges between the processes took")));
    EXPECT_EQ(result.err.find("step 1/12"), result.err.rfind("step 1/12")) << "only rank 0 speaks";
    expect_like(directory.path() / "1", output);
    EXPECT_GT(read_metrics(output)[0].at("exchange_share"), 0);
    EXPECT_LT(read_metrics(output)[0].at("exchange_share"), 1);
    EXPECT_TRUE(fs::exists(output / "model.safetensors"));
  }
  EXPECT_FALSE(read_metrics(directory.path() / "1")[0].contains("exchange_share"));
}

TEST(Processes, EndWhereTheSignalOfTheirEndIsIgnored) {
  const TempDir directory;
  Args ignoring = {"sh", "-c", "trap '' CHLD; exec \"$@\"", "sh"};
  for (const std::string& argument : tiny_command(directory.path() / "model", processes(2, kShort)))
    ignoring.push_back(argument);
  RunningCommand run(ignoring);
  EXPECT_EQ(end_of(run, 60s).exit_code, 0);
}

TEST(Processes, GiveWhatOneGivesWithTheGradientCacheAccumulationAndValidation) {
  const TempDir directory;
  fs::create_directories(directory.path() / "stsb");
  fs::copy_file(kSource / "data/samples/pairs_validation.tsv", directory.path() / "stsb/validation.tsv");
  Args more = kShort;
  for (const char* set : {"train.gradient_cache_tokens=100", "train.accumulation_steps=2",
                          "evaluation.task=stsb", "evaluation.every_steps=4"})
    more.insert(more.end(), {"--set", set});
  more.insert(more.end(), {"--data-dir", directory.path()});
  const auto scores = [&](const Args& how) {
    const fs::path output = directory.path() / std::to_string(how.size());
    const CommandResult result = testing::run_command(tiny_command(output, how));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    std::vector<double> values;
    for (const json& line : read_metrics(output))
      values.push_back(line.contains("score") ? line.at("score") : line.at("loss"));
    return values;
  };
  EXPECT_THAT(scores(processes(2, more)), ::testing::Pointwise(::testing::DoubleNear(1e-3), scores(more)));
}

TEST(Processes, WithDropoutGiveTheSameBytesInterruptedOrNot) {
  const TempDir directory;
  const Args more = {"--set", "train.max_steps=90", "--set", "train.epochs=9", "--set", "train.dropout=0.1"};
  const fs::path whole = directory.path() / "whole", broken = directory.path() / "broken";
  ASSERT_EQ(testing::run_command(tiny_command(whole, processes(2, more))).exit_code, 0);
  RunningCommand run(tiny_command(broken, processes(2, more)));
  wait_for_steps(broken, 5);
  run.send(SIGINT);
  const CommandResult interrupted = run.wait();
  ASSERT_EQ(interrupted.exit_code, 130) << interrupted.err;
  Args again = processes(2, more);
  again.emplace_back("--resume");
  ASSERT_EQ(testing::run_command(tiny_command(broken, again)).exit_code, 0);
  EXPECT_TRUE(read_file(whole / "model.safetensors") == read_file(broken / "model.safetensors"));

  const fs::path alone = directory.path() / "alone";
  ASSERT_EQ(testing::run_command(tiny_command(alone, more)).exit_code, 0);
  EXPECT_FALSE(read_file(whole / "model.safetensors") == read_file(alone / "model.safetensors"))
      << "rank 1 draws masks of its own";
}

TEST(Processes, SaveWhenInterruptedAndGoOnInAnyNumber) {
  const TempDir directory;
  const Args more = {"--set", "train.max_steps=90", "--set", "train.epochs=9", "--set", "train.dropout=0"};
  const fs::path whole = directory.path() / "whole", broken = directory.path() / "broken";
  ASSERT_EQ(testing::run_command(tiny_command(whole, more)).exit_code, 0);
  int64_t steps = 5;
  for (const int count : {2, 3}) {
    Args resumed = processes(count, more);
    resumed.emplace_back("--resume");
    RunningCommand run(tiny_command(broken, resumed));
    wait_for_steps(broken, steps);
    run.send(count == 2 ? SIGINT : SIGTERM);
    const CommandResult result = run.wait();
    EXPECT_EQ(result.exit_code, 130) << result.err;
    EXPECT_THAT(result.err,
                AllOf(HasSubstr("the state is saved, go on with --resume"), Not(HasSubstr("error"))));
    steps = static_cast<int64_t>(read_metrics(broken).size()) + 3;
    ASSERT_LT(steps, 90);
  }
  Args resumed = more;
  resumed.emplace_back("--resume");
  ASSERT_EQ(testing::run_command(tiny_command(broken, resumed)).exit_code, 0);
  expect_like(whole, broken);
}

TEST(Processes, MayRunOnAllCpusWhereOpenMpBindsThreads) {
  const TempDir directory;
  const fs::path output = directory.path() / "model";
  Args command = tiny_command(output, processes(2, kEndless));
  command.insert(command.begin(), {"env", "OMP_PROC_BIND=close"});
  RunningCommand run(command);
  wait_for_steps(output, 1);
  cpu_set_t expected;
  ASSERT_EQ(sched_getaffinity(0, sizeof expected, &expected), 0);
  const auto running = members(output);
  EXPECT_EQ(running.size(), 2u);
  for (const auto& [rank, process] : running) {
    cpu_set_t found;
    ASSERT_EQ(sched_getaffinity(process, sizeof found, &found), 0);
    EXPECT_EQ(CPU_COUNT(&found), CPU_COUNT(&expected)) << "rank " << rank;
  }
  run.send(SIGINT);
  EXPECT_EQ(run.wait().exit_code, 130);
}

TEST(Processes, AllReadTheConfigurationFromStdin) {
  const TempDir directory;
  json config = read_json(kSource / "configs/tiny.json");
  config["model"]["path"] = testing::golden_path("models/tiny-bert").string();
  config["data"]["train"][0]["path"] = (kSource / "data/samples/pairs_train.tsv").string();
  config["train"]["max_steps"] = 4;
  const fs::path output = directory.path() / "model";
  const CommandResult result = testing::run_command(
      {ANGLE_BINARY, "train", "--config", "-", "--output", output, "--processes", "2"}, config.dump());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(output / "model.safetensors"));
}

// --- what can go wrong

TEST(Processes, EndWithTheRankOfOneThatIsKilled) {
  const TempDir directory;
  const fs::path output = directory.path() / "model";
  RunningCommand run(tiny_command(output, processes(3, kEndless)));
  wait_for_steps(output, 3);
  const auto running = members(output);
  ASSERT_EQ(running.size(), 3u);
  for (const auto& [rank, process] : running)
    EXPECT_EQ(read_file("/proc/" + std::to_string(process) + "/comm"), "angle\n") << "rank " << rank;
  const pid_t victim = running.at(1);
  kill(victim, SIGKILL);
  const CommandResult result = end_of(run, 15s);
  EXPECT_EQ(result.exit_code, 137) << result.err;
  const std::string name = "rank 1 (process " + std::to_string(victim) + ")";
  EXPECT_THAT(result.err, HasSubstr("\nerror: " + name + " was killed by signal 9 (Killed)"));
  EXPECT_THAT(result.err, AllOf(HasSubstr("rank 0: error: given up: " + name),
                                HasSubstr("rank 2: error: given up: " + name)));
  EXPECT_THAT(members(output), IsEmpty());
}

TEST(Processes, EndWithTheRankOfOneThatHangs) {
  const TempDir directory;
  const fs::path output = directory.path() / "model";
  RunningCommand run(tiny_command(output, processes(2, kEndlessWithTimeout)));
  wait_for_steps(output, 3);
  const pid_t victim = members(output).at(1);
  kill(victim, SIGSTOP);
  const CommandResult result = end_of(run, 20s);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("rank 0: error: given up: "),
                                HasSubstr("rank 1 (process " + std::to_string(victim) + " on "),
                                HasSubstr("no sign of life")));
  EXPECT_THAT(members(output), IsEmpty());
}

TEST(Processes, GoOnWhileTheLauncherIsSuspended) {
  const TempDir directory;
  const fs::path output = directory.path() / "model";
  RunningCommand run(tiny_command(output, processes(2, kEndlessWithTimeout)));
  wait_for_steps(output, 3);
  run.send(SIGSTOP);
  std::this_thread::sleep_for(4s);
  run.send(SIGCONT);
  std::this_thread::sleep_for(1s);
  const std::string log = read_file(output / "metrics.jsonl");
  wait_for_steps(output, std::count(log.begin(), log.end(), '\n') + 3);
  run.send(SIGINT);
  const CommandResult result = end_of(run, 20s);
  EXPECT_EQ(result.exit_code, 130) << result.err;
}

TEST(Processes, EndWithTheLauncher) {
  const TempDir directory;
  const fs::path output = directory.path() / "model";
  RunningCommand run(tiny_command(output, processes(2, kEndless)));
  wait_for_steps(output, 3);
  run.send(SIGKILL);
  run.wait();
  for (int tries = 0; tries < 500 && !members(output).empty(); ++tries) std::this_thread::sleep_for(10ms);
  EXPECT_THAT(members(output), IsEmpty());
}

TEST(Processes, EndTogetherWhenOneFails) {
  const TempDir directory;
  const fs::path output =
      directory.file("a_file", "") / "model";  // which the first rank alone tries to create
  const CommandResult result = testing::run_command(tiny_command(output, processes(2, kShort)));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("rank 0: error: " + output.string() + ": the directory can't be"),
                                HasSubstr("rank 1: error: given up: rank 0 (process ")));
}

TEST(Processes, ReportAMistakeInTheConfiguration) {
  const TempDir directory;
  const CommandResult result =
      testing::run_command(tiny_command(directory.path() / "model", processes(2, {"--set", "train.sed=7"})));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("did you mean \"seed\"?"));
  EXPECT_EQ(result.err.find("error: "), result.err.rfind("error: ")) << "said once, not by every process";
}

TEST(Processes, OfWrongNumbersAreRefused) {
  const TempDir directory;
  const fs::path output = directory.path() / "model";
  EXPECT_EQ(testing::run_command(tiny_command(output, processes(0))).exit_code, 2);
  EXPECT_EQ(testing::run_command(tiny_command(output, processes(2, {"--timeout", "0"}))).exit_code, 2);
  const CommandResult both = testing::run_command(member(0, 2, 1, tiny_command(output, processes(3))));
  EXPECT_EQ(both.exit_code, 1);
  EXPECT_THAT(both.err, HasSubstr("--processes: 3, but a launcher has started 1 on this machine"));
  const CommandResult rank = testing::run_command(member(2, 2, 1, tiny_command(output)));
  EXPECT_EQ(rank.exit_code, 1);
  EXPECT_THAT(rank.err, HasSubstr("RANK: 2 in the environment, expected a number from 0 to 1"));
}

TEST(Processes, OnOneGpuAreRefused) {
  const TempDir directory;
  const CommandResult result =
      testing::run_command(tiny_command(directory.path() / "model", processes(2, {"--device", "cuda:0"})));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--device cuda:0: the 2 processes of this machine would share"),
                                HasSubstr("use --device cuda")));
}

// --- started by others

TEST(Processes, StartedByHandTrainTogether) {
  const TempDir directory;
  const uint16_t port = testing::free_port();
  ASSERT_EQ(testing::run_command(tiny_command(directory.path() / "1", kShort)).exit_code, 0);
  const fs::path output = directory.path() / "2";
  RunningCommand second(member(1, 2, port, tiny_command(directory.path() / "elsewhere", kShort)));
  const CommandResult first = testing::run_command(member(0, 2, port, tiny_command(output, kShort)));
  EXPECT_EQ(first.exit_code, 0) << first.err;
  const CommandResult rest = second.wait();
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_THAT(rest.err, IsEmpty());
  EXPECT_FALSE(fs::exists(directory.path() / "elsewhere"));
  expect_like(directory.path() / "1", output);
}

TEST(Processes, StartedByHandNameTheOneThatIsKilled) {
  for (const int victim : {0, 1}) {
    const TempDir directory;
    const uint16_t port = testing::free_port();
    const fs::path output = directory.path() / "model";
    Args more = kEndless;
    more.insert(more.end(), {"--timeout", "4"});
    std::vector<std::unique_ptr<RunningCommand>> runs;
    for (const int rank : {0, 1})
      runs.push_back(std::make_unique<RunningCommand>(member(rank, 2, port, tiny_command(output, more))));
    wait_for_steps(output, 3);
    runs[static_cast<size_t>(victim)]->send(SIGKILL);
    runs[static_cast<size_t>(victim)]->wait();
    const CommandResult other = end_of(*runs[static_cast<size_t>(1 - victim)], 20s);
    EXPECT_EQ(other.exit_code, 1) << other.err;
    EXPECT_THAT(other.err, AllOf(HasSubstr("error: given up: "),
                                 HasSubstr("rank " + std::to_string(victim) + " (process ")));
  }
}

TEST(Processes, StartedByHandNameTheFirstWhenItHangs) {
  const TempDir directory;
  const uint16_t port = testing::free_port();
  const fs::path output = directory.path() / "model";
  RunningCommand first(member(0, 2, port, tiny_command(output, kEndlessWithTimeout)));
  RunningCommand second(member(1, 2, port, tiny_command(output, kEndlessWithTimeout)));
  wait_for_steps(output, 3);
  first.send(SIGSTOP);  // with it the store, where the others would read who is alive
  const CommandResult other = end_of(second, 20s);
  first.send(SIGKILL);
  first.wait();
  EXPECT_EQ(other.exit_code, 1) << other.err;
  EXPECT_THAT(other.err, StartsWith("rank 1: error: given up: rank 0 (process " +
                                    std::to_string(first.process_id()) + " on "));
  EXPECT_THAT(other.err, HasSubstr("where the processes meet, has not answered for"));
  EXPECT_EQ(std::count(other.err.begin(), other.err.end(), '\n'), 1) << other.err;
}

TEST(Processes, StartedByHandNameTheFirstWhenItHangsBeforeAllHaveCome) {
  const TempDir directory;
  const uint16_t port = testing::free_port();
  const fs::path output = directory.path() / "model";
  RunningCommand first(member(0, 3, port, tiny_command(output, {"--timeout", "60"})));
  RunningCommand second(member(1, 3, port, tiny_command(output, {"--timeout", "4"})));
  std::this_thread::sleep_for(2s);  // both wait for the third by now
  first.send(SIGSTOP);
  const CommandResult other = end_of(second, 25s);
  first.send(SIGKILL);
  first.wait();
  EXPECT_EQ(other.exit_code, 1) << other.err;
  EXPECT_THAT(other.err, AllOf(StartsWith("rank 1: error: "), HasSubstr("rank 0")));
}

TEST(Processes, NameTheOnesThatNeverCame) {
  const TempDir directory;
  const CommandResult alone = testing::run_command(
      member(0, 2, testing::free_port(), tiny_command(directory.path() / "model", {"--timeout", "1"})));
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_THAT(alone.err, HasSubstr("1 of 2 processes have not joined within 1 s: rank 1"));
}

TEST(Processes, WaitForTheFirstAsLongAsTheTimeoutAndSayOneThing) {
  const TempDir directory;
  const testing::SilentListener silent;
  for (const uint16_t port : {testing::free_port(), silent.port()}) {
    const Clock::time_point start = Clock::now();
    const CommandResult lost = testing::run_command(
        member(1, 2, port, tiny_command(directory.path() / "model", {"--timeout", "3"})));
    EXPECT_LT(Clock::now() - start, 9s);
    EXPECT_EQ(lost.exit_code, 1);
    EXPECT_THAT(lost.err, StartsWith("rank 1: error: 127.0.0.1:" + std::to_string(port) +
                                     ": nobody answers there within 3 s, where the processes are to meet; is "
                                     "rank 0 running"));
    EXPECT_EQ(std::count(lost.err.begin(), lost.err.end(), '\n'), 1) << lost.err;
  }
}

TEST(Processes, WithDifferentConfigurationsAreRefused) {
  const TempDir directory;
  const uint16_t port = testing::free_port();
  RunningCommand second(
      member(1, 2, port,
             tiny_command(directory.path() / "model", {"--set", "train.max_steps=12", "--set", "train.seed=7",
                                                       "--set", "checkpoint.every_steps=7"})));
  const CommandResult first = testing::run_command(
      member(0, 2, port, tiny_command(directory.path() / "model", {"--set", "train.max_steps=12"})));
  const CommandResult other = second.wait();
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err,
              AllOf(HasSubstr("rank 1: error: configuration, data or model differ from those of rank 0:"),
                    HasSubstr("train.seed: 42 → 7"), HasSubstr("checkpoint.every_steps: ")));
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_THAT(first.err, AllOf(HasSubstr("rank 1 (process "), HasSubstr("train.seed: 42 → 7")));
}

}  // namespace
}  // namespace angle
