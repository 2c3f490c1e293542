#include "eval/embed_in_parts.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace angle {

Tensor embed_in_parts(Embedder& embedder, std::span<const std::string> texts, const TextProgress& progress) {
  constexpr int64_t kTextsPerCall = 4096;  // enough to sort by length, few enough to show progress
  const auto num_texts = static_cast<int64_t>(texts.size());
  Tensor vectors = at::empty({num_texts, embedder.dims()}, at::kFloat);
  for (int64_t done = 0; done < num_texts;) {
    if (progress) progress(done, num_texts);
    const int64_t count = std::min(kTextsPerCall, num_texts - done);
    vectors.narrow(0, done, count).copy_(embedder.embed(texts.subspan(done, count)));
    done += count;
  }
  if (progress) progress(num_texts, num_texts);
  return vectors;
}

}  // namespace angle
