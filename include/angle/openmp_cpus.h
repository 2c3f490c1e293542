// Where OpenMP binds threads to CPUs: with OMP_PROC_BIND, OMP_PLACES or GOMP_CPU_AFFINITY in the environment.
#pragma once

#include <sched.h>

namespace angle {

/// The CPUs of all of OpenMP's places; none where it binds no threads.
///
/// Where it does, the thread that a program begins with is bound to the first place alone as soon as the
/// library is loaded, and a process that it starts inherits that: it is to be given these CPUs instead.
cpu_set_t openmp_cpus();

}  // namespace angle
