#include "data/csv.h"

#include <string_view>

#include "angle/error.h"

namespace angle {

namespace {

/// Takes a record apart, line by line: a line that ends within quotes is continued by the next one.
class CsvParser {
 public:
  /// @param start  `file:line`
  CsvParser(CsvRecord& record, const std::string& start) : record_(record), start_(start) {}

  bool is_in_quotes() const { return state_ == State::quoted; }

  void read_line(std::string_view line) {
    for (const char c : line) read(c);
  }

  void end_line() {
    if (state_ == State::quoted) {
      field_ += '\n';
    } else {
      end_field();
    }
  }

  void end_file() {
    record_.problem =
        "the quote that opens column " + std::to_string(record_.fields.size() + 1) + " is never closed";
  }

 private:
  enum class State {
    start,   // of a field
    plain,   // within a field without quotes
    quoted,  // within quotes
    closed   // behind a quote that ends the field, or is the first half of `""`
  };

  void read(char c) {
    switch (state_) {
      case State::start:
      case State::plain:
        read_plain(c);
        return;
      case State::quoted:
        if (c == '"') {
          state_ = State::closed;
        } else {
          field_ += c;
        }
        return;
      case State::closed:
        read_closed(c);
        return;
    }
  }

  void read_plain(char c) {
    if (c == ',') {
      end_field();
    } else if (c == '"' && state_ == State::start) {
      state_ = State::quoted;
    } else {
      if (c == '"')
        complain("has a quote in the middle; a field with quotes is put in quotes, its quotes doubled");
      field_ += c;
      state_ = State::plain;
    }
  }

  void read_closed(char c) {
    if (c == ',') {
      end_field();
    } else if (c == '"') {
      field_ += '"';
      state_ = State::quoted;
    } else {
      complain("has text behind its closing quote; quotes within a field are doubled");
      field_ += c;
      state_ = State::plain;
    }
  }

  void complain(const char* what) {
    if (record_.problem.empty())
      record_.problem = "column " + std::to_string(record_.fields.size() + 1) + " " + what;
  }

  void end_field() {
    if (record_.fields.size() == kMaxFields)
      fail(
          "{}: more than {} columns in the record that begins here; is this a table, and is no quote missing?",
          start_, kMaxFields);
    record_.fields.push_back(std::move(field_));
    field_.clear();
    state_ = State::start;
  }

  CsvRecord& record_;
  const std::string& start_;
  State state_ = State::start;
  std::string field_;
};

}  // namespace

bool next_csv_record(LineReader& lines, CsvRecord& record, int64_t most_bytes) {
  record = {};
  const int64_t begin = lines.offset();
  std::string line;
  if (!lines.next(line)) return false;
  const std::string start = lines.location();
  CsvParser parser(record, start);
  parser.read_line(line);
  parser.end_line();
  while (parser.is_in_quotes()) {
    if (!lines.next(line)) {
      parser.end_file();
      return true;
    }
    if (lines.offset() - begin > most_bytes)
      fail("{}: the record that begins here does not end within {} bytes; is a quote missing?", start,
           most_bytes);
    parser.read_line(line);
    parser.end_line();
  }
  return true;
}

}  // namespace angle
