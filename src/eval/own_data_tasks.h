// One function for each kind of task on the user's own files.
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

/// Gives each of the last scores of a result its bootstrap.
///
/// @param items  that are drawn: pairs, queries, texts
/// @param score  gives the last scores of the result that are no thresholds, in their order
void bootstrap_last(OwnDataResult& result, int64_t items, const ResampleScorer& score,
                    const BootstrapOptions& options);

/// Error when an embedding is not finite, which no score can be made of.
void require_finite(const Tensor& vectors, const OwnDataTask& task);

/// `; 3 of 200 texts were cut`; empty when none was.
std::string cut_remark(const TextStatistics& statistics);

}  // namespace angle
