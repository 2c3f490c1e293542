#include "angle/eval/long_texts.h"

#include <utility>

#include "angle/error.h"
#include "angle/eval/compare.h"
#include "angle/or_null.h"

#include "eval/paired_difference.h"
#include "eval/table.h"

namespace angle {
namespace {

using nlohmann::json;

/// How many texts were read, and how many of them are too long.
struct TextCounts {
  int64_t texts = 0;
  int64_t long_texts = 0;
};

/// Of what a difference is of; none for an average.
TextCounts counts_of(const ScoreDifference& difference, const ReadScores& cut) {
  for (const Evaluation& evaluation : cut.report.evaluations)
    if (evaluation.task->name == difference.task && evaluation.split == difference.split)
      return {evaluation.scores.texts, evaluation.scores.cut_texts};
  for (const OwnDataResult& result : cut.own_data)
    if (result.task.name == difference.task) return {result.statistics.texts, result.statistics.texts_cut};
  return {};
}

/// `stsb/test`; `retrieval:faq dev`, since a path has slashes of its own.
std::string task_and_split(const ScoreDifference& difference) {
  if (difference.split.empty()) return difference.task;
  const bool has_path = difference.task.find(':') != std::string::npos;
  return difference.task + (has_path ? " " : "/") + difference.split;
}

LongTextDifference with_counts(const ScoreDifference& difference, const TextCounts& counts) {
  return {.task = task_and_split(difference),
          .texts = counts.texts,
          .long_texts = counts.long_texts,
          .metric = difference.metric,
          .cut = difference.other,
          .in_windows = difference.score,
          .interval = difference.interval,
          .p_value = difference.p_value};
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
                                                   std::span<const Metric> metrics,
                                                   std::span<const Metric> on_own_data) {
  std::vector<ScoreDifference> all = compare(in_windows.report, cut.report, metrics);
  for (ScoreDifference& difference : compare_own_data(in_windows.own_data, cut.own_data, on_own_data))
    all.push_back(std::move(difference));
  std::vector<LongTextDifference> differences;
  for (const ScoreDifference& difference : all)
    differences.push_back(with_counts(difference, counts_of(difference, cut)));
  return differences;
}

std::string format_long_texts(std::span<const LongTextDifference> differences) {
  constexpr size_t kFirstNumber = 2;
  std::vector<Cells> rows{
      {"task", "metric", "texts", "too long", "cut", "in windows", "difference", "95 % interval", "p"}};
  for (const LongTextDifference& difference : differences) rows.push_back(row(difference));
  return fmt::format(
      "\n{}\ntoo long: texts of more tokens than the model reads; difference: in windows - cut, x 100; "
      "interval and p (two-sided, of no difference) of the same resamples for both\n",
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
                    {"p_value", or_null(difference.p_value)}});
  }
  return list;
}

}  // namespace angle
