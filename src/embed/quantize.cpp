#include "angle/embed/quantize.h"

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include <ATen/ATen.h>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/file.h"
#include "angle/io/npy.h"

namespace angle {
namespace {

static_assert(std::endian::native == std::endian::little, "files hold little-endian numbers");

/// ⌊(x − low) / step⌋ in float32, within 0 to 255.
Tensor steps_above_low(const Tensor& embeddings, const Tensor& ranges) {
  const Tensor low = ranges[0], high = ranges[1];
  Tensor step = (high - low) / 255;
  step = at::where(step == 0, at::ones_like(step), step);
  return ((embeddings - low) / step).floor().clamp(0, 255);
}

/// [texts, ⌈dims / 8⌉] uint8
Tensor pack_bits(const Tensor& embeddings) {
  const int64_t rows = embeddings.size(0), dims = embeddings.size(1), bytes = (dims + 7) / 8;
  const Tensor bits = at::constant_pad_nd((embeddings > 0).to(at::kByte), {0, bytes * 8 - dims});
  const Tensor place_values = at::tensor({128, 64, 32, 16, 8, 4, 2, 1}, at::kByte);
  return (bits.view({rows, bytes, 8}) * place_values).sum(2, /*keepdim=*/false, at::kByte);
}

/// The part of a .npy file that describes the array, and the part behind it.
struct NpyParts {
  std::string_view header;
  std::string_view data;
};

NpyParts split_npy(std::string_view bytes, const std::string& name) {
  if (bytes.size() < 12 || !bytes.starts_with("\x93NUMPY")) fail("{}: not a NumPy .npy file", name);
  const size_t length_bytes = bytes[6] == 1 ? 2 : 4;  // format version 1; later ones
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 8, length_bytes);
  bytes.remove_prefix(8 + length_bytes);
  if (bytes.size() < length) fail("{}: the file is cut short in its header", name);
  return {bytes.substr(0, length), bytes.substr(length)};
}

void check_ranges(const Tensor& ranges, const std::string& name) {
  if (!ranges.isfinite().all().item<bool>()) fail("{}: a value is NaN or infinite", name);
  const Tensor reversed = (ranges[0] > ranges[1]).nonzero();
  if (reversed.size(0) > 0)
    fail("{}: dimension {}: the lowest value (row 0) is above the highest (row 1)", name,
         reversed[0][0].item<int64_t>());
}

}  // namespace

bool needs_ranges(Quantization quantization) {
  return quantization == Quantization::int8 || quantization == Quantization::uint8;
}

at::ScalarType element_type(Quantization quantization) {
  const bool is_signed = quantization == Quantization::int8 || quantization == Quantization::binary;
  return is_signed ? at::kChar : at::kByte;
}

int64_t quantized_columns(Quantization quantization, int64_t dims) {
  return needs_ranges(quantization) ? dims : (dims + 7) / 8;
}

Tensor quantize(const Tensor& embeddings, Quantization quantization, const Tensor& ranges) {
  const bool in_steps = needs_ranges(quantization);
  TORCH_CHECK(!in_steps || (ranges.defined() && ranges.size(1) == embeddings.size(1)),
              "quantize: no range for every dimension");
  const Tensor values = in_steps ? steps_above_low(embeddings, ranges) : pack_bits(embeddings);
  const at::ScalarType type = element_type(quantization);
  return type == at::kByte ? values.to(type) : (values.to(at::kShort) - 128).to(type);
}

Tensor read_ranges(const std::filesystem::path& path, int64_t dims) {
  constexpr size_t kHeaderBytes = 200;  // in a message
  const std::string bytes = read_file(path);
  const auto [header, data] = split_npy(bytes, path.string());
  const auto has = [&header = header](const std::string& entry) {
    return header.find(entry) != std::string_view::npos;
  };
  if (!has("'descr': '<f4'") || !has("'fortran_order': False") || !has(fmt::format("'shape': (2, {})", dims)))
    fail(
        "{}: expected float32 numbers of shape (2, {}), lowest and highest of each dimension, in C order; "
        "found {}",
        path.string(), dims, excerpt(header.substr(0, header.find('}') + 1), kHeaderBytes));
  Tensor ranges = at::empty({2, dims}, at::kFloat);
  if (data.size() != ranges.nbytes())
    fail("{}: expected {} bytes of numbers, found {}", path.string(), ranges.nbytes(), data.size());
  std::memcpy(ranges.mutable_data_ptr(), data.data(), data.size());
  check_ranges(ranges, path.string());
  return ranges;
}

void write_ranges(const std::filesystem::path& path, const Tensor& ranges) {
  const Tensor values = ranges.contiguous();
  const std::string_view data(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
  write_file(path, npy_header("<f4", 2, values.size(1)).append(data));
}

}  // namespace angle
