// README.md of a trained model: what it is, how to use it, how it was made. The hub of Hugging Face shows it
// as the model's page, and finds the model by its front matter.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace angle {

/// What a card tells. All of it follows from the run, so that a run that was interrupted ends with the same
/// bytes as one that was not: no times, no output directory.
struct ModelCard {
  std::string base_model;        // as the configuration names it
  std::string pipeline;          // Model::describe()
  nlohmann::json config;         // the whole configuration
  nlohmann::json files;          // {"train": [{"file", "rows", "xxh3_128"}], "evaluation": [… "used_for"]}
  std::string evaluation;        // `stsb validation cosine_spearman`; empty: there was none
  bool lower_is_better = false;  // it is a loss
  std::optional<double> before;  // the score of the base model
  std::optional<double> after;   // the score of this model

  /// What was measured beside it: `mrpc/cosine_spearman`, `val_loss` …
  std::map<std::string, double> others_before, others_after;

  int64_t step = 0;     // optimizer updates that made it
  std::string command;  // empty: not made by one
  std::string version;  // of angle; empty: not said
};

/// Markdown with the front matter of https://huggingface.co/docs/hub/model-cards.
std::string format_model_card(const ModelCard& card);

}  // namespace angle
