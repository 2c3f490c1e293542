// Where a tokenizer puts ids: up to a limit they are stored, beyond it counted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "angle/text/tokenizer.h"

namespace angle {

class IdSink {
 public:
  /// @param room      ids to store
  /// @param expected  ids for which memory is set aside
  IdSink(size_t room, size_t expected) : room_(room) { encoding_.token_ids.reserve(expected); }

  void push_back(int64_t id) {
    if (encoding_.token_ids.size() < room_)
      encoding_.token_ids.push_back(id);
    else
      ++encoding_.num_cut;
  }
  void append(std::span<const int32_t> ids) {
    const size_t stored = std::min(ids.size(), room_ - encoding_.token_ids.size());
    for (const int32_t id : ids.first(stored)) encoding_.token_ids.push_back(id);
    encoding_.num_cut += static_cast<int64_t>(ids.size() - stored);
  }

  /// The encoding, with `after` behind it.
  Encoding finish(std::span<const int64_t> after) && {
    encoding_.token_ids.insert(encoding_.token_ids.end(), after.begin(), after.end());
    return std::move(encoding_);
  }

 private:
  size_t room_;
  Encoding encoding_;
};

}  // namespace angle
