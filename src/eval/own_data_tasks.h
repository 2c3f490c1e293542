// One function for each kind of task on the user's own files. They keep what their scores are made of, item
// by item; evaluate_own_data() makes the bootstrap of that.
#pragma once

#include <string>

#include "angle/eval/evaluate_own_data.h"

namespace angle {

OwnDataResult evaluate_pair_classification(const OwnDataTask& task, const BinaryPairs& pairs, Model& model,
                                           const OwnDataOptions& options);
OwnDataResult evaluate_retrieval(const OwnDataTask& task, const RetrievalQueries& asked, Model& model,
                                 const OwnDataOptions& options);
OwnDataResult evaluate_probes(const OwnDataTask& task, const ProbeTexts& texts, Model& model,
                              const OwnDataOptions& options);
OwnDataResult evaluate_clustering(const OwnDataTask& task, const LabelledTexts& data, Model& model,
                                  const OwnDataOptions& options);

/// Error when an embedding is not finite, which no score can be made of.
void require_finite(const Tensor& vectors, const OwnDataTask& task);

/// `; 3 of 200 texts were cut`; empty when none was.
std::string cut_remark(const TextStatistics& statistics);

}  // namespace angle
