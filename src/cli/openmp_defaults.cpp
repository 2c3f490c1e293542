// OpenMP's waiting, set before its run time starts.
//
// By default libgomp's threads wait for each other by spinning. On a machine with other work that is ruinous:
// training on two cores beside another busy process fell from 41 to 4–8 pairs a second. The policy is read
// when the library is loaded, before main(), so it is set by a function of .preinit_array, which runs before
// those of any library.
#include <cstdlib>

namespace {

void wait_without_spinning(int, char**, char**) { setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/0); }

[[gnu::section(".preinit_array"),
  gnu::used]] void (*const kSetOpenMpDefaults)(int, char**, char**) = wait_without_spinning;

}  // namespace
