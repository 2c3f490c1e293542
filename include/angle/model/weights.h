// Weights of a model directory: one safetensors file or several with an index.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "angle/model/encoder.h"

namespace angle {

/// Fills `expected` (see Encoder::checkpoint_tensors) from model.safetensors or the shards that
/// model.safetensors.index.json names, converting to the type of each expected tensor.
///
/// Names are taken with or without `bert.`, `roberta.` or `0.auto_model.` before them, and with the old
/// endings gamma/beta. Heads (`cls.`, `lm_head.`, `classifier.`) and the position_ids buffer are left out.
///
/// One Error lists every missing, unexpected and misshapen tensor, every one with an element type that is no
/// floating point, and every one with NaN or infinite elements. A directory with pickled weights only is
/// refused with the way to convert it.
///
/// @return  the tensors of the unused pooler, to be written back when the model is saved
std::vector<NamedTensor> load_weights(const std::filesystem::path& directory,
                                      std::span<const NamedTensor> expected);

/// All tensors of one file, under its own names and element types.
std::vector<NamedTensor> read_tensors(const std::filesystem::path& file);

/// Writes tensors as a safetensors file, in their own element types.
void write_tensors(const std::filesystem::path& file, std::span<const NamedTensor> tensors,
                   const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace angle
