#include "eval/search.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace angle {

void add_scores(TopDocuments& top, const Tensor& queries, const Tensor& documents, int64_t first) {
  constexpr int64_t kQueriesPerBlock = 256, kDocumentsPerBlock = 4096;
  for (const Tensor& block : documents.split(kDocumentsPerBlock)) {
    const auto num_documents = static_cast<size_t>(block.size(0));
    for (int64_t begin = 0; begin < queries.size(0); begin += kQueriesPerBlock) {
      const int64_t count = std::min(kQueriesPerBlock, queries.size(0) - begin);
      const Tensor scores = queries.narrow(0, begin, count).matmul(block.t()).contiguous();
      const auto* row = scores.const_data_ptr<float>();
      for (int64_t i = 0; i < count; ++i, row += num_documents)
        top.add(begin + i, {row, num_documents}, first);
    }
    first += block.size(0);
  }
}

}  // namespace angle
