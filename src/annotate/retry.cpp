#include "annotate/retry.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace angle {

Outcome outcome_of_status(int status, const std::string& body) {
  if (status == 200) return Outcome::answered;
  if (status == 429 && body.find("insufficient_quota") != std::string::npos) return Outcome::stop_asking;
  if (status >= 500 || status == 408 || status == 409 || status == 425 || status == 429)
    return Outcome::retry;
  if (status == 400 || status == 413 || status == 422) return Outcome::give_up;
  return Outcome::stop_asking;
}

std::optional<double> parse_retry_after(const std::string& value, std::time_t now) {
  double seconds = 0;
  const char* end = value.data() + value.size();
  const auto [parsed, error] = std::from_chars(value.data(), end, seconds);
  if (parsed == end && error == std::errc() && std::isfinite(seconds) && seconds >= 0) return seconds;
  std::tm date{};
  const char* rest = strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  return std::max(0.0, std::difftime(timegm(&date), now));
}

double backoff_delay(const EndpointConfig& endpoint, int64_t attempt, double random) {
  const double delay =
      endpoint.backoff_seconds * std::ldexp(1.0, static_cast<int>(std::min<int64_t>(attempt, 60)));
  return std::min(delay * (0.5 + random / 2), endpoint.max_wait_seconds);
}

}  // namespace angle
