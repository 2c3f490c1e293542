// The runs of a study: rows × seeds, identical ones once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "angle/config.h"
#include "angle/study/study_config.h"

namespace angle {

/// A training run.
struct StudyRun {
  std::string key;  // 16 hexadecimal digits, the same for runs that are the same; the name of its directory
  int64_t seed = 0;
  TrainConfig config;                    // as it is in effect
  json inputs;                           // checksums of the files that it refers to
  std::vector<std::string> assignments;  // what `--set` makes of the base to get it
  std::vector<std::string> rows;         // that it is of
};

struct StudyPlan {
  std::vector<StudyRun> runs;  // in the order to run: every row with one seed, then the next seed
  std::vector<std::vector<size_t>> runs_of;  // [rows][seeds], indices of runs
};

/// What a configuration refers to, by checksum: runs on other files are other runs.
using InputChecksums = std::function<json(const TrainConfig&)>;

/// Applies, in this order, the study's overrides and precision to the base, those of the command line, the
/// row's and the seed. Two rows with the same effective configuration share their runs.
///
/// Error with the problems of every row.
///
/// @param overrides  of the base, from the command line
/// @param source     the study file, for messages
StudyPlan plan_study(const StudyConfig& study, const std::vector<std::string>& overrides,
                     const InputChecksums& inputs, const std::string& source);

}  // namespace angle
