// Several processes that train one model together.
//
// All of them call the same functions in the same order. Nothing waits for ever: when a process dies, hangs
// or fails, the others end with a GroupFailure that names it and, where it is known, the reason. The one
// exception is a process that computes without end while the others wait for its work: it looks busy.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <c10/core/Device.h>
#include <nlohmann/json.hpp>

#include "angle/distributed/launch_environment.h"
#include "angle/error.h"
#include "angle/tensor.h"

namespace angle {

/// What ends a process because of another one.
class GroupFailure : public Error {
 public:
  using Error::Error;
};

/// A handle; copies mean the same group. The default is a process on its own, for which every function does
/// nothing, at once.
class ProcessGroup {
 public:
  ProcessGroup() = default;

  /// Waits for the others. Error when they are not all there within the timeout, and when some have a GPU and
  /// others none.
  ///
  /// @param device   where the tensors of sum() and gather() are: Gloo carries them between CPUs, NCCL
  ///                 between GPUs, of which each process has its own
  /// @param timeout  for how long a process may be silent, or one exchange take, before the others give up;
  ///                 and a tenth of the time for which the thread that called join() may stand still while
  ///                 the others wait for its work
  static ProcessGroup join(const LaunchEnvironment& environment, at::Device device,
                           std::chrono::seconds timeout);

  int rank() const;
  int size() const;
  bool is_first() const { return rank() == 0; }

  /// Adds up the tensors of all processes, in place. Every process gets the same bits.
  void sum(Tensor tensor) const;

  /// The tensors of all processes, rank after rank.
  ///
  /// @param rows  [rows, …], of one shape everywhere
  /// @return      [size · rows, …]
  Tensor gather(const Tensor& rows) const;

  /// Overwrites the tensor with that of rank 0.
  void broadcast(Tensor tensor) const;

  /// Whether the flag is set anywhere.
  bool any(bool flag) const;

  /// Runs `work` on rank 0, in the thread that called join(), while the others wait; its result everywhere.
  /// It may take any time as long as that thread runs now and then: one that has not for ten timeouts waits
  /// for what does not come, such as the answer of a disk. The result is carried as JSON.
  template <class Result>
  Result on_first(const std::function<Result()>& work) const {
    if (size() == 1) return work();
    const std::string text = is_first() ? nlohmann::json(work()).dump() : "";
    return nlohmann::json::parse(share(text)).get<Result>();
  }
  void on_first(const std::function<void()>& work) const;

  /// Seconds spent in sum() and gather() since the last call, waiting for slower processes included.
  double take_exchange_seconds() const;

  /// Tells the others why this process ends; they end with the same reason.
  void announce_failure(const std::string& reason) const;

  /// Waits until all have come here: afterwards nobody needs the others.
  void leave() const;

 private:
  class Member;

  /// The text of rank 0 everywhere; see on_first().
  std::string share(const std::string& text) const;

  std::shared_ptr<Member> member_;  // none: a process on its own
};

}  // namespace angle
