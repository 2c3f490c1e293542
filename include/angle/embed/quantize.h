// Smaller embeddings: one byte or one bit per dimension, exactly as sentence-transformers'
// quantize_embeddings.
#pragma once

#include <cstdint>
#include <filesystem>

#include "angle/json_enum.h"
#include "angle/tensor.h"

namespace angle {

enum class Quantization {
  int8,    // 256 steps from a dimension's lowest value (-128) to its highest (127)
  uint8,   // the same steps, counted from 0
  binary,  // one bit per dimension, value > 0; eight in a byte, minus 128
  ubinary  // the same bits, as they are
};
ANGLE_JSON_ENUM(Quantization, {{Quantization::int8, "int8"},
                               {Quantization::uint8, "uint8"},
                               {Quantization::binary, "binary"},
                               {Quantization::ubinary, "ubinary"}})

/// Whether the steps depend on the range of each dimension (int8, uint8). sentence-transformers takes it from
/// the batch unless told otherwise, which makes a vector depend on its neighbours; here the caller has to
/// give it.
bool needs_ranges(Quantization quantization);

/// Element type of quantize()'s result: int8 or uint8.
at::ScalarType element_type(Quantization quantization);

/// Columns of quantize()'s result: `dims`, or ⌈dims / 8⌉.
int64_t quantized_columns(Quantization quantization, int64_t dims);

/// int8, uint8: step = (high − low) / 255, or 1 where that is 0; ⌊(x − low) / step⌋ within 0 to 255, for int8
/// minus 128. Bits: the first dimension is the highest bit of the first byte; missing ones of the last byte
/// are 0.
///
/// @param embeddings  [texts, dims] float32 on the CPU, finite
/// @param ranges      [2, dims] float32, low and high; not used for bits
/// @return            [texts, quantized_columns] of element_type
Tensor quantize(const Tensor& embeddings, Quantization quantization, const Tensor& ranges = {});

/// Ranges from a NumPy file (float32, shape (2, dims), row 0 low, row 1 high). Error for another shape or
/// element type, for a value that is not finite, and for low > high.
///
/// @return  [2, dims] float32, low and high
Tensor read_ranges(const std::filesystem::path& path, int64_t dims);

/// Writes ranges so that read_ranges() and numpy.load() read them.
///
/// @param ranges  [2, dims] float32, low and high
void write_ranges(const std::filesystem::path& path, const Tensor& ranges);

}  // namespace angle
