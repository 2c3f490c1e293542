// What a streaming job has read and begun before it is written.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <iterator>

namespace angle {

/// A mistake in what follows the windows (a line that is not UTF-8, a pipe that breaks) waits until their
/// rows are written.
template <class Window>
struct Ahead {
  std::deque<Window> windows;
  std::exception_ptr mistake;
  bool at_end = false;  // nothing more is read

  /// Does a step of reading on, which may fail.
  template <class Step>
  void go_on(const Step& step) {
    if (at_end) return;
    try {
      step();
    } catch (...) {
      mistake = std::current_exception();
      at_end = true;
    }
  }

  /// Whether all is written; throws the mistake then.
  bool is_used_up() const {
    if (!at_end || !windows.empty()) return false;
    if (mistake) std::rethrow_exception(mistake);
    return true;
  }

  bool has_room(int64_t windows_ahead) const {
    return windows.empty() || (!at_end && std::ssize(windows) <= windows_ahead);
  }
};

}  // namespace angle
