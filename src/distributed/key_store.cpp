#include "distributed/key_store.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "angle/error.h"

#include "distributed/c10d_store.h"
#include "distributed/detached_task.h"
#include "loopback.h"

namespace angle {
namespace {

[[noreturn]] void fail_to_listen(uint16_t port, const std::string& reason) {
  fail("port {}: can't listen there: {}; choose another MASTER_PORT", port, reason);
}

/// A socket that listens on the loopback address alone; LibTorch's store would listen on all addresses.
int listen_on_loopback(uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail_to_listen(port, std::strerror(errno));
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      listen(descriptor, SOMAXCONN) == 0)
    return descriptor;
  const int error = errno;
  close(descriptor);
  fail_to_listen(port, std::strerror(error));
}

uint16_t port_of(int descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

KeyStore KeyStore::serve(const std::string& host, uint16_t port, std::chrono::seconds timeout) {
  c10d::TCPStoreOptions options;
  options.isServer = true;
  options.port = port;
  options.waitWorkers = false;
  options.timeout = timeout;
  if (is_loopback(host)) {
    options.masterListenFd = listen_on_loopback(port);
    options.port = port_of(*options.masterListenFd);
  }
  try {
    const auto store = c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options);
    return KeyStore(std::make_shared<Connection>(Connection{store, store->getPort()}));
  } catch (const c10::Error& error) {
    fail_to_listen(port, error.what_without_backtrace());
  }
}

KeyStore KeyStore::connect(const std::string& host, uint16_t port, std::chrono::seconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = port;
  options.waitWorkers = false;
  options.timeout = timeout;
  // LibTorch's store tries for up to twice that time, and for ever where something listens but says nothing.
  auto store = start_detached([host, options] { return c10::make_intrusive<c10d::TCPStore>(host, options); });
  try {
    if (store.wait_for(timeout) == std::future_status::ready)
      return KeyStore(std::make_shared<Connection>(Connection{store.get(), port}));
  } catch (const c10::Error&) {  // it has given up just before
  }
  fail(
      "{}:{}: nobody answers there within {} s, where the processes are to meet; is rank 0 running, and are "
      "MASTER_ADDR and MASTER_PORT the same everywhere?",
      host, port, timeout.count());
}

KeyStore KeyStore::clone() const {
  return KeyStore(std::make_shared<Connection>(Connection{connection_->store->clone(), connection_->port}));
}

uint16_t KeyStore::port() const { return connection_->port; }

void KeyStore::set(const std::string& key, const std::string& value) const {
  connection_->store->set(key, value);
}

std::optional<std::string> KeyStore::get(const std::string& key) const {
  if (!connection_->store->check({key})) return std::nullopt;
  return connection_->store->get_to_str(key);
}

std::string KeyStore::set_once(const std::string& key, const std::string& value) const {
  return connection_->store->compareSet(key, "", value);
}

}  // namespace angle
