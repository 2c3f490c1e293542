#include "angle/io/tfrecord.h"

#include <array>
#include <bit>

namespace angle {

namespace {

/// What each byte does to the remainder; the polynomial with its bits reversed.
constexpr std::array<uint32_t, 256> kTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit)
      remainder = (remainder >> 1) ^ ((remainder & 1U) != 0 ? 0x82f63b78U : 0U);
    table[byte] = remainder;
  }
  return table;
}();

uint32_t masked_crc32c(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8U; }

template <class Integer>
std::string little_endian(Integer value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xffU);
  return bytes;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  uint32_t remainder = ~0U;
  for (const char byte : bytes)
    remainder = (remainder >> 8) ^ kTable[(remainder ^ static_cast<unsigned char>(byte)) & 0xffU];
  return ~remainder;
}

std::string tfrecord(std::string_view bytes) {
  const std::string length = little_endian(uint64_t{bytes.size()});
  return length + little_endian(masked_crc32c(length)) + std::string(bytes) +
         little_endian(masked_crc32c(bytes));
}

}  // namespace angle
