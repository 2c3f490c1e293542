// What the program ends with. Wrong usage is what the command line alone shows: an unknown option, a value
// that it does not take, options that do not go together. All else that the user can fix lies outside of it:
// files, configurations (`--set` too), data, models, the machine (but for a number of threads or workers that
// it has no cores for).
#pragma once

namespace angle::cli {

constexpr int kUserError = 1;      // the user can fix it
constexpr int kWrongUsage = 2;     // of the command line
constexpr int kBug = 70;           // in the program
constexpr int kInterrupted = 130;  // the state is saved

}  // namespace angle::cli
