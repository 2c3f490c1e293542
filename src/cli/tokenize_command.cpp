#include "cli/tokenize_command.h"

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "angle/error.h"
#include "angle/io/standard_output.h"
#include "angle/model/model_directory.h"

#include "cli/log.h"
#include "cli/shared_options.h"
#include "cli/text_options.h"

namespace angle::cli {
namespace {

struct TokenizeOptions {
  std::string model;
  TextOptions texts;
};

/// `{"ids":[…],"tokens":[…]}`
std::string format_encoding(const Encoding& encoding, const Tokenizer& tokenizer) {
  nlohmann::json line = {{"ids", encoding.token_ids}, {"tokens", nlohmann::json::array()}};
  for (const int64_t id : encoding.token_ids) line["tokens"].push_back(tokenizer.token(id));
  // A vocabulary may hold pieces that are not UTF-8, which JSON can't.
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void run_tokenize(const TokenizeOptions& options) {
  TextReader texts = open_texts(options.texts.input, options.texts);
  const ModelTokenizer model = load_model_tokenizer(find_model(options.model));
  for (const std::string& note : model.notes) log_info("model: {}", note);
  const std::string prompt = choose_prompt(options.texts, model.prompts, model.default_prompt);
  const int64_t max_length =
      choose_max_seq_length(options.texts.max_seq_length, model.max_seq_length, model.longest);

  StandardOutput out;
  TextStatistics statistics;
  std::string text;
  bool wanted = true;
  while (wanted && texts.next(text)) {
    const Encoding encoding = model.tokenizer->encode(prompt + text, max_length);
    statistics.add(encoding, *model.tokenizer);
    wanted = out.write(format_encoding(encoding, *model.tokenizer));
  }
  out.flush();
  if (statistics.texts == 0)
    log_warning("no texts in {}", options.texts.input == "-" ? "<stdin>" : options.texts.input);
  log_info("{}, {}, at most {} a text", count_of(statistics.texts, "text"),
           count_of(statistics.tokens, "token"), max_length);
  log_text_statistics(statistics, texts.repaired_texts());
}

}  // namespace

void add_tokenize_command(CLI::App& app) {
  const auto options = std::make_shared<TokenizeOptions>();
  CLI::App& command = *app.add_subcommand("tokenize", "show texts as the model sees them");
  add_text_options(command, options->texts);
  add_model_option(command, options->model);
  command.footer("Example: echo \"a text\" | angle tokenize");
  command.callback([options] { run_tokenize(*options); });
}

}  // namespace angle::cli
