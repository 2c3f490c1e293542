#include "angle/eval/long_texts.h"

#include <algorithm>

#include "angle/error.h"
#include "angle/eval/compare.h"

#include "eval/paired_difference.h"
#include "eval/table.h"

namespace angle {
namespace {

using nlohmann::json;

/// The evaluation that a difference of compare() is of; none for an average.
const Evaluation* evaluation_of(const ScoreDifference& difference, const EvaluationReport& report) {
  const auto found =
      std::find_if(report.evaluations.begin(), report.evaluations.end(), [&](const Evaluation& evaluation) {
        return evaluation.task->name == difference.task && evaluation.split == difference.split;
      });
  return found == report.evaluations.end() ? nullptr : &*found;
}

LongTextDifference of_pairs(const ScoreDifference& difference, const EvaluationReport& cut) {
  const Evaluation* const evaluation = evaluation_of(difference, cut);
  return {.task = difference.split.empty() ? difference.task : difference.task + "/" + difference.split,
          .texts = evaluation == nullptr ? 0 : evaluation->scores.texts,
          .long_texts = evaluation == nullptr ? 0 : evaluation->scores.cut_texts,
          .metric = to_string(difference.metric),
          .cut = difference.other,
          .in_windows = difference.score,
          .interval = difference.interval,
          .p_value = difference.p_value};
}

LongTextDifference of_own_data(const OwnDataResult& result, const NamedScore& cut,
                               const NamedScore& in_windows) {
  const std::vector<double> resampled = subtract(in_windows.resampled, cut.resampled);
  return {.task = result.task.name,
          .texts = result.statistics.texts,
          .long_texts = result.statistics.texts_cut,
          .metric = cut.name,
          .cut = cut.value,
          .in_windows = in_windows.value,
          .interval = confidence_interval(resampled),
          .p_value = difference_p_value(resampled)};
}

Cells row(const LongTextDifference& difference) {
  const bool is_average = difference.texts == 0;
  Cells cells = {difference.task,
                 difference.metric,
                 is_average ? "" : std::to_string(difference.texts),
                 is_average ? "" : std::to_string(difference.long_texts),
                 fmt::format("{:.2f}", 100.0 * difference.cut),
                 fmt::format("{:.2f}", 100.0 * difference.in_windows)};
  for (std::string& cell : difference_cells(difference.difference(), difference.interval, difference.p_value))
    cells.push_back(std::move(cell));
  return cells;
}

}  // namespace

int64_t count_long_texts(const ReadScores& cut) {
  int64_t count = 0;
  for (const Evaluation& evaluation : cut.report.evaluations) count += evaluation.scores.cut_texts;
  for (const OwnDataResult& result : cut.own_data) count += result.statistics.texts_cut;
  return count;
}

std::vector<LongTextDifference> compare_long_texts(const ReadScores& cut, const ReadScores& in_windows,
                                                   std::span<const Metric> metrics) {
  std::vector<LongTextDifference> differences;
  for (const ScoreDifference& difference : compare(in_windows.report, cut.report, metrics))
    differences.push_back(of_pairs(difference, cut.report));
  for (size_t task = 0; task < cut.own_data.size(); ++task) {
    const OwnDataResult& result = cut.own_data[task];
    for (size_t i = 0; i < result.scores.size(); ++i) {
      const NamedScore& score = result.scores[i];
      if (!score.is_threshold && !score.is_baseline && is_of(score, metrics))
        differences.push_back(of_own_data(result, score, in_windows.own_data[task].scores.at(i)));
    }
  }
  return differences;
}

std::string format_long_texts(std::span<const LongTextDifference> differences) {
  constexpr size_t kFirstNumber = 2;
  std::vector<Cells> rows{
      {"task", "metric", "texts", "too long", "cut", "in windows", "difference", "95 % interval", "p"}};
  for (const LongTextDifference& difference : differences) rows.push_back(row(difference));
  return fmt::format(
      "\n{}\ntoo long: texts of more tokens than the model reads; difference: in windows - cut, x 100; "
      "interval "
      "and p (two-sided, of no difference) of the same resamples for both\n",
      format_table(rows, kFirstNumber));
}

json long_texts_json(std::span<const LongTextDifference> differences) {
  json list = json::array();
  for (const LongTextDifference& difference : differences) {
    list.push_back({{"task", difference.task},
                    {"texts", difference.texts},
                    {"long_texts", difference.long_texts},
                    {"metric", difference.metric},
                    {"truncate", difference.cut},
                    {"windows", difference.in_windows},
                    {"difference", difference.difference()},
                    {"interval", interval_json(difference.interval)},
                    {"p_value", difference.p_value ? json(*difference.p_value) : json()}});
  }
  return list;
}

}  // namespace angle
