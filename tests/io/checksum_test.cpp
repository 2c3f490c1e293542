// Invariants:
// - the checksum is XXH3-128 as the xxhsum program prints it;
// - a file's checksum is that of its bytes, also when the file is longer than the read buffer;
// - one changed bit changes it.
#include "angle/io/checksum.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

TEST(Checksum, IsXxh3Of128Bits) {
  EXPECT_EQ(checksum(""), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(checksum("abc"), "06b05ab6733a618578af5f94892f3950");
}

TEST(Checksum, ChangesWithOneBit) { EXPECT_NE(checksum("abc"), checksum("abb")); }

TEST(FileChecksum, IsTheChecksumOfTheFilesBytes) {
  const testing::TempDir directory;
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += std::to_string(i);
  EXPECT_EQ(file_checksum(directory.file("long", bytes)), checksum(bytes));
  EXPECT_EQ(file_checksum(directory.file("empty", "")), checksum(""));
}

TEST(FileChecksum, NamesAMissingFile) {
  EXPECT_ERROR(file_checksum("/nowhere/file"), "/nowhere/file", "No such file or directory");
}

}  // namespace
}  // namespace angle
