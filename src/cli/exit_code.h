// What the program ends with.
#pragma once

namespace angle::cli {

constexpr int kUserError = 1;      // the user can fix it
constexpr int kWrongUsage = 2;     // of the command line
constexpr int kBug = 70;           // in the program
constexpr int kInterrupted = 130;  // the state is saved

}  // namespace angle::cli
