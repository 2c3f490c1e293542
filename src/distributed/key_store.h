// The place where the processes of a run meet: keys and values, kept by one process, read and written by all
// (a c10d::TCPStore).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace angle {

class KeyStore {
 public:
  /// Keeps a store on this machine, until the last copy is gone, and connects to it.
  ///
  /// @param host  the name under which the others connect; a loopback address is not reachable from elsewhere
  /// @param port  0: a free one
  static KeyStore serve(const std::string& host, uint16_t port, std::chrono::seconds timeout);

  /// Connects to a store, waiting until it is there. Error after the timeout.
  static KeyStore connect(const std::string& host, uint16_t port, std::chrono::seconds timeout);

  /// The same store through a connection of its own: calls on one connection wait for each other.
  KeyStore clone() const;

  uint16_t port() const;

  // All throw when the store is gone.
  void set(const std::string& key, const std::string& value) const;
  std::optional<std::string> get(const std::string& key) const;

  /// Sets a key that has no value yet. @return the value that it has now
  std::string set_once(const std::string& key, const std::string& value) const;

  /// Holds LibTorch's object; see c10d_store.h.
  struct Connection;
  const Connection& connection() const { return *connection_; }

 private:
  explicit KeyStore(std::shared_ptr<const Connection> connection) : connection_(std::move(connection)) {}

  std::shared_ptr<const Connection> connection_;
};

}  // namespace angle
