// Weights of a model directory: one safetensors file or several with an index.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "angle/model/encoder.h"

namespace angle {

/// The tensors of a model directory's model.safetensors, or of the shards that model.safetensors.index.json
/// names.
///
/// Names are taken with or without `bert.`, `roberta.` or `0.auto_model.` before them, and with the old
/// endings gamma/beta. Heads (`cls.`, `lm_head.`, `classifier.`) and the position_ids buffer are left out.
class WeightFiles {
 public:
  /// Opens the files. Error when there are none; a directory with pickled weights only is refused with the
  /// way to convert it.
  explicit WeightFiles(const std::filesystem::path& directory);
  ~WeightFiles();

  /// One Error lists every missing, unexpected and misshapen tensor, every one with an element type that is
  /// no floating point, and every one with elements that are no finite float32.
  ///
  /// @param expected  names and shapes (see Encoder::checkpoint_tensors). On the device `meta`, a config.json
  ///                  that claims terabytes is refused before anything of that size is allocated.
  void check(std::span<const NamedTensor> expected) const;

  /// Reads into tensors that have been checked, converting to the type of each.
  void read_into(std::span<const NamedTensor> expected) const;

  /// The tensors of the unused pooler, to be written back when the model is saved.
  std::vector<NamedTensor> pooler() const;

 private:
  struct Contents;
  std::filesystem::path directory_;
  std::unique_ptr<Contents> contents_;
};

/// WeightFiles in one call, for tensors that are known to fit into memory.
void load_weights(const std::filesystem::path& directory, std::span<const NamedTensor> expected);

/// All tensors of one file, under its own names and element types.
std::vector<NamedTensor> read_tensors(const std::filesystem::path& path);

/// Writes tensors as a safetensors file, in their own element types.
void write_tensors(const std::filesystem::path& file, std::span<const NamedTensor> tensors,
                   const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace angle
