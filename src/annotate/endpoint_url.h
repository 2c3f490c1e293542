// The address of an endpoint, taken apart and checked.
#pragma once

#include <string>

namespace angle {

/// `https://api.example.com:8443/v1/chat/completions`
struct EndpointUrl {
  std::string scheme_host_port;  // https://api.example.com:8443
  std::string host;              // api.example.com
  std::string path;              // /v1/chat/completions, with the query
};

EndpointUrl split_endpoint_url(const std::string& url);

/// What is wrong with an address, or "". With a key, only https or this machine will do, since http sends it
/// in plain text.
std::string endpoint_url_problem(const std::string& url, bool has_key);

}  // namespace angle
