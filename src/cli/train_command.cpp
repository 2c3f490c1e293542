#include "cli/train_command.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>

#include "angle/config.h"
#include "angle/device.h"
#include "angle/distributed/launch_environment.h"
#include "angle/distributed/process_group.h"
#include "angle/error.h"
#include "angle/io/directory_lock.h"
#include "angle/io/file.h"
#include "angle/train/run_output.h"
#include "angle/train/trainer.h"
#include "angle/train/training_data.h"

#include "cli/configured_model.h"
#include "cli/exit_code.h"
#include "cli/interruption.h"
#include "cli/log.h"
#include "cli/processes.h"
#include "cli/shared_options.h"
#include "cli/shell_word.h"
#include "cli/task_data.h"
#include "cli/train_log.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

struct TrainOptions {
  std::string config;
  std::vector<std::string> overrides;
  std::string output;
  std::string data_dir;
  bool resume = false;
  int64_t in_memory_mb = 512;
  std::string device = "auto";
  int threads = 0;
  int processes = 1;
  int timeout = 300;  // seconds; far above the time of a step, and of what one process does while others wait
};

constexpr const char* kInterruptionNotice =
    "interrupted: the state is saved as soon as the current step is done, or the current batch of an "
    "evaluation, which --resume does again; a second Ctrl-C stops at once without saving";

/// The tasks to validate on with their files; Error when one is not there.
ValidationData find_tasks(const EvaluationConfig& config, const DataPlaces& places) {
  ValidationData found;
  for (const TaskName& name : parse_task_names(config.task, config.split)) {
    const TaskData data = find_task_data(name, places, "evaluation.task");
    if (data.own_data)
      found.own_data.push_back(*data.own_data);
    else
      found.tasks.push_back({name.task, name.split, data.path});
  }
  return found;
}

/// The command that makes the model, without what says only where and on what machine.
std::string describe_command(const TrainOptions& options) {
  std::string command = "angle train --config " + shell_word(options.config);
  for (const std::string& assignment : options.overrides) command += " --set " + shell_word(assignment);
  return command;
}

Model load_start_model(const ModelConfig& config, at::Device device) {
  Model model = load_model(find_model(config.path));
  apply_model_config(config, model);
  if (device.is_cuda()) model.encoder.to(device);
  return model;
}

/// An output that would be refused after all has been read is refused before. Where a run was begun, it may
/// be going on: the lock tells, and keeps others away from then on.
std::unique_ptr<DirectoryLock> claim_output(const TrainOptions& options, const TrainConfig& config) {
  std::unique_ptr<DirectoryLock> lock;
  if (fs::exists(fs::path(options.output) / "checkpoints"))
    lock = std::make_unique<DirectoryLock>(options.output);
  check_output(options.output, find_model(config.model.path), options.resume);
  return lock;
}

/// What a run reads: what it trains on, and what it is judged by.
struct RunData {
  std::vector<TrainingSet> sets;
  std::optional<Validation> validation;
};

/// Error with what is wrong with any of the files.
///
/// @param tasks  to validate on
RunData load_run_data(const TrainConfig& config, ValidationData tasks, int64_t max_seq_length,
                      const DataPlaces& places, const DataLoading& loading) {
  RunData data;
  ErrorList errors;
  errors.collect([&] { data.sets = load_training_sets(config, max_seq_length, places, loading); });
  errors.collect([&] { tasks.loss_sets = load_loss_sets(config, max_seq_length, places, loading); });
  errors.collect([&] { data.validation.emplace(config, std::move(tasks)); });
  errors.raise();
  return data;
}

