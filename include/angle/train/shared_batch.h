// A batch whose texts several processes encode and whose objective every one of them computes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "angle/distributed/process_group.h"
#include "angle/tensor.h"

namespace angle {

/// Each process encodes a share of the texts with about as many tokens as the others'. Then all get all
/// embeddings, so that every objective sees every pair of the batch, and compute the whole loss, to the same
/// bits. Each one's gradient by its own rows is complete, so nothing has to come back: the gradients of the
/// weights only need adding up (GradientSum) to be those of one process with the whole batch.
class SharedBatch {
 public:
  /// @param token_ids  of all texts, the same everywhere
  SharedBatch(ProcessGroup group, std::span<const std::vector<int64_t>> token_ids);

  /// The token ids of this process's texts; there may be none.
  std::vector<std::vector<int64_t>> own_texts() const;

  /// @param own  [own texts, dims], the embeddings of own_texts()
  /// @return     [texts, dims], in the order of the batch; its gradient goes to `own`
  Tensor gather(const Tensor& own) const;

 private:
  ProcessGroup group_;
  std::span<const std::vector<int64_t>> token_ids_;
  std::vector<std::vector<size_t>> shares_;  // the texts of each process
};

}  // namespace angle
