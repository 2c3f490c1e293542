// Whether a reader survives damaged bytes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "angle/error.h"

#include "fuzz/mutator.h"

namespace angle::testing {

/// Writes a new file: file systems flush one that is overwritten, which takes longer than reading it.
inline std::filesystem::path write_anew(const std::filesystem::path& path, const std::string& content) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

/// What became of the mutants of a sample.
struct MutantOutcome {
  uint64_t mutant = 0;  // the one at hand
  int64_t accepted = 0;
  int64_t refused = 0;  // by an angle::Error
  char failure[500] = "";
};

/// Memory that a child process writes and its parent reads.
class SharedOutcome {
 public:
  SharedOutcome()
      : place_(
            mmap(nullptr, sizeof(MutantOutcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
        outcome_(place_ == MAP_FAILED ? throw std::bad_alloc() : new (place_) MutantOutcome) {}
  ~SharedOutcome() { munmap(place_, sizeof(MutantOutcome)); }
  SharedOutcome(const SharedOutcome&) = delete;
  SharedOutcome& operator=(const SharedOutcome&) = delete;
  MutantOutcome* operator->() { return outcome_; }
  MutantOutcome& operator*() { return *outcome_; }

 private:
  void* place_;
  MutantOutcome* outcome_;
};

/// From here on the process gets no more than so many bytes.
inline void limit_memory([[maybe_unused]] uint64_t more_bytes) {
#ifndef __SANITIZE_ADDRESS__  // whose shadow takes terabytes of addresses
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t bytes = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) + more_bytes;
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_AS, &limit);
#endif
}

/// Reads the mutants 0 … count − 1 of a sample in a child process. The test fails when one of them ends it,
/// gives another exception than angle::Error, takes more than 256 MB or more than 20 seconds; the message
/// names the seed of that mutant.
inline MutantOutcome read_mutants(const std::string& sample, uint64_t count,
                                  const std::function<void(const std::string&)>& read) {
  EXPECT_NO_THROW(read(sample)) << "the sample itself";
  SharedOutcome outcome;
  const pid_t child = fork();
  if (child == 0) {
    limit_memory(uint64_t{256} << 20);
    for (; outcome->mutant < count; ++outcome->mutant) {
      alarm(20);
      try {
        read(Mutator(outcome->mutant).mutate(sample));
        ++outcome->accepted;
      } catch (const Error&) {
        ++outcome->refused;
      } catch (const std::exception& error) {
        std::snprintf(outcome->failure, sizeof outcome->failure, "%s", error.what());
        _exit(1);
      }
    }
    _exit(0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_FALSE(WIFSIGNALED(status)) << "mutant " << outcome->mutant << ": signal " << WTERMSIG(status);
  EXPECT_STREQ(outcome->failure, "") << "mutant " << outcome->mutant << ", which is no angle::Error";
  EXPECT_EQ(outcome->mutant, count);
  return *outcome;
}

}  // namespace angle::testing
