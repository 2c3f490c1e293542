// Scores a model on the tasks of own_data.h.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "angle/embed/embedder.h"
#include "angle/eval/own_data.h"
#include "angle/eval/own_data_files.h"
#include "angle/eval/sts_scores.h"
#include "angle/loss/options.h"

namespace angle {

struct OwnDataOptions {
  EmbedOptions embed;                            // its prompt is for all tasks but retrieval
  std::optional<std::string> query_prompt;       // default: the model's prompt `query`, else that of `embed`
  std::optional<std::string> document_prompt;    // `document`, `passage` or `corpus`, else that of `embed`
  AngleVariant angle = AngleVariant::angle_emb;  // that the angle similarity of pairs is
  BootstrapOptions bootstrap;                    // its seed is that of clustering too
  bool baselines = true;                         // score what needs no model, too
  int64_t documents_per_block = 4096;            // of a corpus in memory at one time
  TextProgress progress = {};
  const std::atomic<bool>* stop = nullptr;  // once it is true, embedding ends with EmbeddingStopped
};

/// Error for embeddings that are not finite, and for a corpus that is no longer as it was read.
OwnDataResult evaluate_own_data(const OwnData& data, Model& model, const OwnDataOptions& options);

}  // namespace angle
