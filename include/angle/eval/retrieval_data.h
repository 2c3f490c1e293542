// A retrieval data set in BEIR's layout (Thakur et al., arXiv 2104.08663): a directory with
//
//     corpus.jsonl    {"_id": "d1", "title": "may be missing", "text": "…"}
//     queries.jsonl   {"_id": "q1", "text": "…"}
//     qrels/test.tsv  a header, then query-id <tab> corpus-id <tab> score; one for each split
//
// Each may be compressed (`corpus.jsonl.gz`). The corpus is read a part at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "angle/io/line_reader.h"

namespace angle {

/// A document or a query.
struct IdentifiedText {
  std::string id;
  std::string text;  // of a document: its title, a space and its text
};

/// The grades that people gave to documents, by query and document.
using RelevanceGrades = std::map<std::string, std::map<std::string, int64_t>>;

/// The three files of a directory, the qrels those of a split. Error when one is not there; of a split that
/// is not, with those that are.
std::vector<std::filesystem::path> retrieval_files(const std::filesystem::path& directory,
                                                   const std::string& split);

/// What people judged of a split.
struct Judgements {
  RelevanceGrades grades;
  int64_t left_out = 0;  // queries without a relevant document: nothing that is found for them is right
};

/// Reads `<directory>/qrels/<split>.tsv`. Error `file:line: …` for all lines, the first 20 of them, that are
/// not three columns with a whole number at the end, or grade a pair again; Error for a file without any
/// relevant document.
Judgements read_judgements(const std::filesystem::path& directory, const std::string& split);

/// The queries that have a relevant document, in the order of the file. Error `file:line: …` for all damaged
/// lines and ids that come again, and for all lines of the qrels whose query is not there.
///
/// @param grades  those of the split
std::vector<IdentifiedText> read_queries(const std::filesystem::path& directory,
                                         const RelevanceGrades& grades, const std::string& split);

/// The documents, one after another.
class CorpusReader {
 public:
  explicit CorpusReader(const std::filesystem::path& directory);

  /// At most `count` documents; none at the end. Error `file:line: …` for a damaged line and for an id that
  /// comes twice, and for a file without documents.
  std::vector<IdentifiedText> next(int64_t count);

 private:
  std::filesystem::path file_;
  LineReader lines_;
  std::unordered_set<std::string> seen_;  // ids
};

/// Of the relevant documents of all queries, how many there are, and how many the corpus does not have: they
/// can't be found, and nobody notices.
struct RelevantDocuments {
  int64_t all = 0;
  int64_t missing = 0;
};

/// Error when the corpus has none of them.
///
/// @param directory  for the message
/// @param corpus     the ids of all documents
RelevantDocuments count_relevant(const std::filesystem::path& directory, const RelevanceGrades& grades,
                                 std::span<const std::string> corpus);

}  // namespace angle
