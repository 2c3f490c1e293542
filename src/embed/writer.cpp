#include "angle/embed/writer.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "angle/error.h"
#include "angle/io/npy.h"

namespace angle {
namespace {

static_assert(std::endian::native == std::endian::little, "raw and npy hold little-endian numbers");

template <class Number>
void append_number(std::string& text, Number number) {
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

template <class Number>
void append_row(std::string& text, const Number* row, int64_t columns, char separator) {
  for (int64_t column = 0; column < columns; ++column) {
    if (column > 0) text += separator;
    append_number(text, row[column]);
  }
}

/// @param index  the row's number, for jsonl
template <class Number>
void append_line(std::string& text, EmbeddingFormat format, const Number* row, int64_t columns,
                 int64_t index) {
  if (format == EmbeddingFormat::tsv) {
    append_row(text, row, columns, '\t');
    text += '\n';
    return;
  }
  text += "{\"index\":";
  append_number(text, index);
  text += ",\"embedding\":[";
  append_row(text, row, columns, ',');
  text += "]}\n";
}

/// On all threads: the more of them compute vectors, the longer they would wait for one that writes all down.
template <class Number>
std::string format_as_text(const Tensor& rows, EmbeddingFormat format, int64_t first_row) {
  constexpr int64_t kRowsPerPart = 32;
  const int64_t count = rows.size(0), columns = rows.size(1);
  const auto* const numbers = rows.const_data_ptr<Number>();
  std::vector<std::string> parts(static_cast<size_t>((count + kRowsPerPart - 1) / kRowsPerPart));
  at::parallel_for(0, std::ssize(parts), 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin * kRowsPerPart; row < std::min(end * kRowsPerPart, count); ++row)
      append_line(parts[static_cast<size_t>(row / kRowsPerPart)], format, numbers + row * columns, columns,
                  first_row + row);
  });
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

/// NumPy's name of an element type.
const char* npy_descr(at::ScalarType element) {
  if (element == at::kChar) return "|i1";
  return element == at::kByte ? "|u1" : "<f4";
}

}  // namespace

std::optional<EmbeddingFormat> format_of_extension(const std::filesystem::path& output) {
  const std::string extension = output.extension().string();
  if (extension == ".bin") return EmbeddingFormat::raw;
  for (const auto& [format, name] : json_names(EmbeddingFormat{}))
    if (extension == std::string(".") + name) return format;
  return std::nullopt;
}

EmbeddingFormat embedding_format(const std::filesystem::path& output) {
  if (output == "-") return EmbeddingFormat::jsonl;
  if (const auto format = format_of_extension(output)) return *format;
  fail("{}: the extension \"{}\" names no format (expected .jsonl, .npy, .tsv, .raw or .bin); use --format",
       output.string(), output.extension().string());
}

std::string format_embeddings(const Tensor& rows, EmbeddingFormat format, int64_t first_row) {
  TORCH_CHECK(rows.dim() == 2 && rows.is_contiguous(), "format_embeddings: rows ", rows.sizes());
  if (format == EmbeddingFormat::raw || format == EmbeddingFormat::npy)
    return {static_cast<const char*>(rows.const_data_ptr()), rows.nbytes()};
  if (rows.scalar_type() == at::kChar) return format_as_text<int8_t>(rows, format, first_row);
  if (rows.scalar_type() == at::kByte) return format_as_text<uint8_t>(rows, format, first_row);
  return format_as_text<float>(rows, format, first_row);
}

EmbeddingWriter::EmbeddingWriter(const std::filesystem::path& output, EmbeddingFormat format)
    : format_(format), file_(output == "-" ? nullptr : std::make_unique<PartialFile>(output)) {}

std::optional<EmbeddingWriter::Saved> EmbeddingWriter::saved() const {
  const json state = file_ ? file_->saved_state() : json();
  if (!state.is_object() || !state.value("job", json()).is_object() ||
      !state.value("rows", json()).is_number_integer())
    return std::nullopt;
  return Saved{.rows = state["rows"].get<int64_t>(), .job = state["job"]};
}

void EmbeddingWriter::begin(at::ScalarType element, int64_t columns, std::optional<int64_t> rows,
                            int64_t first_row) {
  if (format_ == EmbeddingFormat::npy && !file_ && !rows)
    fail(
        "<stdout>: npy begins with the number of rows, which is known only at the end of the input; write to "
        "a file with -o, or use --format raw or jsonl");
  element_ = element;
  columns_ = columns;
  expected_rows_ = rows;
  first_row_ = first_row;
  rows_ = 0;
  if (file_) file_->restart();
  if (format_ == EmbeddingFormat::npy) put(npy_header(npy_descr(element), rows.value_or(0), columns));
}

void EmbeddingWriter::resume(at::ScalarType element, int64_t columns, std::optional<int64_t> rows,
                             int64_t first_row) {
  element_ = element;
  columns_ = columns;
  expected_rows_ = rows;
  first_row_ = first_row;
  rows_ = saved().value().rows;
  file_->resume();
}

bool EmbeddingWriter::write(const Tensor& rows) {
  TORCH_CHECK(rows.scalar_type() == element_ && rows.size(1) == columns_, "write: rows ", rows.sizes());
  constexpr int64_t kRowsPerBlock = 512;  // the text of a whole window would be four times its numbers
  for (int64_t first = 0; first < rows.size(0); first += kRowsPerBlock) {
    const Tensor block = rows.slice(0, first, first + kRowsPerBlock);
    if (!put(format_embeddings(block, format_, first_row_ + rows_))) return false;
    rows_ += block.size(0);
  }
  return file_ || stdout_.flush();
}

void EmbeddingWriter::save(const nlohmann::json& job) {
  if (file_) file_->save({{"rows", rows_}, {"job", job}});
}

void EmbeddingWriter::finish() {
  if (expected_rows_ && *expected_rows_ != rows_)
    fail("the input has changed while it was read: it had {} texts when they were counted, {} when embedded",
         *expected_rows_, rows_);
  if (!file_) return void(stdout_.flush());
  file_->commit(format_ == EmbeddingFormat::npy ? npy_header(npy_descr(element_), rows_, columns_) : "");
}

bool EmbeddingWriter::put(std::string_view bytes) {
  if (!file_) return stdout_.write(bytes);
  file_->write(bytes);
  return true;
}

}  // namespace angle
