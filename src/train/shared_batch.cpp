#include "angle/train/shared_batch.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "angle/data/batch.h"
#include "angle/data/transfer.h"

namespace angle {

SharedBatch::SharedBatch(ProcessGroup group, std::span<const std::vector<int64_t>> token_ids)
    : group_(std::move(group)),
      token_ids_(token_ids),
      shares_(balanced_shares(token_ids, static_cast<size_t>(group_.size()))) {}

std::vector<std::vector<int64_t>> SharedBatch::own_texts() const {
  std::vector<std::vector<int64_t>> texts;
  for (const size_t text : shares_[static_cast<size_t>(group_.rank())]) texts.push_back(token_ids_[text]);
  return texts;
}

Tensor SharedBatch::gather(const Tensor& own) const {
  if (group_.size() == 1) return own;
  size_t longest = 0;
  for (const std::vector<size_t>& share : shares_) longest = std::max(longest, share.size());
  const auto rows = static_cast<int64_t>(longest);
  const Tensor block = at::zeros({rows, own.size(1)}, own.options().requires_grad(false));
  block.narrow(0, 0, own.size(0)).copy_(own.detach());
  const Tensor blocks = group_.gather(block);  // [processes · rows, dims]

  std::vector<int64_t> row_of_text(token_ids_.size());
  for (size_t rank = 0; rank < shares_.size(); ++rank)
    for (size_t i = 0; i < shares_[rank].size(); ++i)
      row_of_text[shares_[rank][i]] = static_cast<int64_t>(rank * longest + i);
  const std::vector<size_t>& mine = shares_[static_cast<size_t>(group_.rank())];
  const std::vector<int64_t> places(mine.begin(), mine.end());
  // The copy over the same numbers is what connects them with the graph.
  return blocks.index_select(0, to_device(row_of_text, own.device()))
      .index_copy(0, to_device(places, own.device()), own);
}

}  // namespace angle
