// OpenMP's waiting, set before its run time starts.
//
// By default libgomp's threads wait for each other by spinning for milliseconds. Beside another busy process
// that is ruinous, and sleeping at once costs a fifth on an idle machine; spinning for a moment loses little
// in either case (BENCHMARKS.md). The variable is read when the library is loaded, before main(), so it is
// set by a function of .preinit_array, which runs before those of any library. What the user has set stays.
#include <cstdlib>

namespace {

void spin_for_a_moment(int, char**, char**) {
  if (!getenv("OMP_WAIT_POLICY")) setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const kSetOpenMpDefaults)(int, char**,
                                                                               char**) = spin_for_a_moment;

}  // namespace
