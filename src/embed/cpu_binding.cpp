#include "embed/cpu_binding.h"

#include <algorithm>
#include <fstream>
#include <sched.h>
#include <string>
#include <tuple>

namespace angle {
namespace {

/// Linux numbers the second CPUs of all cores after the first ones: the number alone tells no neighbours.
std::tuple<int, int, int> place_of(int cpu) {
  const std::string topology = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
  int package = 0, core = 0;
  std::ifstream(topology + "physical_package_id") >> package;
  std::ifstream(topology + "core_id") >> core;
  return {package, core, cpu};
}

}  // namespace

std::vector<int> allowed_cpus() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::vector<std::tuple<int, int, int>> places;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) places.push_back(place_of(cpu));
  std::sort(places.begin(), places.end());
  std::vector<int> cpus;
  for (const auto& place : places) cpus.push_back(std::get<2>(place));
  return cpus;
}

std::pair<size_t, size_t> part_of(size_t count, size_t index, size_t parts) {
  return {index * count / parts, (index + 1) * count / parts};
}

std::vector<int> cpus_of_part(std::span<const int> cpus, size_t index, size_t parts) {
  if (cpus.empty()) return {};
  const auto [first, last] = part_of(cpus.size(), index, parts);
  const auto own = cpus.subspan(first, std::max<size_t>(last - first, 1));
  return {own.begin(), own.end()};
}

void bind_this_thread(std::span<const int> cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);  // refuses an empty set
}

}  // namespace angle
