#include "cli/study_command.h"

#include <memory>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/shared_options.h"
#include "cli/study.h"
#include "cli/usage.h"
#include "eval/comma_list.h"

namespace angle::cli {
namespace {

/// @return the exit code
int run_study(const StudyOptions& options) {
  Study study(options);
  if (options.dry_run) {
    study.show_plan();
    return 0;
  }
  if (!options.table && !study.run()) return kInterrupted;
  study.show_table();
  study.tell_failures();
  return 0;
}

/// `1,2`, or each by itself. Blanks are allowed.
std::vector<std::string> parse_seeds(const std::vector<std::string>& given) {
  const std::string list = fmt::format("{}", fmt::join(given, ","));
  std::vector<std::string> seeds = parse_comma_list(list);
  if (seeds.empty() && !given.empty()) refuse_usage("--seeds {}: names no seed", list);
  return seeds;
}

void add_part_options(CLI::App& command, StudyPart& part) {
  command
      .add_option(
          "--row", part.rows,
          "do and show this row alone, beside the baseline, which is always there; one each time, may "
          "be repeated; default: all rows")
      ->option_text("NAME")
      ->allow_extra_args(false);
  // No delimiter: with one CLI11 takes "," for no value, and the next option for it.
  command.add_option("--seeds", part.seeds, "do and show these seeds of the study alone: 1,2; default: all");
}

}  // namespace

void add_study_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<StudyOptions>();
  CLI::App& command = *app.add_subcommand(
      "study", "train variants with several seeds and tell which differences are more than chance");
  command.add_option("--config", options->config, "study file (JSON), or - for stdin")->required();
  add_set_option(command, options->overrides, "change one value of the base configuration: train.epochs=1");
  add_part_options(command, options->part);
  command.add_option(
      "--output", options->output,
      "directory of the tables, those of a part of the study in part/ there; default: what the "
      "study says, else runs/<name of the study>");
  command.add_option(
      "--runs", options->runs,
      "directory of the runs, which studies may share; default: what the study says, else runs/ in "
      "the output");
  CLI::Option* table =
      command.add_flag("--table", options->table, "print the tables of what is finished, and train nothing");
  command
      .add_flag("--dry-run", options->dry_run,
                "list the runs, their steps and what is done, and train nothing")
      ->excludes(table);
  add_data_dir_option(command, options->data_dir);
  add_device_option(command, options->device);
  command.add_option("--threads", options->threads, "CPU threads; 0: as the study says, else one per core")
      ->capture_default_str()
      ->check(in_range(0, 1024));
  command.footer(
      "The same command goes on with a study that was interrupted or killed.\n"
      "Example: angle study --config configs/studies/objectives_stsb.json --dry-run");
  command.callback([options, &exit_code] {
    options->part.seeds = parse_seeds(options->part.seeds);
    exit_code = run_study(*options);
  });
}

}  // namespace angle::cli
