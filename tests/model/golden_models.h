// Golden models and what sentence-transformers computes with them (tests/golden/models).
#pragma once

#include <string>
#include <vector>

#include "angle/embed/embedder.h"
#include "angle/io/json.h"
#include "angle/model/weights.h"

#include "support/golden.h"

namespace angle::testing {

/// The texts that every golden model has vectors of.
inline std::vector<std::string> golden_texts() {
  return read_json(golden_path("models/texts.json")).get<std::vector<std::string>>();
}

/// One tensor of a safetensors file; undefined when it is not there.
inline Tensor tensor_of(const std::filesystem::path& file, const std::string& name) {
  for (const NamedTensor& entry : read_tensors(file))
    if (entry.name == name) return entry.tensor;
  return {};
}

/// What the reference computes with a golden model.
inline Tensor golden_tensor(const std::string& model, const std::string& name) {
  return tensor_of(golden_path("models/" + model) / "expected.safetensors", name);
}

inline Tensor embed(Model& model, const std::vector<std::string>& texts) {
  return Embedder(model, {}).embed(texts);
}

inline std::string test_name(const ::testing::TestParamInfo<const char*>& instance) {
  std::string name = instance.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// The golden models of the kinds that are implemented.
inline constexpr const char* kGoldenModels[] = {"tiny-bert",          "tiny-bert-cls", "tiny-bert-sharded",
                                                "tiny-bert-prefixed", "tiny-roberta",  "tiny-xlmr"};

}  // namespace angle::testing
