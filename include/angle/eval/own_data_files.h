// The files of tasks on the user's own data (own_data.h): which they are, and what is in them. They are read
// once, however often a model is scored on them. Knows no torch.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "angle/data/examples.h"
#include "angle/eval/labelled_texts.h"
#include "angle/eval/own_data.h"
#include "angle/eval/retrieval_data.h"

namespace angle {

/// The names that columns have in the user's files, by ours: `left`, `right`, `label`; `text`, `label`.
using ColumnNames = std::map<std::string, std::string>;

/// Everything that is read for a task. Error when something of it is not there.
std::vector<std::filesystem::path> own_data_files(const OwnDataTask& task);

/// The pairs of `pairs:`, with labels 0 and 1, of which there are some with 1.
struct BinaryPairs {
  std::vector<ScoredPair> test;
  std::vector<ScoredPair> chosen_on;  // that thresholds are chosen on; empty: those of the test
  std::filesystem::path chosen_on_file = {};
};

/// The queries of `retrieval:`. Its corpus may be larger than the memory, and is read again for every search.
struct RetrievalQueries {
  Judgements judged;
  std::vector<IdentifiedText> queries;
};

/// The texts of `classify:`, of at least two classes.
struct ProbeTexts {
  LabelledTexts train;
  LabelledTexts test;
};

/// A task with what was read of its files, by its kind; of `cluster:` the texts, of at least two classes.
struct OwnData {
  OwnDataTask task;
  std::variant<BinaryPairs, RetrievalQueries, ProbeTexts, LabelledTexts> content;
};

/// Reads all files, the corpus too. Error for what is damaged, or can't give a score to any model.
OwnData read_own_data(const OwnDataTask& task, const ColumnNames& columns = {});

}  // namespace angle
