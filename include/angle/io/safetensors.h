// Reading and writing safetensors files (https://github.com/huggingface/safetensors), without torch.
//
// A file is: header length (8 bytes, little-endian), header (JSON: name → dtype, shape, data_offsets),
// data. Nothing in a file is trusted: every size is checked against the file before it is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

/// Element types by their safetensors names.
enum class DType { BOOL, U8, I8, I16, I32, I64, F16, BF16, F32, F64 };  // NOLINT(*-naming)

std::string_view dtype_name(DType dtype);
size_t dtype_size(DType dtype);  // bytes

/// A tensor that is to be written; `data` points into the caller's memory.
struct TensorView {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  std::span<const std::byte> data;  // row-major, little-endian
};

/// What a file says of a tensor; [begin, end) are bytes of its data.
struct TensorEntry {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;

  uint64_t num_bytes() const { return end - begin; }
};

/// An open safetensors file, whose tensors are read one at a time to where they are wanted.
///
/// Files are read, not mapped: a mapped file that somebody shortens or overwrites in place kills the
/// process with SIGBUS at an arbitrary later moment.
class SafetensorsFile {
 public:
  /// Reads the header and checks all of it (its length, JSON, dtype, shape, offsets without holes or overlap,
  /// exact file size) before memory for data is asked for. Error names the file, the tensor and what was
  /// found.
  explicit SafetensorsFile(const std::filesystem::path& path);
  ~SafetensorsFile();
  SafetensorsFile(SafetensorsFile&&) noexcept;

  const std::map<std::string, TensorEntry>& tensors() const;
  const std::map<std::string, std::string>& metadata() const;

  /// Fills the memory with data from the byte `begin` on, which is counted as in TensorEntry. Error when the
  /// file has become shorter.
  void read(uint64_t begin, std::span<std::byte> memory) const;

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

/// Writes a file atomically. The bytes depend on nothing but the arguments: tensors are ordered by
/// element size descending, then name, and the data starts at a multiple of 8.
///
/// @param tensors  names other than `__metadata__`, each with exactly the bytes that dtype and shape ask for
void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace angle
