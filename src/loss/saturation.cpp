#include "angle/loss/saturation.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <spdlog/fmt/fmt.h>
#include <torch/csrc/autograd/autograd.h>

#include "angle/loss/similarity.h"
#include "angle/or_null.h"

namespace angle {
namespace {

using Similarity = std::function<Tensor(const Tensor& left, const Tensor& right)>;

/// The values on their own: a leaf that collects gradients.
Tensor leaf(const Tensor& values) { return values.detach().clone().requires_grad_(true); }

Tensor row_lengths(const Tensor& rows) { return at::linalg_vector_norm(rows, 2, 1); }

/// Every term that can be measured: the angle only where all vectors, cut ones too, have complex halves.
LossOptions measured_terms(LossOptions options, const Tensor& embeddings) {
  const auto& dims = options.matryoshka_dims;
  const bool even = std::all_of(dims.begin(), dims.end(), [](int64_t size) { return size % 2 == 0; });
  options.cosine_weight = 1;
  options.angle_weight = even && has_complex_halves(embeddings) ? 1 : 0;
  return options;
}

/// Lengths of the gradient of each term, by each text; undefined where there is no such term.
struct TermGradients {
  Tensor cosine, in_batch, angle, total;  // [texts]
};

TermGradients term_gradients(const Tensor& embeddings, const LossOptions& options,
                             const ObjectiveOfEmbeddings& objective) {
  const Tensor texts = leaf(embeddings);  // [texts, hidden]
  const Objective terms = objective(texts, measured_terms(options, embeddings));
  Tensor sum = at::zeros_like(embeddings);
  const auto measure = [&](const Tensor& term, double weight) {
    if (!term.defined()) return Tensor();
    const Tensor gradient = torch::autograd::grad({term}, {texts}, {}, /*retain_graph=*/true)[0];
    sum.add_(gradient, weight);
    return row_lengths(gradient);
  };
  TermGradients lengths;
  lengths.cosine = measure(terms.cosine, options.cosine_weight);
  lengths.in_batch = measure(terms.in_batch, options.in_batch_weight);
  lengths.angle = measure(terms.angle, options.angle_weight);
  lengths.total = row_lengths(sum);
  return lengths;
}

/// The pairs of a batch, each with its bin.
class BinnedPairs {
 public:
  BinnedPairs(const Tensor& embeddings, const EmbeddingPairs& pairs)
      : pairs_(pairs),
        left_(embeddings.index_select(0, pairs.left)),
        right_(embeddings.index_select(0, pairs.right)),
        no_cosine_(zero_rows(left_).logical_or(zero_rows(right_)).cpu()),
        cosines_(on_cpu(angle::cosine_similarity(left_.to(at::kDouble), right_.to(at::kDouble)))) {}

  /// Counts, cosines and lengths.
  Saturation count() const {
    Saturation saturation;
    const Tensor lengths = on_cpu((row_lengths(left_) + row_lengths(right_)) / 2);
    for (int64_t pair = 0; pair < cosines_.size(0); ++pair) {
      if (no_cosine(pair)) {
        ++saturation.zero_pairs;
        continue;
      }
      ++saturation.bins[bin(pair)].pairs;
      saturation.mean_cosine.add(value(cosines_, pair));
      saturation.embedding_length.add(value(lengths, pair));
    }
    return saturation;
  }

  /// The mean over the sides of the length of the gradient of each pair's own similarity: [pairs]
  Tensor similarity_gradients(const Similarity& similarity) const {
    const Tensor x = leaf(left_), y = leaf(right_);  // [pairs, hidden]
    const auto gradients = torch::autograd::grad({similarity(x, y).sum()}, {x, y});
    return (row_lengths(gradients[0]) + row_lengths(gradients[1])) / 2;
  }

  /// Of a value for each text, the mean over the sides: [texts] → [pairs], undefined for undefined.
  Tensor mean_of_sides(const Tensor& of_texts) const {
    if (!of_texts.defined()) return of_texts;
    return (of_texts.index_select(0, pairs_.left) + of_texts.index_select(0, pairs_.right)) / 2;
  }

  /// Adds a value of each pair to the mean of its bin; nothing where they are undefined.
  void add(Saturation& saturation, RunningMean SaturationBin::*mean, const Tensor& of_pairs) const {
    if (!of_pairs.defined()) return;
    const Tensor values = on_cpu(of_pairs);
    for (int64_t pair = 0; pair < values.size(0); ++pair)
      if (!no_cosine(pair)) (saturation.bins[bin(pair)].*mean).add(value(values, pair));
  }

