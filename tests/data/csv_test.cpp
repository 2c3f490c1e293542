// Invariants:
// - records follow RFC 4180: quotes around commas, newlines and doubled quotes;
// - quoting that RFC 4180 does not allow is a problem of that record, and the next record is read as if
//   nothing were.
#include "data/csv.h"

#include <gtest/gtest.h>

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

 private:
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

}  // namespace
}  // namespace angle
