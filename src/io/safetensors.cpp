#include "angle/io/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <stdexcept>
#include <tuple>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/file.h"
#include "angle/io/json.h"

#include "io/input_file.h"

namespace angle {

static_assert(std::endian::native == std::endian::little, "the data of a file are used as they are");

namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the reference reader's limit
constexpr const char* kMetadataKey = "__metadata__";

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  size_t size;  // bytes
};

constexpr std::array<DTypeInfo, 10> kDTypes{{{DType::BOOL, "BOOL", 1},
                                             {DType::U8, "U8", 1},
                                             {DType::I8, "I8", 1},
                                             {DType::I16, "I16", 2},
                                             {DType::I32, "I32", 4},
                                             {DType::I64, "I64", 8},
                                             {DType::F16, "F16", 2},
                                             {DType::BF16, "BF16", 2},
                                             {DType::F32, "F32", 4},
                                             {DType::F64, "F64", 8}}};

const DTypeInfo& info(DType dtype) { return kDTypes.at(static_cast<size_t>(dtype)); }

/// Bytes of a tensor; nothing when the number does not fit.
std::optional<uint64_t> byte_size(DType dtype, const std::vector<int64_t>& shape) {
  uint64_t size = dtype_size(dtype);
  for (const int64_t extent : shape)
    if (__builtin_mul_overflow(size, static_cast<uint64_t>(extent), &size)) return std::nullopt;
  return size;
}

// ---- reading ----

/// The header's statements, each checked; `where` begins every message.
class HeaderReader {
 public:
  HeaderReader(const json& header, std::string where) : header_(header), where_(std::move(where)) {
    if (!header.is_object()) fail("{}: the header is a JSON {}, not an object", where_, header.type_name());
  }

  std::map<std::string, std::string> metadata() const {
    std::map<std::string, std::string> metadata;
    if (!header_.contains(kMetadataKey)) return metadata;
    const json& given = header_.at(kMetadataKey);
    if (!given.is_object()) fail("{}: __metadata__ is not an object", where_);
    for (const auto& [key, value] : given.items()) {
      if (!value.is_string()) fail("{}: __metadata__ {} is not a string", where_, in_quotes(key));
      metadata[key] = value.get<std::string>();
    }
    return metadata;
  }

  /// The tensors by name, whose data fill `data_size` bytes without holes or overlap.
  std::map<std::string, TensorEntry> tensors(uint64_t data_size) const {
    std::map<std::string, TensorEntry> entries;
    for (const auto& [name, value] : header_.items())
      if (name != kMetadataKey) entries[name] = entry(excerpt(name, kNameBytes), value);
    check_layout(entries, data_size);
    return entries;
  }

 private:
  static constexpr size_t kNameBytes = 200;  // in messages

  /// @param name  for messages, here and below
  TensorEntry entry(const std::string& name, const json& value) const {
    for (const char* key : {"dtype", "shape", "data_offsets"})
      if (!value.is_object() || !value.contains(key)) fail("{}: tensor {}: no \"{}\"", where_, name, key);
    const std::vector<int64_t> offsets = integers(name, value, "data_offsets");
    if (offsets.size() != 2)
      fail("{}: tensor {}: data_offsets has {} numbers, expected 2", where_, name, offsets.size());
    TensorEntry entry{dtype(name, value.at("dtype")), integers(name, value, "shape"),
                      static_cast<uint64_t>(offsets[0]), static_cast<uint64_t>(offsets[1])};
    check_size(name, entry);
    return entry;
  }

  DType dtype(const std::string& name, const json& value) const {
    for (const DTypeInfo& candidate : kDTypes)
      if (value == candidate.name) return candidate.dtype;
    fail("{}: tensor {}: the element type {} is not supported", where_, name, excerpt(value.dump()));
  }

