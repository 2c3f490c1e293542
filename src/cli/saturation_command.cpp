#include "cli/saturation_command.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "angle/config.h"
#include "angle/data/reader.h"
#include "angle/error.h"
#include "angle/eval/tasks.h"
#include "angle/io/json.h"
#include "angle/io/standard_output.h"
#include "angle/train/data_saturation.h"
#include "angle/train/training_data.h"

#include "cli/configured_model.h"
#include "cli/log.h"
#include "cli/saturation_table.h"
#include "cli/shared_options.h"
#include "cli/task_data.h"
#include "cli/text_options.h"
#include "cli/usage.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

struct SaturationOptions {
  std::string model;
  ComputeOptions compute;
  std::string data_dir;
  std::string data, config, task;  // exactly one of them
  std::string format;              // empty: by the names of the columns
  std::string split;
  std::vector<std::string> overrides;
  int64_t max_batches = 0;
  bool json = false;
};

/// The names of columns that --set gives the only data set. Whether they are right is checked with the rest.
std::map<std::string, std::string> overridden_columns(json given, const SaturationOptions& options) {
  for (const std::string& assignment : options.overrides) apply_override(given, assignment);
  std::map<std::string, std::string> columns;
  const json::json_pointer place("/data/train/0/columns");
  const json named = given.contains(place) ? given.at(place) : json();
  for (const auto& [name, column] : named.items())
    if (column.is_string()) columns[name] = column.get<std::string>();
  return columns;
}

/// The data set of `--data`.
json described_file(const SaturationOptions& options) {
  const fs::path file = find_named_data(options.data, options.data_dir);
  const auto format = enum_value<DataFormat>(options.format);
  json given = {{"data", {{"train", {{{"path", fs::absolute(file).string()}}}}}}};
  given["data"]["train"][0]["format"] =
      format ? *format : find_format(file, {.columns = overridden_columns(given, options)});
  if (given["data"]["train"][0]["format"] == "pairs")
    given["loss"] = {{"cosine_weight", 0}, {"angle_weight", 0}};  // there are no labels to rank by
  return given;
}

/// The data set of `--task`, with the labels of that task.
json described_task(const SaturationOptions& options, const fs::path& data_dir) {
  if (fs::is_regular_file(options.task) || options.task.find(':') != std::string::npos)
    refuse_usage("--task {}: expected a public task, as stsb; a file of your own is --data FILE",
                 options.task);
  if (options.task.find(',') != std::string::npos)
    refuse_usage("--task {}: expected one public task, as stsb", options.task);
  const TaskSpec& task =
      as_usage([&]() -> const TaskSpec& { return find_task(options.task, "--task", /*own_too=*/false); });
  const fs::path file = task_file(data_dir, task, options.split);
  if (!fs::exists(file)) fail("{}", missing_file_message(file, task));
  const bool binary = task.labels == LabelKind::binary;
  return {
      {"data", {{"train", {{{"path", fs::absolute(file).string()}, {"label_scale", {0, binary ? 1 : 5}}}}}}},
      {"loss", {{"positive_threshold", binary ? 1 : 4}}}};
}

/// A configuration for data that came without one: the default objective, as far as the data can use it.
TrainConfig default_config_for(json given, const SaturationOptions& options) {
  const bool are_scored = given["data"]["train"][0].value("format", "scored_pairs") == "scored_pairs";
  given["model"] = {{"path", find_model(options.model).string()}};
  for (const std::string& assignment : options.overrides) apply_override(given, assignment);
  const json loss = given.value("loss", json::object());
  if (are_scored && loss.is_object() && !loss.contains("positive_threshold") &&
      !loss.contains("in_batch_weight")) {
    given["loss"]["in_batch_weight"] = 0;
    log_info(
        "in-batch negatives are left out: --set loss.positive_threshold=… says which labels are positive");
  }
  return parse_config(given, "--set");
}

TrainConfig make_config(const SaturationOptions& options, const fs::path& data_dir) {
  if (!options.config.empty()) return load_config(options.config, options.overrides);
  return default_config_for(
      options.task.empty() ? described_file(options) : described_task(options, data_dir), options);
}

