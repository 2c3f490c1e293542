#include "cli/text_options.h"

#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "angle/data/reader.h"
#include "angle/error.h"
#include "angle/suggest.h"

#include "cli/log.h"
#include "cli/shared_options.h"
#include "cli/shell_word.h"
#include "cli/usage.h"

namespace angle::cli {
namespace {

/// A text where a file is expected.
void refuse_text(const std::string& path, const TextOptions& options) {
  std::error_code unknown;
  if (path.find(' ') == std::string::npos || std::filesystem::exists(path, unknown)) return;
  fail("{}: no such file; a text itself comes from stdin: echo {} | angle {}", path, shell_word(path),
       options.command);
}

}  // namespace

void add_text_options(CLI::App& command, TextOptions& options) {
  options.command = command.get_name();
  command
      .add_option("input", options.input,
                  "a text per line, or with --field JSONL, .csv or .tsv; may be gzip; - for stdin")
      ->capture_default_str();
  command.add_option(
      "--field", options.field,
      "the texts are in this column of a .csv or .tsv file, or in this field of JSONL objects");
  command
      .add_option("--invalid-utf8", options.invalid_utf8,
                  "error, or replace bytes that are not UTF-8 by U+FFFD")
      ->check(CLI::IsMember({"error", "replace"}))
      ->capture_default_str();
  command
      .add_option("--max-seq-length", options.max_seq_length,
                  "cut texts to so many tokens; default: what the model directory says")
      ->check(in_range(1, 1'000'000));
  CLI::Option* prompt =
      add_prompt_option(command, "--prompt", options.prompt,
                        "put before every text, an empty one nothing; default: the model's default prompt");
  command.add_option("--prompt-name", options.prompt_name, "use the model's prompt of that name")
      ->excludes(prompt);
}

TextReaderOptions reader_options(const TextOptions& options) {
  return {.field = options.field,
          .invalid_utf8 = options.invalid_utf8 == "replace" ? InvalidUtf8::replace : InvalidUtf8::error,
          .utf8_advice = "convert the text, or use --invalid-utf8 replace"};
}

TextReader open_texts(const std::string& path, const TextOptions& options, const std::atomic<bool>* stop) {
  refuse_text(path, options);
  TextReaderOptions reading = reader_options(options);
  reading.stop = stop;
  TextReader reader(path, reading);
  if (is_data_file(path) && options.field.empty())
    log_warning("{}: each line is taken as a text; for a {} give --field NAME", path,
                is_table_file(path) ? "column" : "field of its objects");
  if (path == "-" && isatty(STDIN_FILENO) != 0)
    log_info("reading texts from the terminal, one per line; Ctrl-D ends them");
  return reader;
}

std::string choose_prompt(const TextOptions& options, const std::map<std::string, std::string>& prompts,
                          const std::string& default_prompt) {
  if (options.prompt && find_invalid_utf8(*options.prompt)) refuse_usage("--prompt: not valid UTF-8");
  if (options.prompt) return *options.prompt;
  if (options.prompt_name.empty()) return default_prompt;
  const auto found = prompts.find(options.prompt_name);
  if (found != prompts.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, prompt] : prompts) names.push_back(name);
  fail("--prompt-name {}: the model has no such prompt{} ({})", options.prompt_name,
       suggestion(options.prompt_name, names),
       names.empty() ? "it has none; use --prompt TEXT" : fmt::format("prompts: {}", fmt::join(names, ", ")));
}

std::string count_of(int64_t number, const std::string& noun, const std::string& plural) {
  if (number == 1) return fmt::format("1 {}", noun);
  return fmt::format("{} {}", number, plural.empty() ? noun + "s" : plural);
}

void log_text_statistics(const TextStatistics& statistics, int64_t repaired_texts) {
  if (statistics.texts_cut > 0)
    log_warning("{} cut, losing {}", count_of(statistics.texts_cut, "text"),
                count_of(statistics.tokens_cut, "token"));
  if (statistics.texts_in_windows > 0)
    log_info("{} longer than the model reads, in {}", count_of(statistics.texts_in_windows, "text"),
             count_of(statistics.windows, "window"));
  if (repaired_texts > 0)
    log_warning("{} had bytes that are not UTF-8, replaced by U+FFFD", count_of(repaired_texts, "text"));
  if (statistics.unknown_tokens > 0)
    log_info("{} unknown to the model", count_of(statistics.unknown_tokens, "token"));
  if (statistics.empty_texts > 0)
    log_info("{} empty (nothing but special tokens)", count_of(statistics.empty_texts, "text"));
}

}  // namespace angle::cli
