#include "angle/data/indexed_examples.h"

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "angle/cache_directory.h"
#include "angle/error.h"
#include "angle/io/checksum.h"
#include "angle/io/file.h"
#include "angle/io/json.h"

#include "data/example_reader.h"
#include "data/row_index.h"
#include "data/row_problems.h"
#include "io/byte_stream.h"
#include "io/input_file.h"

namespace angle {

namespace {

namespace fs = std::filesystem;
using Note = std::function<void(const std::string&)>;

/// A data set's file and how it is read.
struct Source {
  fs::path path;
  DataFormat format;
  ReadOptions options;
};

int64_t time_of_change(const fs::path& path) {
  return std::chrono::nanoseconds(fs::last_write_time(path).time_since_epoch()).count();
}

std::string hash_name(const std::string& text) { return fmt::format("{:016x}", text_hash(text)); }

/// A name for the way of reading: rows that are good for one may be bad for another.
std::string reading_name(const Source& source) {
  const json reading = {source.format, source.options.columns, source.options.label_scale,
                        source.options.invalid_utf8 == InvalidUtf8::replace};
  return hash_name(reading.dump(-1, ' ', false, json::error_handler_t::replace));
}

/// Where the index may be: beside the file, else in the cache.
std::vector<fs::path> index_places(const Source& source) {
  const std::string name = fmt::format("{}.{}.index", source.path.filename().string(), reading_name(source));
  const std::string place = fs::absolute(source.path).parent_path().string();
  return {source.path.parent_path() / name, cache_directory() / "indexes" / hash_name(place) / name};
}

bool is_current(const RowIndexInfo& info, const fs::path& path) {
  if (info.file_bytes != fs::file_size(path)) return false;
  return info.modified == time_of_change(path) || info.checksum == file_checksum(path);
}

/// Nothing when the index can't be written there.
std::optional<RowIndexWriter> begin_index(const fs::path& place) {
  try {
    fs::create_directories(directory_of(place));
    return std::optional<RowIndexWriter>(std::in_place, place);
  } catch (const Error&) {
  } catch (const fs::filesystem_error&) {
  }
  return std::nullopt;
}

/// Adds every row of the file; Error with all bad ones.
RowIndexInfo add_rows(const Source& source, RowIndexWriter& index) {
  RowIndexInfo info{.file_bytes = fs::file_size(source.path), .modified = time_of_change(source.path)};
  ExampleReader reader(source.path, source.format, source.options);
  if (reader.has_header()) info.header = reader.names();
  RowProblems problems;
  while (reader.next()) {
    if (!reader.problem().empty()) {
      problems.add(reader);
      continue;
    }
    index.add(static_cast<uint64_t>(reader.offset()), reader.line());
    ++info.rows;
    if (const auto* pair = std::get_if<ScoredPair>(&reader.example())) {
      const LabelRange before = info.label_range.value_or(LabelRange{pair->label, pair->label});
      info.label_range = {std::min(before.lowest, pair->label), std::max(before.highest, pair->label)};
    }
  }
  problems.raise(source.path.string());
  if (info.rows == 0) reader.refuse_without_rows();
  index.add(static_cast<uint64_t>(reader.offset()), reader.line());  // of the end
  info.ignored_fields = reader.ignored_fields();
  info.checksum = file_checksum(source.path);
  if (info.modified != time_of_change(source.path) || info.file_bytes != fs::file_size(source.path))
    fail("{}: the file was changed while it was read", source.path.string());
  return info;
}

RowIndex make_index(const Source& source, const Note& note) {
  if (note) note(fmt::format("{}: reading all rows once, to make an index of them", source.path.string()));
  for (const fs::path& place : index_places(source)) {
    std::optional<RowIndexWriter> writer = begin_index(place);
    if (!writer) continue;
    writer->commit(add_rows(source, *writer));
    auto index = RowIndex::open(place);
    if (!index) fail("{}: the index can't be read back", place.string());
    return std::move(*index);
  }
  fail("{}: an index can be written neither beside the file nor in the cache directory {}",
       source.path.string(), cache_directory().string());
}

RowIndex open_index(const Source& source, const Note& note) {
  const InputFile readable(source.path);  // else an Error, before anything is made beside it
  for (const fs::path& place : index_places(source)) {
    remove_abandoned_of(place);
    std::optional<RowIndex> index = RowIndex::open(place);
    if (index && is_current(index->info(), source.path)) return std::move(*index);
  }
  return make_index(source, note);
}

/// Removes the copies, and their indexes, of what a gzip file was before.
void remove_former_copies(const fs::path& copy, const std::string& of_path) {
  const std::string name = copy.filename().string();
  for (const auto& entry : fs::directory_iterator(copy.parent_path())) {
    const std::string other = entry.path().filename().string();
    if (other.starts_with(of_path) && !other.starts_with(name)) fs::remove(entry.path());
  }
}

/// The file with the rows as they are: the file itself, or a copy in the cache of what is in a gzip file.
fs::path plain_file(const fs::path& path, const Note& note) {
  if (!is_gzip(path)) return path;
  const std::string of_path = hash_name(fs::absolute(path).string()) + "-";
  const std::string state = fmt::format("{} {}", fs::file_size(path), time_of_change(path));
  fs::path plain = cache_directory() / "decompressed" /
                   fmt::format("{}{}.{}", of_path, hash_name(state), path.stem().string());
  remove_abandoned_of(plain);
  if (fs::exists(plain)) return plain;
  if (note) note(fmt::format("{}: decompressing it once, to {}", path.string(), plain.string()));
  fs::create_directories(plain.parent_path());
  AtomicFile file(plain);
  ByteStream bytes(path);
  std::vector<char> buffer(size_t{1} << 18);
  while (const size_t count = bytes.read(buffer)) file.write({buffer.data(), count});
  file.commit();
  remove_former_copies(plain, of_path);
  return plain;
}

Examples no_examples(DataFormat format) {
  switch (format) {
    case DataFormat::scored_pairs:
      return std::vector<ScoredPair>{};
    case DataFormat::pairs:
      return std::vector<PositivePair>{};
    case DataFormat::triplets:
      return std::vector<Triplet>{};
  }
  return {};
}

}  // namespace

struct IndexedExamples::State {
  State(Source from, const Note& note)
      : source(std::move(from)),
        index(open_index(source, note)),
        plain(plain_file(source.path, note)),
        file(plain),
        modified(time_of_change(source.path)),
        bytes(file.size()) {}

