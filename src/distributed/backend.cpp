// LibTorch's headers hide these classes from programs that do not say that they have the libraries.
#define USE_C10D_GLOO
#ifdef ANGLE_WITH_NCCL
#define USE_C10D_NCCL
#endif
#include "distributed/backend.h"

#include <cstdlib>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#ifdef ANGLE_WITH_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "angle/error.h"

#include "distributed/c10d_store.h"

namespace angle {
namespace {

/// Far more than anything takes: ProcessGroup gives up sooner, and says why.
constexpr std::chrono::hours kNeverYet{24 * 365};

/// The network to use: the interface that GLOO_SOCKET_IFNAME names, the loopback when the processes meet
/// there, else the one of the machine's name.
std::shared_ptr<gloo::transport::Device> find_network(const std::string& host) {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface && *interface) return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  if (host == "localhost" || host.starts_with("127."))
    return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return c10d::ProcessGroupGloo::createDefaultDevice();
}

using Keys = c10::intrusive_ptr<c10d::Store>;
using BackendPointer = c10::intrusive_ptr<c10d::Backend>;

BackendPointer make_gloo(const Keys& keys, const LaunchEnvironment& environment) {
  const auto options = c10d::ProcessGroupGloo::Options::create(kNeverYet);
  options->devices.push_back(find_network(environment.host));
  return c10::make_intrusive<c10d::ProcessGroupGloo>(keys, environment.rank, environment.size, options);
}

#ifdef ANGLE_WITH_NCCL
BackendPointer make_nccl(const Keys& keys, const LaunchEnvironment& environment) {
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = kNeverYet;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(keys, environment.rank, environment.size, options);
}
#else
BackendPointer make_nccl(const Keys&, const LaunchEnvironment&) {
  fail(
      "--device cuda: this program was built without NCCL, which several processes on GPUs need; use "
      "--device cpu");
}
#endif

}  // namespace

BackendPointer make_backend(const KeyStore& store, const LaunchEnvironment& environment, at::Device device) {
  const auto keys = c10::make_intrusive<c10d::PrefixStore>(
      fmt::format("angle/{}/backend", environment.attempt), store.connection().store);
  return device.is_cuda() ? make_nccl(keys, environment) : make_gloo(keys, environment);
}

}  // namespace angle
