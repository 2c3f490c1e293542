#include "angle/model/pooling.h"

#include <array>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/suggest.h"

namespace angle {
namespace {

constexpr std::array<std::pair<Pooling, const char*>, 8> kNames = {{{Pooling::cls, "cls"},
                                                                    {Pooling::mean, "mean"},
                                                                    {Pooling::max, "max"},
                                                                    {Pooling::last, "last"},
                                                                    {Pooling::cls_avg, "cls_avg"},
                                                                    {Pooling::cls_max, "cls_max"},
                                                                    {Pooling::mean_sqrt_len, "mean_sqrt_len"},
                                                                    {Pooling::weightedmean, "weightedmean"}}};

Tensor weighted_mean(const Tensor& block) {
  const Tensor weights = at::arange(1, block.size(1) + 1, block.options()).view({1, -1, 1});
  return (block * weights).sum(1) / weights.sum();
}

/// @param block  [texts, length, hidden]
/// @return       [texts, hidden]
Tensor pool_block(const Tensor& block, Pooling pooling) {
  switch (pooling) {
    case Pooling::cls:
      return block.select(1, 0);
    case Pooling::mean:
      return block.mean(1);
    case Pooling::max:
      return block.amax(1);
    case Pooling::last:
      return block.select(1, -1);
    case Pooling::cls_avg:
      return (block.select(1, 0) + block.mean(1)) / 2;
    case Pooling::cls_max:
      return (block.select(1, 0) + block.amax(1)) / 2;
    case Pooling::mean_sqrt_len:
      return block.sum(1) / std::sqrt(static_cast<double>(block.size(1)));
    case Pooling::weightedmean:
      return weighted_mean(block);
  }
  TORCH_CHECK(false, "unknown pooling");
}

}  // namespace

Pooling parse_pooling(const std::string& name, const std::string& where) {
  if (name == "avg") return Pooling::mean;
  std::vector<std::string> names;
  for (const auto& [pooling, known] : kNames) {
    if (name == known) return pooling;
    names.emplace_back(known);
  }
  fail("{} {}: no such pooling{} (poolings: {})", where, in_quotes(name), suggestion(name, names),
       fmt::join(names, ", "));
}

std::string pooling_name(Pooling pooling) {
  for (const auto& [candidate, name] : kNames)
    if (candidate == pooling) return name;
  TORCH_CHECK(false, "unknown pooling");
}

Tensor pool(const Tensor& token_embeddings, const TokenBatch& batch, Pooling pooling) {
  std::vector<Tensor> pooled;
  for (const LengthGroup& group : batch.groups) {
    const Tensor tokens = token_embeddings.narrow(0, group.first_token, group.tokens());
    pooled.push_back(pool_block(tokens.view({group.texts, group.length, -1}), pooling));
  }
  return pooled.size() == 1 ? pooled.front() : at::cat(pooled);
}

}  // namespace angle
