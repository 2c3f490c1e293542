// tokenizer_config.json: what the other tokenizer files of a model directory do not say.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace angle {

struct TokenizerConfig {
  std::filesystem::path path;
  // tokenizer_class without "Tokenizer" and "Fast"; where it is not given that of a RoBERTa by its
  // config.json, as for Hugging Face's AutoTokenizer, else empty.
  std::string model_class = "";
  std::optional<bool> do_lower_case = std::nullopt;
  std::optional<bool> strip_accents = std::nullopt;
  std::optional<bool> tokenize_chinese_chars = std::nullopt;
  std::optional<bool> add_prefix_space = std::nullopt;
  // Where the file names none, those that the class has by default.
  std::string unk_token = "", cls_token = "", sep_token = "", pad_token = "", mask_token = "";
};

/// The defaults when the directory has no such file.
TokenizerConfig read_tokenizer_config(const std::filesystem::path& directory);

}  // namespace angle
