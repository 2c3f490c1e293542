// When to ask again. Invariants:
// - every status has an outcome: what may pass is retried, what is ours to mend is not;
// - Retry-After is read as seconds or as a date, and nothing else;
// - the delay doubles, stays within half and the whole of it, and never exceeds max_wait_seconds;
// - a pacer spaces requests evenly however many threads ask, and holds all of them back.
#include "annotate/retry.h"

#include <gtest/gtest.h>

#include "annotate/pacer.h"

namespace angle {
namespace {

using std::chrono::seconds;

TEST(OutcomeOfStatus, TellsWhatMayPass) {
  EXPECT_EQ(outcome_of_status(200, ""), Outcome::answered);
  for (const int status : {408, 409, 425, 429, 500, 502, 503, 504, 529})
    EXPECT_EQ(outcome_of_status(status, "overloaded"), Outcome::retry) << status;
  for (const int status : {400, 413, 422})
    EXPECT_EQ(outcome_of_status(status, ""), Outcome::give_up) << status;
  for (const int status : {204, 301, 307, 401, 402, 403, 404, 405})
    EXPECT_EQ(outcome_of_status(status, ""), Outcome::stop_asking) << status;
  EXPECT_EQ(outcome_of_status(429, R"({"error":{"code":"insufficient_quota"}})"), Outcome::stop_asking);
}

TEST(ParseRetryAfter, ReadsSecondsAndDates) {
  constexpr std::time_t kNow = 1'700'000'000;  // Tue, 14 Nov 2023 22:13:20 GMT
  EXPECT_EQ(parse_retry_after("7", kNow), 7);
  EXPECT_EQ(parse_retry_after("0.5", kNow), 0.5);
  EXPECT_EQ(parse_retry_after("Tue, 14 Nov 2023 22:13:50 GMT", kNow), 30);
  EXPECT_EQ(parse_retry_after("Tue, 14 Nov 2023 22:13:00 GMT", kNow), 0);
  for (const char* value : {"", "soon", "-1", "inf", "nan", "1e999", "7 s", "Tue, 14 Nov 2023 22:13:50 CET"})
    EXPECT_EQ(parse_retry_after(value, kNow), std::nullopt) << value;
}

TEST(BackoffDelay, DoublesWithJitterUpToTheLongestWait) {
  const EndpointConfig endpoint{.backoff_seconds = 2, .max_wait_seconds = 60};
  EXPECT_DOUBLE_EQ(backoff_delay(endpoint, 0, 0), 1);
  EXPECT_NEAR(backoff_delay(endpoint, 0, 0.999999), 2, 1e-5);
  EXPECT_DOUBLE_EQ(backoff_delay(endpoint, 3, 0), 8 * backoff_delay(endpoint, 0, 0));
  for (const int64_t attempt : {10, 100, 1'000'000'000})
    EXPECT_DOUBLE_EQ(backoff_delay(endpoint, attempt, 0.3), 60);
}

TEST(Pacer, SpacesRequestsEvenly) {
  Pacer pacer(60);
  const Pacer::Clock::time_point start = Pacer::Clock::now();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pacer.reserve(start), start + seconds(i));
  EXPECT_EQ(pacer.reserve(start + seconds(100)), start + seconds(100));  // no credit for idle time
  EXPECT_EQ(pacer.reserve(start + seconds(100)), start + seconds(101));
}

TEST(Pacer, LetsEverythingThroughWithoutALimit) {
  Pacer pacer(0);
  const Pacer::Clock::time_point start = Pacer::Clock::now();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pacer.reserve(start), start);
}

TEST(Pacer, HoldsAllRequestsBack) {
  Pacer pacer(60);
  const Pacer::Clock::time_point start = Pacer::Clock::now();
  pacer.hold(start + seconds(30));
  pacer.hold(start + seconds(10));  // a shorter pause takes nothing from a longer one
  EXPECT_EQ(pacer.held_until(), start + seconds(30));
  EXPECT_EQ(pacer.reserve(start), start + seconds(30));
  EXPECT_EQ(pacer.reserve(start), start + seconds(31));
}

}  // namespace
}  // namespace angle
