#include "distributed/watch.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <pthread.h>
#include <sstream>
#include <unistd.h>
#include <utility>
#include <vector>

#include <c10/util/Exception.h>

#include "angle/error.h"

#include "distributed/detached_task.h"

namespace angle {
namespace {

using Clock = std::chrono::steady_clock;

/// For how many timeouts the others wait for a process that works alone and stands still. A thread that gets
/// on runs now and then, also while it waits for a slow disk; but there are file systems that send a whole
/// file away in one call.
constexpr int kTimeoutsOfStandstill = 10;

std::string key_of(const std::string& attempt, const char* what, int rank) {
  return fmt::format("angle/{}/{}/{}", attempt, what, rank);
}

std::string describe_process() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return fmt::format("process {} on {}", getpid(), host);
}

/// A clock that goes on when this thread runs; where the system has none, one that always goes on.
clockid_t clock_of_this_thread() {
  clockid_t clock = CLOCK_MONOTONIC;
  return pthread_getcpuclockid(pthread_self(), &clock) == 0 ? clock : CLOCK_MONOTONIC;
}

std::chrono::nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// Between two signs of life.
Clock::duration interval_of(const Watch::Options& options) {
  return std::clamp<Clock::duration>(options.timeout / 10, std::chrono::milliseconds(100),
                                     std::chrono::seconds(1));
}

/// For what comes soon, if at all.
Clock::duration patience_of(const Watch::Options& options) {
  return std::max<Clock::duration>(6 * interval_of(options), std::chrono::seconds(1));
}

std::string describe_silence(const std::string& keeper, Watch::Seconds silence) {
  return fmt::format(
      "{}, where the processes meet, has not answered for {:.0f} s: it hangs, or it can't be reached", keeper,
      silence.count());
}

/// What is known of another process.
struct Peer {
  std::string sign;                    // the last one: a number that grows, and what follows
  int64_t round = 0;                   // of reading signs, in which this one was new
  int64_t arrived = 0;                 // exchanges that it has come to
  std::chrono::seconds standstill{0};  // for how long the thread that works has not run
};

}  // namespace

std::string failure_key(const std::string& attempt) { return fmt::format("angle/{}/failure", attempt); }

struct Watch::State {
  KeyStore store;
  Options options;
  std::vector<std::string> names;
  Clock::duration interval, patience;

  std::atomic<int64_t> arrived = 0;
  std::atomic<int64_t> unanswered = 0;  // intervals since the store has answered
  std::atomic<bool> store_lost = false;
  std::atomic<bool> ended = false;

  clockid_t worker;                    // the clock of the thread that works
  std::chrono::nanoseconds worked{0};  // what it showed in the last round
  int64_t still_rounds = 0;            // since it has gone on

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable stopped;
  bool stop = false;
  std::string failure;
  int64_t round = 0;  // the last one in which all signs have been read
  std::vector<Peer> peers;

  State(const KeyStore& given, const Options& chosen, clockid_t clock)
      : store(given.clone()),
        options(chosen),
        names(static_cast<size_t>(chosen.size)),
        interval(interval_of(chosen)),
        patience(patience_of(chosen)),
        worker(clock),
        peers(static_cast<size_t>(chosen.size)) {}

  std::string key(const char* what, int rank) const { return key_of(options.attempt, what, rank); }

  std::string name(int rank) const {
    const std::string& known = names[static_cast<size_t>(rank)];
    return known.empty() ? fmt::format("rank {}", rank) : fmt::format("rank {} ({})", rank, known);
  }

