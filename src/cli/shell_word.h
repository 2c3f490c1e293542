// Command lines to show to people.
#pragma once

#include <string>

namespace angle::cli {

/// A word of a command line, in quotes where the shell would take it apart.
std::string shell_word(const std::string& word);

}  // namespace angle::cli
