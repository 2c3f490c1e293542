// The source of all random numbers outside of dropout that a result depends on: SplitMix64, the same on every
// machine. The standard library's distributions and std::shuffle differ from one implementation to the next.
#pragma once

#include <cstdint>

namespace angle {

/// SplitMix64 (Steele, Lea & Flood, OOPSLA 2014): a counter whose every value is mixed to 64 random bits.
class SplitMix64 {
 public:
  static constexpr uint64_t kStep = 0x9E3779B97F4A7C15;  // of the counter

  explicit SplitMix64(uint64_t seed) : state_(seed) {}

  uint64_t next() { return mix(state_ += kStep); }

  /// Uniform in [0, bound), without bias.
  uint64_t below(uint64_t bound);

  /// Uniform in [0, 1): the highest 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// A bijection that spreads every bit of its input over all of its output.
  static uint64_t mix(uint64_t value) {
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
    return value ^ (value >> 31);
  }

 private:
  uint64_t state_;
};

/// A seed that has nothing to do with those of other numbers of the same seed.
uint64_t derive_seed(uint64_t seed, uint64_t number);

}  // namespace angle
