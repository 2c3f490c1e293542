#include "angle/model/sentence_encoder.h"

#include <ATen/ATen.h>

#include "angle/cpu_features.h"
#include "angle/error.h"

namespace angle {

Tensor SentenceEncoder::forward(const TokenBatch& batch, const Dropout& dropout,
                                const ActivationOptions& activations) const {
  const std::vector<Tensor> pooled = pool_tokens(batch, dropout, activations);
  Tensor embeddings = pooled.size() == 1 ? pooled.front() : at::cat(pooled, 1);  // [texts, hidden · poolings]
  for (const Dense& projection : dense)
    embeddings = projection.linear.forward(embeddings, projection.activation);
  return embeddings.index_select(0, batch.row_of_text);
}

std::vector<Tensor> SentenceEncoder::pool_tokens(const TokenBatch& batch, const Dropout& dropout,
                                                 const ActivationOptions& activations) const {
  if (encoder.is_prepacked() && pooling == std::vector{Pooling::cls})
    return {encoder.forward_first_tokens(batch)};
  Tensor token_embeddings = encoder.forward(batch, dropout, activations);  // [tokens, hidden]
  if (token_embeddings.scalar_type() == at::kBFloat16) token_embeddings = token_embeddings.to(at::kFloat);
  std::vector<Tensor> pooled;
  for (const Pooling kind : pooling) pooled.push_back(pool(token_embeddings, batch, kind));
  return pooled;
}

int64_t SentenceEncoder::dims() const {
  if (!dense.empty()) return dense.back().linear.weight.size(0);
  return encoder.config().hidden_size * static_cast<int64_t>(pooling.size());
}

at::Device SentenceEncoder::device() const { return encoder.device(); }

std::vector<NamedTensor> SentenceEncoder::checkpoint_tensors() {
  std::vector<NamedTensor> tensors = encoder.checkpoint_tensors();
  for (const Parameter& parameter : dense_parameters())
    tensors.push_back({parameter.name, parameter.tensor.detach()});
  return tensors;
}

std::vector<Parameter> SentenceEncoder::parameters() {
  std::vector<Parameter> parameters = encoder.parameters();
  for (Parameter& parameter : dense_parameters()) parameters.push_back(std::move(parameter));
  return parameters;
}

std::vector<Parameter> SentenceEncoder::dense_parameters() const {
  std::vector<Parameter> parameters;
  for (size_t i = 0; i < dense.size(); ++i) {
    const std::string name = "dense." + std::to_string(i);
    parameters.push_back({name + ".weight", dense[i].linear.weight, /*decays=*/true});
    parameters.push_back({name + ".bias", dense[i].linear.bias, /*decays=*/false});
  }
  return parameters;
}

void SentenceEncoder::prepare_inference(at::Device device, Precision precision) {
  if (precision == Precision::int8 && !device.is_cpu())
    fail("precision int8: for the CPU only; on {} use bfloat16", device.str());
  if (precision == Precision::bfloat16 && device.is_cpu())
    require_bfloat16(cpu_features(), "precision bfloat16");
  to(device);
  if (!device.is_cpu()) {
    if (precision == Precision::bfloat16) encoder.to(at::kBFloat16);
    return;
  }
  encoder.prepack(precision);
  for (Dense& projection : dense) projection.linear.prepack();
}

void SentenceEncoder::to(const at::TensorOptions& options) {
  encoder.to(options);
  for (Dense& projection : dense) {
    projection.linear.weight = projection.linear.weight.to(options);
    projection.linear.bias = projection.linear.bias.to(options);
  }
}

void check_projections(const SentenceEncoder& encoder, const std::string& where) {
  const auto poolings = static_cast<int64_t>(encoder.pooling.size());
  int64_t features = encoder.encoder.config().hidden_size * poolings;
  for (const Dense& projection : encoder.dense) {
    const int64_t expected = projection.linear.weight.size(1);
    if (expected != features)
      fail("{}: a Dense module takes {} features, but {} come out of the step before it", where, expected,
           features);
    features = projection.linear.weight.size(0);
  }
}

}  // namespace angle
