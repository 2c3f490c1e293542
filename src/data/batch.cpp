#include "angle/data/batch.h"

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

namespace angle {
namespace {

/// Indices of the texts, shortest first; equal lengths keep the caller's order.
std::vector<size_t> order_by_length(std::span<const std::vector<int64_t>> token_ids) {
  std::vector<size_t> order(token_ids.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return token_ids[a].size() < token_ids[b].size(); });
  return order;
}

Tensor to_tensor(const std::vector<int64_t>& values, at::Device device) {
  return at::tensor(values, at::kLong).to(device);
}

}  // namespace

TokenBatch pack(std::span<const std::vector<int64_t>> token_ids, at::Device device) {
  std::vector<int64_t> packed, positions, row_of_text(token_ids.size());
  TokenBatch batch;
  int64_t row = 0;
  for (const size_t text : order_by_length(token_ids)) {
    const auto& ids = token_ids[text];
    const auto length = static_cast<int64_t>(ids.size());
    TORCH_CHECK(length > 0, "pack: text ", text, " has no tokens");
    if (batch.groups.empty() || batch.groups.back().length != length)
      batch.groups.push_back({static_cast<int64_t>(packed.size()), 0, length});
    ++batch.groups.back().texts;
    packed.insert(packed.end(), ids.begin(), ids.end());
    for (int64_t position = 0; position < length; ++position) positions.push_back(position);
    row_of_text[text] = row++;
  }
  batch.token_ids = to_tensor(packed, device);
  batch.position_ids = to_tensor(positions, device);
  batch.row_of_text = to_tensor(row_of_text, device);
  return batch;
}

std::vector<std::vector<size_t>> length_sorted_batches(std::span<const std::vector<int64_t>> token_ids,
                                                       int64_t max_tokens) {
  std::vector<std::vector<size_t>> batches;
  int64_t tokens = 0;
  for (const size_t text : order_by_length(token_ids)) {
    const auto length = static_cast<int64_t>(token_ids[text].size());
    if (batches.empty() || tokens + length > max_tokens) {
      batches.emplace_back();
      tokens = 0;
    }
    batches.back().push_back(text);
    tokens += length;
  }
  return batches;
}

std::vector<std::vector<size_t>> balanced_shares(std::span<const std::vector<int64_t>> token_ids,
                                                 size_t shares) {
  std::vector<size_t> order = order_by_length(token_ids);
  std::reverse(order.begin(), order.end());
  std::vector<std::vector<size_t>> dealt(shares);
  for (size_t i = 0; i < order.size(); ++i) {
    const size_t place = i % (2 * shares);
    dealt[place < shares ? place : 2 * shares - 1 - place].push_back(order[i]);
  }
  for (std::vector<size_t>& share : dealt) std::sort(share.begin(), share.end());
  return dealt;
}

}  // namespace angle
