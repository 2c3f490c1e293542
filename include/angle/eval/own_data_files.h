// The files of tasks on the user's own data (own_data.h): which they are, and what is in them. Knows no
// torch.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "angle/data/examples.h"
#include "angle/eval/labelled_texts.h"
#include "angle/eval/own_data.h"

namespace angle {

/// The names that columns have in the user's files, by ours: `left`, `right`, `label`; `text`, `label`.
using ColumnNames = std::map<std::string, std::string>;

/// Everything that is read for a task. Error when something of it is not there.
std::vector<std::filesystem::path> own_data_files(const OwnDataTask& task);

/// Reads it all. Error for what is damaged, or can't give a score to any model.
void check_own_data(const OwnDataTask& task, const ColumnNames& columns = {});

/// The files of `pairs:`.
struct PairFiles {
  std::filesystem::path test;
  std::filesystem::path chosen_on;  // the pairs that thresholds are chosen on; empty: those of the test
};

PairFiles pair_files(const OwnDataTask& task);

/// Pairs with labels 0 and 1, of which there are some with 1.
std::vector<ScoredPair> read_binary_pairs(const std::filesystem::path& file, const ColumnNames& columns = {});

/// The split of `retrieval:` that is scored.
inline constexpr const char* kRetrievalSplit = "test";

/// The texts of `classify:`, of at least two classes.
struct ProbeTexts {
  LabelledTexts train;
  LabelledTexts test;
};

ProbeTexts read_probe_texts(const OwnDataTask& task, const ColumnNames& columns = {});

/// The texts of `cluster:`, of at least two classes.
LabelledTexts read_cluster_texts(const OwnDataTask& task, const ColumnNames& columns = {});

}  // namespace angle
