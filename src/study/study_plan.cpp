#include "angle/study/study_plan.h"

#include <map>

#include "angle/error.h"
#include "angle/io/checksum.h"
#include "angle/train/deciding_part.h"

namespace angle {
namespace {

using Assignments = std::vector<std::string>;

void append(Assignments& assignments, const Assignments& more) {
  assignments.insert(assignments.end(), more.begin(), more.end());
}

TrainConfig apply(json base, const Assignments& assignments, const std::string& source) {
  for (const std::string& assignment : assignments) apply_override(base, assignment);
  return parse_config(base, source);
}

/// What is set for each row, but for the seed. Error with what is wrong with all of them.
std::vector<Assignments> row_assignments(const StudyConfig& study, const Assignments& overrides,
                                         const json& base, const std::string& source) {
  Assignments common = override_assignments(study.set, "set");
  if (!study.precision.empty()) common.push_back("train.precision=" + study.precision);
  for (const std::string& assignment : overrides)
    if (assignment.starts_with("train.seed"))
      fail("--set {}: the seeds are those of the study; change \"seeds\" in {}", assignment, source);
  append(common, overrides);
  apply(base, common, study.base);  // so that what is wrong with all rows is told once

  std::vector<Assignments> rows;
  std::string problems;
  for (const StudyRow& row : study.rows) {
    Assignments assignments = common;
    append(assignments, override_assignments(row.set, "set"));
    const std::string where = fmt::format("{}: row \"{}\"", source, row.name);
    try {
      apply(base, assignments, where);
    } catch (const Error& error) {
      const std::string problem = error.what();
      problems += problems.empty() ? "" : "\n";
      problems += problem.starts_with(where) ? problem : where + ": " + problem;
    }
    rows.push_back(std::move(assignments));
  }
  if (!problems.empty()) fail("{}", problems);
  return rows;
}

std::string key_of(const TrainConfig& config, const json& inputs) {
  const json identity = {{"config", deciding_part(config)}, {"inputs", inputs}};
  return checksum(identity.dump()).substr(0, 16);
}

}  // namespace

StudyPlan plan_study(const StudyConfig& study, const std::vector<std::string>& overrides,
                     const InputChecksums& inputs, const std::string& source) {
  const json base = read_json(study.base);
  const std::vector<Assignments> rows = row_assignments(study, overrides, base, source);

  StudyPlan plan;
  plan.runs_of.resize(rows.size());
  std::map<std::string, size_t> known;  // runs by key
  for (const int64_t seed : study.seeds) {
    for (size_t row = 0; row < rows.size(); ++row) {
      StudyRun run{.key = {}, .seed = seed, .config = {}, .inputs = {}, .assignments = rows[row], .rows = {}};
      run.assignments.push_back(fmt::format("train.seed={}", seed));
      run.config = apply(base, run.assignments, study.base);
      run.inputs = inputs(run.config);
      run.key = key_of(run.config, run.inputs);
      const auto [entry, is_new] = known.try_emplace(run.key, plan.runs.size());
      if (is_new) plan.runs.push_back(std::move(run));
      plan.runs[entry->second].rows.push_back(study.rows[row].name);
      plan.runs_of[row].push_back(entry->second);
    }
  }
  return plan;
}

}  // namespace angle
