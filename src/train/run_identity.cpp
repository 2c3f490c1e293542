#include "train/run_identity.h"

#include <spdlog/fmt/fmt.h>

namespace angle {
namespace {

nlohmann::json identity_of(const TrainState& state) {
  nlohmann::json identity = state.config;
  identity["files"] = state.data;
  // What they are used for is in the configuration, and not here in checkpoints of earlier versions.
  if (identity["files"].contains("evaluation"))
    for (nlohmann::json& file : identity["files"]["evaluation"]) file.erase("used_for");
  identity["files"]["model"] = state.model;
  return identity;
}

/// `files.model.1_Pooling/config.json`
std::string dotted(nlohmann::json::json_pointer pointer) {
  std::string path = pointer.back();
  for (pointer.pop_back(); !pointer.empty(); pointer.pop_back()) path = pointer.back() + "." + path;
  return path;
}

}  // namespace

std::string differences(const TrainState& saved, const TrainState& state) {
  const nlohmann::json before = identity_of(saved), now = identity_of(state);
  std::string text;
  for (const auto& edit : nlohmann::json::diff(before, now)) {
    const nlohmann::json::json_pointer pointer(edit.at("path").get<std::string>());
    text += fmt::format("\n  {}: {} → {}", dotted(pointer),
                        before.contains(pointer) ? before.at(pointer).dump() : "nothing",
                        edit.contains("value") ? edit.at("value").dump() : "nothing");
  }
  return text;
}

}  // namespace angle
