#include "angle/openmp_cpus.h"

#include <omp.h>
#include <vector>

namespace angle {

cpu_set_t openmp_cpus() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  for (int place = 0; place < omp_get_num_places(); ++place) {
    std::vector<int> numbers(static_cast<size_t>(omp_get_place_num_procs(place)));
    omp_get_place_proc_ids(place, numbers.data());
    for (const int number : numbers) CPU_SET(number, &cpus);
  }
  return cpus;
}

}  // namespace angle
