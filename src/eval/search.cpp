#include "eval/search.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace angle {

Tensor normalized(const Tensor& vectors) {
  return vectors / vectors.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
}

void add_scores(TopDocuments& top, const Tensor& queries, const Tensor& documents, int64_t first) {
  constexpr int64_t kQueriesPerBlock = 256;  // with 4096 documents 4 MiB of scores
  const auto num_documents = static_cast<size_t>(documents.size(0));
  for (int64_t begin = 0; begin < queries.size(0); begin += kQueriesPerBlock) {
    const int64_t count = std::min(kQueriesPerBlock, queries.size(0) - begin);
    const Tensor scores = queries.narrow(0, begin, count).matmul(documents.t()).contiguous();
    const float* row = scores.const_data_ptr<float>();
    for (int64_t i = 0; i < count; ++i, row += num_documents) top.add(begin + i, {row, num_documents}, first);
  }
}

}  // namespace angle
