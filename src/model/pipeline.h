// The modules after the transformer, as sentence-transformers' modules.json and its folders describe them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "angle/model/model_directory.h"
#include "angle/model/pooling.h"
#include "angle/model/sentence_encoder.h"

namespace angle {

/// What a model directory says of its modules.
struct Pipeline {
  std::filesystem::path transformer_dir;
  std::vector<Pooling> pooling;
  bool include_prompt = true;  // the prompt's tokens take part in pooling
  std::vector<Dense> dense;
  bool normalize = false;
  std::vector<std::string> notes;
};

/// Reads modules.json and the folders it names; without it, angle_config.json, and without that mean pooling.
Pipeline read_pipeline(const std::filesystem::path& directory);

/// Error when sentence-transformers has no such pooling, or several in another order: nothing is
/// approximated.
void check_can_save(const SentenceEncoder& encoder);

/// Writes modules.json, 1_Pooling, 2_Dense … and angle_config.json (see check_can_save).
void write_pipeline(const std::filesystem::path& directory, const Model& model);

/// The folders in a directory that write_pipeline() makes files in, for any model.
std::vector<std::filesystem::path> module_folders(const std::filesystem::path& directory);

}  // namespace angle
