// Many texts embedded with a word about it now and then.
#pragma once

#include <span>
#include <string>

#include "angle/embed/embedder.h"
#include "angle/eval/sts_scores.h"

namespace angle {

/// @return  [texts, dims] float32
Tensor embed_in_parts(Embedder& embedder, std::span<const std::string> texts, const TextProgress& progress);

}  // namespace angle
