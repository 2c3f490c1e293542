#include "cli/openmp_defaults.h"

#include <cstdlib>
#include <unistd.h>

namespace angle::cli {

void restart_with_openmp_defaults(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/1);
  execv("/proc/self/exe", argv);
}

}  // namespace angle::cli
