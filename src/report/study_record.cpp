#include "angle/report/study_record.h"

#include "angle/error.h"
#include "angle/io/json.h"

namespace angle {
namespace {

std::optional<double> optional_number(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

std::optional<StudyTest> test_of(const json& test) {
  if (test.is_null()) return std::nullopt;
  return StudyTest{.p_value = test.at("p_value").get<double>(),
                   .significant = test.at("significant").get<bool>()};
}

StudyRecordRow row_of(const json& row) {
  StudyRecordRow result{.name = row.at("name").get<std::string>(), .seeds = row.at("seeds").size()};
  result.mean = optional_number(row.at("mean"));
  result.deviation = optional_number(row.at("deviation"));
  const json& difference = row.at("difference");
  if (difference.is_null()) return result;
  result.difference = optional_number(difference.at("mean"));
  result.difference_deviation = optional_number(difference.at("deviation"));
  if (const json& interval = difference.at("interval"); !interval.is_null()) {
    result.low = optional_number(interval.at(0));
    result.high = optional_number(interval.at(1));
  }
  result.by_seeds = test_of(difference.at("by_seeds"));
  result.by_pairs = test_of(difference.at("by_pairs"));
  return result;
}

/// @param metric  of the study: older versions' tables all were of that one
StudyRecordTask task_of(const json& task, const std::string& metric) {
  StudyRecordTask result{.task = task.at("task").get<std::string>(),
                         .metric = task.value("metric", metric),
                         .pairs = task.at("pairs").get<int64_t>()};
  const json untrained = task.value("before_training", json());  // missing in older versions' files
  if (!untrained.is_null()) result.rows.push_back(row_of(untrained));
  for (const json& row : task.at("rows")) result.rows.push_back(row_of(row));
  result.notes = task.at("notes").get<std::vector<std::string>>();
  return result;
}

StudyRecord record_of(const json& study) {
  StudyRecord result{.name = study.at("name").get<std::string>(),
                     .description = study.at("description").get<std::string>(),
                     .command = study.at("command").get<std::string>(),
                     .baseline = study.at("baseline").get<std::string>(),
                     .runs = study.at("runs").get<int64_t>(),
                     .finished_runs = study.at("finished_runs").get<int64_t>()};
  result.failures = study.value("failures", std::vector<std::string>());  // missing in older versions' files
  result.left_out = study.value("left_out", std::string());
  for (const json& task : study.at("tasks"))
    result.tasks.push_back(task_of(task, study.at("metric").get<std::string>()));
  return result;
}

}  // namespace

bool is_study(const std::filesystem::path& directory) {
  return std::filesystem::exists(directory / "study.json");
}

StudyRecord read_study(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "study.json";
  const json study = read_json(file);
  try {
    return record_of(study);
  } catch (const json::exception& error) {
    fail("{}: not the tables of a study, as angle study writes them ({})", file.string(), error.what());
  }
}

}  // namespace angle
