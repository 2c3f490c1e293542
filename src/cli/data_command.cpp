#include "cli/data_command.h"

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "angle/config.h"
#include "angle/data/data_report.h"
#include "angle/error.h"
#include "angle/io/json.h"
#include "angle/io/standard_output.h"
#include "angle/model/model_directory.h"
#include "angle/train/training_data.h"

#include "cli/log.h"
#include "cli/shared_options.h"
#include "cli/task_data.h"
#include "cli/usage.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

struct DataOptions {
  std::vector<std::string> files;
  std::string config;
  std::vector<std::string> overrides;
  std::string data_dir;
  std::string format;
  std::vector<std::string> columns;  // `left=title`
  std::vector<double> label_scale;
  std::optional<double> positive_threshold;
  std::optional<int64_t> batch_size;
  std::string model;
  std::optional<int64_t> max_seq_length;
  bool no_tokens = false;
  bool json = false;
};

/// A file and how it is looked at.
struct DataFile {
  fs::path path;
  DataReportOptions options;
};

/// The files of the command line, all read in the same way.
std::vector<DataFile> named_files(const DataOptions& options) {
  DataReportOptions common;
  common.format = enum_value<DataFormat>(options.format);
  common.reading = {.columns = parse_columns(options.columns), .label_scale = options.label_scale};
  if (!options.label_scale.empty() &&
      (options.label_scale.size() != 2 || !(options.label_scale[0] < options.label_scale[1])))
    refuse_usage("--label-scale {}: expected the lowest label and then the highest, as in 0,5",
                 fmt::join(options.label_scale, ","));
  std::vector<DataFile> files;
  for (const std::string& file : options.files)
    files.push_back({find_named_data(file, options.data_dir), common});
  return files;
}

/// The data sets of a configuration, each in its own way.
std::vector<DataFile> configured_files(const DataOptions& options, const TrainConfig& config) {
  const fs::path directory = fs::path(options.config).parent_path();
  const DataPlaces places{.data_dir = find_data_dir(options.data_dir),
                          .config_dir = directory.empty() ? "." : directory};
  std::vector<DataFile> files;
  for (const DataSetConfig& set : config.data.train) {
    DataReportOptions own;
    own.format = set.format;
    own.reading = {.columns = set.columns, .label_scale = set.label_scale};
    own.left_prompt = set.left_prompt;
    own.right_prompt = set.right_prompt;
    own.batch_size = config.train.batch_size;
    if (config.loss.in_batch_weight > 0)
      own.positive_threshold = set.positive_threshold.value_or(config.loss.positive_threshold);
    files.push_back({find_data_file(set.path, places), own});
  }
  return files;
}

/// The tokenizer to measure texts with; none with --no-tokens, and when no model was named and the usual one
/// is not there.
std::optional<ModelTokenizer> load_measure(const DataOptions& options, const std::string& name) {
  if (options.no_tokens) return std::nullopt;
  fs::path directory;
  try {
    directory = find_model(name);
  } catch (const Error& error) {
    if (!name.empty()) throw;
    log_info("no token lengths, since there is no model to measure with: {}", error.what());
    return std::nullopt;
  }
  ModelTokenizer model = load_model_tokenizer(directory);
  log_info("model: {}", directory.string());
  for (const std::string& note : model.notes) log_info("model: {}", note);
  return model;
}

/// Tokens after which a text is cut.
int64_t longest_text(const DataOptions& options, const std::optional<TrainConfig>& config,
                     const ModelTokenizer& model) {
  const int64_t configured = config ? config->model.max_seq_length : 0;
  if (options.max_seq_length || configured == 0)
    return choose_max_seq_length(options.max_seq_length, model.max_seq_length, model.longest);
  return choose_max_seq_length(configured, model.max_seq_length, model.longest, "model.max_seq_length");
}

DataReport examine(const DataFile& file, ProgressLine& line) {
  DataReportOptions options = file.options;
  options.progress = [&](int64_t rows) { line.show(fmt::format("{}: {} rows", file.path.string(), rows)); };
  return examine_data(file.path, options);
}

/// Looks at all files; writes each report as soon as it is there, JSON at the end. The number of rows that
/// can't be used; Error, once all is written, with what is wrong with files that have no report.
int64_t report_files(const std::vector<DataFile>& files, bool as_json) {
  StandardOutput out;
  nlohmann::json reports = nlohmann::json::array();
  int64_t bad_rows = 0;
  ProgressLine line;
  ErrorList errors;
  for (const DataFile& file : files) {
    std::optional<DataReport> report;
    errors.collect([&] { report = examine(file, line); });
    line.finish();
    if (!report) continue;
    bad_rows += report->bad_rows;
    if (as_json) {
      reports.push_back(data_report_json(*report));
    } else {
      out.write(format_data_report(*report));
      out.flush();
    }
  }
  if (!reports.empty()) out.write(pretty_text(reports));
  out.flush();
  errors.raise();
  return bad_rows;
}

