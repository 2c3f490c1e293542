#include "cli/shared_options.h"

#include <charconv>
#include <cstdlib>

#include <ATen/Parallel.h>

#include "angle/cache_directory.h"
#include "angle/device.h"
#include "angle/error.h"

#include "cli/log.h"
#include "cli/usage.h"

namespace angle::cli {
namespace {

void add_long_text_choices(CLI::App& command, LongTextOptions& options,
                           const std::vector<std::string>& choices, const std::string& about_both) {
  command
      .add_option(
          "--long-texts", options.long_texts,
          "texts of more tokens than the model reads: truncate, or windows: read all of it, a window at "
          "a time, and average the vectors" +
              about_both)
      ->capture_default_str()
      ->check(CLI::IsMember(choices));
  command
      .add_option("--window-overlap", options.window_overlap,
                  "tokens that a window repeats of the one before; default: an eighth of a window")
      ->check(in_range(0, 1000000));
}

}  // namespace

CLI::Validator at_least(double least) {
  const auto problem = [least](const std::string& text) -> std::string {
    double value = 0;
    if (!CLI::detail::lexical_cast(text, value)) return fmt::format("{} is not a number", text);
    return value >= least ? "" : fmt::format("{}, expected at least {}", text, least);
  };
  return {problem, fmt::format(">= {}", least)};
}

CLI::Validator in_range(int64_t least, int64_t most) {
  const auto problem = [least, most](const std::string& text) -> std::string {
    int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_inside = std::to_string(value) == text && least <= value && value <= most;
    return is_inside ? "" : fmt::format("{}, expected a whole number from {} to {}", text, least, most);
  };
  return {problem, fmt::format("{} to {}", least, most)};
}

CLI::Option* add_prompt_option(CLI::App& command, const std::string& name, std::optional<std::string>& prompt,
                               const std::string& description) {
  return command.add_option_function<std::string>(
      name, [&prompt](const std::string& text) { prompt = text; }, description);
}

void add_device_option(CLI::App& command, std::string& device) {
  const auto problem = [](const std::string& name) -> std::string {
    return is_device_name(name) ? "" : fmt::format("{}, expected auto, cpu, cuda or cuda:N", name);
  };
  command.add_option("--device", device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str()
      ->check(CLI::Validator(problem, ""));
}

void add_compute_options(CLI::App& command, ComputeOptions& options) {
  add_device_option(command, options.device);
  command.add_option("--precision", options.precision, "number format of the encoder")
      ->capture_default_str()
      ->check(CLI::IsMember({"float32", "bfloat16", "int8"}));
  command.add_option("--threads", options.threads, "CPU threads; 0: one per core")
      ->capture_default_str()
      ->check(in_range(0, 1024));
}

at::Device apply_compute_options(const ComputeOptions& options) {
  if (options.threads > 0) at::set_num_threads(options.threads);
  const at::Device device = parse_device(options.device);
  make_current(device);
  return device;
}

void add_model_option(CLI::App& command, std::string& model) {
  command.add_option(
      "--model", model,
      "model directory, or the name of a fetched model; default: $ANGLE_MODEL, else all-MiniLM-L6-v2");
}

Model load_model_for_inference(const std::string& path_or_name, const ComputeOptions& options) {
  const at::Device device = apply_compute_options(options);
  Model model = load_model(find_model(path_or_name));
  log_info("model: {}: {}", model.directory.string(), model.describe());
  for (const std::string& note : model.notes) log_info("model: {}", note);
  model.encoder.prepare_inference(device, nlohmann::json(options.precision).get<Precision>());
  return model;
}

void add_set_option(CLI::App& command, std::vector<std::string>& overrides, const std::string& about) {
  command.add_option("--set", overrides, about + "; one each time, may be repeated")
      ->option_text("PATH=VALUE")
      ->allow_extra_args(false);
}

void add_column_option(CLI::App& command, std::vector<std::string>& columns) {
  const auto problem = [](const std::string& text) -> std::string {
    const size_t equals = text.find('=');
    const bool is_whole = equals != std::string::npos && equals > 0 && equals + 1 < text.size();
    return is_whole ? "" : fmt::format("{}, expected part=name, as in left=question1", text);
  };
  command
      .add_option("--column", columns,
                  "which column of a file is which part: left=question1; may be repeated")
      ->option_text("PART=NAME")
      ->allow_extra_args(false)
      ->check(CLI::Validator(problem, ""));
}

std::map<std::string, std::string> parse_columns(const std::vector<std::string>& given) {
  std::map<std::string, std::string> columns;
  for (const std::string& assignment : given) {
    const size_t equals = assignment.find('=');
    columns[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return columns;
}

LongTexts LongTextOptions::choice() const {
  if (are_both()) return LongTexts::truncate;
  const auto chosen = nlohmann::json(long_texts).get<LongTexts>();
  if (window_overlap && chosen != LongTexts::windows)
    refuse_usage("--window-overlap {}: `--long-texts truncate` has no windows", *window_overlap);
  return chosen;
}

void add_long_text_options(CLI::App& command, LongTextOptions& options) {
  add_long_text_choices(command, options, {"truncate", "windows"}, "");
}

void add_long_text_options_with_both(CLI::App& command, LongTextOptions& options) {
  add_long_text_choices(command, options, {"truncate", "windows", "both"}, "; both: and how they differ");
}

void add_data_dir_option(CLI::App& command, std::string& data_dir) {
  command.add_option("--data-dir", data_dir,
                     "directory of the data sets; default: $ANGLE_DATA_DIR, else the cache");
}

std::filesystem::path find_data_dir(const std::string& option, bool is_needed) {
  const char* const variable = std::getenv("ANGLE_DATA_DIR");
  const bool is_named = !option.empty() || (variable != nullptr && *variable != '\0');
  std::filesystem::path directory = option.empty() ? data_directory() : std::filesystem::path(option);
  if (!is_named || std::filesystem::is_directory(directory)) return directory;  // the cache need not be there
  if (option.empty() && !is_needed) return {};
  fail("{}{}: {}", option.empty() ? "ANGLE_DATA_DIR=" : "--data-dir ", directory.string(),
       std::filesystem::exists(directory) ? "not a directory" : "no such directory");
}

}  // namespace angle::cli