  /// Error when the data file is not what it was. What was decompressed from it is open, and may be replaced
  /// by the same bytes: several processes may have decompressed it at once.
  void check_unchanged() const {
    if (fs::exists(source.path) && time_of_change(source.path) == modified && file.size() == bytes) return;
    fail("{}: the file has been changed since the run began; start again with a file that stays as it is",
         source.path.string());
  }

  Source source;
  RowIndex index;
  fs::path plain;
  InputFile file;
  int64_t modified;
  uint64_t bytes;
};

IndexedExamples::IndexedExamples(const fs::path& path, DataFormat format, const ReadOptions& options,
                                 const Note& note)
    : state_(std::make_unique<State>(Source{path, format, options}, note)) {}
IndexedExamples::~IndexedExamples() = default;
IndexedExamples::IndexedExamples(IndexedExamples&&) noexcept = default;
IndexedExamples& IndexedExamples::operator=(IndexedExamples&&) noexcept = default;

int64_t IndexedExamples::size() const { return state_->index.info().rows; }
DataFormat IndexedExamples::format() const { return state_->source.format; }
const std::string& IndexedExamples::checksum() const { return state_->index.info().checksum; }
int64_t IndexedExamples::ignored_fields() const { return state_->index.info().ignored_fields; }
std::optional<LabelRange> IndexedExamples::label_range() const { return state_->index.info().label_range; }

Examples IndexedExamples::read(std::span<const int64_t> rows) const {
  const Source& source = state_->source;
  state_->check_unchanged();
  ExampleReader reader(source.path, source.format, source.options, state_->index.info().header);
  Examples examples = no_examples(source.format);
  for (const int64_t row : rows) {
    const RowPlace place = state_->index.place(row);
    std::string bytes(place.end - place.begin, '\0');
    bytes.resize(state_->file.read_at(place.begin, bytes));
    reader.continue_with(LineReader(std::move(bytes), source.path.string(), place.line - 1));
    if (!reader.next() || !reader.problem().empty())
      fail("{}:{}: the row is not what it was when the index was made", source.path.string(), place.line);
    std::visit(
        [&](auto& list) {
          using Kind = typename std::remove_reference_t<decltype(list)>::value_type;
          list.push_back(std::get<Kind>(std::move(reader.example())));
        },
        examples);
  }
  return examples;
}

}  // namespace angle
