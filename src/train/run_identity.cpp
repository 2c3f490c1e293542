#include "train/run_identity.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace angle {
namespace {

nlohmann::json identity_of(const TrainState& state) {
  nlohmann::json identity = state.config;
  identity["files"] = state.data;
  return identity;
}

}  // namespace

std::string differences(const TrainState& saved, const TrainState& state) {
  const nlohmann::json before = identity_of(saved), now = identity_of(state);
  std::string text;
  for (const auto& edit : nlohmann::json::diff(before, now)) {
    std::string path = edit.at("path").get<std::string>().substr(1);
    std::replace(path.begin(), path.end(), '/', '.');
    const nlohmann::json::json_pointer pointer(edit.at("path").get<std::string>());
    text +=
        fmt::format("\n  {}: {} → {}", path, before.contains(pointer) ? before.at(pointer).dump() : "nothing",
                    edit.contains("value") ? edit.at("value").dump() : "nothing");
  }
  return text;
}

}  // namespace angle
