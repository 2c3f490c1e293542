#include "angle/loss/contrastive.h"

#include <ATen/ATen.h>

#include "angle/loss/similarity.h"

#include "loss/blocked_cross_entropy.h"
#include "loss/sides.h"

namespace angle {
namespace {

void check_identities(const char* function, const Tensor& identities, int64_t texts, DuplicatePolicy policy) {
  const bool needed = policy == DuplicatePolicy::mask || policy == DuplicatePolicy::positive;
  TORCH_CHECK(identities.defined() || !needed, function,
              ": this duplicate policy needs the identities of the texts");
  TORCH_CHECK(!identities.defined() || identities.sizes() == at::IntArrayRef{texts}, function,
              ": identities ", identities.sizes(), " for ", texts, " texts");
}

Tensor slice_if_defined(const Tensor& tensor, int64_t begin, int64_t end) {
  return tensor.defined() ? tensor.slice(0, begin, end) : tensor;
}

/// The mean over anchors; candidate i is the positive of anchor i.
Tensor diagonal_cross_entropy(const Tensor& anchors, const Tensor& candidates, const Duplicates& duplicates,
                              double scale) {
  const int64_t rows = anchors.size(0);
  const auto options = anchors.options();
  return blocked_cross_entropy(
      anchors, candidates,
      {.target = at::arange(rows, options.dtype(at::kLong)),
       .self = {},
       .weight = at::full({rows}, 1.0 / static_cast<double>(rows), options.dtype(at::kDouble)),
       .duplicates = duplicates},
      scale);
}

}  // namespace

Tensor in_batch_negative_loss(const Tensor& left, const Tensor& right, const Tensor& positive,
                              const Tensor& identities, const InBatchOptions& options) {
  check_sides("in_batch_negative_loss", left, right);
  const int64_t pairs = left.size(0);
  check_identities("in_batch_negative_loss", identities, 2 * pairs, options.duplicates);
  TORCH_CHECK(positive.scalar_type() == at::kBool && positive.sizes() == at::IntArrayRef{pairs},
              "in_batch_negative_loss: positive ", positive.sizes(), " must be bool and [pairs]");

  const Tensor texts = normalize_rows(at::cat({left, right}));                 // [2·pairs, hidden]
  const Tensor row = at::arange(2 * pairs, texts.options().dtype(at::kLong));  // [2·pairs]
  const Tensor has_loss = at::cat({positive, positive}).to(texts.device(), at::kDouble);  // [2·pairs]
  const Tensor divisor = options.divisor == InBatchDivisor::all_rows
                             ? at::full_like(has_loss, 2.0 * static_cast<double>(pairs))
                             : has_loss.sum().clamp_min(1);
  const SoftmaxRows rows{.target = (row + pairs).remainder(2 * pairs),
                         .self = row,
                         .weight = has_loss / divisor,
                         .duplicates = {options.duplicates, identities, identities}};
  return blocked_cross_entropy(texts, texts, rows, options.scale);
}

Tensor contrastive_loss(const Tensor& query, const Tensor& positive, const Tensor& negatives,
                        const Tensor& identities, const ContrastiveOptions& options) {
  check_sides("contrastive_loss", query, positive);
  const int64_t pairs = query.size(0);
  const int64_t texts = 2 * pairs + (negatives.defined() ? negatives.size(0) : 0);
  check_identities("contrastive_loss", identities, texts, options.duplicates);

  const Tensor queries = normalize_rows(query);  // [pairs, hidden]
  const Tensor candidates = normalize_rows(negatives.defined() ? at::cat({positive, negatives})
                                                               : positive);  // [pairs + negatives, hidden]
  const Duplicates of_candidates{options.duplicates, slice_if_defined(identities, 0, pairs),
                                 slice_if_defined(identities, pairs, texts)};
  Tensor to_positive = diagonal_cross_entropy(queries, candidates, of_candidates, options.scale);
  if (!options.symmetric) return to_positive;

  const Tensor positives = candidates.slice(0, 0, pairs);  // [pairs, hidden]
  const Duplicates of_queries{options.duplicates, slice_if_defined(identities, pairs, 2 * pairs),
                              slice_if_defined(identities, 0, pairs)};
  return (to_positive + diagonal_cross_entropy(positives, queries, of_queries, options.scale)) / 2;
}

}  // namespace angle
