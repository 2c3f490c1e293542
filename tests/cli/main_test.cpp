// `angle` itself:
//  - help and version go to stdout and end with 0; the help of every command ends with an example;
//  - wrong usage ends with 2: whatever the command line alone shows; what is mistyped is answered with the
//    nearest name;
//  - a whole number means what is typed, or is refused; an empty value does not mean the default;
//  - help that can't be written is not lost in silence;
//  - what the user can fix ends with 1 and a line that begins with `error: `; stdout stays empty then;
//  - it starts from any folder and through a link; without the program it belongs to, it says so;
//  - what it sets for the libraries, users can set otherwise.

#include <filesystem>
#include <sstream>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/golden.h"
#include "support/run_command.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using ::testing::AllOf;
using testing::CommandResult;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

CommandResult run(std::vector<std::string> args) {
  args.insert(args.begin(), ANGLE_BINARY);
  return testing::run_command(args);
}

TEST(Main, TellsItsVersion) {
  const CommandResult result = run({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, MatchesRegex("angle [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_THAT(result.err, IsEmpty());
}

TEST(Main, HelpsWithEveryCommandAndAnExample) {
  const CommandResult all = run({"--help"});
  EXPECT_EQ(all.exit_code, 0);
  for (const std::string command : {"embed", "eval", "train", "tokenize", "report", "annotate"}) {
    EXPECT_THAT(all.out, HasSubstr(command));
    const CommandResult result = run({command, "--help"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.err, IsEmpty());
    const size_t last_line = result.out.rfind('\n', result.out.find_last_not_of('\n')) + 1;
    EXPECT_THAT(result.out.substr(last_line), StartsWith("Example: ")) << command;
    EXPECT_THAT(result.out.substr(last_line), HasSubstr("angle " + command));
  }
  EXPECT_THAT(all.out, HasSubstr("Example: angle embed"));
  EXPECT_THAT(all.out, HasSubstr("2 after wrong usage"));
}

TEST(Main, LosesNoHelpInSilence) {
  for (const std::string asked : {"--help", "--version", "embed --help"}) {
    const CommandResult full = testing::run_shell("\"$0\" " + asked + " > /dev/full", ANGLE_BINARY);
    EXPECT_EQ(full.exit_code, 1) << asked;
    EXPECT_EQ(full.err, "error: <stdout>: writing failed: No space left on device\n");
  }
  EXPECT_EQ(testing::run_shell("\"$0\" --help | true", ANGLE_BINARY).exit_code, 0);
}

TEST(Main, StartsThroughALink) {
  const testing::TempDir directory;
  const std::string link = (directory.path() / "linked").string();
  std::filesystem::create_symlink(ANGLE_BINARY, link);
  EXPECT_EQ(testing::run_command({link, "--version"}).exit_code, 0);
}

TEST(Main, MissesItsOtherHalf) {
  const testing::TempDir directory;
  const std::string alone = (directory.path() / "angle").string();
  std::filesystem::copy_file(ANGLE_BINARY, alone);
  const CommandResult result = testing::run_command({alone, "--version"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, StartsWith("error: libexec/angle, which belongs to " + alone));
}

TEST(Main, SetsHowThreadsWaitUnlessTheUserDoes) {
  const testing::TempDir directory;
  const std::string launcher = (directory.path() / "angle").string();
  std::filesystem::copy_file(ANGLE_BINARY, launcher);
  std::filesystem::create_directory(directory.path() / "libexec");
  std::filesystem::create_symlink("/usr/bin/env", directory.path() / "libexec/angle");
  const auto environment_after = [&](std::vector<std::string> variables) {
    variables.insert(variables.begin(), {"/usr/bin/env", "-i"});
    variables.push_back(launcher);
    return testing::run_command(variables).out;
  };
  EXPECT_EQ(environment_after({}), "GOMP_SPINCOUNT=1000\n");
  EXPECT_EQ(environment_after({"GOMP_SPINCOUNT=5"}), "GOMP_SPINCOUNT=5\n");
  EXPECT_THAT(environment_after({"OMP_WAIT_POLICY=passive"}), Not(HasSubstr("GOMP_SPINCOUNT")));
}

TEST(Main, AsksForACommand) {
  const CommandResult result = run({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, StartsWith("error: a command is missing (commands: embed, eval, "));
  EXPECT_THAT(result.err, HasSubstr("--help"));
}

TEST(Main, SaysWhatIsWrongWithTheValueOfAnOption) {
  const auto error = [](std::vector<std::string> args) { return run(std::move(args)).err; };
  EXPECT_THAT(
      error({"embed", "--threads", "two"}),
      StartsWith("error: --threads: two, expected a whole number from 0 to 1024\n`angle embed --help`"));
  EXPECT_THAT(error({"embed", "--threads", "1", "--threads", "2"}),
              StartsWith("error: --threads: given more than once; give it once\n"));
  EXPECT_THAT(error({"eval", "--task"}), StartsWith("error: --task: without a value; expected one\n"));
  EXPECT_THAT(error({"--threads", "2", "embed"}),
              StartsWith("error: options come after the name of the command: angle embed …\n"));
}

TEST(Main, TakesWholeNumbersAsTheyAreTyped) {
  const auto expect_refused = [](std::vector<std::string> args, const std::string& range) {
    const std::string option = args[args.size() - 2], typed = args.back();
    const CommandResult result = run(std::move(args));
    EXPECT_EQ(result.exit_code, 2) << option << " " << typed;
    EXPECT_THAT(result.err, StartsWith("error: " + option + ": " + typed + ", expected a whole number from " +
                                       range + "\n"));
  };
  const std::string huge = "99999999999999999999999";
  for (const std::string& seed : {std::string("-1"), huge, std::string("010"), std::string("0x10"),
                                  std::string("1.5"), std::string("9223372036854775808")})
    expect_refused({"eval", "--task", "stsb", "--seed", seed}, "0 to 9223372036854775807");
  for (const std::string command : {"embed", "tokenize", "data"})
    expect_refused({command, "x.txt", "--max-seq-length", huge},
                   command == "data" ? "3 to 1000000" : "1 to 1000000");
  expect_refused({"embed", "--truncate-dim", huge}, "1 to 1000000");
  expect_refused({"embed", "--threads", huge}, "0 to 1024");
  expect_refused({"saturation", "--task", "stsb", "--max-batches", "1e3"}, "0 to 1000000000");
}

TEST(Main, TakesNoEmptyValueForTheDefault) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"embed", "--model", ""},
                                             {"embed", "x.txt", "-o", ""},
                                             {"eval", "--task", "stsb", "--model", ""},
                                             {"eval", "--task", "stsb", "--compare", ""},
                                             {"eval", "--task", "stsb", "--data-dir", ""},
                                             {"tokenize", "--model", ""},
                                             {"data", "x.tsv", "--model", ""},
                                             {"saturation", "--task", ""},
                                             {"saturation", "--task", "stsb", "--model", ""},
                                             {"train", "--config", "x.json", "--output", ""},
                                             {"study", "--config", "x.json", "--runs", ""},
                                             {"annotate", "--config", "x.json", "--output", ""},
                                             {"report", "x", "-o", ""}}) {
    const CommandResult result = run(args);
    const std::string option = *(args.end() - 2) == "-o" ? "--output" : *(args.end() - 2);
    EXPECT_EQ(result.exit_code, 2) << args.front() << " " << option;
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err,
                StartsWith("error: " + option + ": an empty value was given (an unset shell variable?)\n"));
  }
  EXPECT_THAT(run({"embed", ""}).err, StartsWith("error: input: an empty value was given"));
}

TEST(Main, TakesNoOptionForTheValueOfAnother) {
  EXPECT_THAT(run({"eval", "--task", "stsb", "--compare", "--threads", "1"}).err,
              StartsWith("error: --compare: without a value, as --threads follows; expected one\n"));
  EXPECT_THAT(run({"eval", "--task", "stsb", "--compare", "--threads=1"}).err,
              StartsWith("error: --compare: without a value, as --threads follows; expected one\n"));
  EXPECT_THAT(run({"train", "--config", "x.json", "--output", "--resume"}).err,
              StartsWith("error: --output: without a value, as --resume follows; expected one\n"));
  EXPECT_THAT(run({"eval", "--task", "stsb", "--compare", "-o", "x.json"}).err,
              StartsWith("error: --compare: without a value, as -o follows; expected one\n"));
}

TEST(Main, ChecksEveryWholeNumber) {
  for (const std::string command :
       {"embed", "eval", "train", "tokenize", "report", "annotate", "data", "saturation", "study"}) {
    std::istringstream help(run({command, "--help"}).out);
    for (std::string line; std::getline(help, line);)
      EXPECT_THAT(line, Not(ContainsRegex(" U?INT( |=|$)")))
          << command << " has an option without in_range()";
  }
}

TEST(Main, SuggestsTheNearestCommand) {
  const CommandResult result = run({"trian", "--config", "x"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr("trian: no such command; did you mean \"train\"?"));
  EXPECT_THAT(result.err, HasSubstr("embed, eval, train, tokenize, report"));
  EXPECT_EQ(run({"xyzzy"}).exit_code, 2);
  EXPECT_THAT(run({"help"}).err, HasSubstr("\n`angle --help` tells more\n"));
}

TEST(Main, SuggestsTheNearestOption) {
  const CommandResult result = run({"embed", "x.txt", "--modle", "y"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, StartsWith("error: --modle: no such option; did you mean \"--model\"?\n"));
  EXPECT_THAT(result.err, HasSubstr("`angle embed --help`"));
  EXPECT_THAT(run({"saturation", "--tsk=stsb"}).err,
              StartsWith("error: --tsk: no such option; did you mean \"--task\"?"));
  EXPECT_THAT(run({"--versoin"}).err,
              StartsWith("error: --versoin: no such option; did you mean \"--version\"?"));
}

TEST(Main, SuggestsNoOptionThatIsFarFromWhatWasTyped) {
  EXPECT_THAT(run({"embed", "--batch-sise", "3"}).err, StartsWith("error: --batch-sise: no such option\n"));
  EXPECT_THAT(run({"embed", "--xy", "3"}).err, StartsWith("error: --xy: no such option\n"));
}

TEST(Main, SaysHowToSetWhatIsNoOptionButInTheConfiguration) {
  EXPECT_THAT(run({"train", "--config", "x.json", "--learning-rate", "1e-5"}).err,
              StartsWith("error: --learning-rate: no such option; the configuration has it: --set "
                         "train.learning_rate=…\n`angle train --help`"));
  EXPECT_THAT(run({"study", "--every_steps=5"}).err,
              StartsWith("error: --every_steps: no such option; the configuration has it: --set "
                         "checkpoint.every_steps=… or --set evaluation.every_steps=…\n"));
  EXPECT_THAT(run({"train", "--config", "x.json", "--batch-sise", "3"}).err,
              StartsWith("error: --batch-sise: no such option; did you mean --set train.batch_size=…?\n"));
  EXPECT_THAT(run({"train", "--confg", "x.json"}).err, HasSubstr("did you mean \"--config\"?\n"));
  EXPECT_THAT(run({"embed", "--epochs", "3"}).err, StartsWith("error: --epochs: no such option\n"));
}

TEST(Main, SaysWhatAnArgumentTooManyMayHaveBeenMeantFor) {
  EXPECT_THAT(
      run({"embed", "x.txt", "y.txt"}).err,
      StartsWith("error: y.txt: not expected; the command takes one input only: cat … | angle embed\n"));
  EXPECT_THAT(run({"train", "--config", "x.json", "--set", "a=1", "b=2"}).err,
              StartsWith("error: b=2: not expected; --set takes one assignment each time: --set b=2\n"));
  EXPECT_THAT(run({"train", "--config", "x.json", "y"}).err,
              StartsWith("error: y: not expected; the command takes options only\n"));
  EXPECT_THAT(run({"train", "--help"}).out, HasSubstr("--set PATH=VALUE "));
}

TEST(Main, EndsWith2AfterWrongUsage) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"train"},
                                             {"eval"},
                                             {"train", "--config"},
                                             {"train", "--config", "x.json", "--confg", "y"},
                                             {"train", "--config", "x.json", "extra"},
                                             {"eval", "--task", "stsb", "--threads", "many"},
                                             {"eval", "--task", "stsb", "--threads", "-1"},
                                             {"eval", "--task", "stsb", "--device", "gpu"},
                                             {"eval", "--task", "stbs"},
                                             {"eval", "--task", "stsb", "--metric", "foo"},
                                             {"eval", "--task", "stsb", "--column", "left"},
                                             {"eval", "--task", "mine.tsv", "--split", "test"},
                                             {"eval", "--task", "stsb", "--verify", "no-such-model"},
                                             {"embed", "x.txt", "--shard", "x"},
                                             {"embed", "--shard", "1/2"},
                                             {"embed", "--workers", "8", "--threads", "2"},
                                             {"embed", "--precision", "float16"},
                                             {"embed", "--window-overlap", "4"},
                                             {"embed", "-o", "x.foo"},
                                             {"train", "--config", "x.json", "--device", "gpu"},
                                             {"saturation", "--task", "stbs"},
                                             {"data"},
                                             {"data", "x.tsv", "--format", "pair"},
                                             {"--versoin"}}) {
    const CommandResult result = run(args);
    EXPECT_EQ(result.exit_code, 2) << args.back();
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, StartsWith("error: ")) << args.back();
  }
}

TEST(Main, EndsWith1AfterWhatTheUserCanFix) {
  const testing::TempDir directory;
  const std::string file = directory.file("file", "").string();
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"train", "--config", "/absent.json"},
                                             {"train", "--config", directory.path().string()},
                                             {"eval", "--task", "stsb", "--model", "/absent"},
                                             {"eval", "--task", "stsb", "--model", file},
                                             {"embed", "/absent.txt"},
                                             {"tokenize", "/absent.txt"},
                                             {"eval", "--task", "pairs:/absent.tsv"},
                                             {"embed", "--device", "cuda:999"}}) {
    const CommandResult result = run(args);
    EXPECT_EQ(result.exit_code, 1) << args.back();
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr("error: ")) << args.back();
  }
}

TEST(Main, TakesASymbolicLinkInACircleForAMissingFile) {
  const testing::TempDir directory;
  std::filesystem::create_symlink("circle", directory.path() / "circle");
  const CommandResult result = run({"tokenize", "--model", (directory.path() / "circle").string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("circle: "), Not(HasSubstr("filesystem error"))));
}

}  // namespace
}  // namespace angle
