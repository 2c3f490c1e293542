#include "angle/eval/own_data_files.h"

#include "angle/data/reader.h"
#include "angle/error.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

const fs::path& require_there(const fs::path& file) {
  if (!fs::exists(file)) fail("{}: no such file or directory", file.string());
  return file;
}

/// The column of ids, taken for the classes, would cost hours and gigabytes.
void require_repeated_labels(const LabelledTexts& data, const fs::path& file) {
  const auto classes = static_cast<int64_t>(data.classes.size());
  if (classes == data.size())
    fail("{}: every text has a label of its own; is `label` the column of classes?", file.string());
  if (2 * classes > data.size())
    fail("{}: {} labels for {} texts; is `label` the column of classes?", file.string(), classes,
         data.size());
}

/// The files of `pairs:`.
struct PairFiles {
  fs::path test;
  fs::path chosen_on;  // empty: there is none beside the test
};

PairFiles pair_files(const OwnDataTask& task) {
  if (!fs::is_directory(task.path)) return {require_there(task.path), {}};
  PairFiles files{split_file(task.path, "test"), find_split_file(task.path, "validation")};
  if (files.chosen_on.empty()) files.chosen_on = find_split_file(task.path, "train");
  return files;
}

std::vector<ScoredPair> read_binary_file(const fs::path& file, const ColumnNames& columns) {
  std::vector<ScoredPair> pairs = read_scored_pairs(file, {.columns = columns}).examples;
  bool any_positive = false;
  for (const ScoredPair& pair : pairs) {
    if (pair.label != 0 && pair.label != 1)
      fail("{}:{}: label {}: expected 0 or 1", file.string(), pair.line, pair.label);
    any_positive |= pair.label == 1;
  }
  if (!any_positive) fail("{}: no pair has label 1; there is nothing to find", file.string());
  return pairs;
}

BinaryPairs read_binary_pairs(const OwnDataTask& task, const ColumnNames& columns) {
  const PairFiles files = pair_files(task);
  BinaryPairs pairs{read_binary_file(files.test, columns), {}, files.chosen_on};
  if (!files.chosen_on.empty()) pairs.chosen_on = read_binary_file(files.chosen_on, columns);
  return pairs;
}

/// Error for a damaged corpus, and for one without any relevant document.
void check_corpus(const fs::path& directory, const RelevanceGrades& grades) {
  constexpr int64_t kDocumentsInMemory = 4096;
  CorpusReader corpus(directory);
  std::vector<std::string> ids;
  while (true) {
    const std::vector<IdentifiedText> documents = corpus.next(kDocumentsInMemory);
    if (documents.empty()) break;
    for (const IdentifiedText& document : documents) ids.push_back(document.id);
  }
  count_relevant(directory, grades, ids);
}

RetrievalQueries read_retrieval(const OwnDataTask& task) {
  RetrievalQueries read{read_judgements(task.path, task.split), {}};
  read.queries = read_queries(task.path, read.judged.grades, task.split);
  check_corpus(task.path, read.judged.grades);
  return read;
}

ProbeTexts read_probe_texts(const OwnDataTask& task, const ColumnNames& columns) {
  ProbeTexts texts;
  texts.train = read_labelled_texts(split_file(task.path, "train"), columns);
  texts.test = read_labelled_texts(split_file(task.path, "test"), columns, texts.train.classes);
  if (texts.train.classes.size() < 2) fail("{}: all training texts have the same label", task.path.string());
  require_repeated_labels(texts.train, task.path);
  return texts;
}

LabelledTexts read_cluster_texts(const OwnDataTask& task, const ColumnNames& columns) {
  LabelledTexts texts = read_labelled_texts(task.path, columns);
  if (texts.classes.size() < 2) fail("{}: all texts have the same label", task.path.string());
  require_repeated_labels(texts, task.path);
  return texts;
}

}  // namespace

std::vector<fs::path> own_data_files(const OwnDataTask& task) {
  switch (task.kind) {
    case OwnDataKind::pairs: {
      const PairFiles files = pair_files(task);
      return files.chosen_on.empty() ? std::vector{files.test} : std::vector{files.test, files.chosen_on};
    }
    case OwnDataKind::retrieval:
      return retrieval_files(task.path, task.split);
    case OwnDataKind::classify:
      return {split_file(task.path, "train"), split_file(task.path, "test")};
    case OwnDataKind::cluster:
      return {require_there(task.path)};
  }
  return {};
}

OwnData read_own_data(const OwnDataTask& task, const ColumnNames& columns) {
  switch (task.kind) {
    case OwnDataKind::pairs:
      return {task, read_binary_pairs(task, columns)};
    case OwnDataKind::retrieval:
      return {task, read_retrieval(task)};
    case OwnDataKind::classify:
      return {task, read_probe_texts(task, columns)};
    case OwnDataKind::cluster:
      return {task, read_cluster_texts(task, columns)};
  }
  return {};
}

}  // namespace angle
