// When and how long to wait before a request is sent again.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>

#include "angle/annotate/annotate_config.h"

namespace angle {

/// What came of a request.
enum class Outcome {
  answered,
  retry,       // failed in a way that may pass
  give_up,     // failed, and would again
  stop_asking  // the endpoint would answer no other request either: key, address, certificate
};

/// What an HTTP status means. 429 is no matter of waiting when the body tells that the account has no credit
/// left (`insufficient_quota`).
Outcome outcome_of_status(int status, const std::string& body);

/// Seconds to wait by a Retry-After header (RFC 9110, 10.2.3): seconds, or a date; none when it is neither.
std::optional<double> parse_retry_after(const std::string& value, std::time_t now);

/// Exponential back-off with jitter: backoff · 2^attempt · (0.5 + random / 2), at most max_wait_seconds.
///
/// @param attempt  0 before the first retry
/// @param random   in [0, 1)
double backoff_delay(const EndpointConfig& endpoint, int64_t attempt, double random);

}  // namespace angle
