// Which parts of the model training changes, and how fast each.
#pragma once

#include <cstdint>
#include <vector>

#include "angle/model/sentence_encoder.h"

namespace angle {

struct ParameterGroupOptions {
  bool freeze_embeddings = false;  // word, position and token type embeddings and their LayerNorm stay
  int64_t freeze_layers = 0;       // the lowest ones stay; needs freeze_embeddings
  double layer_decay = 1.0;        // factor of the learning rate from each layer to the one below
};

/// The parameters to train, with their factors of the learning rate. Those that are left out collect no
/// gradient, and because they are the lowest parts of the model, nothing is kept for a backward pass through
/// them, nor is there one.
///
/// The factor is layer_decay^k, k counted downwards from 0 for the top layer and whatever comes after it; the
/// embeddings are one below the lowest layer (Sun et al., How to Fine-Tune BERT for Text Classification,
/// arXiv 1905.05583, section 5.3.2).
///
/// Error when there are fewer layers than freeze_layers, and when nothing is left to train.
std::vector<Parameter> trainable_parameters(SentenceEncoder& encoder, const ParameterGroupOptions& options);

}  // namespace angle