 private:
  static Tensor on_cpu(const Tensor& values) { return values.to(at::kCPU, at::kDouble).contiguous(); }
  static double value(const Tensor& values, int64_t pair) { return values.const_data_ptr<double>()[pair]; }
  bool no_cosine(int64_t pair) const { return no_cosine_.const_data_ptr<bool>()[pair]; }

  size_t bin(int64_t pair) const {
    const auto *const first = kCosineBounds.begin() + 1, *const last = kCosineBounds.end() - 1;
    return static_cast<size_t>(std::lower_bound(first, last, value(cosines_, pair)) - first);
  }

  EmbeddingPairs pairs_;
  Tensor left_, right_;  // [pairs, hidden]
  Tensor no_cosine_;     // [pairs] bool on the CPU: a side is a zero row
  Tensor cosines_;       // [pairs] float64 on the CPU
};

nlohmann::json or_null(const RunningMean& mean) { return angle::or_null(mean.value()); }

nlohmann::json bin_json(const SaturationBin& bin, size_t k) {
  return {{"above", kCosineBounds[k]},
          {"to", kCosineBounds[k + 1]},
          {"pairs", bin.pairs},
          {"similarity_gradient",
           {{"cosine", or_null(bin.cosine_similarity)}, {"angle", or_null(bin.angle_similarity)}}},
          {"objective_gradient",
           {{"cosine", or_null(bin.cosine)},
            {"in_batch", or_null(bin.in_batch)},
            {"angle", or_null(bin.angle)},
            {"total", or_null(bin.total)}}}};
}

}  // namespace

void SaturationBin::add(const SaturationBin& other) {
  pairs += other.pairs;
  for (const auto mean :
       {&SaturationBin::cosine_similarity, &SaturationBin::angle_similarity, &SaturationBin::cosine,
        &SaturationBin::in_batch, &SaturationBin::angle, &SaturationBin::total})
    (this->*mean).add(other.*mean);
}

void Saturation::add(const Saturation& other) {
  for (size_t k = 0; k < kCosineBins; ++k) bins[k].add(other.bins[k]);
  zero_pairs += other.zero_pairs;
  mean_cosine.add(other.mean_cosine);
  embedding_length.add(other.embedding_length);
}

SaturationBin Saturation::all_bins() const {
  SaturationBin all;
  for (const SaturationBin& bin : bins) all.add(bin);
  return all;
}

int64_t Saturation::pairs() const { return mean_cosine.count; }

std::optional<double> Saturation::share_above(double bound) const {
  if (pairs() == 0) return std::nullopt;
  int64_t above = 0;
  for (size_t k = 0; k < kCosineBins; ++k)
    if (kCosineBounds[k] >= bound) above += bins[k].pairs;
  return static_cast<double>(above) / static_cast<double>(pairs());
}

Saturation measure_saturation(const Tensor& embeddings, const EmbeddingPairs& pairs,
                              const LossOptions& options, const ObjectiveOfEmbeddings& objective) {
  const at::AutoGradMode with_gradients(true);
  const Tensor values =
      embeddings.detach().to(embeddings.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  const BinnedPairs binned(values, pairs);
  Saturation saturation = binned.count();

  binned.add(saturation, &SaturationBin::cosine_similarity,
             binned.similarity_gradients([&](const Tensor& left, const Tensor& right) {
               return angle::cosine_similarity(left, right, options.cosine_similarity);
             }));
  if (has_complex_halves(values))
    binned.add(saturation, &SaturationBin::angle_similarity,
               binned.similarity_gradients([&](const Tensor& left, const Tensor& right) {
                 return angle_similarity(left, right, options.angle_similarity);
               }));

  const TermGradients terms = term_gradients(values, options, objective);
  binned.add(saturation, &SaturationBin::cosine, binned.mean_of_sides(terms.cosine));
  binned.add(saturation, &SaturationBin::in_batch, binned.mean_of_sides(terms.in_batch));
  binned.add(saturation, &SaturationBin::angle, binned.mean_of_sides(terms.angle));
  binned.add(saturation, &SaturationBin::total, binned.mean_of_sides(terms.total));
  return saturation;
}

nlohmann::json saturation_json(const Saturation& saturation) {
  nlohmann::json bins = nlohmann::json::array();
  for (size_t k = 0; k < kCosineBins; ++k) bins.push_back(bin_json(saturation.bins[k], k));
  nlohmann::json result = {{"pairs", saturation.pairs()},
                           {"zero_pairs", saturation.zero_pairs},
                           {"mean_cosine", or_null(saturation.mean_cosine)},
                           {"embedding_length", or_null(saturation.embedding_length)},
                           {"bins", std::move(bins)}};
  for (const double bound : {0.8, 0.95})
    result[fmt::format("share_above_{}", bound)] = angle::or_null(saturation.share_above(bound));
  return result;
}

}  // namespace angle
