// This machine by one of its names.
#pragma once

#include <string>

namespace angle {

/// Whether a host is this machine by its name or IPv4 address alone: localhost, 127.0.0.1.
inline bool is_loopback(const std::string& host) {
  const bool is_address = host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || (is_address && host.starts_with("127."));
}

}  // namespace angle
