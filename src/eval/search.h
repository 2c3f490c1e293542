// Scores of all queries with a block of documents.
#pragma once

#include "angle/eval/top_documents.h"
#include "angle/tensor.h"

namespace angle {

/// Rows of length 1; zero rows stay zero.
Tensor normalized(const Tensor& vectors);

/// Adds the dot products of every query with consecutive documents, some queries at a time.
///
/// @param queries    [queries, dims] float32
/// @param documents  [documents, dims] float32
/// @param first      number of the first document
void add_scores(TopDocuments& top, const Tensor& queries, const Tensor& documents, int64_t first);

}  // namespace angle
