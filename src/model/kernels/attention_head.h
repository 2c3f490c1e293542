// What the kernels of attention share. Internal linkage, see tile.h.
#pragma once

#include "model/kernels/kernels.h"

namespace angle::kernels {
namespace {

constexpr int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// The task of one head.
///
/// @param element  of query, key and value
inline AttentionTask head_of(AttentionTask task, Element element, int64_t head) {
  const int64_t column = head * task.head_size;
  const auto skip = [column](const void* data, Element of) {
    return static_cast<const char*>(data) + column * bytes_of(of);
  };
  task.query = skip(task.query, element);
  task.key = skip(task.key, element);
  task.value = skip(task.value, element);
  task.context.data = static_cast<char*>(task.context.data) + column * bytes_of(task.context.element);
  task.heads = 1;
  return task;
}

}  // namespace
}  // namespace angle::kernels
