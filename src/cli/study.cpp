#include "cli/study.h"

#include <chrono>
#include <optional>
#include <system_error>

#include <ATen/Parallel.h>

#include "angle/error.h"
#include "angle/io/directory_lock.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/io/standard_output.h"
#include "angle/study/study_output.h"

#include "cli/log.h"
#include "cli/shared_options.h"
#include "cli/shell_word.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

fs::path first_given(const std::string& option, const std::string& configured, const fs::path& otherwise) {
  if (!option.empty()) return option;
  return configured.empty() ? otherwise : fs::path(configured);
}

/// The study by name, as it is given: `objectives_stsb`.
std::string study_name(const StudyOptions& options) {
  return options.config == "-" ? "stdin" : fs::path(options.config).stem().string();
}

/// The command that makes the study, without what says only where and on what machine.
std::string describe_command(const StudyOptions& options) {
  std::string command = "angle study --config " + shell_word(options.config);
  for (const std::string& assignment : options.overrides) command += " --set " + shell_word(assignment);
  for (const std::string& row : options.part.rows) command += " --row " + shell_word(row);
  if (!options.part.seeds.empty()) command += fmt::format(" --seeds {}", fmt::join(options.part.seeds, ","));
  return command;
}

DataPlaces data_places(const StudyOptions& options, const StudyConfig& study) {
  return {.data_dir = find_data_dir(options.data_dir),
          .config_dir = directory_of(study.base),
          .study_dir = directory_of(options.config)};
}

/// The study, or the part of it that is asked for, with what the command line says otherwise.
StudyConfig chosen_study(const StudyConfig& whole, const StudyOptions& options) {
  StudyConfig study = take_part(whole, options.part);
  if (options.threads > 0) study.threads = options.threads;
  return study;
}

/// `without angle (seed 3)`
std::string name_of(const StudyRun& run) {
  return fmt::format("{} (seed {})", fmt::join(run.rows, " = "), run.seed);
}

/// `step 40`: how far a run is, of so many steps.
std::string describe(RunState state, const std::optional<int64_t>& done, int64_t steps) {
  if (state == RunState::finished) return "finished";
  if (state == RunState::let_go) return "train again";
  if (state == RunState::trained || done == steps) return "trained";
  return done ? fmt::format("step {}", *done) : "not begun";
}

void print(const std::string& text) {
  StandardOutput out;
  out.write(text);
  out.flush();
}

}  // namespace

Study::Study(const StudyOptions& options)
    : options_(options),
      whole_(load_study_config(options.config)),
      config_(chosen_study(whole_, options)),
      left_out_(left_out_of(whole_, config_)),
      inputs_(data_places(options, config_)),
      plan_(plan_study(
          config_, options.overrides, [&](const TrainConfig& config) { return inputs_.checksums(config); },
          options.config)),
      output_(first_given(options.output, config_.output, fs::path("runs") / study_name(options))),
      tables_(left_out_.empty() ? output_ : output_ / "part"),
      runs_(first_given(options.runs, config_.runs, output_ / "runs")),
      runner_(runner_options()) {}

StudyRunnerOptions Study::runner_options() {
  return {.base = config_.base,
          .places = data_places(options_, config_),
          .runs = runs_,
          .device = options_.device,
          .threads = static_cast<int>(config_.threads),
          .tasks = inputs_.task_files(config_),
          .keep_models = config_.keep_models,
          .interrupted = &interruption_.requested()};
}

StudyReport Study::report() const {
  StudyReport report{.name = study_name(options_),
                     .command = describe_command(options_),
                     .study = config_,
                     .plan = plan_,
                     .scores = {},
                     .results = {},
                     .failures = failures_,
                     .left_out = left_out_};
  for (const StudyRun& run : plan_.runs) report.scores.push_back(runner_.scores_of(run));
  const RunScores untrained =
      config_.before_training ? runner_.untrained_scores(baseline_run()) : RunScores();
  report.results = study_results(config_, plan_, report.scores, untrained);
  return report;
}

/// The first of them: all start from the same model.
const StudyRun& Study::baseline_run() const {
  return plan_.runs[plan_.runs_of[baseline_row(config_)].front()];
}

/// False when it was interrupted. A model that can't be scored is no reason to train none: what is wrong with
/// it, the runs may tell better.
bool Study::score_untrained() {
  const StudyRun& run = baseline_run();
  if (!config_.before_training || !runner_.untrained_scores(run).empty()) return true;
  log_info("{}: {} is scored", kBeforeTraining, run.config.model.path);
  try {
    return runner_.score_untrained(run);
  } catch (const InputsChanged&) {
    throw;
  } catch (const Error& error) {
    log_warning("the tables are without the row \"{}\": {}", kBeforeTraining, error.what());
    return true;
  }
}

