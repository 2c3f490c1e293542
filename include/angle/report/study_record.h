// The tables of a study, as `angle study` has left them in study.json, read back for a report.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace angle {

/// A test of a difference.
struct StudyTest {
  double p_value = 1.0;
  bool significant = false;  // after Holm's correction
};

/// A row of a table. Scores are in [-1, 1].
struct StudyRecordRow {
  std::string name;
  size_t seeds = 0;  // 0 with a mean: the model before training
  std::optional<double> mean;
  std::optional<double> deviation;
  std::optional<double> difference;  // to the baseline; empty for the baseline itself
  std::optional<double> difference_deviation;
  std::optional<double> low;  // of the interval of the difference
  std::optional<double> high;
  std::optional<StudyTest> by_seeds;
  std::optional<StudyTest> by_pairs;
};

struct StudyRecordTask {
  std::string task;                  // `stsb/test`
  std::string metric;                // `cosine_spearman`
  int64_t pairs = 0;                 // 0: an average, or on own data other than pairs
  std::vector<StudyRecordRow> rows;  // the first may be the model before training
  std::vector<std::string> notes;
};

struct StudyRecord {
  std::string name;
  std::string description;
  std::string command;
  std::string baseline;
  int64_t runs = 0;
  int64_t finished_runs = 0;
  std::vector<std::string> failures;  // of runs
  std::string left_out = {};          // of the study, where these are tables of a part
  std::vector<StudyRecordTask> tasks;
};

/// Whether a directory is the output of a study that has tables.
bool is_study(const std::filesystem::path& directory);

/// Error for a study.json that angle study has not written.
StudyRecord read_study(const std::filesystem::path& directory);

}  // namespace angle
