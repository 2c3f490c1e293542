#include "angle/train/checkpoint.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <iterator>
#include <unistd.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "angle/error.h"
#include "angle/io/checksum.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/model/weights.h"
#include "angle/or_null.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModelFile = "model.safetensors";
constexpr const char* kOptimizerFile = "optimizer.safetensors";
constexpr const char* kStateFile = "trainer_state.json";
constexpr const char* kManifestFile = "manifest.json";
constexpr const char* kLatestFile = "latest";
constexpr int kFormat = 2;  // of the state; the first one had no such number

std::string step_name(int64_t step) { return fmt::format("step-{:06}", step); }

/// Nothing for a name that is not quite that of a step.
std::optional<int64_t> step_of(const std::string& name) {
  if (!name.starts_with("step-") || name.size() > 20) return std::nullopt;
  const std::string digits = name.substr(5);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoll(digits);
}

void write_manifest(const fs::path& checkpoint) {
  json manifest;
  for (const char* name : {kModelFile, kOptimizerFile, kStateFile})
    manifest[name] = {{"bytes", fs::file_size(checkpoint / name)},
                      {"xxh3_128", file_checksum(checkpoint / name)}};
  write_file(checkpoint / kManifestFile, manifest.dump(2) + "\n");
}

/// Why a checkpoint can't be used; empty when it can. What the system can't read just now is no damage.
std::string find_damage(const fs::path& checkpoint) {
  if (!fs::exists(checkpoint / kManifestFile)) return "has no manifest.json, so it was not finished";
  const json manifest =
      json::parse(read_file(checkpoint / kManifestFile), nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object()) return "has a damaged manifest.json";
  for (const char* name : {kModelFile, kOptimizerFile, kStateFile}) {
    if (!manifest.contains(name)) return fmt::format("does not list {} in its manifest.json", name);
    if (!fs::exists(checkpoint / name)) return fmt::format("lacks {}", name);
    if (manifest.at(name).value("bytes", uintmax_t{0}) != fs::file_size(checkpoint / name) ||
        manifest.at(name).value("xxh3_128", "") != file_checksum(checkpoint / name))
      return fmt::format("is damaged: size or checksum of {} differs from its manifest.json", name);
  }
  return "";
}

/// The same for a manifest whose values are of other types, too.
std::string find_any_damage(const fs::path& checkpoint) {
  try {
    return find_damage(checkpoint);
  } catch (const json::exception& error) {
    return fmt::format("has a damaged manifest.json ({})", error.what());
  } catch (const Error& error) {
    fail("{}; if it stays so, remove {} to go on from the checkpoint before it", error.what(),
         checkpoint.string());
  }
}

TrainState read_state(const fs::path& checkpoint) {
  const json state = read_json(checkpoint / kStateFile);
  if (state.value("format", 1) != kFormat)
    fail(
        "{}: a checkpoint of another version of angle, from which this one cannot go on; finish the run with "
        "that version, or choose another --output",
        checkpoint.string());
  return state.get<TrainState>();
}

/// Gives a directory its name. One that has it is exchanged with it, so that a kill leaves one there.
void put_in_place(const fs::path& directory, const fs::path& name) {
  if (!fs::exists(name)) return fs::rename(directory, name);
  const bool exchanged = renameat2(AT_FDCWD, directory.c_str(), AT_FDCWD, name.c_str(), RENAME_EXCHANGE) == 0;
  if (exchanged) {
    sync_directory(name.parent_path());  // before the other one goes
    fs::remove_all(directory);
  } else if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {  // a file system that can't
    const fs::path aside = directory.string() + "0";  // goes with what else is unfinished
    fs::rename(name, aside);
    try {
      fs::rename(directory, name);
    } catch (...) {
      fs::rename(aside, name);
      throw;
    }
    sync_directory(name.parent_path());
    fs::remove_all(aside);
  } else {
    throw fs::filesystem_error("cannot exchange", directory, name,
                               std::error_code(errno, std::generic_category()));
  }
}

void copy_tensors(const fs::path& file, std::span<const NamedTensor> targets) {
  const at::NoGradGuard no_grad;
  std::map<std::string, Tensor> saved;
  for (const NamedTensor& entry : read_tensors(file)) saved[entry.name] = entry.tensor;
  for (const NamedTensor& target : targets) {
    const auto found = saved.find(target.name);
    const auto refuse = [&](const char* what) {
      fail("{}: {} is {}; the checkpoint is of another model or configuration", file.string(), target.name,
           what);
    };
    if (found == saved.end()) refuse("missing");
    if (found->second.sizes() != target.tensor.sizes()) refuse("of another shape");
    if (found->second.scalar_type() != target.tensor.scalar_type()) refuse("of another element type");
    target.tensor.copy_(found->second);
  }
}

}  // namespace

