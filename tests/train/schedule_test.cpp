// Invariants:
// - the factors are those of Hugging Face's schedules (golden: the learning rates of a recorded run);
// - with a warm-up the first step has rate 0; linear and cosine reach 0 one step after the last;
// - every factor is in [0, 1], for any numbers of steps.
#include "angle/train/schedule.h"

#include <cmath>

#include <gtest/gtest.h>

namespace angle {
namespace {

TEST(ScheduleFactor, FollowsTheRecordedRun) {
  // transformers' linear schedule: 20 steps, 5 of them warm-up.
  const double rates[20] = {0,          0.0002,     0.0004,     0.0006,    0.0008,    0.001,     14e-3 / 15,
                            13e-3 / 15, 12e-3 / 15, 11e-3 / 15, 1e-2 / 15, 9e-3 / 15, 8e-3 / 15, 7e-3 / 15,
                            6e-3 / 15,  5e-3 / 15,  4e-3 / 15,  3e-3 / 15, 2e-3 / 15, 1e-3 / 15};
  for (int64_t step = 0; step < 20; ++step)
    EXPECT_NEAR(1e-3 * schedule_factor(ScheduleKind::linear, step, 5, 20), rates[step], 1e-15)
        << "step " << step;
}

TEST(ScheduleFactor, WarmsUpFromZeroForEveryKind) {
  for (const ScheduleKind kind : {ScheduleKind::linear, ScheduleKind::cosine, ScheduleKind::constant}) {
    EXPECT_EQ(schedule_factor(kind, 0, 4, 10), 0.0);
    EXPECT_EQ(schedule_factor(kind, 1, 4, 10), 0.25);
    EXPECT_EQ(schedule_factor(kind, 4, 4, 10), 1.0);
  }
}

TEST(ScheduleFactor, StartsAtFullRateWithoutWarmUp) {
  for (const ScheduleKind kind : {ScheduleKind::linear, ScheduleKind::cosine, ScheduleKind::constant})
    EXPECT_EQ(schedule_factor(kind, 0, 0, 10), 1.0);
}

TEST(ScheduleFactor, LinearAndCosineEndAtZero) {
  for (const ScheduleKind kind : {ScheduleKind::linear, ScheduleKind::cosine}) {
    EXPECT_GT(schedule_factor(kind, 9, 2, 10), 0.0);
    EXPECT_EQ(schedule_factor(kind, 10, 2, 10), 0.0);
    EXPECT_EQ(schedule_factor(kind, 11, 2, 10), 0.0);
  }
}

TEST(ScheduleFactor, CosineIsHalfAWave) {
  EXPECT_NEAR(schedule_factor(ScheduleKind::cosine, 6, 2, 10), 0.5, 1e-15);
  EXPECT_NEAR(schedule_factor(ScheduleKind::cosine, 4, 2, 10), 0.5 + std::sqrt(2.0) / 4, 1e-15);
}

TEST(ScheduleFactor, ConstantStaysAfterTheWarmUp) {
  for (const int64_t step : {3, 10, 99}) EXPECT_EQ(schedule_factor(ScheduleKind::constant, step, 3, 10), 1.0);
}

TEST(ScheduleFactor, StaysBetweenZeroAndOne) {
  for (const ScheduleKind kind : {ScheduleKind::linear, ScheduleKind::cosine, ScheduleKind::constant})
    for (int64_t total = 0; total < 6; ++total)
      for (int64_t warmup = 0; warmup < 9; ++warmup)
        for (int64_t step = 0; step < 9; ++step) {
          const double factor = schedule_factor(kind, step, warmup, total);
          EXPECT_TRUE(factor >= 0 && factor <= 1)
              << step << " of " << total << ", warm-up " << warmup << ": " << factor;
        }
}

}  // namespace
}  // namespace angle
