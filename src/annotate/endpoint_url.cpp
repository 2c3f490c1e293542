#include "annotate/endpoint_url.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "loopback.h"

namespace angle {
namespace {

bool is_this_machine(const std::string& host) { return is_loopback(host) || host == "[::1]"; }

/// The name of a parameter behind the `?` of a path that is a key by its name; "" for none.
std::string secret_parameter(const std::string& path) {
  for (size_t at = path.find('?'); at != std::string::npos; at = path.find('&', at + 1)) {
    const size_t end = std::min(path.find_first_of("=&#", at + 1), path.size());
    const std::string name = path.substr(at + 1, end - at - 1);
    std::string lower = name;
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    for (const char* word : {"key", "token", "secret", "password", "signature", "auth"})
      if (lower.find(word) != std::string::npos) return name;
  }
  return "";
}

}  // namespace

EndpointUrl split_endpoint_url(const std::string& url) {
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string::npos) return {};
  const size_t path_begin = std::min(url.find_first_of("/?#", scheme_end + 3), url.size());
  const std::string host_port = url.substr(scheme_end + 3, path_begin - scheme_end - 3);
  const size_t host_end = host_port.starts_with('[') ? host_port.find(']') + 1 : host_port.find(':');
  return {.scheme_host_port = url.substr(0, path_begin),
          .host = host_port.substr(0, host_end),
          .path = url.substr(path_begin)};
}

std::string endpoint_url_problem(const std::string& url, bool has_key) {
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  const EndpointUrl parts = split_endpoint_url(url);
  if (!printable || parts.host.empty() || !(url.starts_with("http://") || url.starts_with("https://")))
    return "expected an address such as https://api.example.com/v1/chat/completions";
  if (parts.scheme_host_port.find('@') != std::string::npos)
    return "holds a user or password; keys come from the environment (key_variable)";
  if (const std::string name = secret_parameter(parts.path); !name.empty())
    return fmt::format(
        "holds a key ({}=…), which would be written to annotate_config.json; keys come from the "
        "environment (key_variable) and are sent in a header (key_header)",
        name);
  if (!parts.path.starts_with('/') || parts.path == "/")
    return "lacks the path, such as /v1/chat/completions";
  if (has_key && url.starts_with("http://") && !is_this_machine(parts.host))
    return "http would send the key in plain text; use https";
  return "";
}

}  // namespace angle
