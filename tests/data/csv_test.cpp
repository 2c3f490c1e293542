// Invariants:
// - records follow RFC 4180: quotes around commas, newlines and doubled quotes;
// - quoting that RFC 4180 does not allow is a problem of that record, and the next record is read as if
//   nothing were;
// - what has too many bytes or fields for a record is an error with the line on which it begins.
#include "data/csv.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using Fields = std::vector<std::string>;

class CsvTest : public ::testing::Test {
 protected:
  std::vector<CsvRecord> read(std::string_view content) {
    LineReader lines(directory_.file("x.csv", content));
    std::vector<CsvRecord> records;
    for (CsvRecord record; next_csv_record(lines, record);) records.push_back(record);
    return records;
  }

  /// The only record, which is sound.
  Fields fields(std::string_view content) {
    const auto records = read(content);
    EXPECT_EQ(records.size(), 1u);
    EXPECT_EQ(records.at(0).problem, "");
    return records.at(0).fields;
  }

  /// What is wrong with the first record; there is a sound one behind it.
  std::string problem(const std::string& line) {
    const auto records = read(line + "\nnext,record\n");
    EXPECT_EQ(records.size(), 2u);
    EXPECT_EQ(records.back().fields, (Fields{"next", "record"}));
    EXPECT_EQ(records.back().problem, "");
    return records.at(0).problem;
  }

  testing::TempDir directory_;
};

TEST_F(CsvTest, SplitsAtCommas) {
  EXPECT_EQ(fields("a,b,c\n"), (Fields{"a", "b", "c"}));
  EXPECT_EQ(fields(",, a ,\n"), (Fields{"", "", " a ", ""}));
  EXPECT_EQ(fields("a"), (Fields{"a"}));
}

TEST_F(CsvTest, ReadsQuotedFields) {
  EXPECT_EQ(fields(R"("a,b","say ""hi""","",""""
)"),
            (Fields{"a,b", "say \"hi\"", "", "\""}));
}

TEST_F(CsvTest, ReadsLineEndsWithinQuotes) {
  EXPECT_EQ(fields("\"two\nlines\",b\n"), (Fields{"two\nlines", "b"}));
  EXPECT_EQ(fields("\"two\r\nlines\",\"\r\n\r\n\"\r\n"), (Fields{"two\nlines", "\n\n"}));
}

TEST_F(CsvTest, ReadsRecordAfterRecord) {
  const auto records = read("a,b\r\n\"c\nd\",e\r\nf,g");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[1].fields, (Fields{"c\nd", "e"}));
  EXPECT_EQ(records[2].fields, (Fields{"f", "g"}));
}

TEST_F(CsvTest, ReportsAQuoteInTheMiddle) { EXPECT_EQ(problem("a,5\" disk").substr(0, 8), "column 2"); }

TEST_F(CsvTest, ReportsTextBehindAClosingQuote) {
  EXPECT_EQ(problem("\"a\" b,c").substr(0, 42), "column 1 has text behind its closing quote");
}

TEST_F(CsvTest, ReportsAQuoteThatIsNeverClosed) {
  const auto records = read("a,\"b\nc,d\n");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].problem, "the quote that opens column 2 is never closed");
}

TEST_F(CsvTest, RefusesARecordWithTooManyFields) {
  EXPECT_EQ(fields(std::string(kMaxFields - 1, ',')).size(), kMaxFields);
  EXPECT_ERROR(read("a,b\n" + std::string(kMaxFields, ',') + "\n"),
               "x.csv:2: more than 65536 columns in the record that begins here");
}

TEST_F(CsvTest, RefusesARecordThatDoesNotEnd) {
  const auto file = directory_.file("x.csv", "a,b\n\"c\",\"d\ne\nf\n\",\"g\nh\",i\n");
  const auto read_most = [&](int64_t bytes) {
    LineReader lines(file);
    CsvRecord record;
    int records = 0;
    while (next_csv_record(lines, record, bytes)) ++records;
    return records;
  };
  EXPECT_EQ(read_most(21), 2);
  EXPECT_ERROR(read_most(20), "x.csv:2: the record that begins here does not end within 20 bytes",
               "is a quote missing?");
}

}  // namespace
}  // namespace angle
