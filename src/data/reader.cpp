#include "angle/data/reader.h"

#include <utility>
#include <variant>

#include "angle/error.h"

#include "data/example_reader.h"
#include "data/row_problems.h"

namespace angle {

namespace {

template <class Kind>
DataSet<std::vector<Kind>> read_rows(const std::filesystem::path& path, DataFormat format,
                                     const ReadOptions& options) {
  ExampleReader reader(path, format, options);
  DataSet<std::vector<Kind>> data_set;
  RowProblems problems;
  while (reader.next()) {
    if (reader.problem().empty()) {
      data_set.examples.push_back(std::get<Kind>(std::move(reader.example())));
    } else {
      problems.add(reader);
    }
  }
  problems.raise(path.string());
  if (data_set.examples.empty()) reader.refuse_without_rows();
  data_set.ignored_fields = reader.ignored_fields();
  data_set.repaired_texts = reader.repaired_texts();
  return data_set;
}

template <class Rows>
DataSet<Examples> as_examples(DataSet<Rows> data_set) {
  return {std::move(data_set.examples), data_set.ignored_fields, data_set.repaired_texts};
}

}  // namespace

bool is_data_file(std::string_view name) { return RowReader::is_readable_name(name); }

bool is_table_file(std::string_view name) { return RowReader::is_table_name(name); }

DataSet<std::vector<ScoredPair>> read_scored_pairs(const std::filesystem::path& path,
                                                   const ReadOptions& options) {
  return read_rows<ScoredPair>(path, DataFormat::scored_pairs, options);
}

DataSet<std::vector<PositivePair>> read_positive_pairs(const std::filesystem::path& path,
                                                       const ReadOptions& options) {
  return read_rows<PositivePair>(path, DataFormat::pairs, options);
}

DataSet<std::vector<Triplet>> read_triplets(const std::filesystem::path& path, const ReadOptions& options) {
  return read_rows<Triplet>(path, DataFormat::triplets, options);
}

DataSet<Examples> read_examples(const std::filesystem::path& path, DataFormat format,
                                const ReadOptions& options) {
  switch (format) {
    case DataFormat::scored_pairs:
      return as_examples(read_scored_pairs(path, options));
    case DataFormat::pairs:
      return as_examples(read_positive_pairs(path, options));
    case DataFormat::triplets:
      return as_examples(read_triplets(path, options));
  }
  return {};
}

}  // namespace angle
