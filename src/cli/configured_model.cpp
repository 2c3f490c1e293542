#include "cli/configured_model.h"

#include "angle/error.h"

namespace angle::cli {

void apply_model_config(const ModelConfig& config, Model& model) {
  if (!config.pooling.empty()) {
    model.encoder.pooling = {parse_pooling(config.pooling, "model.pooling")};
    check_projections(model.encoder, "model.pooling");
  }
  if (config.max_seq_length == 0) return;
  const int64_t longest = model.encoder.encoder.config().max_tokens();
  if (config.max_seq_length > longest)
    fail(
        "model.max_seq_length: {} is more than the {} positions of {}; expected at most {}, or 0 for as many "
        "as the model says",
        config.max_seq_length, longest, model.directory.string(), longest);
  model.max_seq_length = config.max_seq_length;
}

}  // namespace angle::cli
