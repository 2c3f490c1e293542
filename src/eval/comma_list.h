#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace angle {

/// The entries of a comma list, without blanks around them; empty ones are left out.
std::vector<std::string> parse_comma_list(std::string_view list);

}  // namespace angle
