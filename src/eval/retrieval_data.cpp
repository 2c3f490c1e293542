#include "angle/eval/retrieval_data.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/json.h"
#include "angle/text/utf8.h"

#include "data/row_problems.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// The file, or its compressed form when only that is there.
fs::path existing(const fs::path& file) {
  fs::path compressed = file.string() + ".gz";
  if (!fs::exists(file) && fs::exists(compressed)) return compressed;
  if (!fs::exists(file))
    fail(
        "{}: no such file; a retrieval task is a directory with corpus.jsonl, queries.jsonl and "
        "qrels/test.tsv",
        file.string());
  return file;
}

/// A text field of an object; empty when it is missing and may be.
std::string text_field(const json& object, const std::string& name, bool may_be_missing,
                       const std::string& location) {
  const auto field = object.find(name);
  if (field == object.end() && may_be_missing) return {};
  if (field == object.end() || !(field->is_string() || (may_be_missing && field->is_null())))
    fail("{}: no text \"{}\"; expected {{\"_id\": \"…\", \"text\": \"…\"}}", location, name);
  return field->is_null() ? std::string() : field->get<std::string>();
}

IdentifiedText parse_text(const std::string& line, const std::string& location) {
  if (find_invalid_utf8(line)) fail("{}: not valid UTF-8", location);
  const json object = parse_json_line(line, location);
  if (!object.is_object()) fail("{}: expected a JSON object, found {}", location, object.type_name());
  IdentifiedText result{text_field(object, "_id", false, location),
                        text_field(object, "text", false, location)};
  const std::string title = text_field(object, "title", true, location);
  if (!title.empty()) result.text = title + " " + result.text;
  return result;
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

struct GradedPair {
  std::string query;
  std::string document;
  int64_t grade = 0;
};

GradedPair parse_grade(std::string_view line, const std::string& location) {
  std::vector<std::string> columns;
  for (size_t begin = 0; begin <= line.size();) {
    const size_t end = std::min(line.find('\t', begin), line.size());
    columns.emplace_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  if (columns.size() != 3)
    fail("{}: expected 3 tab-separated columns (query-id, corpus-id, score), found {}", location,
         columns.size());
  const auto grade = whole_number(columns[2]);
  if (!grade) fail("{}: score {}: expected a whole number", location, in_quotes(columns[2]));
  return {columns[0], columns[1], *grade};
}

/// The splits that a directory has qrels of.
std::set<std::string> graded_splits(const fs::path& directory) {
  std::set<std::string> splits;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory / "qrels", error)) {
    fs::path name = entry.path().filename();
    if (name.extension() == ".gz") name = name.stem();
    if (name.extension() == ".tsv") splits.insert(name.stem().string());
  }
  return splits;
}

fs::path grades_file(const fs::path& directory, const std::string& split) {
  const fs::path file = directory / "qrels" / (split + ".tsv");
  const std::set<std::string> splits = graded_splits(directory);
  if (!splits.empty() && !splits.contains(split))
    fail("{}: no such file; splits there: {}", file.string(), fmt::join(splits, ", "));
  return existing(file);
}

/// Error that names the lines of the qrels whose query is one of those missing.
[[noreturn]] void refuse_missing(const std::set<std::string>& missing, const fs::path& grades,
                                 const fs::path& queries) {
  LineReader lines(grades);
  RowProblems problems;
  std::string line;
  while (lines.next(line)) {
    const std::string query = line.substr(0, line.find('\t'));
    if (missing.contains(query))
      problems.add(
          fmt::format("{}: query {} is not in {}", lines.location(), excerpt(query), queries.string()));
  }
  problems.raise(grades.string());
  fail("{}: the file has changed while it was read", grades.string());
}

bool has_relevant(const std::map<std::string, int64_t>& grades) {
  return std::any_of(grades.begin(), grades.end(), [](const auto& entry) { return entry.second > 0; });
}

