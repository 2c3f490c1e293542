#include "angle/train/parameter_groups.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "angle/error.h"

namespace angle {
namespace {

/// Height in the model: 0 for the embeddings, i + 1 for layer i, `layers` + 1 for a projection.
int64_t height_of(std::string_view name, int64_t layers) {
  constexpr std::string_view kLayer = "encoder.layer.";
  if (name.starts_with("embeddings.")) return 0;
  if (!name.starts_with(kLayer)) return layers + 1;
  int64_t layer = 0;
  std::from_chars(name.data() + kLayer.size(), name.data() + name.size(), layer);
  return layer + 1;
}

}  // namespace

std::vector<Parameter> trainable_parameters(SentenceEncoder& encoder, const ParameterGroupOptions& options) {
  const auto layers = static_cast<int64_t>(encoder.encoder.layers().size());
  if (options.freeze_layers > layers)
    fail("train.freeze_layers: {}, but the model has {} layers", options.freeze_layers, layers);
  const int64_t lowest = options.freeze_embeddings ? options.freeze_layers + 1 : 0;
  std::vector<Parameter> trained;
  for (Parameter& parameter : encoder.parameters()) {
    const int64_t height = height_of(parameter.name, layers);
    if (height < lowest) continue;
    const int64_t below_top = std::max<int64_t>(layers - height, 0);
    parameter.rate_factor = std::pow(options.layer_decay, static_cast<double>(below_top));
    trained.push_back(std::move(parameter));
  }
  if (trained.empty())
    fail("train.freeze_layers: {} are all layers of the model, so nothing is left to train", layers);
  return trained;
}

}  // namespace angle
