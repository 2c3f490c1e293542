// Options that several commands have: which model, which data, which device.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "angle/model/model_directory.h"
#include "angle/text/token_windows.h"

namespace angle::cli {

/// A number from `least` on, which may have decimals. (CLI11's own checks tell of the largest double.)
CLI::Validator at_least(double least);

/// A whole number. Every option that is one has this check: by itself CLI11 makes 2^64 - 1 of -1, the largest
/// number that there is of a larger one, and 8 of 010. (Its own check says even of a word that it is "not in
/// range".)
CLI::Validator in_range(int64_t least, int64_t most);

/// The value of an enum by the name that one_of() has checked; none for an empty name.
template <class Enum>
std::optional<Enum> enum_value(const std::string& name) {
  return name.empty() ? std::nullopt : std::optional(nlohmann::json(name).get<Enum>());
}

/// The names of an enum's values.
template <class Enum>
CLI::IsMember one_of() {
  std::vector<std::string> names;
  for (const auto& [value, name] : json_names(Enum{})) names.emplace_back(name);
  return CLI::IsMember(names);
}

/// `--prompt` and the like, of which an empty value means none at all. (CLI11 takes an empty value of an
/// optional for none given, so it would mean the default.)
CLI::Option* add_prompt_option(CLI::App& command, const std::string& name, std::optional<std::string>& prompt,
                               const std::string& description);

/// `--device`.
void add_device_option(CLI::App& command, std::string& device);

/// `--device`, `--precision`, `--threads`.
struct ComputeOptions {
  std::string device = "auto";
  std::string precision = "float32";
  int threads = 0;  // 0: as many as there are cores
};

void add_compute_options(CLI::App& command, ComputeOptions& options);

/// Sets the number of threads and returns the device.
at::Device apply_compute_options(const ComputeOptions& options);

/// `--model`, a directory or a name.
void add_model_option(CLI::App& command, std::string& model);

/// Loads the model for inference, moves it to the device, and logs what it is and what was assumed.
Model load_model_for_inference(const std::string& path_or_name, const ComputeOptions& options);

/// `--set path=value`, possibly several.
///
/// @param about  what it is for, with an example
void add_set_option(CLI::App& command, std::vector<std::string>& overrides, const std::string& about);

/// `--column part=name`, possibly several.
void add_column_option(CLI::App& command, std::vector<std::string>& columns);

/// What `--column` says, as ReadOptions::columns.
std::map<std::string, std::string> parse_columns(const std::vector<std::string>& given);

/// `--long-texts`, `--window-overlap`.
struct LongTextOptions {
  std::string long_texts = "truncate";
  std::optional<int64_t> window_overlap;

  /// `both`: one after the other, to compare them.
  bool are_both() const { return long_texts == "both"; }

  /// What comes first of both. An overlap without windows is wrong usage.
  LongTexts choice() const;
};

void add_long_text_options(CLI::App& command, LongTextOptions& options);

/// The same with `both`.
void add_long_text_options_with_both(CLI::App& command, LongTextOptions& options);

/// `--data-dir`.
void add_data_dir_option(CLI::App& command, std::string& data_dir);

/// The directory that --data-dir means: the option, else $ANGLE_DATA_DIR, else the cache. Error when the
/// option or the variable names none.
///
/// @param is_needed  false: all that is named was found elsewhere, so "" where the variable names none
std::filesystem::path find_data_dir(const std::string& option, bool is_needed = true);

}  // namespace angle::cli
