#include "angle/data/batch.h"

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

#include "angle/data/transfer.h"

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

/// The numbers of a batch in one block of memory, so that they reach a device in one copy.
class BatchNumbers {
 public:
  BatchNumbers(int64_t tokens, int64_t texts, at::Device device)
      : tokens_(tokens), texts_(texts), host_(host_memory({2 * tokens + 2 * texts + 1}, at::kLong, device)) {}

  int64_t* token_ids() const { return host_.mutable_data_ptr<int64_t>(); }
  int64_t* position_ids() const { return token_ids() + tokens_; }
  int64_t* row_of_text() const { return position_ids() + tokens_; }
  int64_t* offsets() const { return row_of_text() + texts_; }

  void move_to(at::Device device, TokenBatch& batch) const {
    const std::vector<Tensor> parts = host_.to(device, at::kLong, /*non_blocking=*/true)
                                          .split_with_sizes({tokens_, tokens_, texts_, texts_ + 1});
    batch.token_ids = parts[0];
    batch.position_ids = parts[1];
    batch.row_of_text = parts[2];
    batch.offsets = parts[3].to(at::kInt);
  }

 private:
  int64_t tokens_, texts_;
  Tensor host_;
};

int64_t count_tokens(std::span<const std::vector<int64_t>> token_ids) {
  int64_t tokens = 0;
  for (const auto& ids : token_ids) tokens += static_cast<int64_t>(ids.size());
  return tokens;
}

}  // namespace

TokenBatch pack(std::span<const std::vector<int64_t>> token_ids, at::Device device) {
  const BatchNumbers numbers(count_tokens(token_ids), static_cast<int64_t>(token_ids.size()), device);
  TokenBatch batch;
  int64_t row = 0, token = 0;
  for (const size_t text : order_by_length(token_ids)) {
    const auto& ids = token_ids[text];
    const auto length = static_cast<int64_t>(ids.size());
    TORCH_CHECK(length > 0, "pack: text ", text, " has no tokens");
    if (batch.groups.empty() || batch.groups.back().length != length)
      batch.groups.push_back({token, 0, length});
    ++batch.groups.back().texts;
    std::copy(ids.begin(), ids.end(), numbers.token_ids() + token);
    std::iota(numbers.position_ids() + token, numbers.position_ids() + token + length, int64_t{0});
    numbers.offsets()[row] = token;
    numbers.row_of_text()[text] = row++;
    token += length;
  }
  numbers.offsets()[row] = token;
  numbers.move_to(device, batch);
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
