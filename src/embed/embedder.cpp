#include "angle/embed/embedder.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "angle/data/batch.h"
#include "angle/data/transfer.h"
#include "angle/error.h"

#include "embed/normalized.h"
#include "embed/task_queue.h"

namespace angle {
namespace {

int64_t tokens_in(std::span<const std::vector<int64_t>> token_ids) {
  int64_t tokens = 0;
  for (const auto& ids : token_ids) tokens += static_cast<int64_t>(ids.size());
  return tokens;
}

/// Tokens of a batch: few enough for its hidden states to stay in the cache and for all threads to end at
/// about the same time, enough to read the weights rarely. Where a text's bits depend on its batch, the cut
/// does not depend on the threads. A GPU is fast with many tokens only.
int64_t tokens_per_batch(std::span<const std::vector<int64_t>> token_ids, const SentenceEncoder& encoder) {
  constexpr int64_t kMost = 512, kLeast = 64, kBatchesPerThread = 4, kElsewhere = 1024, kGpu = 32768;
  if (!encoder.device().is_cpu()) return kGpu;
  if (!encoder.is_batch_invariant()) return kElsewhere;
  return std::clamp(tokens_in(token_ids) / (kBatchesPerThread * at::get_num_threads()), kLeast, kMost);
}

/// Σ weight · vector / Σ weight over the windows of each text. The vector of a text of one window stays as it
/// is, to the bit, which v · w / w need not be.
///
/// @param vectors  [windows, dims]
/// @return         [texts, dims]
Tensor weighted_means(const Tensor& vectors, const std::vector<int64_t>& weights,
                      const std::vector<int64_t>& text_of_window, int64_t texts) {
  const Tensor weight = at::tensor(weights, at::kLong).to(at::kFloat).unsqueeze(1);  // [windows, 1]
  const Tensor index = at::tensor(text_of_window, at::kLong);
  const Tensor sums = at::zeros({texts, vectors.size(1)}).index_add_(0, index, vectors * weight);
  const Tensor means = sums / at::zeros({texts, 1}).index_add_(0, index, weight);
  const Tensor windows_of_text = index.bincount({}, texts);
  const Tensor alone = (windows_of_text.index_select(0, index) == 1).nonzero().squeeze(1);
  return means.index_copy_(0, index.index_select(0, alone), vectors.index_select(0, alone));
}

EmbedOptions resolve(const Model& model, EmbedOptions options) {
  const int64_t length = choose_max_seq_length(options.max_seq_length, model.max_seq_length,
                                               model.encoder.encoder.config().max_tokens());
  const int64_t dims = options.truncate_dim.value_or(model.encoder.dims());
  if (dims < 1 || dims > model.encoder.dims())
    fail("--truncate-dim {}: expected 1 to {}, the model's dimensions", dims, model.encoder.dims());
  if (!options.prompt.empty() && !model.include_prompt)
    fail(
        "{}: include_prompt is false in the Pooling module, which is not supported together with a prompt; "
        "embed without one",
        model.directory.string());
  check_room_for_text(
      options.max_seq_length ? fmt::format("--max-seq-length {}", length) : model.directory.string(),
      *model.tokenizer, options.prompt, length);
  options.max_seq_length = length;
  options.truncate_dim = dims;
  options.normalize = options.normalize.value_or(model.normalize);
  return options;
}

/// Calls `work(text)` for every text, on all threads.
///
/// @return  the results, in the order of the texts
template <class Work>
auto for_each_text(std::span<const std::string> texts, const Work& work) {
  constexpr int64_t kTextsPerTask = 64;
  std::vector<decltype(work(texts[0]))> results(texts.size());
  at::parallel_for(0, static_cast<int64_t>(texts.size()), kTextsPerTask, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) results[i] = work(texts[i]);
  });
  return results;
}

void add(TextStatistics& statistics, const TokenWindows& windows, const Tokenizer& tokenizer) {
  statistics.add(windows.whole, tokenizer);
  if (windows.token_ids.size() == 1) return;
  ++statistics.texts_in_windows;
  statistics.windows += static_cast<int64_t>(windows.token_ids.size());
}

