// Work that may take for ever, such as waiting for another process.
#pragma once

#include <future>
#include <thread>
#include <utility>

namespace angle {

/// Does the work in a thread of its own, which is left behind when nobody waits for the result any more.
template <class Work>
auto start_detached(Work work) {
  std::packaged_task<decltype(work())()> task(std::move(work));
  auto result = task.get_future();
  std::thread(std::move(task)).detach();
  return result;
}

}  // namespace angle
