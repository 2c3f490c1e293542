// Scores of all queries with a block of documents.
#pragma once

#include "angle/eval/top_documents.h"
#include "angle/tensor.h"

namespace angle {

/// Adds the dot products of every query with consecutive documents, some of each at a time: 4 MiB of scores.
///
/// @param queries    [queries, dims] float32
/// @param documents  [documents, dims] float32
/// @param first      number of the first document
void add_scores(TopDocuments& top, const Tensor& queries, const Tensor& documents, int64_t first);

}  // namespace angle