void check_tokens(const std::vector<int64_t>& token_ids, size_t text) {
  if (token_ids.empty()) throw TextWithoutTokens(text);
}

}  // namespace

TextWithoutTokens::TextWithoutTokens(size_t place)
    : Error(fmt::format(
          "text {}: there are no tokens in it, so it has no vector; the model's tokenizer puts no "
          "special tokens around texts, so leave empty ones out",
          place + 1)),
      text(place) {}

Embedder::Embedder(Model& model, EmbedOptions options)
    : model_(model), options_(resolve(model, std::move(options))) {
  if (options_.long_texts == LongTexts::windows)
    cutter_.emplace(*model.tokenizer, options_.prompt, *options_.max_seq_length, options_.window_overlap);
}

int64_t Embedder::dims() const { return *options_.truncate_dim; }

PendingEmbeddings::PendingEmbeddings(Tensor vectors, std::vector<int64_t> text_of_row, at::Device device)
    : vectors_(std::move(vectors)), text_of_row_(std::move(text_of_row)) {
  if (device.is_cpu()) return;  // nothing is on its way
  copied_.emplace(device.type());
  copied_->record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
}

Tensor PendingEmbeddings::wait() {
  const c10::InferenceMode inference;
  if (computed_.valid()) {
    constexpr std::chrono::milliseconds kBetweenReports(100);
    while (meanwhile_ && computed_.wait_for(kBetweenReports) != std::future_status::ready) meanwhile_();
    computed_.get();
  }
  if (copied_) copied_->synchronize();
  if (text_of_row_.empty()) return std::move(vectors_);
  // A copy, too, because the memory is of the kind that is scarce.
  return at::empty(vectors_.sizes(), at::kFloat)
      .index_copy_(0, at::tensor(text_of_row_, at::kLong), vectors_);
}

PendingEmbeddings Embedder::start(std::span<const std::string> texts, EncoderWorkers* workers) {
  const c10::InferenceMode inference;
  return cutter_ ? PendingEmbeddings(embed_in_windows(texts, workers))
                 : start_tokens(tokenize(texts), workers);
}

Tensor Embedder::embed_in_windows(std::span<const std::string> texts, EncoderWorkers* workers) {
  std::vector<std::vector<int64_t>> token_ids;  // of every window
  std::vector<int64_t> weights, text_of_window;
  const std::vector<TokenWindows> texts_in_windows = cut(texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    const TokenWindows& windows = texts_in_windows[i];
    token_ids.insert(token_ids.end(), windows.token_ids.begin(), windows.token_ids.end());
    weights.insert(weights.end(), windows.weights.begin(), windows.weights.end());
    text_of_window.resize(token_ids.size(), static_cast<int64_t>(i));
  }
  Tensor vectors = start_tokens(std::move(token_ids), workers).wait();
  if (text_of_window.size() > texts.size())
    vectors = weighted_means(vectors, weights, text_of_window, static_cast<int64_t>(texts.size()));
  return *options_.normalize ? normalized(vectors) : vectors;
}

PendingEmbeddings Embedder::start_tokens(std::vector<std::vector<int64_t>> token_ids,
                                         EncoderWorkers* workers) const {
  auto batches = length_sorted_batches(token_ids, tokens_per_batch(token_ids, model_.encoder));
  return model_.encoder.device().is_cpu() ? start_on_cpu(std::move(token_ids), std::move(batches), workers)
                                          : start_on_gpu(token_ids, batches);
}

