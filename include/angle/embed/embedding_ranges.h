// What int8 and uint8 vectors are scaled by.
#pragma once

#include "angle/data/text_reader.h"
#include "angle/embed/embedder.h"
#include "angle/tensor.h"

namespace angle {

/// The lowest and highest value of each dimension over all texts, for quantize(). Error when there is no
/// text, and for one without tokens or with a vector that is not finite, by its place in the file.
///
/// @return  [2, dims] float32
Tensor embedding_ranges(Embedder& embedder, TextReader& texts);

}  // namespace angle
