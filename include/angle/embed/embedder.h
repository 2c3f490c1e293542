// Texts in, vectors out: the header to read first to use a model.
//
//   Model model = load_model(find_model("all-MiniLM-L6-v2"));
//   Tensor vectors = Embedder(model, {}).embed(texts);  // [texts, dims]
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <c10/core/Event.h>

#include "angle/embed/encoder_workers.h"
#include "angle/error.h"
#include "angle/model/model_directory.h"
#include "angle/tensor.h"
#include "angle/text/statistics.h"
#include "angle/text/token_windows.h"

namespace angle {

/// How texts become vectors. What is not set follows the model directory.
struct EmbedOptions {
  std::optional<int64_t> max_seq_length;  // tokens, special tokens included
  std::optional<bool> normalize;          // scale every vector to length 1
  std::optional<int64_t> truncate_dim;    // keep the first dims of each vector (before normalising)
  std::string prompt;                     // put before every text
  LongTexts long_texts = LongTexts::truncate;
  std::optional<int64_t> window_overlap;  // tokens; WindowCutter has the default
};

/// A text of which the tokenizer makes no tokens, so that there is no vector of it: an empty one, where the
/// tokenizer puts no special tokens around texts.
class TextWithoutTokens : public Error {
 public:
  explicit TextWithoutTokens(size_t text);

  size_t text;  // its place among those to embed, from 0
};

/// What ends an embedding that was told to stop.
class EmbeddingStopped : public std::exception {
 public:
  const char* what() const noexcept override { return "the embedding was stopped"; }
};

/// Vectors that a GPU or workers may still be computing. Else they are there already.
class PendingEmbeddings {
 public:
  /// @param in_order   [texts, dims] on the CPU
  /// @param computed   when they are there
  /// @param meanwhile  called every tenth of a second while wait() waits for that
  explicit PendingEmbeddings(Tensor in_order, std::future<void> computed = {},
                             std::function<void()> meanwhile = {})
      : vectors_(std::move(in_order)), computed_(std::move(computed)), meanwhile_(std::move(meanwhile)) {}

  /// @param vectors       [texts, dims] in memory of the host that copies of `device` are on their way to
  /// @param text_of_row   whose vector each row is
  PendingEmbeddings(Tensor vectors, std::vector<int64_t> text_of_row, at::Device device);

  /// Waits until they are there, or throws what kept them from it. Once only.
  ///
  /// @return  [texts, dims] float32 on the CPU, in the order of the texts
  Tensor wait();

 private:
  Tensor vectors_;
  std::vector<int64_t> text_of_row_;  // none: in order
  std::future<void> computed_;
  std::function<void()> meanwhile_;
  std::optional<c10::Event> copied_;
};

/// Embeds texts with a model. The vector of a text does not depend on the texts embedded with it.
///
/// The vector of a text in windows is Σ wᵢvᵢ / Σ wᵢ over its windows' vectors vᵢ, before normalising, wᵢ the
/// tokens of the text in window i: with mean pooling and no overlap, the mean over all of its tokens.
class Embedder {
 public:
  /// Keeps a reference to `model`, whose weights may change between calls (validation during training).
  Embedder(Model& model, EmbedOptions options);

  /// One row per text, in the order of the texts. TextWithoutTokens where there is nothing to embed in one.
  ///
  /// @param texts  valid UTF-8
  /// @return       [texts, dims] float32 on the CPU
  Tensor embed(std::span<const std::string> texts) { return start(texts).wait(); }

  /// embed() in two parts: a GPU or the workers compute while the host does something else, such as to start
  /// the next texts. Texts in windows are waited for here.
  ///
  /// @param workers  on a CPU: who encodes, instead of the caller's threads; to be destroyed before the
  ///                 embedder
  PendingEmbeddings start(std::span<const std::string> texts, EncoderWorkers* workers = nullptr);

  /// From now on embedding ends with EmbeddingStopped once the flag is true; batches that have begun are
  /// finished.
  void stop_when(const std::atomic<bool>* flag) { stop_ = flag; }

  /// Called with how many tokens of the texts that are being embedded are encoded, one or more, and how many
  /// there are.
  using Report = std::function<void(int64_t encoded, int64_t tokens)>;

  /// From the next start() on, on a CPU: reports now and then while texts are encoded, always on the thread
  /// that waits for it in start() or in PendingEmbeddings::wait().
  void report_to(Report report) { report_ = std::move(report); }

  /// Columns of embed()'s result.
  int64_t dims() const;

  /// What embedding a text would add to the counts below.
  TextStatistics statistics_of(const std::string& text) const;

  /// Counts over all texts embedded so far: how many were cut, tokens lost, unknown tokens.
  const TextStatistics& statistics() const { return statistics_; }

 private:
  Encoding encode(const std::string& text) const;
  std::vector<std::vector<int64_t>> tokenize(std::span<const std::string> texts);
  std::vector<TokenWindows> cut(std::span<const std::string> texts);
  Tensor embed_in_windows(std::span<const std::string> texts, EncoderWorkers* workers);
  PendingEmbeddings start_tokens(std::vector<std::vector<int64_t>> token_ids, EncoderWorkers* workers) const;
  PendingEmbeddings start_on_cpu(std::vector<std::vector<int64_t>> token_ids,
                                 std::vector<std::vector<size_t>> batches, EncoderWorkers* workers) const;
  std::function<void()> reporter(std::shared_ptr<const std::atomic<int64_t>> encoded, int64_t tokens) const;
  PendingEmbeddings start_on_gpu(std::span<const std::vector<int64_t>> token_ids,
                                 std::span<const std::vector<size_t>> batches) const;
  /// [texts, dims] float32 on the device of the model. Not normalised when they are windows.
  Tensor embed_batch(std::span<const std::vector<int64_t>> token_ids, std::span<const size_t> texts) const;

  Model& model_;
  EmbedOptions options_;
  std::optional<WindowCutter> cutter_;  // of long_texts: windows
  TextStatistics statistics_;
  const std::atomic<bool>* stop_ = nullptr;
  Report report_;
};

}  // namespace angle
