// What is in a data set and what training would make of it: `angle data` without the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "angle/data/examples.h"
#include "angle/data/reader.h"
#include "angle/text/statistics.h"
#include "angle/text/tokenizer.h"

namespace angle {

struct DataReportOptions {
  std::optional<DataFormat> format;          // empty: by the names of the columns
  ReadOptions reading;                       // columns, label scale
  int64_t batch_size = 32;                   // for what in-batch negatives would see
  std::optional<double> positive_threshold;  // label from which a scored pair is positive
  const Tokenizer* tokenizer = nullptr;      // null: no token lengths
  int64_t max_seq_length = 0;                // with a tokenizer: tokens, special ones included
  std::string left_prompt, right_prompt;     // as the data set's in training
  size_t most_texts = 1'300'000;             // told apart exactly; of more texts a random share is looked at
  std::function<void(int64_t rows)> progress = {};
};

/// Labels in [low, high), the last bar with `high`; low = high for a bar that is one label.
struct HistogramBar {
  double low, high;
  int64_t count;
};

/// Labels of scored pairs.
struct LabelReport {
  double lowest = 0, highest = 0;
  std::vector<HistogramBar> histogram;
  int64_t identical_pairs = 0;             // left = right
  int64_t contradictions = 0;              // of these: with a label below `middle`
  double middle = 0;                       // of the label scale, or of the labels found when none is declared
  std::vector<int64_t> contradictions_at;  // lines of the first
  std::optional<int64_t> positives;        // labels at or above the threshold, when there is one
};

/// How often texts and pairs come again. Counts are estimates where `exact` is false.
struct RepetitionReport {
  bool exact = true;
  int64_t distinct_texts = 0;
  int64_t repeated_texts = 0;         // occurrences of a text in another row than its first
  int64_t most_rows = 0;              // rows with the most frequent text
  int64_t distinct_pairs = 0;         // (a, b) and (b, a) are the same pair
  int64_t repeated_pairs = 0;         // rows whose pair has been there before
  int64_t conflicting_pairs = 0;      // scored pairs with different labels in different rows
  std::vector<int64_t> conflicts_at;  // lines of the first
  int64_t batch_size = 0;
  double anchors_in_batch = 0;    // expected number of rows in a random batch whose left text (or query) is
                                  // also in another row of the batch
  double positives_in_batch = 0;  // the same of right texts (or positives): as a negative of another row such
                                  // a text teaches the opposite of the truth
};

/// Tokens per text, special ones included, before anything is cut.
struct LengthReport {
  int64_t max_seq_length = 0;
  int64_t shortest = 0, median = 0, percentile_95 = 0, percentile_99 = 0, longest = 0;
  double mean = 0;
  TextStatistics texts;  // as the model would see them: what is cut, what is unknown
};

struct DataReport {
  std::filesystem::path file;
  DataFormat format = DataFormat::scored_pairs;
  std::vector<std::string> columns;   // names in the file; of JSONL the fields of the first row
  int64_t rows = 0;                   // that can be used
  int64_t bad_rows = 0;               // that can't; training refuses the file
  int64_t empty_texts = 0;            // bad rows of which that is the reason
  std::vector<std::string> problems;  // `file:line: what is wrong` of the first bad rows
  int64_t rows_not_in_problems = 0;   // bad ones, of which `problems` has no room to tell
  int64_t ignored_fields = 0;
  std::optional<LabelReport> labels;  // of scored pairs
  RepetitionReport repetitions;
  std::optional<LengthReport> lengths;
};

/// Reads the file once, in bounded memory. Texts are told apart by 64-bit hashes. Error for a file that can't
/// be read or has no rows, and for columns that do not fit the format; what is wrong with single rows is in
/// the report.
DataReport examine_data(const std::filesystem::path& file, const DataReportOptions& options);

/// The report for people, with a line end.
std::string format_data_report(const DataReport& report);

/// Everything in the report, with all digits.
nlohmann::json data_report_json(const DataReport& report);

}  // namespace angle
