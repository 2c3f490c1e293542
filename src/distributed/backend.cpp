// LibTorch's headers hide these classes from programs that do not say that they have the libraries.
#define USE_C10D_GLOO
#include "distributed/backend.h"

#include <cstdlib>
#include <vector>

#include <spdlog/fmt/fmt.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "angle/error.h"

#include "distributed/c10d_store.h"
#include "distributed/nccl.h"
#include "loopback.h"

namespace angle {
namespace {

/// Far more than anything takes: ProcessGroup gives up sooner, and says why.
constexpr std::chrono::hours kNeverYet{24 * 365};

/// The network to use: the interface that GLOO_SOCKET_IFNAME names, the loopback when the processes meet
/// there, else the one of the machine's name.
std::shared_ptr<gloo::transport::Device> find_network(const std::string& host) {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface && *interface) return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  if (is_loopback(host)) return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return c10d::ProcessGroupGloo::createDefaultDevice();
}

using Keys = c10::intrusive_ptr<c10d::Store>;
using BackendPointer = c10::intrusive_ptr<c10d::Backend>;

BackendPointer make_gloo(const Keys& keys, const LaunchEnvironment& environment) {
  const auto options = c10d::ProcessGroupGloo::Options::create(kNeverYet);
  options->devices.push_back(find_network(environment.host));
  return c10::make_intrusive<c10d::ProcessGroupGloo>(keys, environment.rank, environment.size, options);
}

/// Error that names the ranks when some compute on GPUs and others do not, as `--device auto` may choose.
void agree_on_device(const Keys& keys, const LaunchEnvironment& environment, at::Device device) {
  const auto key = [](int rank) { return fmt::format("device/{}", rank); };
  keys->set(key(environment.rank), std::string(device.is_cuda() ? "GPU" : "CPU"));
  std::vector<int> on_gpu, on_cpu;
  for (int rank = 0; rank < environment.size; ++rank)
    (keys->get_to_str(key(rank)) == "GPU" ? on_gpu : on_cpu).push_back(rank);
  if (!on_gpu.empty() && !on_cpu.empty())
    fail("--device: rank {} on a GPU, rank {} on the CPU; give all the same, --device cuda or --device cpu",
         fmt::join(on_gpu, ", "), fmt::join(on_cpu, ", "));
}

}  // namespace

BackendPointer make_backend(const KeyStore& store, const LaunchEnvironment& environment, at::Device device) {
  const auto keys = c10::make_intrusive<c10d::PrefixStore>(
      fmt::format("angle/{}/backend", environment.attempt), store.connection().store);
  agree_on_device(keys, environment, device);
  return device.is_cuda() ? make_nccl(keys, environment.rank, environment.size, device, kNeverYet)
                          : make_gloo(keys, environment);
}

}  // namespace angle
