#include "data/row_index.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "angle/error.h"
#include "angle/io/json.h"

namespace angle {

namespace {

constexpr std::string_view kMark = "angleix2";  // the last bytes of an index, with its version
constexpr uint64_t kEntryBytes = 16;
constexpr uint64_t kChecksumBytes = 32;  // hexadecimal digits

template <class Integer>
void append(std::string& bytes, Integer value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Integer>
Integer read_integer(const char* bytes) {
  Integer value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

std::string describe(const RowIndexInfo& info) {
  json object = {{"file_bytes", info.file_bytes}, {"modified", info.modified},
                 {"checksum", info.checksum},     {"rows", info.rows},
                 {"header", info.header},         {"ignored_fields", info.ignored_fields}};
  if (info.label_range) object["label_range"] = {info.label_range->lowest, info.label_range->highest};
  return object.dump();
}

RowIndexInfo info_of(const json& object) {
  RowIndexInfo info{.file_bytes = object.at("file_bytes").get<uint64_t>(),
                    .modified = object.at("modified").get<int64_t>(),
                    .checksum = object.at("checksum").get<std::string>(),
                    .rows = object.at("rows").get<int64_t>(),
                    .header = object.at("header").get<std::vector<std::string>>(),
                    .ignored_fields = object.at("ignored_fields").get<int64_t>()};
  if (const auto range = object.find("label_range"); range != object.end())
    info.label_range = {range->at(0).get<double>(), range->at(1).get<double>()};
  return info;
}

/// The bytes of a part of a file; Error when they are not all there.
std::string read_part(const InputFile& file, uint64_t begin, uint64_t size) {
  std::string bytes(size, '\0');
  if (file.read_at(begin, bytes) != size) fail("{}: the index ends too early", file.name());
  return bytes;
}

std::string checksum_of_part(const InputFile& file, uint64_t end) {
  constexpr uint64_t kPiece = uint64_t{1} << 18;
  Checksum sum;
  for (uint64_t begin = 0; begin < end; begin += kPiece)
    sum.add(read_part(file, begin, std::min(kPiece, end - begin)));
  return sum.digest();
}

/// Error for anything but a whole index.
RowIndexInfo read_info(const InputFile& file) {
  const uint64_t size = file.size(), tail = kChecksumBytes + sizeof(uint64_t) + kMark.size();
  if (size < tail) fail("{}: not an index", file.name());
  const std::string end = read_part(file, size - tail, tail);
  const auto length = read_integer<uint64_t>(end.data() + kChecksumBytes);
  if (!end.ends_with(kMark) || length > size - tail) fail("{}: not an index", file.name());
  if (checksum_of_part(file, size - tail) != end.substr(0, kChecksumBytes))
    fail("{}: the index is damaged", file.name());
  const uint64_t entries = size - tail - length;
  RowIndexInfo info = info_of(parse_json(read_part(file, entries, length), file.name()));
  if (info.rows < 1 || entries != (static_cast<uint64_t>(info.rows) + 1) * kEntryBytes)
    fail("{}: the index is damaged", file.name());
  return info;
}

}  // namespace

void RowIndexWriter::add(uint64_t offset, int64_t line) {
  constexpr size_t kBufferBytes = size_t{1} << 18;
  append(buffer_, offset);
  append(buffer_, line);
  if (buffer_.size() >= kBufferBytes) flush();
}

void RowIndexWriter::flush() {
  checksum_.add(buffer_);
  file_.write(buffer_);
  buffer_.clear();
}

void RowIndexWriter::commit(const RowIndexInfo& info) {
  const std::string description = describe(info);
  const uint64_t length = description.size();
  buffer_ += description;
  flush();
  buffer_ = checksum_.digest();
  append(buffer_, length);
  file_.write(buffer_.append(kMark));
  file_.commit();
}

std::optional<RowIndex> RowIndex::open(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) return std::nullopt;
  try {
    auto file = std::make_unique<InputFile>(path);
    RowIndexInfo info = read_info(*file);
    return RowIndex(std::move(file), std::move(info));
  } catch (const Error&) {
  } catch (const json::exception&) {
  }
  return std::nullopt;
}

RowPlace RowIndex::place(int64_t row) const {
  std::array<char, 2 * kEntryBytes> bytes{};
  if (file_->read_at(static_cast<uint64_t>(row) * kEntryBytes, bytes) != bytes.size())
    fail("{}: the index was cut while it was in use", file_->name());
  return {.begin = read_integer<uint64_t>(bytes.data()),
          .end = read_integer<uint64_t>(bytes.data() + kEntryBytes),
          .line = read_integer<int64_t>(bytes.data() + sizeof(uint64_t))};
}

}  // namespace angle
