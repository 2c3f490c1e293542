// How OpenMP's threads wait for each other.
#pragma once

namespace angle::cli {

/// Starts the program again with GOMP_SPINCOUNT set, unless the user has chosen a way of waiting; libgomp
/// reads it only when it is loaded. Returns when there is nothing to do or it can't be done.
///
/// By default libgomp's threads spin for milliseconds: beside another busy process training is then ten times
/// slower. Sleeping at once costs a fifth on an idle machine; spinning for a moment loses little in either
/// case (BENCHMARKS.md).
void restart_with_openmp_defaults(char** argv);

}  // namespace angle::cli
