// Invariants:
// - the header is what numpy.load accepts: magic, version 1.0, length, dictionary, newline, 64-byte
//   alignment;
// - its length is 128 bytes whatever the number of rows.
#include "angle/io/npy.h"

#include <limits>

#include <gtest/gtest.h>

namespace angle {
namespace {

TEST(NpyHeader, HasTheFieldsOfVersionOne) {
  const std::string header = npy_header("<f4", 3, 384);
  EXPECT_EQ(header.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(static_cast<unsigned char>(header[8]) + 256 * static_cast<unsigned char>(header[9]), 118);
  const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 384), }";
  EXPECT_EQ(header.substr(10, dictionary.size()), dictionary);
  EXPECT_EQ(header.substr(10 + dictionary.size()), std::string(117 - dictionary.size(), ' ') + "\n");
}

TEST(NpyHeader, HasTheSameLengthForAnyNumberOfRows) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(npy_header("|u1", 0, 1).size(), 128u);
  EXPECT_EQ(npy_header("|u1", kMost, kMost).size(), 128u);
  EXPECT_EQ(npy_header("|u1", kMost, kMost).back(), '\n');
}

}  // namespace
}  // namespace angle