/// Nothing that is asked for is passed over.
void refuse_what_does_nothing(const DataOptions& options) {
  if (options.files.empty() == options.config.empty())
    refuse_usage("angle data: expected files, or --config with a configuration whose data sets are meant{}",
                 options.files.empty() ? "" : "; found both");
  if (options.config.empty() && !options.overrides.empty())
    refuse_usage("--set {}: changes a value of a configuration; name one with --config instead of the files",
                 options.overrides.front());
  if (options.positive_threshold && !std::isfinite(*options.positive_threshold))
    refuse_usage("--positive-threshold {}: expected a finite number", *options.positive_threshold);
  const auto refuse_for_config = [&](const char* option, bool is_given, const char* key) {
    if (!options.config.empty() && is_given)
      refuse_usage("{}: is for files; the configuration says it: --set data.train[0].{}=…", option, key);
  };
  refuse_for_config("--format", !options.format.empty(), "format");
  refuse_for_config("--column", !options.columns.empty(), "columns");
  refuse_for_config("--label-scale", !options.label_scale.empty(), "label_scale");
  if (options.no_tokens && (!options.model.empty() || options.max_seq_length))
    refuse_usage("{}: is for texts measured in tokens, which --no-tokens does not do",
                 options.model.empty() ? "--max-seq-length" : "--model");
}

int64_t run_data(const DataOptions& options) {
  refuse_what_does_nothing(options);
  std::optional<TrainConfig> config;
  if (!options.config.empty()) config = load_config(options.config, options.overrides);
  std::vector<DataFile> files = config ? configured_files(options, *config) : named_files(options);

  const std::string name = options.model.empty() && config ? config->model.path : options.model;
  const std::optional<ModelTokenizer> model = load_measure(options, name);
  const int64_t longest = model ? longest_text(options, config, *model) : 0;
  for (DataFile& file : files) {
    if (model) file.options.tokenizer = model->tokenizer.get();
    file.options.max_seq_length = longest;
    if (options.batch_size) file.options.batch_size = *options.batch_size;
    if (options.positive_threshold) file.options.positive_threshold = options.positive_threshold;
  }
  return report_files(files, options.json);
}

void add_reading_options(CLI::App& command, DataOptions& options) {
  command
      .add_option("--format", options.format,
                  "scored_pairs, pairs or triplets; default: by the names of the columns")
      ->check(one_of<DataFormat>());
  add_column_option(command, options.columns);
  command.add_option("--label-scale", options.label_scale, "the lowest and the highest label allowed: 0,5")
      ->delimiter(',')
      ->allow_extra_args(false);  // what follows the two is a file
  command.add_option("--positive-threshold", options.positive_threshold,
                     "label from which a pair is positive; default: the configuration's");
  command
      .add_option(
          "--batch-size", options.batch_size,
          "size of the batches in which texts that come again are counted; default: the configuration's, or 32")
      ->check(in_range(1, 1'000'000));
}

}  // namespace

void add_data_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<DataOptions>();
  CLI::App& command = *app.add_subcommand("data", "report what is in data sets before training on them");
  command.add_option("FILE", options->files,
                     "data sets, here or in the data directory: .tsv, .csv, .jsonl, each also with .gz");
  command.add_option("--config", options->config,
                     "report the data sets of a training configuration, in its terms");
  add_set_option(command, options->overrides, "change one value of the configuration: train.batch_size=64");
  add_data_dir_option(command, options->data_dir);
  add_reading_options(command, *options);
  command.add_option("--model", options->model,
                     "whose tokenizer measures the texts; default: the configuration's, else $ANGLE_MODEL, "
                     "else all-MiniLM-L6-v2");
  command
      .add_option("--max-seq-length", options->max_seq_length,
                  "tokens after which a text is cut; default: as the configuration or the model says")
      ->check(in_range(3, 1'000'000));
  command.add_flag("--no-tokens", options->no_tokens,
                   "do not measure texts in tokens, which takes most time");
  command.add_flag("--json", options->json, "print a JSON list with a report for each file");
  command.footer(
      "Ends with 1 when a file, or a row of it, can't be used.\nExample: angle data train.tsv --batch-size 64");
  command.callback([options, &exit_code] {
    if (run_data(*options) > 0) exit_code = 1;
  });
}

}  // namespace angle::cli
