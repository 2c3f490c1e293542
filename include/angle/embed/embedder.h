// Texts in, vectors out: the header to read first to use a model.
//
//   Model model = load_model(find_model("all-MiniLM-L6-v2"));
//   Tensor vectors = Embedder(model, {}).embed(texts);  // [texts, dims]
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "angle/model/model_directory.h"
#include "angle/tensor.h"
#include "angle/text/statistics.h"

namespace angle {

/// How texts become vectors. What is not set follows the model directory.
struct EmbedOptions {
  std::optional<int64_t> max_seq_length;  // tokens, special tokens included
  std::optional<bool> normalize;          // scale every vector to length 1
  std::optional<int64_t> truncate_dim;    // keep the first dims of each vector (before normalising)
  std::string prompt;                     // put before every text
};

/// Embeds texts with a model. The vector of a text does not depend on the texts embedded with it.
class Embedder {
 public:
  /// Keeps a reference to `model`, whose weights may change between calls (validation during training).
  Embedder(Model& model, EmbedOptions options);

  /// One row per text, in the order of the texts.
  ///
  /// @param texts  valid UTF-8
  /// @return       [texts, dims] float32 on the CPU
  Tensor embed(std::span<const std::string> texts);

  /// Columns of embed()'s result.
  int64_t dims() const;

  /// Counts over all texts embedded so far: how many were cut, tokens lost, unknown tokens.
  const TextStatistics& statistics() const { return statistics_; }

 private:
  std::vector<std::vector<int64_t>> tokenize(std::span<const std::string> texts);
  /// Writes the rows of some texts into `embeddings`.
  void embed_batch(std::span<const std::vector<int64_t>> token_ids, std::span<const size_t> texts,
                   Tensor& embeddings) const;

  Model& model_;
  EmbedOptions options_;
  TextStatistics statistics_;
};

}  // namespace angle
