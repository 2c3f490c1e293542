#include "angle/eval/report.h"

#include <algorithm>
#include <vector>

#include "angle/error.h"
#include "angle/eval/group_table.h"
#include "angle/eval/task_name.h"
#include "angle/or_null.h"

#include "eval/paired_difference.h"
#include "eval/table.h"

namespace angle {
namespace {

using nlohmann::json;

const Correlation& of(const Correlations& correlations, Similarity similarity) {
  return correlations[static_cast<size_t>(similarity)];
}

/// `82.03`, with its interval `82.03 [80.12 83.75]`.
std::string with_interval(double value, std::span<const double> resampled) {
  const auto interval = confidence_interval(resampled);
  const std::string text = fmt::format("{:.2f}", 100.0 * value);
  return interval ? fmt::format("{} [{:.2f} {:.2f}]", text, 100.0 * interval->low, 100.0 * interval->high)
                  : text;
}

std::string number(const Correlations& correlations, const ResampledScores& resampled, const Metric& metric) {
  const auto value = of(correlations, metric.similarity).value(metric.statistic);
  return value ? with_interval(*value, resampled_values(resampled, metric)) : "n/a";
}

std::string id(const Evaluation& evaluation) { return task_id({evaluation.task->name, evaluation.split}); }

/// Columns: task, split, pairs, then one for each similarity, with a number or two.
constexpr size_t kFirstNumber = 2;

/// Adds the number of metrics[i], to the last cell if that is of the same similarity.
///
/// @param width  of a number
void add_number(Cells& cells, std::span<const Metric> metrics, size_t i, const std::string& number,
                size_t width) {
  if (i == 0 || metrics[i].similarity != metrics[i - 1].similarity)
    cells.push_back(fmt::format("{:>{}}", number, width));
  else
    cells.back() += fmt::format(" {:>{}}", number, width);
}

/// `r` or `rho`, above numbers with or without an interval.
std::string statistic_header(Statistic statistic, bool with_intervals) {
  const std::string name = statistic == Statistic::pearson ? "r" : "rho";
  return with_intervals ? name + " [95 % interval]" : name;
}

bool has_intervals(const EvaluationReport& report) {
  return std::any_of(report.evaluations.begin(), report.evaluations.end(),
                     [](const Evaluation& evaluation) { return !evaluation.resampled.empty(); });
}

constexpr size_t kNumberWidth = 6;              // 100.00
constexpr size_t kNumberAndIntervalWidth = 20;  // 82.03 [80.12 83.75]

/// The names of similarities, and below them r and rho.
std::vector<Cells> header_rows(std::span<const Metric> metrics, bool with_intervals, size_t width) {
  Cells similarities{"", "", ""};
  Cells statistics{"task", "split", "pairs"};
  for (size_t i = 0; i < metrics.size(); ++i) {
    add_number(statistics, metrics, i, statistic_header(metrics[i].statistic, with_intervals), width);
    if (similarities.size() < statistics.size()) similarities.push_back(to_string(metrics[i].similarity));
  }
  return {similarities, statistics};
}

/// `average sts`, or `average sts, 6 of 7` when tasks are missing.
std::string average_name(const GroupAverage& average) {
  const size_t tasks = average.group->tasks.size();
  const std::string partial =
      average.missing.empty() ? "" : fmt::format(", {} of {}", average.scored.size(), tasks);
  return "average " + average.group->name + partial + (average.noted ? " *" : "");
}

std::vector<Cells> table_rows(const EvaluationReport& report, std::span<const Metric> metrics) {
  const bool with_intervals = has_intervals(report);
  const size_t width = with_intervals ? kNumberAndIntervalWidth : kNumberWidth;
  std::vector<Cells> rows = header_rows(metrics, with_intervals, width);
  const auto add_row = [&](Cells cells, const Correlations& correlations, const ResampledScores& resampled) {
    for (size_t i = 0; i < metrics.size(); ++i)
      add_number(cells, metrics, i, number(correlations, resampled, metrics[i]), width);
    rows.push_back(std::move(cells));
  };
  for (const Evaluation& evaluation : report.evaluations) {
    const std::string mark = evaluation.notes.empty() ? "" : " *";
    add_row({evaluation.task->name + mark, evaluation.split, std::to_string(evaluation.scores.pairs)},
            evaluation.scores.correlations, evaluation.resampled);
  }
  for (const GroupAverage& average : report.averages)
    add_row({average_name(average), "", ""}, average.correlations, average.resampled);
  return rows;
}

/// `sts12/test: STS12, all subsets …; 5234 texts, 0 cut (0.00 %); swap asymmetry 0.1832; published …`
std::string details(const Evaluation& evaluation) {
  const StsScores& scores = evaluation.scores;
  const double share = scores.texts > 0
                           ? 100.0 * static_cast<double>(scores.cut_texts) / static_cast<double>(scores.texts)
                           : 0.0;
  std::string line =
      fmt::format("{}: {}, {}; {} texts, {} cut ({:.2f} %)", id(evaluation), evaluation.task->title,
                  evaluation.task->protocol, scores.texts, scores.cut_texts, share);
  if (scores.texts_in_windows > 0) line += fmt::format(", {} in windows", scores.texts_in_windows);
  if (scores.zero_vectors > 0) line += fmt::format(", {} with a zero vector", scores.zero_vectors);
  if (scores.swap_asymmetry) line += fmt::format("; swap asymmetry {:.4f}", *scores.swap_asymmetry);
  for (const Baseline& baseline : evaluation.baselines) {
    const auto score = baseline.correlation.spearman;
    line += fmt::format("; {} {}", baseline.title,
                        score ? with_interval(*score, baseline.resampled.spearman)
                              : fmt::format("n/a ({})", baseline.correlation.why_undefined));
  }
  if (evaluation.split == evaluation.task->default_split() && !evaluation.task->published.empty())
    line += "; published " + evaluation.task->published;
  return line + "\n";
}

/// Whether a score that is defined was resampled in vain.
bool lacks_interval(const Correlations& correlations, const ResampledScores& resampled,
                    const Metric& metric) {
  const auto values = resampled_values(resampled, metric);
  return of(correlations, metric.similarity).value(metric.statistic) && !values.empty() &&
         !confidence_interval(values);
}

/// A line for each reason why columns are n/a or have no interval.
std::string undefined_lines(const std::string& what, const Correlations& correlations,
                            const ResampledScores& resampled, std::span<const Metric> metrics) {
  std::vector<std::string> lines;
  for (const Metric& metric : metrics) {
    const Correlation& correlation = of(correlations, metric.similarity);
    const std::string similarity = to_string(metric.similarity);
    std::string line;
    if (!correlation.value(metric.statistic))
      line = fmt::format("{}: {} is n/a: {}\n", what, similarity, correlation.why_undefined);
    else if (lacks_interval(correlations, resampled, metric))
      line = fmt::format("{}: {} has no interval: {}\n", what, similarity, kWhyNoInterval);
    if (!line.empty() && std::find(lines.begin(), lines.end(), line) == lines.end())
      lines.push_back(std::move(line));
  }
  return fmt::format("{}", fmt::join(lines, ""));
}

json scores_json(const Correlations& correlations, const ResampledScores& resampled) {
  json scores = json::object();
  for (const Similarity similarity : kSimilarities) {
    const Correlation& correlation = of(correlations, similarity);
    json& entry = scores[to_string(similarity)];
    for (const Statistic statistic : {Statistic::pearson, Statistic::spearman}) {
      const auto value = correlation.value(statistic);
      entry[to_string(statistic)] = or_null(value);
      if (resampled.empty()) continue;
      const Metric metric{similarity, statistic};
      entry[to_string(statistic) + "_interval"] =
          interval_json(confidence_interval(resampled_values(resampled, metric)));
      if (lacks_interval(correlations, resampled, metric)) entry["no_interval"] = kWhyNoInterval;
    }
    if (!correlation.why_undefined.empty()) entry["undefined"] = correlation.why_undefined;
  }
  return scores;
}

json baselines_json(const Evaluation& evaluation) {
  json baselines = json::object();
  for (const Baseline& baseline : evaluation.baselines) {
    json& entry = baselines[baseline.name];
    for (const Statistic statistic : {Statistic::pearson, Statistic::spearman}) {
      const auto value = baseline.correlation.value(statistic);
      const std::vector<double>& resampled = baseline.resampled.of(statistic);
      entry[to_string(statistic)] = or_null(value);
      if (!resampled.empty())
        entry[to_string(statistic) + "_interval"] = interval_json(confidence_interval(resampled));
    }
    if (!baseline.correlation.why_undefined.empty()) entry["undefined"] = baseline.correlation.why_undefined;
  }
  return baselines;
}

json evaluation_json(const Evaluation& evaluation) {
  const StsScores& scores = evaluation.scores;
  return {{"task", evaluation.task->name},
          {"split", evaluation.split},
          {"file", evaluation.file.string()},
          {"protocol", evaluation.task->protocol},
          {"published", evaluation.task->published},
          {"pairs", scores.pairs},
          {"texts", scores.texts},
          {"cut_texts", scores.cut_texts},
          {"texts_in_windows", scores.texts_in_windows},
          {"zero_vectors", scores.zero_vectors},
          {"swap_asymmetry", or_null(scores.swap_asymmetry)},
          {"scores", scores_json(scores.correlations, evaluation.resampled)},
          {"baselines", baselines_json(evaluation)},
          {"notes", evaluation.notes}};
}

json average_json(const GroupAverage& average) {
  return {{"group", average.group->name},
          {"complete", average.missing.empty()},
          {"tasks", average.scored},
          {"missing", average.missing},
          {"published", average.group->published},
          {"scores", scores_json(average.correlations, average.resampled)}};
}

}  // namespace

std::string format_model(const ReportedModel& model, const std::string& role) {
  std::string text = fmt::format("{}: {}\npipeline: {}\n", role, model.name, model.pipeline);
  if (!model.prompt.empty())
    text += fmt::format("prompt: {}, the model's default\n", json(model.prompt).dump());
  return text;
}

std::string format_report(const EvaluationReport& report, const ReportedModel& model,
                          std::span<const Metric> metrics) {
  std::string text = "\n";
  text += format_table(table_rows(report, metrics), kFirstNumber);
  text += fmt::format("\nr: Pearson, rho: Spearman, x 100; distances are negated; angle: {}\n",
                      json(report.angle).get<std::string>());
  if (has_intervals(report))
    text += fmt::format("intervals: 95 %, percentiles of {} bootstrap resamples of the pairs, seed {}\n",
                        report.bootstrap.resamples, report.bootstrap.seed);

  for (const Evaluation& evaluation : report.evaluations) {
    text += details(evaluation);
    text += undefined_lines(id(evaluation), evaluation.scores.correlations, evaluation.resampled, metrics);
    for (const std::string& note : evaluation.notes) text += fmt::format("* {}: {}\n", id(evaluation), note);
  }
  for (const GroupAverage& average : report.averages) {
    if (average.missing.empty())
      text += fmt::format("{}: published {}\n", average_name(average), average.group->published);
    text += undefined_lines(average_name(average), average.correlations, average.resampled, metrics);
  }
  for (const GroupAverage& average : report.averages) {
    const std::string table = format_group_table(*average.group, report, model.name);
    if (!table.empty()) text += "\n" + table;
  }
  for (const MissingTask& missing : report.missing) text += fmt::format("not scored: {}\n", missing.why);
  return text;
}

json report_json(const EvaluationReport& report, const ReportedModel& model) {
  json result = {
      {"model", model.name},          {"pipeline", model.pipeline}, {"angle_similarity", report.angle},
      {"evaluations", json::array()}, {"averages", json::array()},  {"missing", json::array()}};
  if (!model.prompt.empty()) result["prompt"] = model.prompt;
  if (has_intervals(report)) result["bootstrap"] = bootstrap_json(report.bootstrap);
  for (const Evaluation& evaluation : report.evaluations)
    result["evaluations"].push_back(evaluation_json(evaluation));
  for (const GroupAverage& average : report.averages) {
    result["averages"].push_back(average_json(average));
    result["averages"].back()["table"] = group_table_json(*average.group, report, model.name);
  }
  for (const MissingTask& missing : report.missing)
    result["missing"].push_back({{"task", missing.task->name}, {"reason", missing.why}});
  return result;
}

}  // namespace angle