std::map<int64_t, fs::path> list_checkpoints(const fs::path& directory) {
  std::map<int64_t, fs::path> checkpoints;
  if (!fs::is_directory(directory)) return checkpoints;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (const auto step = step_of(entry.path().filename().string())) checkpoints[*step] = entry.path();
  }
  return checkpoints;
}

void remove_unfinished_checkpoints(const fs::path& directory) {
  remove_unfinished_in(directory,
                       [](const std::string& name) { return name == kLatestFile || step_of(name); });
}

void to_json(json& out, const TrainState& state) {
  out = {{"format", kFormat},
         {"step", state.step},
         {"initial_metric", or_null(state.initial_metric)},
         {"initial_others", state.initial_others},
         {"best_metric", or_null(state.best_metric)},
         {"best_step", state.best_step},
         {"evaluations_without_gain", state.evaluations_without_gain},
         {"validation_due", state.validation_due},
         {"statistics", state.statistics},
         {"dropped_examples", state.dropped_examples},
         {"config", state.config},
         {"data", state.data},
         {"model", state.model},
         {"processes", state.processes},
         {"threads", state.threads}};
}

void from_json(const json& in, TrainState& state) {
  in.at("step").get_to(state.step);
  if (!in.at("initial_metric").is_null()) state.initial_metric = in.at("initial_metric").get<double>();
  // Earlier versions kept none.
  state.initial_others = in.value("initial_others", std::map<std::string, double>());
  if (!in.at("best_metric").is_null()) state.best_metric = in.at("best_metric").get<double>();
  in.at("best_step").get_to(state.best_step);
  in.at("evaluations_without_gain").get_to(state.evaluations_without_gain);
  state.validation_due = in.value("validation_due", false);  // earlier versions did all that was due
  in.at("statistics").get_to(state.statistics);
  in.at("dropped_examples").get_to(state.dropped_examples);
  state.config = in.at("config");
  state.data = in.at("data");
  state.model = in.at("model");
  state.processes = in.value("processes", int64_t{0});
  state.threads = in.value("threads", int64_t{0});
}

void save_checkpoint(const fs::path& directory, const TrainState& state, std::span<const NamedTensor> model,
                     std::span<const NamedTensor> optimizer, const Retention& keep) {
  fs::create_directories(directory);
  remove_unfinished_checkpoints(directory);
  const fs::path destination = directory / step_name(state.step);
  const fs::path temporary = directory / fmt::format("{}.tmp-{}", step_name(state.step), getpid());
  try {
    fs::create_directory(temporary);
    write_tensors(temporary / kModelFile, model);
    write_tensors(temporary / kOptimizerFile, optimizer);
    write_file(temporary / kStateFile, json(state).dump(2) + "\n");
    write_manifest(temporary);
    sync_directory(temporary);
    put_in_place(temporary, destination);
    sync_directory(directory);
  } catch (...) {
    std::error_code ignored;  // the first error is the one to report
    fs::remove_all(temporary, ignored);
    throw;
  }
  settle_checkpoints(directory, state.step, keep);
}

void settle_checkpoints(const fs::path& directory, int64_t step, const Retention& keep) {
  write_file(directory / kLatestFile, step_name(step) + "\n");
  auto checkpoints = list_checkpoints(directory);
  const auto damaged = checkpoints.upper_bound(step);
  for (auto it = damaged; it != checkpoints.end(); ++it) fs::remove_all(it->second);
  checkpoints.erase(damaged, checkpoints.end());
  int64_t older = static_cast<int64_t>(checkpoints.size()) - std::max<int64_t>(keep.newest, 1);
  for (const auto& [number, path] : checkpoints) {
    if (older-- <= 0) break;
    if (number != keep.best_step) fs::remove_all(path);
  }
}

std::optional<FoundCheckpoint> find_checkpoint(const fs::path& directory,
                                               std::vector<std::string>& warnings) {
  auto checkpoints = list_checkpoints(directory);
  for (; !checkpoints.empty(); checkpoints.erase(std::prev(checkpoints.end()))) {
    const fs::path& path = checkpoints.rbegin()->second;  // the newest
    const std::string damage = find_any_damage(path);
    if (damage.empty()) return FoundCheckpoint{path, read_state(path)};
    warnings.push_back(fmt::format("{} {}; trying the one before", path.string(), damage));
  }
  return std::nullopt;
}

void load_checkpoint(const fs::path& checkpoint, std::span<const NamedTensor> model,
                     std::span<const NamedTensor> optimizer) {
  copy_tensors(checkpoint / kModelFile, model);
  copy_tensors(checkpoint / kOptimizerFile, optimizer);
}

}  // namespace angle