TrainResult run_member(const TrainOptions& options, const TrainConfig& config, at::Device device,
                       const ProcessGroup& group, Interruption& interruption) {
  std::unique_ptr<DirectoryLock> lock;
  if (group.is_first()) lock = claim_output(options, config);
  const DataPlaces places{.data_dir = find_data_dir(options.data_dir),
                          .config_dir = directory_of(options.config)};
  ValidationData tasks = find_tasks(config.evaluation, places);
  Model model = load_start_model(config.model, device);
  const DataLoading loading{.most_bytes_in_memory = options.in_memory_mb << 20,
                            .note = [](const std::string& text) { log_info("data: {}", text); }};
  RunData data = load_run_data(config, std::move(tasks), model.max_seq_length, places, loading);
  log_train_start(config, model, data.sets);
  if (group.size() > 1) log_info("processes: {}, which share every batch", group.size());

  interruption.hold(group.is_first() ? kInterruptionNotice : "");
  ProgressLine line;
  Trainer trainer(config, model, std::move(data.sets),
                  {.output = options.output,
                   .validation = std::move(data.validation),
                   .command = describe_command(options),
                   .version = ANGLE_VERSION,
                   .resume = options.resume,
                   .interrupted = &interruption.requested(),
                   .group = group},
                  group.is_first() ? train_observer(line) : TrainObserver{});
  if (group.is_first() && !lock) lock = std::make_unique<DirectoryLock>(options.output);
  const TrainResult result = trainer.run();
  line.finish();
  log_train_end(result, options.output);
  group.leave();
  return result;
}

/// Error for a GPU that the machine's other processes would take, too.
at::Device device_of(const LaunchEnvironment& environment, const std::string& name) {
  if (environment.local_size > 1 && name.starts_with("cuda:"))
    fail(
        "--device {}: the {} processes of this machine would share that GPU; use --device cuda, for one each",
        name, environment.local_size);
  return parse_device(name, environment.local_rank);
}

/// Trains in this process, which may be one of several.  @return the exit code
int run_train(const TrainOptions& options, const LaunchEnvironment& environment) {
  Interruption interruption;
  if (environment.size > 1) start_logging_as(environment.rank);
  const TrainConfig config = load_config(options.config, options.overrides);
  if (options.threads > 0) at::set_num_threads(options.threads);
  const at::Device device = device_of(environment, options.device);
  make_current(device);
  const ProcessGroup group = ProcessGroup::join(environment, device, std::chrono::seconds(options.timeout));
  try {
    const TrainResult result = run_member(options, config, device, group, interruption);
    return result.end == TrainResult::End::interrupted ? kInterrupted : 0;
  } catch (const std::exception& error) {
    group.announce_failure(error.what());
    throw;
  }
}

/// Trains, here or in processes to be started.  @return the exit code
int run_or_launch(TrainOptions options) {
  const fs::path config_path = options.config == "-" ? "stdin" : options.config;
  if (options.output.empty()) options.output = (fs::path("runs") / config_path.stem()).string();
  const LaunchEnvironment environment = read_launch_environment();
  if (!starts_processes(options.processes, environment)) return run_train(options, environment);
  const bool from_stdin = options.config == "-";
  if (!from_stdin)  // so that mistakes are told once, not by each
    claim_output(options, load_config(options.config, options.overrides));
  return start_processes(options.processes, from_stdin, options.threads);
}

}  // namespace

void add_train_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App& command = *app.add_subcommand("train", "train a model by a configuration file");
  command.add_option("--config", options->config, "configuration file (JSON), or - for stdin")->required();
  add_set_option(command, options->overrides, "change one value: loss.angle_weight=0.05");
  command.add_option("--output", options->output,
                     "the model directory to make, new or empty; default: runs/<name of the configuration>");
  command.add_flag("--resume", options->resume, "go on from the last checkpoint in the output");
  add_data_dir_option(command, options->data_dir);
  command
      .add_option(
          "--in-memory-mb", options->in_memory_mb,
          "data files of at most so many megabytes are held in memory, larger ones are read through an "
          "index, to the same result")
      ->capture_default_str()
      ->check(in_range(0, 1'000'000));
  add_device_option(command, options->device);
  command.add_option("--threads", options->threads, "CPU threads of each process; 0: one per core")
      ->capture_default_str()
      ->check(in_range(0, 1024));
  add_process_options(command, options->processes, options->timeout);
  command.footer(
      "Example: angle train --config configs/stsb_minilm.json --set train.seed=7 --output runs/stsb-7");
  command.callback([options, &exit_code] { exit_code = run_or_launch(*options); });
}

}  // namespace angle::cli