  void join() {
    try {
      store.set(key("name", options.rank), describe_process());
      const auto end = Clock::now() + options.timeout;
      while (!all_joined()) {
        if (const auto reason = store.get(failure_key(options.attempt))) fail("given up: {}", *reason);
        if (Clock::now() > end) fail("{}", announce(describe_missing()));
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    } catch (const c10::Error&) {
      fail("given up: {}", describe_loss());
    }
  }

  bool all_joined() {
    for (int rank = 0; rank < options.size; ++rank) {
      std::string& known = names[static_cast<size_t>(rank)];
      if (known.empty()) known = store.get(key("name", rank)).value_or("");
    }
    return std::none_of(names.begin(), names.end(), [](const std::string& known) { return known.empty(); });
  }

  std::string describe_missing() const {
    std::vector<int> missing;
    for (int rank = 0; rank < options.size; ++rank)
      if (names[static_cast<size_t>(rank)].empty()) missing.push_back(rank);
    return fmt::format(
        "{} of {} processes have not joined within {} s: rank {}; start them all, or allow more time with "
        "--timeout",
        missing.size(), options.size, options.timeout.count(), fmt::join(missing, ", "));
  }

  /// Who keeps the store.
  std::string keeper() const { return options.launcher_hosts_store ? "the launcher" : name(0); }

  std::string describe_loss() const { return fmt::format("{} has gone, where the processes meet", keeper()); }

  std::string announce(const std::string& reason) const {
    std::string first = reason;  // when nobody can be told any more
    try {
      // Detached, because a store whose process hangs never answers.
      auto answer = start_detached(
          [keys = store, key = failure_key(options.attempt), reason] { return keys.set_once(key, reason); });
      if (answer.wait_for(patience) != std::future_status::ready) return first;
      first = answer.get();
    } catch (const std::exception&) {
      return first;
    }
    // The store goes with the process that keeps it: leave the others time to read.
    if (options.rank == 0 && !options.launcher_hosts_store) std::this_thread::sleep_for(2 * interval);
    return first;
  }

  void beat() {
    for (int64_t number = 1; !stop_after_interval(); ++number) {
      try {
        store.set(key("sign", options.rank),
                  fmt::format("{} {} {}", number, arrived.load(), measure_standstill().count()));
        for (int rank = 0; rank < options.size; ++rank) read_sign(rank, number);
        end_round(number);
      } catch (const std::exception&) {
        store_lost = true;
        break;
      }
    }
    ended = true;
  }

  /// Called once a round. Counted in rounds: a process that is stopped does not stand still.
  std::chrono::seconds measure_standstill() {
    const auto before = std::exchange(worked, read_clock(worker));
    still_rounds = worked == before ? still_rounds + 1 : 0;
    return std::chrono::duration_cast<std::chrono::seconds>(still_rounds * interval);
  }

  /// Counts how long the store does not answer, but not while this process is stopped itself.
  void count() {
    while (!stop_after_interval()) ++unanswered;
  }

  bool stop_after_interval() {
    std::unique_lock lock(mutex);
    return stopped.wait_for(lock, interval, [this] { return stop; });
  }

  std::string read(const std::string& key_to_read) {
    std::string value = store.get(key_to_read).value_or("");
    unanswered = 0;
    return value;
  }

  void read_sign(int rank, int64_t number) {
    const std::string sign = read(key("sign", rank));
    const std::lock_guard lock(mutex);
    Peer& peer = peers[static_cast<size_t>(rank)];
    if (sign == peer.sign) return;
    peer.sign = sign;
    peer.round = number;
    std::istringstream numbers(sign);
    int64_t sign_number = 0, seconds = 0;
    numbers >> sign_number >> peer.arrived >> seconds;
    peer.standstill = std::chrono::seconds(seconds);
  }

  void end_round(int64_t number) {
    const std::string reason = read(failure_key(options.attempt));
    const std::lock_guard lock(mutex);
    failure = reason;
    round = number;
  }

  std::optional<std::string> announced() const {
    const std::lock_guard lock(mutex);
    return failure.empty() ? std::nullopt : std::optional(failure);
  }

  /// The process that has been silent for the longest time, if that is `limit` or longer. Counted in rounds,
  /// of which there are none while this process is stopped, or the one that keeps the store: the others'
  /// signs come first afterwards.
  std::optional<std::string> silent(Clock::duration limit) const {
    const std::lock_guard lock(mutex);
    const auto oldest = std::min_element(peers.begin(), peers.end(),
                                         [](const Peer& a, const Peer& b) { return a.round < b.round; });
    const Seconds silence = (round - oldest->round) * interval;
    if (silence < limit) return std::nullopt;
    return fmt::format(
        "{} has given no sign of life for {:.0f} s: it has died, it hangs, or it can't be reached",
        name(static_cast<int>(oldest - peers.begin())), silence.count());
  }

  /// A process that the others wait for and that has stood still for too long.
  std::optional<std::string> stuck() const {
    const std::lock_guard lock(mutex);
    for (int rank = 0; rank < options.size; ++rank) {
      const Peer& peer = peers[static_cast<size_t>(rank)];
      if (rank == options.rank || peer.arrived >= arrived) continue;
      if (peer.standstill < kTimeoutsOfStandstill * options.timeout) continue;
      return fmt::format(
          "{} has stood still for {} s: it waits for what does not come, such as the answer of a disk "
          "(--timeout allows more)",
          name(rank), peer.standstill.count());
    }
    return std::nullopt;
  }

  /// The processes that are alive but have come to fewer exchanges than this one.
  std::optional<std::string> late() const {
    const std::lock_guard lock(mutex);
    std::vector<std::string> late_ones;
    for (int rank = 0; rank < options.size; ++rank)
      if (rank != options.rank && peers[static_cast<size_t>(rank)].arrived < arrived)
        late_ones.push_back(name(rank));
    if (late_ones.empty()) return std::nullopt;
    return fmt::format("{} is alive but has not come to the exchange", fmt::join(late_ones, ", "));
  }

  std::optional<std::string> lost() const {
    return store_lost ? std::optional(describe_loss()) : std::nullopt;
  }

  std::optional<std::string> store_silent(Clock::duration limit) const {
    const Seconds silence = unanswered.load() * interval;
    return silence < limit ? std::nullopt : std::optional(describe_silence(keeper(), silence));
  }
};

Watch::Watch(const KeyStore& store, const Options& options) {
  // Detached, because a store whose process hangs never answers.
  auto joined = start_detached([store, options, worker = clock_of_this_thread()] {
    auto state = std::make_shared<State>(store, options, worker);
    state->join();
    return state;
  });
  const Clock::duration limit = options.timeout + 2 * patience_of(options);
  if (joined.wait_for(limit) != std::future_status::ready)
    fail("given up: {}", describe_silence(options.launcher_hosts_store ? "the launcher" : "rank 0", limit));
  state_ = joined.get();
  beating_ = std::thread([state = state_] { state->beat(); });
  counting_ = std::thread([state = state_] { state->count(); });
}

Watch::~Watch() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->stopped.notify_all();
  const auto end = Clock::now() + std::chrono::seconds(1);
  while (!state_->ended && Clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (state_->ended)
    beating_.join();
  else
    beating_.detach();  // it waits for a process that hangs, or a machine that has vanished
  counting_.join();
}

void Watch::arrive() { ++state_->arrived; }

std::optional<std::string> Watch::problem() const {
  if (auto reason = state_->announced()) return reason;
  if (auto reason = state_->lost()) return reason;
  if (auto reason = state_->stuck()) return reason;
  return state_->silent(state_->options.timeout);
}

std::optional<std::string> Watch::store_silence() const {
  return state_->store_silent(state_->options.timeout);
}

std::string Watch::explain(const std::string& what) const {
  const auto patience = state_->patience;
  const auto end = Clock::now() + patience;
  while (Clock::now() < end) {
    if (const auto reason = problem()) return *reason;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (const auto reason = state_->store_silent(patience)) return *reason;
  if (const auto reason = state_->silent(patience - 2 * state_->interval)) return *reason;
  if (const auto reason = state_->late()) return fmt::format("{}: {}", what, *reason);
  return what;
}

std::string Watch::announce(const std::string& reason) const { return state_->announce(reason); }

std::string Watch::name_of(int rank) const { return state_->name(rank); }

}  // namespace angle