  std::vector<int64_t> integers(const std::string& name, const json& tensor, const char* key) const {
    const json& value = tensor.at(key);
    if (!value.is_array()) fail("{}: tensor {}: {} is not a list of integers", where_, name, key);
    std::vector<int64_t> numbers;
    for (const json& number : value) {
      if (!number.is_number_unsigned() || number.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
        fail("{}: tensor {}: {} holds {}, expected integers from 0 to 2^63 - 1", where_, name, key,
             excerpt(number.dump()));
      numbers.push_back(number.get<int64_t>());
    }
    return numbers;
  }

  void check_size(const std::string& name, const TensorEntry& entry) const {
    if (entry.end < entry.begin)
      fail("{}: tensor {}: its data end at {}, before they begin at {}", where_, name, entry.end,
           entry.begin);
    const std::optional<uint64_t> size = byte_size(entry.dtype, entry.shape);
    if (!size) fail("{}: tensor {}: the shape needs more than 2^64 bytes", where_, name);
    if (*size != entry.num_bytes())
      fail("{}: tensor {}: the shape needs {} bytes, data_offsets give {}", where_, name, *size,
           entry.num_bytes());
  }

  void check_layout(const std::map<std::string, TensorEntry>& entries, uint64_t data_size) const {
    std::vector<std::tuple<uint64_t, uint64_t, std::string_view>> parts;
    for (const auto& [name, entry] : entries) parts.emplace_back(entry.begin, entry.end, name);
    std::sort(parts.begin(), parts.end());
    uint64_t reached = 0;
    for (const auto& [begin, end, name] : parts) {
      if (begin != reached)
        fail("{}: tensor {}: its data begin at {}, expected {}: the tensors overlap or leave a hole", where_,
             excerpt(name, kNameBytes), begin, reached);
      reached = end;
    }
    if (reached != data_size)
      fail("{}: the tensors take {} bytes, but {} bytes follow the header; the file is cut or damaged",
           where_, reached, data_size);
  }

  const json& header_;
  std::string where_;
};

void read_exactly(const InputFile& file, uint64_t offset, std::span<char> buffer) {
  if (file.read_at(offset, buffer) != buffer.size())
    fail("{}: the file became shorter while it was read; is another program writing it?", file.name());
}

struct Header {
  json value;
  uint64_t end;        // where in the file the data begin
  uint64_t data_size;  // bytes that follow
};

Header read_header(const InputFile& file) {
  const uint64_t file_size = file.size();
  if (file_size < kLengthBytes)
    fail("{}: {} bytes are too few for a safetensors file", file.name(), file_size);
  uint64_t length = 0;
  read_exactly(file, 0, {reinterpret_cast<char*>(&length), kLengthBytes});
  if (length > kMaxHeaderBytes)
    fail("{}: the header length is {}, more than {}; not a safetensors file", file.name(), length,
         kMaxHeaderBytes);
  if (length > file_size - kLengthBytes)
    fail("{}: the header length is {}, but only {} bytes follow; the file is cut", file.name(), length,
         file_size - kLengthBytes);
  std::string text(length, '\0');
  read_exactly(file, kLengthBytes, text);
  const uint64_t end = kLengthBytes + length;
  return {parse_json(text, file.name() + ": header"), end, file_size - end};
}

// ---- writing ----

/// Names ordered by element size descending, then by name: so every tensor is aligned without padding.
std::vector<std::string> data_order(const std::map<std::string, TensorView>& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return dtype_size(tensors.at(a).dtype) > dtype_size(tensors.at(b).dtype);
  });
  return names;
}

void check_view(const std::string& name, const TensorView& tensor) {
  if (name == kMetadataKey) throw std::invalid_argument("write_safetensors: a tensor is named __metadata__");
  if (byte_size(tensor.dtype, tensor.shape) != tensor.data.size())
    throw std::invalid_argument("write_safetensors: " + name + ": the data do not match the shape");
}

std::string make_header(const std::map<std::string, TensorView>& tensors,
                        const std::vector<std::string>& order,
                        const std::map<std::string, std::string>& metadata) {
  json header = json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  uint64_t begin = 0;
  for (const std::string& name : order) {
    const TensorView& tensor = tensors.at(name);
    check_view(name, tensor);
    const uint64_t end = begin + tensor.data.size();
    header[name] = {
        {"dtype", dtype_name(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

std::string_view dtype_name(DType dtype) { return info(dtype).name; }

size_t dtype_size(DType dtype) { return info(dtype).size; }

struct SafetensorsFile::Contents {
  explicit Contents(const std::filesystem::path& path) : file(path) {
    const Header header = read_header(file);
    const HeaderReader reader(header.value, file.name());
    tensors = reader.tensors(header.data_size);
    metadata = reader.metadata();
    data_begin = header.end;
  }

  InputFile file;
  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
  uint64_t data_begin = 0;  // in the file
};

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : contents_(std::make_unique<Contents>(path)) {}
SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;

const std::map<std::string, TensorEntry>& SafetensorsFile::tensors() const { return contents_->tensors; }
const std::map<std::string, std::string>& SafetensorsFile::metadata() const { return contents_->metadata; }

void SafetensorsFile::read(uint64_t begin, std::span<std::byte> memory) const {
  read_exactly(contents_->file, contents_->data_begin + begin,
               {reinterpret_cast<char*>(memory.data()), memory.size()});
}

void write_safetensors(const std::filesystem::path& path, const std::map<std::string, TensorView>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const std::vector<std::string> order = data_order(tensors);
  const std::string header = make_header(tensors, order, metadata);
  const uint64_t length = header.size();
  AtomicFile file(path);
  file.write({reinterpret_cast<const char*>(&length), kLengthBytes});
  file.write(header);
  for (const std::string& name : order) {
    const std::span<const std::byte> data = tensors.at(name).data;
    file.write({reinterpret_cast<const char*>(data.data()), data.size()});
  }
  file.commit();
}

}  // namespace angle
