#include "angle/train/learner.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "angle/data/transfer.h"
#include "angle/error.h"
#include "angle/loss/matryoshka.h"
#include "angle/train/gradient_cache.h"
#include "angle/train/shared_batch.h"

namespace angle {
namespace {

/// For each negative the row of its query.
std::vector<int64_t> triplet_of_negative(const CollatedBatch& batch) {
  std::vector<int64_t> rows;
  for (size_t i = 0; i < batch.negatives.size(); ++i)
    rows.insert(rows.end(), static_cast<size_t>(batch.negatives[i]), static_cast<int64_t>(i));
  return rows;
}

/// `train.tsv, lines 3, 17, 20 … (32 examples)`, showing at most eight.
std::string describe_lines(const std::string& file, const std::vector<int64_t>& lines) {
  const size_t shown = std::min<size_t>(lines.size(), 8);
  return fmt::format("{}, {} {}{}", file, lines.size() == 1 ? "line" : "lines",
                     fmt::join(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                     shown < lines.size() ? fmt::format(" … ({} examples)", lines.size()) : "");
}

/// Lines of the examples with a text whose embedding is not finite; all lines when every embedding is.
std::vector<int64_t> suspicious_lines(const Tensor& embeddings, const CollatedBatch& batch) {
  const Tensor finite = at::isfinite(embeddings).all(1).cpu();
  const std::vector<int64_t> owners = triplet_of_negative(batch);
  std::vector<int64_t> lines;
  for (int64_t text = 0; text < finite.size(0); ++text) {
    if (finite[text].item<bool>()) continue;
    const int64_t n = batch.num_examples();
    const int64_t example = text < 2 * n ? text % n : owners[static_cast<size_t>(text - 2 * n)];
    lines.push_back(batch.lines[static_cast<size_t>(example)]);
  }
  if (lines.empty()) lines = batch.lines;
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

/// The terms that are not finite: `cosine, angle`.
std::string describe_terms(const Objective& objective) {
  std::vector<std::string> names;
  for (const auto& [name, value] :
       {std::pair("cosine", objective.cosine), {"in-batch", objective.in_batch}, {"angle", objective.angle}})
    if (value.defined() && !std::isfinite(value.item<double>())) names.emplace_back(name);
  return names.empty() ? "only their sum" : fmt::format("{}", fmt::join(names, ", "));
}

void check_finite(const Objective& objective, const Tensor& embeddings, const FormattedBatch& micro_batch) {
  if (std::isfinite(objective.total.item<double>())) return;
  fail("the loss is not finite ({}), at {}", describe_terms(objective),
       describe_lines(micro_batch.file, suspicious_lines(embeddings, micro_batch.batch)));
}

void check_finite(double gradient_norm, std::span<const FormattedBatch> micro_batches) {
  if (std::isfinite(gradient_norm)) return;
  std::vector<std::string> places;
  for (const FormattedBatch& micro_batch : micro_batches)
    places.push_back(describe_lines(micro_batch.file, micro_batch.batch.lines));
  fail("the gradient is not finite, at {}", fmt::join(places, "; "));
}

/// In one pass, without a mask in memory: extremes are not finite when any element is not.
bool is_finite(const Tensor& tensor) {
  if (tensor.numel() == 0) return true;
  const auto [least, most] = at::aminmax(tensor);
  return std::isfinite(least.item<double>()) && std::isfinite(most.item<double>());
}

void check_finite(std::span<const NamedTensor> tensors, const char* whose) {
  const at::NoGradGuard no_grad;
  for (const NamedTensor& entry : tensors)
    if (!is_finite(entry.tensor)) fail("{} are not finite any more ({})", whose, entry.name);
}

void add(std::optional<double>& sum, const Tensor& term, double share) {
  if (term.defined()) sum = sum.value_or(0) + share * term.item<double>();
}

int64_t count(const Tensor& counter) { return counter.defined() ? counter.item<int64_t>() : 0; }

/// Adds what a micro-batch came to.
void add(StepResult& result, const Objective& objective, const CollatedBatch& batch, double share) {
  result.total += share * objective.total.item<double>();
  add(result.cosine, objective.cosine, share);
  add(result.in_batch, objective.in_batch, share);
  add(result.angle, objective.angle, share);
  result.examples += batch.num_examples();
  result.tokens += batch.num_tokens();
  result.positive_rows += count(objective.positive_rows);
  result.duplicates += count(objective.duplicates);
  result.zero_rows += count(objective.zero_rows);
}

/// The same numbers; a term with its graph would keep what the encoder has computed.
Objective without_graph(Objective objective) {
  for (Tensor* term : {&objective.total, &objective.cosine, &objective.in_batch, &objective.angle})
    if (term->defined()) *term = term->detach();
  return objective;
}

/// Every token id of some batches, once, in ascending order.
std::vector<int64_t> distinct_ids(std::span<const FormattedBatch> micro_batches) {
  std::vector<int64_t> ids;
  for (const FormattedBatch& micro_batch : micro_batches)
    for (const std::vector<int64_t>& text : micro_batch.batch.token_ids)
      ids.insert(ids.end(), text.begin(), text.end());
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

/// Whether training changes the word embeddings.
bool trains_words(const SentenceEncoder& encoder, const std::vector<Parameter>& parameters) {
  return std::any_of(parameters.begin(), parameters.end(), [&](const Parameter& parameter) {
    return parameter.tensor.is_same(encoder.encoder.word_embeddings());
  });
}

/// What collects the gradient of a step: the parameters, in place of the word embeddings their rows.
std::vector<Tensor> leaves_of(const std::vector<Parameter>& parameters, const Tensor& table,
                              const std::optional<WordRows>& words) {
  std::vector<Tensor> leaves;
  for (const Parameter& parameter : parameters)
    leaves.push_back(words && parameter.tensor.is_same(table) ? words->rows() : parameter.tensor);
  return leaves;
}

/// The objective of embeddings of any number of dimensions.
Objective plain_objective(const Tensor& embeddings, const CollatedBatch& batch, DataFormat format,
                          const LossOptions& options) {
  const int64_t n = batch.num_examples();
  const Tensor left = embeddings.narrow(0, 0, n);   // [examples, dims]
  const Tensor right = embeddings.narrow(0, n, n);  // [examples, dims]
  const Tensor identities = to_device(batch.identities, embeddings.device());
  switch (format) {
    case DataFormat::scored_pairs: {
      const Tensor labels = to_device(batch.labels, embeddings.device());
      return scored_pairs_objective(left, right, labels, identities, options);
    }
    case DataFormat::pairs:
      return positive_pairs_objective(left, right, identities, options);
    case DataFormat::triplets: {
      const HardNegatives negatives{embeddings.slice(0, 2 * n),
                                    to_device(triplet_of_negative(batch), embeddings.device())};
      return triplets_objective(left, right, negatives, identities, options);
    }
  }
  TORCH_CHECK(false, "unknown data format");
}

}  // namespace

Objective compute_objective(const Tensor& embeddings, const CollatedBatch& batch, DataFormat format,
                            const LossOptions& options) {
  return matryoshka_objective(embeddings, options, [&](const Tensor& truncated) {
    return plain_objective(truncated, batch, format, options);
  });
}

Saturation batch_saturation(const Tensor& embeddings, const CollatedBatch& batch, DataFormat format,
                            const LossOptions& options) {
  const int64_t n = batch.num_examples();
  const auto rows = embeddings.options().dtype(at::kLong);
  const Tensor owners = to_device(triplet_of_negative(batch), embeddings.device());  // [negatives]
  const EmbeddingPairs pairs{at::cat({at::arange(n, rows), owners}),
                             at::arange(n, 2 * n + owners.size(0), rows)};
  return measure_saturation(embeddings, pairs, options, [&](const Tensor& texts, const LossOptions& terms) {
    return compute_objective(texts, batch, format, terms);
  });
}

Learner::Learner(SentenceEncoder& encoder, LearnerOptions options, Dropout dropout, ProcessGroup group)
    : encoder_(encoder),
      options_(std::move(options)),
      dropout_(dropout),
      optimizer_(trainable_parameters(encoder, options_.parameters), options_.optimizer),
      trains_words_(trains_words(encoder, optimizer_.parameters())),
      group_(std::move(group)),
      gradient_sum_(group_) {}

StepResult Learner::step(std::span<const FormattedBatch> micro_batches, double learning_rate,
                         bool measure_saturation) {
  const double share = 1.0 / static_cast<double>(micro_batches.size());
  optimizer_.zero_grad();
  std::optional<WordRows> words;  // of the whole batch, and so the same in every process
  if (trains_words_) words.emplace(encoder_.encoder.word_rows(distinct_ids(micro_batches)));
  std::vector<Outcome> outcomes;
  for (const FormattedBatch& micro_batch : micro_batches)
    outcomes.push_back(backward(micro_batch, share, words ? &*words : nullptr));
  StepResult result;
  const Tensor& table = encoder_.encoder.word_embeddings();
  if (group_.size() > 1) {
    gradient_sum_.reduce(leaves_of(optimizer_.parameters(), table, words));
    result.exchange_seconds = group_.take_exchange_seconds();
  }
  if (words) table.mutable_grad() = words->table_gradient();
  result.gradient_norm = optimizer_.gradient_norm();  // for this a GPU is waited for
  for (const Outcome& outcome : outcomes)
    check_finite(outcome.objective, outcome.embeddings, outcome.micro_batch);
  check_finite(result.gradient_norm, micro_batches);
  for (const Outcome& outcome : outcomes) add(result, outcome.objective, outcome.micro_batch.batch, share);
  if (measure_saturation) result.saturation = saturation_of(outcomes);
  optimizer_.step(learning_rate, clipping_factor(result.gradient_norm, options_.max_grad_norm));
  return result;
}

void Learner::check_state() const {
  check_finite(encoder_.checkpoint_tensors(), "the weights");
  check_finite(optimizer_.state(), "the moments of the gradients");
}

Learner::Outcome Learner::backward(const FormattedBatch& micro_batch, double share, const WordRows* words) {
  ActivationOptions activations = options_.activations;
  activations.words = words;
  const CollatedBatch& batch = micro_batch.batch;
  const SharedBatch shared(group_, batch.token_ids);
  const std::vector<std::vector<int64_t>> own_texts = shared.own_texts();
  Outcome outcome{.micro_batch = micro_batch, .objective = {}, .embeddings = {}};
  const auto loss = [&](const Tensor& own_embeddings) {
    const Tensor embeddings = shared.gather(own_embeddings);
    const Objective objective =
        compute_objective(embeddings, batch, micro_batch.format, loss_of(micro_batch));
    outcome.objective = without_graph(objective);
    outcome.embeddings = embeddings.detach();
    return objective.total * share;
  };
  if (own_texts.empty()) {  // a batch of fewer texts than processes
    const at::TensorOptions options = optimizer_.parameters().front().tensor.options().requires_grad(false);
    loss(at::zeros({0, encoder_.dims()}, options).requires_grad_(true)).backward();
  } else if (options_.gradient_cache_tokens > 0) {
    cached_backward(encoder_, dropout_, own_texts, options_.gradient_cache_tokens, loss, activations);
  } else {
    const TokenBatch packed = pack(own_texts, encoder_.device());
    loss(encoder_.forward(packed, dropout_, activations)).backward();
  }
  return outcome;
}

LossOptions Learner::loss_of(const FormattedBatch& micro_batch) const {
  return options_.loss.with_threshold(micro_batch.positive_threshold);
}

Saturation Learner::saturation_of(std::span<const Outcome> outcomes) const {
  Saturation sum;
  for (const Outcome& outcome : outcomes)
    sum.add(batch_saturation(outcome.embeddings, outcome.micro_batch.batch, outcome.micro_batch.format,
                             loss_of(outcome.micro_batch)));
  return sum;
}

}  // namespace angle
