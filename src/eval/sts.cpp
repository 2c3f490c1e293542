#include "angle/eval/sts.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <ATen/ATen.h>

#include "angle/loss/similarity.h"

#include "eval/embed_in_parts.h"

namespace angle {
namespace {

constexpr size_t kPairsPerBlock = 1024;  // 8 MiB of float64 a side at 1024 dims

/// Similarities of all pairs.
struct PairScores {
  std::array<std::vector<double>, kSimilarities.size()> of;  // angle: empty for an odd number of dims
  std::vector<double> swapped_angle;                         // the angle similarity of right and left
};

size_t index(Similarity similarity) { return static_cast<size_t>(similarity); }

/// The score of a vector with itself.
double self_score(AngleVariant variant) { return variant == AngleVariant::phase ? 0.0 : 1.0; }

/// Some pairs of embeddings and their similarities, in float64.
class PairBlock {
 public:
  PairBlock(Tensor left, Tensor right, AngleVariant variant)
      : left_(std::move(left)), right_(std::move(right)), variant_(variant) {
    equal_ = left_.eq(right_).all(/*dim=*/1).logical_and(zero_rows(left_).logical_not());
  }

  /// [pairs]
  Tensor score(Similarity similarity) const {
    switch (similarity) {
      case Similarity::cosine:
        return angle::cosine_similarity(left_, right_).masked_fill(equal_, 1.0);
      case Similarity::dot:
        return (left_ * right_).sum(1);
      case Similarity::euclidean:
        return -at::linalg_vector_norm(left_ - right_, 2, 1);
      case Similarity::manhattan:
        return -at::linalg_vector_norm(left_ - right_, 1, 1);
      case Similarity::angle:
        return angle_score(left_, right_);
    }
    return {};
  }

  /// [pairs] The angle similarity with left and right exchanged.
  Tensor swapped_angle() const { return angle_score(right_, left_); }

 private:
  Tensor angle_score(const Tensor& from, const Tensor& to) const {
    return angle_similarity(from, to, variant_).masked_fill(equal_, self_score(variant_));
  }

  Tensor left_;   // [pairs, dims] float64
  Tensor right_;  // [pairs, dims] float64
  Tensor equal_;  // [pairs] bool: both rows are the same, and not zero
  AngleVariant variant_;
};

void append(std::vector<double>& list, const Tensor& scores) {
  const Tensor values = scores.contiguous();
  list.insert(list.end(), values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel());
}

/// Rows of `vectors`, float64.
Tensor select_rows(const Tensor& vectors, std::span<const int64_t> rows) {
  return vectors.index_select(0, at::tensor(at::ArrayRef<int64_t>(rows.data(), rows.size()))).to(at::kDouble);
}

PairScores score_in_blocks(const Tensor& vectors, std::span<const int64_t> left,
                           std::span<const int64_t> right, AngleVariant variant) {
  PairScores scores;
  for (size_t begin = 0; begin < left.size(); begin += kPairsPerBlock) {
    const size_t count = std::min(kPairsPerBlock, left.size() - begin);
    const PairBlock block(select_rows(vectors, left.subspan(begin, count)),
                          select_rows(vectors, right.subspan(begin, count)), variant);
    for (const Similarity similarity : kSimilarities) {
      if (similarity == Similarity::angle && !has_complex_halves(vectors)) continue;
      append(scores.of[index(similarity)], block.score(similarity));
    }
    if (has_complex_halves(vectors)) append(scores.swapped_angle, block.swapped_angle());
  }
  return scores;
}

/// Mean of |a − b|; empty for no values and when one is not finite.
std::optional<double> mean_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  const double mean = sum / static_cast<double>(a.size());
  return std::isfinite(mean) ? std::optional(mean) : std::nullopt;
}

}  // namespace

IndexedPairs index_texts(std::span<const ScoredPair> pairs) {
  IndexedPairs indexed;
  std::unordered_map<std::string_view, int64_t> index_of;
  const auto index = [&](const std::string& text) {
    const auto [entry, is_new] = index_of.try_emplace(text, static_cast<int64_t>(indexed.texts.size()));
    if (is_new) indexed.texts.push_back(text);
    return entry->second;
  };
  for (const ScoredPair& pair : pairs) {
    indexed.left.push_back(index(pair.left));
    indexed.right.push_back(index(pair.right));
  }
  return indexed;
}

StsScores score_pairs(const Tensor& vectors, std::span<const int64_t> left, std::span<const int64_t> right,
                      std::span<const double> labels, AngleVariant angle) {
  TORCH_CHECK(vectors.dim() == 2, "score_pairs: vectors are ", vectors.sizes(), ", not [texts, dims]");
  TORCH_CHECK(left.size() == labels.size() && right.size() == labels.size(), "score_pairs: ", left.size(),
              " left and ", right.size(), " right rows for ", labels.size(), " labels");
  const c10::InferenceMode no_gradients;

  PairScores scores = score_in_blocks(vectors, left, right, angle);
  StsScores result;
  result.pairs = static_cast<int64_t>(labels.size());
  result.texts = vectors.size(0);
  result.zero_vectors = zero_rows(vectors).sum().item<int64_t>();
  for (const Similarity similarity : kSimilarities)
    result.correlations[index(similarity)] = correlate(scores.of[index(similarity)], labels);

  const std::vector<double>& angle_scores = scores.of[index(Similarity::angle)];
  if (has_complex_halves(vectors)) {
    result.swap_asymmetry = mean_difference(angle_scores, scores.swapped_angle);
  } else {
    result.correlations[index(Similarity::angle)].why_undefined =
        "it needs an even number of dims, the vectors have " + std::to_string(vectors.size(1));
  }
  result.similarities = std::move(scores.of);
  return result;
}

StsScores evaluate_pairs(Embedder& embedder, std::span<const ScoredPair> pairs, AngleVariant angle,
                         const TextProgress& progress) {
  const IndexedPairs indexed = index_texts(pairs);
  const TextStatistics before = embedder.statistics();
  const Tensor vectors = embed_in_parts(embedder, indexed.texts, progress);
  StsScores scores = score_pairs(vectors, indexed.left, indexed.right, labels_of(pairs), angle);
  scores.cut_texts = embedder.statistics().texts_cut - before.texts_cut;
  scores.texts_in_windows = embedder.statistics().texts_in_windows - before.texts_in_windows;
  return scores;
}

}  // namespace angle
