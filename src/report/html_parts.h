// Pieces of the page that its sections are made of.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace angle {

/// A name behind the colour of its lines.
std::string key_of(size_t colour, const std::string& name);

/// HTML that is broken into lines in a table's cell where it is long, as paths are.
std::string long_text(const std::string& html);

/// @param head  as text
/// @param rows  as HTML
std::string html_table(const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows);

/// A heading, a note if there is one, and charts beside each other; "" without charts.
std::string charts_section(const std::string& heading, const std::string& note, const std::string& charts);

}  // namespace angle
