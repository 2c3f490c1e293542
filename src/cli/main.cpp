// The program: lists the commands and turns errors into exit codes.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <map>
#include <sstream>
#include <string_view>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <c10/util/Exception.h>

#include "angle/config.h"
#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/standard_output.h"
#include "angle/suggest.h"

#include "cli/annotate_command.h"
#include "cli/data_command.h"
#include "cli/embed_command.h"
#include "cli/eval_command.h"
#include "cli/exit_code.h"
#include "cli/log.h"
#include "cli/report_command.h"
#include "cli/saturation_command.h"
#include "cli/study_command.h"
#include "cli/tokenize_command.h"
#include "cli/train_command.h"

namespace angle::cli {
namespace {

/// The commands' names, to suggest one for a mistyped one.
std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

/// CLI11 says only that a mistyped command was "not expected".
std::string unknown_or_no_command(const CLI::App& app, int argc, char** argv) {
  const std::vector<std::string> names = command_names(app);
  if (argc < 2)
    return fmt::format("a command is missing (commands: {})\n`angle --help` tells more",
                       fmt::join(names, ", "));
  if (argv[1][0] == '-') return "";
  if (std::find(names.begin(), names.end(), argv[1]) != names.end()) return "";
  return fmt::format("{}: no such command{} (commands: {})\n`angle --help` tells more", argv[1],
                     suggestion(argv[1], names), fmt::join(names, ", "));
}

/// The command that the arguments name, or `angle` itself.
const CLI::App& chosen_command(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : *commands.front();
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// `--batch-size` in the spelling of the configuration, `batch_size`, in which names are compared: the dashes
/// that all options begin with make none of them alike.
std::string as_key(const std::string& option) {
  std::string key = option.substr(std::min(option.find_first_not_of('-'), option.size()));
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

/// The keys of the training configuration that a command takes with --set, and the ways to set them: for
/// `learning_rate` `--set train.learning_rate=…`. None where it takes no such configuration.
std::map<std::string, std::string> ways_to_set(const CLI::App& command) {
  std::map<std::string, std::string> ways;
  if (command.get_option_no_throw("--set") == nullptr || command.get_name() == "annotate") return ways;
  const nlohmann::json sections = default_config();
  for (const auto& [section, content] : sections.items()) {
    if (!content.is_object()) continue;
    for (const auto& [key, value] : content.items()) {
      std::string& way = ways[key];
      way += fmt::format("{}--set {}.{}=…", way.empty() ? "" : " or ", section, key);
    }
  }
  return ways;
}

/// What a name that is no option may have been meant for: an option of the command, or a key of the
/// configuration that it takes; "" for neither.
std::string hint_for_unknown_option(const CLI::App& command, const std::string& given) {
  const std::map<std::string, std::string> ways = ways_to_set(command);
  if (const auto way = ways.find(as_key(given)); way != ways.end())
    return "; the configuration has it: " + way->second;
  std::map<std::string, std::string> options;  // by what they are compared by
  std::vector<std::string> candidates;
  for (const std::string& name : option_names(command)) {
    candidates.push_back(as_key(name));
    options[candidates.back()] = name;
  }
  for (const auto& [key, way] : ways) candidates.push_back(key);
  const std::string nearest = nearest_name(as_key(given), candidates);
  if (nearest.empty()) return "";
  if (const auto option = options.find(nearest); option != options.end())
    return "; did you mean " + in_quotes(option->second) + "?";
  return "; did you mean " + ways.at(nearest) + "?";
}

/// CLI11 says only that a misspelt option was "not expected", and so was what comes behind it; "" when there
/// is none.
std::string unknown_option(const CLI::App& command) {
  for (const std::string& given : command.remaining()) {
    const std::string name = given.substr(0, given.find('='));
    if (name.size() < 2 || name[0] != '-') continue;
    return fmt::format("{}: no such option{}", name, hint_for_unknown_option(command, name));
  }
  return "";
}

/// CLI11 counts the values of an option that was given twice, or without one; "" when that is not what is
/// wrong.
std::string wrong_count(const CLI::ParseError& error) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ArgumentMismatch)) return "";
  const std::string message = error.what();
  const std::string option = message.substr(0, message.find(": "));
  if (message.find(": At Most 1 ") != std::string::npos)
    return option + ": given more than once; give it once";
  return message.find(" missing") != std::string::npos ? option + ": without a value; expected one" : "";
}

/// CLI11 says only that what an option or an input of the command does not take was "not expected"; "" when
/// that is not what is wrong.
std::string unexpected_argument(const CLI::App& command, const CLI::ParseError& error) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ExtrasError)) return "";
  const std::vector<std::string> unexpected = command.remaining();
  if (unexpected.empty()) return "";
  const std::string& first = unexpected.front();
  if (command.get_option_no_throw("--set") != nullptr && first.find('=') != std::string::npos)
    return fmt::format("{0}: not expected; --set takes one assignment each time: --set {0}", first);
  const auto inputs = command.get_options([](const CLI::Option* option) { return option->get_positional(); });
  if (inputs.empty()) return fmt::format("{}: not expected; the command takes options only", first);
  return fmt::format("{}: not expected; the command takes one input only: cat … | angle {}", first,
                     command.get_name());
}