/// Columns go by their order, so a header that says another one, or none, is refused.
void check_grades_header(const std::string& line, const std::string& location) {
  constexpr const char* kHeader = "expected a header (query-id, corpus-id, score)";
  if (whole_number(line.substr(line.find_last_of('\t') + 1)))
    fail("{}: {}, found a grade", location, kHeader);
  const auto is_first = [&](const char* word) { return line.starts_with(word); };
  if (std::count(line.begin(), line.end(), '\t') != 2 || is_first("corpus") || is_first("doc"))
    fail("{}: {}, separated by tabs and in this order, found {}", location, kHeader, excerpt(line));
}

}  // namespace

std::vector<fs::path> retrieval_files(const fs::path& directory, const std::string& split) {
  return {existing(directory / "corpus.jsonl"), existing(directory / "queries.jsonl"),
          grades_file(directory, split)};
}

Judgements read_judgements(const fs::path& directory, const std::string& split) {
  const fs::path file = grades_file(directory, split);
  LineReader lines(file);
  std::string line;
  lines.next(line);
  check_grades_header(line, lines.location());
  Judgements read;
  RelevanceGrades& grades = read.grades;
  RowProblems problems;
  while (lines.next(line))
    problems.collect([&] {
      const GradedPair pair = parse_grade(line, lines.location());
      if (!grades[pair.query].emplace(pair.document, pair.grade).second)
        fail("{}: document {} is graded twice for query {}", lines.location(), excerpt(pair.document),
             excerpt(pair.query));
    });
  problems.raise(file.string());
  const auto erased = std::erase_if(grades, [](const auto& entry) { return !has_relevant(entry.second); });
  read.left_out = static_cast<int64_t>(erased);
  if (grades.empty()) fail("{}: no query has a document with a score above 0", file.string());
  return read;
}

std::vector<IdentifiedText> read_queries(const fs::path& directory, const RelevanceGrades& grades,
                                         const std::string& split) {
  const fs::path file = existing(directory / "queries.jsonl");
  LineReader lines(file);
  RowProblems problems;
  std::vector<IdentifiedText> queries;
  std::set<std::string> missing;
  for (const auto& [id, documents] : grades) missing.insert(id);
  std::string line;
  while (lines.next(line))
    problems.collect([&] {
      IdentifiedText query = parse_text(line, lines.location());
      if (!grades.contains(query.id)) return;
      if (missing.erase(query.id) == 0) fail("{}: query {} comes twice", lines.location(), excerpt(query.id));
      queries.push_back(std::move(query));
    });
  problems.raise(file.string());
  if (!missing.empty()) refuse_missing(missing, grades_file(directory, split), file);
  return queries;
}

CorpusReader::CorpusReader(const fs::path& directory)
    : file_(existing(directory / "corpus.jsonl")), lines_(file_) {}

std::vector<IdentifiedText> CorpusReader::next(int64_t count) {
  std::vector<IdentifiedText> documents;
  std::string line;
  while (static_cast<int64_t>(documents.size()) < count && lines_.next(line)) {
    documents.push_back(parse_text(line, lines_.location()));
    const std::string& id = documents.back().id;
    if (!seen_.insert(id).second)
      fail("{}: document {} comes twice in the corpus", lines_.location(), excerpt(id));
  }
  if (seen_.empty()) fail("{}: the corpus has no documents", file_.string());
  return documents;
}

RelevantDocuments count_relevant(const fs::path& directory, const RelevanceGrades& grades,
                                 std::span<const std::string> corpus) {
  std::unordered_set<std::string_view> missing;
  for (const auto& [query, documents] : grades)
    for (const auto& [document, grade] : documents)
      if (grade > 0) missing.insert(document);
  for (const std::string& id : corpus) missing.erase(id);

  RelevantDocuments relevant;
  for (const auto& [query, documents] : grades) {
    for (const auto& [document, grade] : documents) {
      if (grade <= 0) continue;
      ++relevant.all;
      if (missing.contains(document)) ++relevant.missing;
    }
  }
  if (relevant.missing == relevant.all)
    fail("{}: none of the {} relevant documents of the qrels is in the corpus; are the ids the same?",
         directory.string(), relevant.all);
  return relevant;
}

}  // namespace angle
