#include "angle/distributed/process_group.h"

#include <algorithm>
#include <future>
#include <thread>

#include <ATen/ATen.h>
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include "distributed/backend.h"
#include "distributed/detached_task.h"
#include "distributed/key_store.h"
#include "distributed/watch.h"

namespace angle {
namespace {

using Clock = std::chrono::steady_clock;
using Work = c10::intrusive_ptr<c10d::Work>;
using BackendPointer = c10::intrusive_ptr<c10d::Backend>;

/// How long to wait for the others.
enum class Patience {
  timeout,        // they are about to come
  while_they_run  // they may be busy
};

KeyStore open_store(const LaunchEnvironment& environment, std::chrono::seconds timeout) {
  const bool serves = environment.rank == 0 && !environment.launcher_hosts_store;
  return serves ? KeyStore::serve(environment.host, environment.port, timeout)
                : KeyStore::connect(environment.host, environment.port, timeout);
}

}  // namespace

class ProcessGroup::Member {
 public:
  Member(const LaunchEnvironment& environment, at::Device device, std::chrono::seconds timeout)
      : rank(environment.rank),
        size(environment.size),
        device_(device),
        timeout_(timeout),
        store_(open_store(environment, timeout)),
        watch_(store_, {.rank = environment.rank,
                        .size = environment.size,
                        .attempt = environment.attempt,
                        .launcher_hosts_store = environment.launcher_hosts_store,
                        .timeout = timeout}),
        backend_(connect(environment)) {}