/// What is wrong with the arguments. CLI11 misses what is required before it says what is too much, which may
/// be that in another spelling.
std::string wrong_usage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = chosen_command(app);
  std::string problem = unknown_option(command);
  if (problem.empty() && &command != &app && !unknown_option(app).empty())
    problem = fmt::format("options come after the name of the command: angle {} …", command.get_name());
  if (problem.empty()) problem = wrong_count(error);
  if (problem.empty()) problem = unexpected_argument(command, error);
  return fmt::format("{}\n`{}{} --help` tells more", problem.empty() ? error.what() : problem,
                     &command == &app ? "" : "angle ", command.get_name());
}

/// Where a variable is not set, a shell makes of `--model "$MODEL"` an empty value, which would mean the
/// default, and CLI11 takes the next option for a value that was left out. An empty prompt means something,
/// and lists tell themselves what is wrong with an entry.
void refuse_missing_values(CLI::App& app) {
  std::vector<std::string> names = option_names(app);
  for (const CLI::Option* option : app.get_options())
    for (const std::string& letter : option->get_snames()) names.push_back("-" + letter);
  const auto problem = [names](const std::string& value) -> std::string {
    if (value.empty()) return "an empty value was given (an unset shell variable?)";
    const std::string name = value.substr(0, value.find('='));
    const bool is_option = std::find(names.begin(), names.end(), name) != names.end();
    return is_option ? fmt::format("without a value, as {} follows; expected one", name) : "";
  };
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() != 1 || option->get_name().ends_with("prompt")) continue;
    option->transform(CLI::Validator(problem, ""));  // unlike check(), before the option's other checks
  }
  for (CLI::App* part : app.get_subcommands([](CLI::App*) { return true; })) refuse_missing_values(*part);
}

/// What --help and --version ask for.  @return the exit code
int print_what_is_asked_for(const CLI::App& app, const CLI::ParseError& request) {
  std::ostringstream text;
  const int exit_code = app.exit(request, text);
  StandardOutput out;
  out.write(text.str());
  out.flush();
  return exit_code;
}

/// LibTorch has an exception of its own for this only on the GPU.
bool is_out_of_memory(const c10::Error& error) {
  const std::string_view message = error.what_without_backtrace();
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         message.find("DefaultCPUAllocator: can't allocate memory") != std::string_view::npos;
}

int run(int argc, char** argv) {
  CLI::App app("angle: trains, evaluates and runs sentence-embedding models with the AnglE objectives.",
               "angle");
  app.set_version_flag("--version", std::string("angle ") + ANGLE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Ends with 0 when it is done, 1 when there is something to fix (a file, a configuration, data, a "
      "model), 2 after wrong usage, 130 when it was interrupted and has saved its state, 70 for a bug.\n"
      "Example: angle embed input.txt > vectors.jsonl\n`angle COMMAND --help` tells more about each "
      "command.");
  int exit_code = 0;
  add_embed_command(app);
  add_eval_command(app);
  add_train_command(app, exit_code);
  add_tokenize_command(app);
  add_report_command(app);
  add_annotate_command(app, exit_code);
  add_data_command(app, exit_code);
  add_saturation_command(app);
  add_study_command(app, exit_code);
  refuse_missing_values(app);
  if (const std::string problem = unknown_or_no_command(app, argc, argv); !problem.empty()) {
    print_error("error", problem);
    return kWrongUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return print_what_is_asked_for(app, error);
    print_error("error", wrong_usage(app, error));
    return kWrongUsage;
  }
  return exit_code;
}

/// `model/modules.json: Permission denied`: what the library says names its own function first.
std::string describe(const std::filesystem::filesystem_error& error) {
  if (error.path1().empty()) return error.what();
  const bool is_forbidden = error.code() == std::errc::permission_denied;
  return fmt::format("{}: {}{}", error.path1().string(), error.code().message(),
                     is_forbidden ? "; expected a directory that may be read, or written to" : "");
}

/// The exit code of the command, whatever it throws.
int run_guarded(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    print_error("error", error.what());
    return kUserError;
  } catch (const std::filesystem::filesystem_error& error) {
    print_error("error", describe(error));
    return kUserError;
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) {
      print_error("error", "out of memory; smaller batches or shorter texts need less");
      return kUserError;
    }
    print_error("internal error", error.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    print_error("error", "out of memory");
    return kUserError;
  } catch (const std::exception& error) {
    print_error("internal error", error.what());
  }
  return kBug;
}

/// A stream that is closed (`2>&-`) leaves its number to the next file that is opened, and what is meant for
/// the stream ends in that file: log lines among vectors. Reading and writing such a stream still fails.
void occupy_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) < 0) open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace
}  // namespace angle::cli

int main(int argc, char** argv) {
  angle::cli::occupy_closed_streams();
  prctl(PR_SET_NAME, "angle");  // for ps and top: what started itself by /proc/self/exe would be called `exe`
  // A reader or another process that is gone fails the write, which says so; so does a limit of file sizes.
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  angle::cli::start_logging();
  at::set_num_interop_threads(1);
  const int exit_code = angle::cli::run_guarded(argc, argv);
  // All files are written and closed. The destructors of LibTorch's static objects would only take time.
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(exit_code);
}