json report_json(const DataSaturation& measured, const TrainConfig& config, const Model& model) {
  json report = saturation_json(measured.saturation);
  report["model"] = model.directory.string();
  report["data"] = config.data.train;
  report["loss"] = config.loss;
  report["batches"] = measured.batches;
  report["batch_size"] = config.train.batch_size;
  return report;
}

/// Whether an assignment says which model: `model.path=…`, `model={"path": …}`.
bool names_model(const std::string& assignment) {
  if (!assignment.starts_with("model")) return false;
  json given = json::object();
  apply_override(given, assignment);
  return given.contains("/model/path"_json_pointer);
}

/// Wrong usage unless it is said in one way what to measure, and with which model.
void check_source(const SaturationOptions& options) {
  const std::array given = {!options.data.empty(), !options.config.empty(), !options.task.empty()};
  if (std::count(given.begin(), given.end(), true) != 1)
    refuse_usage("angle saturation: expected one of --data, --config and --task, which say what to measure");
  if (options.model.empty()) return;
  for (const std::string& assignment : options.overrides)
    if (names_model(assignment))
      refuse_usage("--set {}: --model {} says which model; leave one of the two out", assignment,
                   options.model);
}

void run_saturation(const SaturationOptions& options) {
  check_source(options);
  const fs::path data_dir = find_data_dir(options.data_dir, /*is_needed=*/options.data.empty());
  const TrainConfig config = make_config(options, data_dir);
  Model model =
      load_model_for_inference(options.model.empty() ? config.model.path : options.model, options.compute);
  apply_model_config(config.model, model);
  const fs::path config_dir = fs::path(options.config).parent_path();
  const auto sets =
      load_training_sets(config, model.max_seq_length,
                         {.data_dir = data_dir, .config_dir = config_dir.empty() ? "." : config_dir});
  for (const TrainingSet& set : sets)
    log_info("data: {}: {} {}", set.file.string(), set.examples.size(),
             json(set.format()).get<std::string>());

  ProgressLine line;
  const DataSaturation measured = measure_data_saturation(
      model, sets, config, options.max_batches,
      [&](int64_t done, int64_t batches) { line.show(fmt::format("{} of {} batches", done, batches)); });
  line.finish();
  log_info("{} of {}; {} of {} texts were cut", count_of(measured.batches, "batch", "batches"),
           config.train.batch_size, measured.statistics.texts_cut, measured.statistics.texts);
  StandardOutput out;
  out.write(options.json ? pretty_text(report_json(measured, config, model))
                         : format_saturation(measured.saturation, config.loss));
  out.flush();
}

void add_data_options(CLI::App& command, SaturationOptions& options) {
  CLI::Option* data = command.add_option(
      "--data", options.data, "a file of training data (.tsv, .csv, .jsonl), here or in the data directory");
  command.add_option("--config", options.config,
                     "data, objective, batch size and model of a configuration file");
  CLI::Option* task =
      command.add_option("--task", options.task, "the pairs of an evaluation task: stsb, mrpc …");
  command
      .add_option("--format", options.format,
                  "what --data holds: scored_pairs, pairs or triplets; default: by the names of the columns")
      ->check(one_of<DataFormat>())
      ->needs(data);
  command.add_option("--split", options.split, "of --task; default: the one it is reported on")->needs(task);
  add_set_option(command, options.overrides,
                 "change a value of the configuration, or of its defaults: loss.angle_similarity=phase, "
                 "train.batch_size=128");
}

}  // namespace

void add_saturation_command(CLI::App& app) {
  const auto options = std::make_shared<SaturationOptions>();
  CLI::App& command =
      *app.add_subcommand("saturation", "measure where the cosines of a data set leave no gradient");
  add_model_option(command, options->model);
  add_data_options(command, *options);
  add_data_dir_option(command, options->data_dir);
  command.add_option("--max-batches", options->max_batches, "measure the first batches only; 0: all")
      ->capture_default_str()
      ->check(in_range(0, 1'000'000'000));
  command.add_flag("--json", options->json, "print JSON with all digits instead of the table");
  add_compute_options(command, options->compute);
  command.footer(
      "Prints a histogram of the cosines of the pairs, and for each bin the mean length of the gradients of "
      "the similarities and of the objectives.\n\n"
      "Example: angle saturation --task stsb --split train --set loss.angle_similarity=phase");
  command.callback([options] { run_saturation(*options); });
}

}  // namespace angle::cli
