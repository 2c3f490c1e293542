// Scores a model on the tasks of own_data.h.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "angle/embed/embedder.h"
#include "angle/eval/own_data.h"
#include "angle/eval/sts_scores.h"

namespace angle {

struct OwnDataOptions {
  EmbedOptions embed;                          // its prompt is for all tasks but retrieval
  std::optional<std::string> query_prompt;     // default: the model's prompt `query`, else that of `embed`
  std::optional<std::string> document_prompt;  // `document`, `passage` or `corpus`, else that of `embed`
  std::map<std::string, std::string>
      columns;                         // of files of pairs and of texts: left, right, label; text, label
  BootstrapOptions bootstrap;          // its seed is that of clustering too
  bool baselines = true;               // score what needs no model, too
  int64_t documents_per_block = 4096;  // of a corpus in memory at one time
  TextProgress progress = {};
};

/// Error for files that are missing, damaged or too small to be scored.
OwnDataResult evaluate_own_data(const OwnDataTask& task, Model& model, const OwnDataOptions& options);

}  // namespace angle
