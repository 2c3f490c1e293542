#include "angle/model/word_rows.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "angle/data/transfer.h"

namespace angle {
namespace {

int64_t place_of(int64_t id, const std::vector<int64_t>& ids) {
  const auto found = std::lower_bound(ids.begin(), ids.end(), id);
  return found != ids.end() && *found == id ? found - ids.begin() : -1;
}

}  // namespace

WordRows::WordRows(const Tensor& table, const std::vector<int64_t>& ids, int64_t pad_token_id)
    : vocabulary_(table.size(0)),
      pad_row_(place_of(pad_token_id, ids)),
      ids_(to_device(ids, table.device())),
      rows_(table.detach().index_select(0, ids_).requires_grad_(true)) {}

Tensor WordRows::embed(const Tensor& token_ids) const {
  return at::embedding(rows_, at::searchsorted(ids_, token_ids), pad_row_);
}

Tensor WordRows::table_gradient() const {
  const Tensor& gradient = rows_.grad();
  if (!gradient.defined()) return {};
  return at::_sparse_coo_tensor_unsafe(ids_.unsqueeze(0), gradient, {vocabulary_, rows_.size(1)},
                                       gradient.options().layout(at::kSparse), /*is_coalesced=*/true);
}

}  // namespace angle
