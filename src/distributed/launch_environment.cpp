#include "angle/distributed/launch_environment.h"

#include <charconv>
#include <cstdlib>
#include <optional>

#include "angle/error.h"

namespace angle {
namespace {

/// The names of the variables that one launcher sets.
struct VariableNames {
  const char* rank;
  const char* size;
  const char* local_rank;
  const char* local_size;
};

constexpr VariableNames kTorchrun = {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"};
constexpr VariableNames kOthers[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"}};

/// Variables by name; an empty one is as good as none.
class Variables {
 public:
  explicit Variables(const EnvironmentLookup& lookup) : lookup_(lookup) {}

  std::optional<std::string> text(const char* name) const {
    const char* value = lookup_(name);
    return value && *value ? std::optional<std::string>(value) : std::nullopt;
  }

  std::string required_text(const char* name) const {
    const auto value = text(name);
    if (!value)
      fail(
          "{}: not set, but several processes need it to find each other; set it as torchrun does, or start "
          "them with --processes",
          name);
    return *value;
  }

  /// @param fallback  when it is not set; nothing: required
  int number(const char* name, int least, int most, std::optional<int> fallback = {}) const {
    if (fallback && !text(name)) return *fallback;
    const std::string value = required_text(name);
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < least || number > most)
      fail("{}: {} in the environment, expected a number from {} to {}", name, value, least, most);
    return number;
  }

 private:
  const EnvironmentLookup& lookup_;
};

std::optional<VariableNames> find_launcher(const Variables& variables) {
  if (variables.text(kTorchrun.rank) || variables.text(kTorchrun.size)) return kTorchrun;
  if (!variables.text("MASTER_ADDR")) return std::nullopt;
  for (const VariableNames& names : kOthers)
    if (variables.text(names.rank) && variables.text(names.size)) return names;
  return std::nullopt;
}

}  // namespace

LaunchEnvironment read_launch_environment(const EnvironmentLookup& lookup) {
  constexpr int kMostProcesses = 1'000'000;
  const Variables variables(lookup);
  const auto names = find_launcher(variables);
  LaunchEnvironment environment;
  if (!names) return environment;
  environment.size = variables.number(names->size, 1, kMostProcesses);
  environment.rank = variables.number(names->rank, 0, environment.size - 1);
  environment.local_rank = variables.number(names->local_rank, 0, kMostProcesses, 0);
  environment.local_size = variables.number(names->local_size, 1, kMostProcesses, 1);
  if (environment.size == 1) return environment;
  environment.host = variables.required_text("MASTER_ADDR");
  environment.port = static_cast<uint16_t>(variables.number("MASTER_PORT", 1, 65535));
  environment.launcher_hosts_store = variables.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  environment.attempt = variables.text("TORCHELASTIC_RESTART_COUNT").value_or("0");
  return environment;
}

LaunchEnvironment read_launch_environment() {
  return read_launch_environment([](const char* name) -> const char* { return std::getenv(name); });
}

}  // namespace angle
