// Who is still there: every process gives signs of life, and the first to fail says why.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "distributed/key_store.h"

namespace angle {

/// Keys of the store, shared with the launcher.
std::string failure_key(const std::string& attempt);

/// A thread that writes this process's sign of life to the store about once a second and reads the others',
/// and one that counts for how long the store does not answer the first. No function waits for ever for it.
class Watch {
 public:
  using Seconds = std::chrono::duration<double>;

  struct Options {
    int rank = 0;
    int size = 1;
    std::string attempt;
    bool launcher_hosts_store = false;
    std::chrono::seconds timeout{300};
  };

  /// Begins, in the thread that works. Waits for all processes to join; Error that names the missing ones
  /// after the timeout, and for a store that does not answer.
  Watch(const KeyStore& store, const Options& options);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Counts an exchange that this process has come to, for explain().
  void arrive();

  /// Why waiting is useless: what somebody announced, a process that gave no sign of life within the timeout,
  /// one that is late and whose thread has not run for ten times as long, a store that is gone. Cheap enough
  /// to ask all the time.
  std::optional<std::string> problem() const;

  /// Who keeps the store and has not answered for the timeout. No problem as long as exchanges come to an
  /// end: that may be a launcher that somebody has suspended.
  std::optional<std::string> store_silence() const;

  /// Who is to blame for an exchange that failed or did not end, as far as that can be told, after waiting a
  /// few seconds for the answer.
  ///
  /// @param what  is known already
  std::string explain(const std::string& what) const;

  /// Tells all others why this process ends. @return the reason of the first that did so
  std::string announce(const std::string& reason) const;

  /// `rank 1 (process 4711 on host)`
  std::string name_of(int rank) const;

 private:
  struct State;

  std::shared_ptr<State> state_;  // shared, because a thread that hangs in a call is left behind
  std::thread beating_, counting_;
};

}  // namespace angle
