#include "report/html_parts.h"

#include <spdlog/fmt/fmt.h>

#include "report/svg_chart.h"

namespace angle {

std::string key_of(size_t colour, const std::string& name) {
  return fmt::format("<span class=\"key c{}\"></span>{}", colour % kChartColours, escape_html(name));
}

std::string long_text(const std::string& html) {
  constexpr size_t kLong = 40;
  return html.size() <= kLong ? html : "<span class=\"long\">" + html + "</span>";
}

std::string html_table(const std::vector<std::string>& head,
                       const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<div class=\"scroll\"><table>\n<tr>";
  for (const std::string& cell : head) html += "<th>" + escape_html(cell) + "</th>";
  for (const auto& row : rows) {
    html += "</tr>\n<tr>";
    for (const std::string& cell : row) html += "<td>" + cell + "</td>";
  }
  return html + "</tr>\n</table></div>\n";
}

std::string charts_section(const std::string& heading, const std::string& note, const std::string& charts) {
  if (charts.empty()) return "";
  return "<h2>" + heading + "</h2>\n" + (note.empty() ? "" : "<p>" + note + "</p>\n") +
         "<div class=\"charts\">\n" + charts + "</div>\n";
}

}  // namespace angle
