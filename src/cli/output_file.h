// Outputs that would take the place of a file that the command uses.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace angle::cli {

/// A file that a command reads, or writes too.
struct UsedFile {
  std::string what;            // `the input`
  std::filesystem::path path;  // `-`: stdin; empty: none
};

/// Wrong usage when an output is one of these files, however the two are spelled, and through links too:
/// `--output x.tsv: is the input, which would be lost`.
///
/// @param option  that names the output
/// @param output  `-`: stdout, and empty: none; neither replaces anything
void refuse_lost_file(const std::string& option, const std::string& output,
                      const std::vector<UsedFile>& files);

}  // namespace angle::cli