  ~Member() {
    if (!failed_ && shut_down()) return;
    static_cast<void>(backend_.release());  // destroying it would wait for an exchange that will never end
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void sum(Tensor tensor, Patience patience) {
    std::vector<Tensor> tensors = {std::move(tensor)};
    finish([&] { return backend_->allreduce(tensors); }, patience);
  }

  void broadcast(Tensor tensor, Patience patience) {
    std::vector<Tensor> tensors = {std::move(tensor)};
    finish([&] { return backend_->broadcast(tensors); }, patience);
  }

  Tensor gather(const Tensor& rows) {
    std::vector<int64_t> shape = rows.sizes().vec();
    shape[0] *= size;
    Tensor input = rows.contiguous(), output = at::empty(shape, rows.options());
    finish([&] { return backend_->_allgather_base(output, input); }, Patience::timeout);
    return output;
  }

  std::string share(const std::string& text) {
    // A sum, for which all wait for all: those at the root of a broadcast would go on, and then wait for what
    // those between it and a late one can't do yet.
    const Tensor length =
        at::full({1}, rank == 0 ? static_cast<int64_t>(text.size()) : 0, at::kLong).to(device_);
    sum(length, Patience::while_they_run);
    Tensor bytes = at::empty({length.item<int64_t>()}, at::kByte);
    if (rank == 0) std::copy(text.begin(), text.end(), bytes.mutable_data_ptr<uint8_t>());
    bytes = bytes.to(device_);
    broadcast(bytes, Patience::timeout);
    bytes = bytes.cpu();
    const auto* data = reinterpret_cast<const char*>(bytes.const_data_ptr<uint8_t>());
    return {data, data + bytes.numel()};
  }

  Tensor flag(bool value) const { return at::full({1}, value ? 1.0F : 0.0F, at::kFloat).to(device_); }

  void announce(const std::string& reason) {
    if (failed_) return;  // because of another process: the reason is known already
    failed_ = true;
    const std::string without_trace =
        reason.substr(0, reason.find("\nException raised from"));  // of LibTorch's errors
    watch_.announce(fmt::format("{} failed: {}", watch_.name_of(rank), without_trace));
  }

  const int rank, size;
  double exchange_seconds = 0;

 private:
  /// Detached, because it would wait for ever for a process that dies meanwhile.
  BackendPointer connect(const LaunchEnvironment& environment) {
    auto backend = start_detached(
        [environment, store = store_, device = device_] { return make_backend(store, environment, device); });
    return together([&] {
      wait([&] { return backend.wait_for(Clock::duration::zero()) == std::future_status::ready; },
           Patience::timeout);
      return backend.get();
    });
  }

  /// NCCL wants to be told.  @return whether it has taken that well
  bool shut_down() noexcept {
    try {
      backend_->shutdown();
      return true;
    } catch (...) {
      return false;  // all that was to be exchanged is
    }
  }

  template <class Start>
  void finish(const Start& start, Patience patience) {
    together([&] {
      const Work work = start();
      wait([&] { return work->isCompleted(); }, patience);
      work->wait();  // a GPU's later work waits for it, too
      if (const auto exception = work->exception()) std::rethrow_exception(exception);
    });
  }

  /// Does what all processes do at the same time; who fails tells the others.
  template <class Step>
  auto together(const Step& step) -> decltype(step()) {
    watch_.arrive();
    try {
      return step();
    } catch (const c10::Error& error) {
      give_up(first_line(error.what_without_backtrace()));
    } catch (const GroupFailure&) {
      throw;
    } catch (const Error& error) {  // the reason is known
      announce(error.what());
      throw;
    } catch (const std::exception& error) {
      give_up(first_line(error.what()));
    }
  }

  template <class Done>
  void wait(const Done& done, Patience patience) {
    const Clock::time_point start = Clock::now();
    std::chrono::microseconds pause{10};
    while (!done()) {
      std::this_thread::sleep_for(pause);
      pause = std::min(2 * pause, std::chrono::microseconds(500));
      if (const auto problem = watch_.problem()) end(*problem);
      if (Clock::now() - start <= timeout_) continue;
      if (patience == Patience::timeout)
        give_up(fmt::format("no exchange within {} s (--timeout allows more)", timeout_.count()));
      if (const auto silence = watch_.store_silence()) end(*silence);
    }
  }

  static std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

  [[noreturn]] void give_up(const std::string& what) {
    failed_ = true;
    end(watch_.announce(watch_.explain(what)));
  }

  [[noreturn]] void end(const std::string& reason) {
    failed_ = true;
    throw GroupFailure("given up: " + reason);
  }

  at::Device device_;
  std::chrono::seconds timeout_;
  KeyStore store_;
  Watch watch_;
  bool failed_ = false;
  BackendPointer backend_;
};

namespace {

/// Adds the time of its life to a sum.
class Timer {
 public:
  explicit Timer(double& seconds) : seconds_(seconds) {}
  ~Timer() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  double& seconds_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

ProcessGroup ProcessGroup::join(const LaunchEnvironment& environment, at::Device device,
                                std::chrono::seconds timeout) {
  FLAGS_caffe2_log_level = c10::GLOG_FATAL;  // what goes wrong is reported by the group, in its words
  c10::initLogging();                        // unless TORCH_CPP_LOG_LEVEL asks for LibTorch's, too
  ProcessGroup group;
  if (environment.size > 1) group.member_ = std::make_shared<Member>(environment, device, timeout);
  return group;
}

int ProcessGroup::rank() const { return member_ ? member_->rank : 0; }

int ProcessGroup::size() const { return member_ ? member_->size : 1; }

void ProcessGroup::sum(Tensor tensor) const {
  if (!member_) return;
  const Timer timer(member_->exchange_seconds);
  member_->sum(std::move(tensor), Patience::timeout);
}

Tensor ProcessGroup::gather(const Tensor& rows) const {
  if (!member_) return rows;
  const Timer timer(member_->exchange_seconds);
  return member_->gather(rows);
}

void ProcessGroup::broadcast(Tensor tensor) const {
  if (member_) member_->broadcast(std::move(tensor), Patience::timeout);
}

bool ProcessGroup::any(bool flag) const {
  if (!member_) return flag;
  const Tensor count = member_->flag(flag);
  member_->sum(count, Patience::timeout);
  return count.item<float>() > 0;
}

void ProcessGroup::on_first(const std::function<void()>& work) const {
  on_first<bool>([&] {
    work();
    return true;
  });
}

double ProcessGroup::take_exchange_seconds() const {
  return member_ ? std::exchange(member_->exchange_seconds, 0) : 0;
}

void ProcessGroup::announce_failure(const std::string& reason) const {
  if (member_) member_->announce(reason);
}

void ProcessGroup::leave() const {
  if (member_) member_->sum(member_->flag(false), Patience::while_they_run);
}

std::string ProcessGroup::share(const std::string& text) const { return member_->share(text); }

}  // namespace angle
