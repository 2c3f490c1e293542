// What the tensors of a safetensors file hold, for tests that compare it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "angle/io/safetensors.h"

namespace angle::testing {

/// All elements of a tensor, row-major; `std::byte` or `char` for its bytes.
template <typename Element>
std::vector<Element> read_elements(const SafetensorsFile& file, const std::string& name) {
  const TensorEntry& tensor = file.tensors().at(name);
  std::vector<Element> elements(tensor.num_bytes() / sizeof(Element));
  file.read(tensor.begin, std::as_writable_bytes(std::span(elements)));
  return elements;
}

}  // namespace angle::testing
