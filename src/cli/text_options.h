// Options of the commands that read texts: how they are read, and what is put before them.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "angle/data/text_reader.h"
#include "angle/text/statistics.h"

namespace angle::cli {

struct TextOptions {
  std::string command;  // that has the options
  std::string input = "-";
  std::string field;
  std::string invalid_utf8 = "error";
  std::optional<int64_t> max_seq_length;
  std::optional<std::string> prompt;
  std::string prompt_name;
};

/// `[INPUT]`, `--field`, `--invalid-utf8`, `--max-seq-length`, `--prompt`, `--prompt-name`.
void add_text_options(CLI::App& command, TextOptions& options);

TextReaderOptions reader_options(const TextOptions& options);

/// Opens the texts of `path`; logs when they come from a terminal, and when a .jsonl, .csv or .tsv file is
/// read as plain text.
///
/// @param stop  once it is true, no text is waited for; null: never
TextReader open_texts(const std::string& path, const TextOptions& options,
                      const std::atomic<bool>* stop = nullptr);

/// What goes before every text: --prompt, else the model's prompt of the name --prompt-name, else its default
/// prompt. Error for a name that the model does not have.
std::string choose_prompt(const TextOptions& options, const std::map<std::string, std::string>& prompts,
                          const std::string& default_prompt);

/// Says what happened to the texts: cut, unknown tokens, empty, repaired.
void log_text_statistics(const TextStatistics& statistics, int64_t repaired_texts);

/// `1 text`, `3 texts`.
///
/// @param plural  where it is more than an s
std::string count_of(int64_t number, const std::string& noun, const std::string& plural = "");

}  // namespace angle::cli
