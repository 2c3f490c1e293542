// Which CPUs a thread runs on.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace angle {

/// The CPUs that the calling thread may run on, in the order of packages and cores, so that those which share
/// a core or a memory are beside each other. None where the system does not tell.
std::vector<int> allowed_cpus();

/// [first, last) of part `index` of `count` things in `parts` as equal as it goes.
std::pair<size_t, size_t> part_of(size_t count, size_t index, size_t parts);

/// The CPUs of a part; when there are fewer CPUs than parts, one that another part has too.
std::vector<int> cpus_of_part(std::span<const int> cpus, size_t index, size_t parts);

/// Lets the calling thread, and the threads that it starts from now on, run on these alone. With none, or
/// when they have been taken from the process meanwhile, all stays as it is.
void bind_this_thread(std::span<const int> cpus);

}  // namespace angle
