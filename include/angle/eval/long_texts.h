// Texts longer than the model reads, cut and in windows (text/token_windows.h): what the rest of a text is
// worth.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/eval/evaluate.h"
#include "angle/eval/own_data.h"

namespace angle {

/// What a model scores when it reads long texts in one way.
struct ReadScores {
  const EvaluationReport& report;
  std::span<const OwnDataResult> own_data;
};

/// One number in both ways of reading.
struct LongTextDifference {
  std::string task;        // with its split, if any; `average sts`; the name of a task on own data
  int64_t texts = 0;       // that were read; 0 for an average
  int64_t long_texts = 0;  // of these, how many are longer than the model reads
  std::string metric;
  double cut = 0.0;
  double in_windows = 0.0;
  std::optional<Interval> interval;  // of 95 %, of in_windows − cut, on the same resamples
  std::optional<double> p_value;     // two-sided, of "no difference"

  double difference() const { return in_windows - cut; }
};

/// How many texts are longer than the model reads.
///
/// @param cut  what was read with long texts cut
int64_t count_long_texts(const ReadScores& cut);

/// Paired differences of all scores but thresholds and baselines.
///
/// @param metrics      of scored pairs
/// @param on_own_data  of scores of a similarity on own data, those that these name
std::vector<LongTextDifference> compare_long_texts(const ReadScores& cut, const ReadScores& in_windows,
                                                   std::span<const Metric> metrics,
                                                   std::span<const Metric> on_own_data);

/// A table of both scores and their difference × 100. Ends with a line end.
std::string format_long_texts(std::span<const LongTextDifference> differences);

/// [{"task", "texts", "long_texts", "metric", "truncate", "windows", "difference", "interval": [low, high],
/// "p_value"}]
nlohmann::json long_texts_json(std::span<const LongTextDifference> differences);

}  // namespace angle
