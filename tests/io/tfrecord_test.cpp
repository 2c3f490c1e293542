// Invariants:
// - the checksum is CRC-32C: the check value of the polynomial and the examples of RFC 3720, B.4;
// - a record has the bytes that TensorBoard's own writer gives it.
#include "angle/io/tfrecord.h"

#include <gtest/gtest.h>

namespace angle {
namespace {

TEST(Crc32c, IsThatOfTheStandard) {
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string ascending;
  for (char byte = 0; byte < 32; ++byte) ascending += byte;
  EXPECT_EQ(crc32c(ascending), 0x46dd794eU);
}

TEST(TfRecord, HasTheBytesOfTensorBoardsWriter) {
  using namespace std::string_literals;
  EXPECT_EQ(tfrecord("123456789"),
            "\x09\0\0\0\0\0\0\0\x37\xf9\x71\x39"s
            "123456789"
            "\xe5\xb0\x8a\xc7"s);
}

}  // namespace
}  // namespace angle
