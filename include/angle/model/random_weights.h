// Weights as they are before any training.
#pragma once

#include <cstdint>

#include "angle/model/sentence_encoder.h"

namespace angle {

/// Replaces every weight of an encoder and its projections by what BERT's training starts from (arXiv
/// 1810.04805): normally distributed with a standard deviation of 0.02, biases 0, LayerNorm weights 1. A seed
/// gives the same weights every time.
///
/// @param encoder  float32 on the CPU, not yet prepared for inference
void randomize_weights(SentenceEncoder& encoder, uint64_t seed);

}  // namespace angle