/// False when it was interrupted.
bool Study::finish(size_t number) {
  const StudyRun& run = plan_.runs[number];
  const std::string place = fmt::format("run {} of {}", number + 1, plan_.runs.size());
  log_info("{}: {}, in {}", place, name_of(run), runner_.directory_of(run).string());
  const auto start = std::chrono::steady_clock::now();
  ProgressLine line;
  try {
    const bool finished =
        runner_.finish(run, [&](const std::string& text) { line.show(place + ": " + text); });
    line.finish();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    if (finished) log_info("{}: finished in {:.0f} s", place, time.count());
    return finished;
  } catch (const InputsChanged& error) {
    line.finish();
    fail("{}: {}", name_of(run), error.what());
  } catch (const Error& error) {
    line.finish();
    failures_.push_back(fmt::format("{}: {}", name_of(run), error.what()));
    log_warning("{} failed: {}", place, failures_.back());
    return true;
  }
}

void Study::tell_failures() const {
  if (failures_.empty()) return;
  fail("{} of {} runs failed; the same command tries them again\n{}", failures_.size(), plan_.runs.size(),
       fmt::join(failures_, "\n"));
}

/// What may surprise: runs that are trained again, and finished ones that won't be, whatever is asked of
/// them.
void Study::tell_before() const {
  int64_t let_go = 0, without_model = 0, otherwise_logged = 0;
  for (const StudyRun& run : plan_.runs) {
    const RunState state = runner_.state_of(run);
    let_go += state == RunState::let_go;
    if (state != RunState::finished) continue;
    without_model += config_.keep_models && !runner_.has_model(run);
    otherwise_logged += !runner_.has_saturation(run);
  }
  const size_t runs = plan_.runs.size();
  if (let_go > 0)
    log_warning(
        "{} of {} runs were scored on other tasks (or files) only and their models were not kept: they are "
        "trained again; with \"keep_models\": true new tasks need no training",
        let_go, runs);
  if (without_model > 0)
    log_warning(
        "{} of {} runs were finished without \"keep_models\": true, and their models are gone; remove the "
        "directories of the runs to have them trained again",
        without_model, runs);
  if (otherwise_logged > 0)
    log_warning(
        "{} of {} runs were finished with another train.saturation_every_steps, and have other logs or none; "
        "remove the directories of the runs to have them trained again",
        otherwise_logged, runs);
}

bool Study::run() {
  for (const fs::path& directory : {output_, tables_})  // a part's tables may be beside those of the whole
    check_study_output(directory, study_name(options_), whole_);
  const DirectoryLock lock(output_);
  std::optional<DirectoryLock> runs_lock;
  std::error_code missing;
  if (!fs::equivalent(output_, runs_, missing)) runs_lock.emplace(runs_);
  interruption_.hold(
      "interrupted: the run at hand saves its state as soon as its current step is done, or the current batch "
      "of an evaluation; a second Ctrl-C stops at once without saving");
  if (config_.threads > 0) at::set_num_threads(static_cast<int>(config_.threads));
  tell_before();
  if (!score_untrained()) {
    log_info("interrupted before the first run; the same command goes on");
    return false;
  }
  for (size_t number = 0; number < plan_.runs.size(); ++number) {
    if (runner_.state_of(plan_.runs[number]) == RunState::finished) {
      runner_.tidy(plan_.runs[number]);
      continue;
    }
    if (!interruption_.requested() && finish(number)) continue;
    log_info("interrupted at run {} of {}; the same command goes on", number + 1, plan_.runs.size());
    return false;
  }
  return true;
}

void Study::show_table() const {
  const StudyReport report = this->report();
  if (!options_.table) write_tables(report);
  print(format_study(report));
}

/// A part has its own place: the tables of all rows and seeds may have taken weeks, and stay.
void Study::write_tables(const StudyReport& report) const {
  fs::create_directories(tables_);
  write_file(tables_ / "study.json", pretty_text(study_json(report)));
  write_file(tables_ / "study.md", format_study_markdown(report));
  log_info("the tables are in {} and study.json", (tables_ / "study.md").string());
  if (!left_out_.empty() && fs::exists(output_ / "study.json"))
    log_info("they are of a part of the study; those of all of it, in {}, stay as they are",
             output_.string());
}

Study::PlannedRun Study::plan_run(const StudyRun& run) {
  const int64_t steps = inputs_.count_steps(run.config);
  const std::optional<int64_t> done = runner_.last_checkpoint(run);
  const RunState state = runner_.state_of(run);
  const bool is_to_do = state == RunState::open || state == RunState::let_go;
  return {{run.key, fmt::format("{}", fmt::join(run.rows, " = ")), describe(state, done, steps),
           std::to_string(run.seed), std::to_string(steps)},
          is_to_do ? steps - done.value_or(0) : 0};
}

void Study::show_plan() {
  constexpr size_t kFirstNumber = 3;
  std::vector<Cells> table = {{"run", "row", "state", "seed", "steps"}};
  int64_t steps_left = 0;
  for (const StudyRun& run : plan_.runs) {
    PlannedRun planned = plan_run(run);
    table.push_back(std::move(planned.row));
    steps_left += planned.steps_left;
  }
  const bool scores_untrained = config_.before_training && runner_.untrained_scores(baseline_run()).empty();
  print(format_table(table, kFirstNumber) +
        fmt::format("{} runs in {}; {} steps to do\n", plan_.runs.size(), runs_.string(), steps_left) +
        (scores_untrained ? "the model before training is to be scored, too\n" : "") +
        (left_out_.empty() ? "" : "left out: " + left_out_ + "\n"));
  tell_before();
}

}  // namespace angle::cli