PendingEmbeddings Embedder::start_on_cpu(std::vector<std::vector<int64_t>> token_ids,
                                         std::vector<std::vector<size_t>> batches,
                                         EncoderWorkers* workers) const {
  Tensor embeddings = at::empty({static_cast<int64_t>(token_ids.size()), dims()}, at::kFloat);
  const size_t count = batches.size();
  const auto encoded = std::make_shared<std::atomic<int64_t>>(0);  // tokens
  const auto report = reporter(encoded, tokens_in(token_ids));
  auto embed_one = [this, embeddings, encoded, token_ids = std::move(token_ids),
                    batches = std::move(batches)](size_t i) {
    const Tensor vectors = embed_batch(token_ids, batches[i]).contiguous();
    const auto* row = vectors.const_data_ptr<float>();
    int64_t tokens = 0;
    for (const size_t text : batches[i]) {
      std::copy_n(row, dims(), embeddings.mutable_data_ptr<float>() + static_cast<int64_t>(text) * dims());
      row += dims();
      tokens += static_cast<int64_t>(token_ids[text].size());
    }
    *encoded += tokens;
  };
  if (workers) return PendingEmbeddings(embeddings, workers->start(count, std::move(embed_one)), report);
  const auto report_here = [&report, caller = std::this_thread::get_id()] {
    if (report && std::this_thread::get_id() == caller) report();
  };
  // A batch on each thread needs no waiting for each other; fewer batches than threads share the threads.
  TaskQueue(count, [&](size_t i) {
    embed_one(i);
    report_here();
  }).work(static_cast<int>(count) >= at::get_num_threads());
  return PendingEmbeddings(embeddings);
}

/// None when nobody wants a report.
std::function<void()> Embedder::reporter(std::shared_ptr<const std::atomic<int64_t>> encoded,
                                         int64_t tokens) const {
  if (!report_) return {};
  return [report = report_, encoded = std::move(encoded), tokens] {
    if (const int64_t now = *encoded; now > 0) report(now, tokens);
  };
}

/// Everything is queued on the device, copies to it and from it too, and nothing waits for it: while it
/// computes a batch, the next one is packed and the vectors of the one before are copied.
PendingEmbeddings Embedder::start_on_gpu(std::span<const std::vector<int64_t>> token_ids,
                                         std::span<const std::vector<size_t>> batches) const {
  const at::Device device = model_.encoder.device();
  const Tensor vectors = host_memory({static_cast<int64_t>(token_ids.size()), dims()}, at::kFloat, device);
  std::vector<int64_t> text_of_row;
  for (const std::vector<size_t>& batch : batches) {
    const auto first_row = static_cast<int64_t>(text_of_row.size());
    vectors.narrow(0, first_row, static_cast<int64_t>(batch.size()))
        .copy_(embed_batch(token_ids, batch), /*non_blocking=*/true);
    text_of_row.insert(text_of_row.end(), batch.begin(), batch.end());
  }
  return {vectors, std::move(text_of_row), device};
}

Encoding Embedder::encode(const std::string& text) const {
  const std::string& prompt = options_.prompt;
  return model_.tokenizer->encode(prompt.empty() ? text : prompt + text, *options_.max_seq_length);
}

std::vector<std::vector<int64_t>> Embedder::tokenize(std::span<const std::string> texts) {
  std::vector<std::vector<int64_t>> token_ids;
  token_ids.reserve(texts.size());
  for (Encoding& encoding : for_each_text(texts, [this](const std::string& text) { return encode(text); })) {
    statistics_.add(encoding, *model_.tokenizer);
    check_tokens(encoding.token_ids, token_ids.size());
    token_ids.push_back(std::move(encoding.token_ids));
  }
  return token_ids;
}

std::vector<TokenWindows> Embedder::cut(std::span<const std::string> texts) {
  auto cut = for_each_text(texts, [this](const std::string& text) { return cutter_->cut(text); });
  for (size_t i = 0; i < cut.size(); ++i) {
    check_tokens(cut[i].whole.token_ids, i);
    add(statistics_, cut[i], *model_.tokenizer);
  }
  return cut;
}

TextStatistics Embedder::statistics_of(const std::string& text) const {
  TextStatistics statistics;
  if (cutter_)
    add(statistics, cutter_->cut(text), *model_.tokenizer);
  else
    statistics.add(encode(text), *model_.tokenizer);
  return statistics;
}

Tensor Embedder::embed_batch(std::span<const std::vector<int64_t>> token_ids,
                             std::span<const size_t> texts) const {
  if (stop_ && *stop_) throw EmbeddingStopped();
  std::vector<std::vector<int64_t>> batch;
  batch.reserve(texts.size());
  for (const size_t text : texts) batch.push_back(token_ids[text]);
  Tensor vectors = model_.encoder.forward(pack(batch, model_.encoder.device()));
  vectors = vectors.narrow(1, 0, dims()).to(at::kFloat);
  return *options_.normalize && !cutter_ ? normalized(vectors) : vectors;
}

}  // namespace angle
