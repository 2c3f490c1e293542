#include "angle/train/model_card.h"

#include <filesystem>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "angle/train/validation_metric.h"

namespace angle {
namespace {

constexpr const char* kFrontMatter = R"(---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
tags:
- sentence-transformers
- sentence-similarity
- feature-extraction
- angle
---
)";

constexpr const char* kUse = R"(
## Use

    from sentence_transformers import SentenceTransformer
    model = SentenceTransformer("path/to/this/directory")
    embeddings = model.encode(["The cat sat on the mat.", "A cat is sitting on a mat."])

or, without Python, `angle embed --model path/to/this/directory input.txt`.
)";

/// Text in a cell of a table.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char character : text) escaped += character == '|' ? "\\|" : std::string(1, character);
  return escaped;
}

/// A model of the hub or the cache by its name; of a path only the last part is of interest to others.
std::string base_name(const std::string& model) {
  const std::filesystem::path path(model);
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

/// `train`, `evaluation: stsb validation`
std::string describe_use(const std::string& use, const nlohmann::json& file) {
  return file.contains("used_for") ? use + ": " + file.at("used_for").get<std::string>() : use;
}

std::string format_data(const nlohmann::json& files) {
  std::string text = "\n## Data\n\n| file | used for | rows | XXH3-128 |\n|---|---|---|---|\n";
  for (const auto& [use, entries] : files.items()) {
    const nlohmann::json list = entries.is_array() ? entries : nlohmann::json::array({entries});
    for (const nlohmann::json& file : list)
      text += fmt::format("| {} | {} | {} | `{}` |\n", cell(file.at("file").get<std::string>()),
                          cell(describe_use(use, file)), file.contains("rows") ? file.at("rows").dump() : "",
                          file.value("xxh3_128", ""));
  }
  return text;
}

std::string format_score(const std::optional<double>& score, bool is_loss) {
  if (!score) return "n/a";
  return is_loss ? fmt::format("{:.4f}", *score) : fmt::format("{:.2f}", 100 * *score);
}

std::string score_row(const std::string& name, const std::optional<double>& before,
                      const std::optional<double>& after, bool is_loss) {
  return fmt::format("| {}{} | {} | {} |\n", cell(name), is_loss ? "" : " × 100",
                     format_score(before, is_loss), format_score(after, is_loss));
}

/// Rows of what was measured beside the score that decided, of both models or of one.
std::string format_others(const ModelCard& card) {
  std::map<std::string, std::pair<std::optional<double>, std::optional<double>>> scores;
  for (const auto& [name, value] : card.others_before) scores[name].first = value;
  for (const auto& [name, value] : card.others_after) scores[name].second = value;
  std::string rows;
  for (const auto& [name, of_both] : scores)
    rows += score_row(name, of_both.first, of_both.second, is_validation_loss(name));
  return rows;
}

std::string format_scores(const ModelCard& card) {
  if (card.evaluation.empty()) return "\n## Scores\n\nThe run had no validation; this is its last model.\n";
  const std::string others = format_others(card);
  return "\n## Scores\n\n| validation | base model | this model |\n|---|---|---|\n" +
         score_row(card.evaluation, card.before, card.after, card.lower_is_better) + others +
         (card.after && !others.empty() ? "\nThe first of these scores chose the model.\n" : "");
}

}  // namespace

std::string format_model_card(const ModelCard& card) {
  std::string text = kFrontMatter;
  text += fmt::format(
      "\n# {} trained with the objectives of AnglE\n\n"
      "A sentence-embedding model, made from {} in {} optimizer update{} with the objectives of AnglE\n"
      "([arXiv 2309.12871](https://arxiv.org/abs/2309.12871)). Pipeline: {}.\n",
      base_name(card.base_model), base_name(card.base_model), card.step, card.step == 1 ? "" : "s",
      card.pipeline);
  text += kUse + format_scores(card) + format_data(card.files) + "\n## Training\n";
  if (!card.version.empty())
    text += fmt::format("\nMade by angle {}", card.version) + (card.command.empty() ? ".\n" : ":\n");
  if (!card.command.empty()) text += fmt::format("\n    {}\n", card.command);
  return text + fmt::format("\nConfiguration:\n\n```json\n{}\n```\n", card.config.dump(2));
}

}  // namespace angle
