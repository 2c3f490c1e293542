// One optimizer update: encode → objective → backward → clip → step.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "angle/data/collate.h"
#include "angle/distributed/gradient_sum.h"
#include "angle/distributed/process_group.h"
#include "angle/loss/objective.h"
#include "angle/loss/saturation.h"
#include "angle/model/sentence_encoder.h"
#include "angle/train/optimizer.h"
#include "angle/train/parameter_groups.h"

namespace angle {

/// The objective of a collated batch, that of the whole embeddings or the mean over truncated ones (see
/// loss/matryoshka.h).
///
/// @param embeddings  [texts, dims], in the order of batch.token_ids
Objective compute_objective(const Tensor& embeddings, const CollatedBatch& batch, DataFormat format,
                            const LossOptions& options);

/// Saturation of a collated batch; the pairs of triplets are (query, positive) and (query, negative).
///
/// @param embeddings  [texts, dims], in the order of batch.token_ids
Saturation batch_saturation(const Tensor& embeddings, const CollatedBatch& batch, DataFormat format,
                            const LossOptions& options);

/// A batch and the kind of examples it holds.
struct FormattedBatch {
  CollatedBatch batch;
  DataFormat format = DataFormat::scored_pairs;
  std::string file = "the training data";    // where its lines are, for messages
  std::optional<double> positive_threshold;  // of its labels; absent: that of the loss
};

/// What one update did. Terms are means over its micro-batches and are not weighted; a term that no
/// micro-batch has is absent.
struct StepResult {
  double total = 0;
  std::optional<double> cosine, in_batch, angle;
  double gradient_norm = 0;  // before clipping
  int64_t examples = 0;
  int64_t tokens = 0;
  int64_t positive_rows = 0;
  int64_t duplicates = 0;                  // texts that repeat one of their batch
  int64_t zero_rows = 0;                   // embeddings that are zero
  std::optional<Saturation> saturation;    // over the pairs of all micro-batches, if it was asked for
  std::optional<double> exchange_seconds;  // of several processes: sending and waiting for each other
};

struct LearnerOptions {
  LossOptions loss;
  double max_grad_norm = 1.0;         // 0: no clipping
  int64_t gradient_cache_tokens = 0;  // most of one chunk (see gradient_cache.h); 0: the whole batch at once
  ParameterGroupOptions parameters;
  AdamWOptions optimizer;
  ActivationOptions activations = {};
};

/// Holds what one update needs; knows nothing of schedules, files or steps.
class Learner {
 public:
  /// Keeps a reference to the encoder, whose weights it changes. Error as trainable_parameters().
  Learner(SentenceEncoder& encoder, LearnerOptions options, Dropout dropout, ProcessGroup group = {});

  /// One update. The gradient is the mean over the micro-batches. The processes of a group are given the same
  /// micro-batches and share the work; result and weights are those of one process, to rounding.
  ///
  /// Error when a loss or the gradient is not finite; it names the term and the examples. The weights are
  /// unchanged then. That is looked at after the backward passes: until then a GPU is not waited for.
  ///
  /// @param measure_saturation  also measure the gradients by the embeddings, for which the objective is
  ///                            computed again; the update is the same with and without
  StepResult step(std::span<const FormattedBatch> micro_batches, double learning_rate,
                  bool measure_saturation = false);

  /// Error when a weight, or a moment of the optimizer, is not finite; it names the tensor.
  void check_state() const;

  AdamW& optimizer() { return optimizer_; }
  const Dropout& dropout() const { return dropout_; }

 private:
  /// What a micro-batch came to. The tensors stay on the device, so that making one waits for nothing.
  struct Outcome {
    const FormattedBatch& micro_batch;
    Objective objective;  // without its graph
    Tensor embeddings;    // [texts, dims], without their graph
  };

  /// Adds the gradient of a micro-batch's share of the loss to the parameters, of the word embeddings to
  /// their rows.
  ///
  /// @param words  null: the word embeddings are not trained
  Outcome backward(const FormattedBatch& micro_batch, double share, const WordRows* words);

  LossOptions loss_of(const FormattedBatch& micro_batch) const;
  Saturation saturation_of(std::span<const Outcome> outcomes) const;

  SentenceEncoder& encoder_;
  LearnerOptions options_;
  Dropout dropout_;
  AdamW optimizer_;
  bool trains_words_;
  ProcessGroup group_;
  GradientSum gradient_sum_;
};

}  // namespace angle
