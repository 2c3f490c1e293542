#include "angle/train/validation_metric.h"

#include <algorithm>

#include "angle/error.h"
#include "angle/eval/tasks.h"
#include "angle/suggest.h"

namespace angle {
namespace {

const std::vector<std::string>& loss_names() {
  static const std::vector<std::string> names = {"val_loss", "val_loss_cosine", "val_loss_in_batch",
                                                 "val_loss_angle"};
  return names;
}

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<TaskName> parse_task_names(std::string_view list, const std::string& split) {
  std::vector<TaskName> names;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view entry = without_blanks(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (entry.empty()) continue;
    if (is_own_task(entry)) {
      names.push_back({std::string(entry), ""});
      continue;
    }
    const size_t slash = std::min(entry.find('/'), entry.size());
    names.push_back({std::string(entry.substr(0, slash)),
                     slash < entry.size() ? std::string(entry.substr(slash + 1)) : split});
  }
  return names;
}

ValidationMetric parse_validation_metric(std::string_view name) {
  const auto& losses = loss_names();
  if (std::find(losses.begin(), losses.end(), name) != losses.end()) return {.loss = std::string(name)};
  if (name.starts_with("val_"))
    fail("evaluation.metric {}: unknown loss{}; losses: {}", name, suggestion(std::string(name), losses),
         fmt::join(losses, ", "));
  const size_t slash = name.rfind('/');
  const bool of_one = slash != std::string_view::npos;
  return {.task = std::string(name.substr(0, of_one ? slash : 0)),
          .correlation = parse_metric(of_one ? name.substr(slash + 1) : name, "evaluation.metric")};
}

}  // namespace angle
