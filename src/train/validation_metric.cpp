#include "angle/train/validation_metric.h"

#include <algorithm>
#include <vector>

#include "angle/error.h"
#include "angle/eval/metric.h"
#include "angle/eval/own_data.h"
#include "angle/suggest.h"

namespace angle {
namespace {

bool is_own_data_metric(const std::string& name) {
  const auto& kinds = json_names(OwnDataKind{});
  return std::any_of(kinds.begin(), kinds.end(), [&](const auto& kind) {
    const std::vector<std::string> metrics = own_data_metrics(kind.first);
    return std::find(metrics.begin(), metrics.end(), name) != metrics.end();
  });
}

}  // namespace

bool ValidationMetric::decides_on(const TaskName& measured) const {
  return !is_loss() && (task.empty() || task == measured.task) && has_metric(measured, name);
}

std::string ValidationMetric::measured_on(const TaskName& measured) const {
  return has_metric(measured, name) ? name : metrics_of(measured).front();
}

ValidationMetric parse_validation_metric(std::string_view name, std::span<const TaskName> tasks) {
  if (is_validation_loss(name)) return {"", std::string(name)};
  if (name.starts_with("val_"))
    fail("evaluation.metric {}: unknown loss{}; losses: {}", name, suggestion(name, validation_losses()),
         fmt::join(validation_losses(), ", "));
  const size_t slash = name.rfind('/');
  const bool of_one = slash != std::string_view::npos;
  ValidationMetric metric{std::string(name.substr(0, of_one ? slash : 0)),
                          std::string(of_one ? name.substr(slash + 1) : name)};
  std::vector<TaskName> meant;
  for (const TaskName& task : tasks)
    if (metric.task.empty() || metric.task == task.task) meant.push_back(task);
  if (meant.empty() && of_one)
    fail("evaluation.metric: {}, but evaluation.task does not name {}", name, metric.task);
  if (!meant.empty())
    require_metric(metric.name, meant, "evaluation.metric");
  else if (!is_own_data_metric(metric.name))
    parse_metric(metric.name, "evaluation.metric");  // not measured, but it may be misspelt all the same
  return metric;
}

}  // namespace angle
