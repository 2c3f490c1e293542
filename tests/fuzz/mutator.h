// Damages bytes the way that disks, editors and strangers do: always the same damage for the same seed.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

namespace angle::testing {

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  /// The bytes with one to three changes.
  std::string mutate(std::string bytes) {
    for (uint64_t changes = 1 + below(3); changes > 0; --changes) change(bytes);
    return bytes;
  }

 private:
  /// Not a distribution of the standard library: those differ from one to another.
  uint64_t below(uint64_t end) { return end == 0 ? 0 : random_() % end; }

  void change(std::string& bytes) {
    switch (below(8)) {
      case 0:
        return change_bit(bytes);
      case 1:
        return change_byte(bytes);
      case 2:
        return bytes.resize(below(bytes.size() + 1));
      case 3:
        bytes.erase(below(bytes.size() + 1), 1 + below(16));
        return;
      case 4:
        return repeat(bytes);
      case 5:
        return change_digits(bytes);
      case 6:
        return change_integer(bytes);
      case 7:
        return move_line(bytes);
    }
  }

  void change_bit(std::string& bytes) {
    if (!bytes.empty()) bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
  }

  /// To one that means something in some format.
  void change_byte(std::string& bytes) {
    constexpr std::string_view kBytes("\0\x01\x7f\x80\xc3\xff\n\r\t \"\\'{}[]:,-.09eu<>/", 28);
    if (!bytes.empty()) bytes[below(bytes.size())] = kBytes[below(kBytes.size())];
  }

  void repeat(std::string& bytes) {
    const std::string piece = bytes.substr(below(bytes.size() + 1), 1 + below(64));
    bytes.insert(below(bytes.size() + 1), piece);
  }

  /// A number in a text becomes another one.
  void change_digits(std::string& bytes) {
    constexpr const char* kDigits = "0123456789";
    constexpr std::array kNumbers = {
        "0", "-1", "1e999", "4294967296", "9223372036854775807", "18446744073709551615", "0.5", "null"};
    const size_t begin = bytes.find_first_of(kDigits, below(bytes.size() + 1));
    if (begin == std::string::npos) return;
    const size_t end = std::min(bytes.find_first_not_of(kDigits, begin), bytes.size());
    bytes.replace(begin, end - begin, kNumbers[below(kNumbers.size())]);
  }

  /// A binary number becomes another one; half of the time the first, which tends to be a length.
  void change_integer(std::string& bytes) {
    constexpr std::array<uint64_t, 6> kIntegers = {0, 1, 0x7fffffff, 0xffffffff, INT64_MAX, UINT64_MAX};
    const size_t width = below(2) == 0 ? 4 : 8;
    if (bytes.size() < width) return;
    const size_t at = below(2) == 0 ? 0 : below(bytes.size() - width + 1);
    std::memcpy(&bytes[at], &kIntegers[below(kIntegers.size())], width);
  }

  /// A line goes elsewhere, or is lost.
  void move_line(std::string& bytes) {
    const size_t begin = line_begin(bytes), length = bytes.find('\n', begin) - begin;
    const std::string line = bytes.substr(begin, length) + "\n";
    bytes.erase(begin, line.size());
    if (below(2) == 0) bytes.insert(line_begin(bytes), line);
  }

  size_t line_begin(const std::string& bytes) {
    return bytes.rfind('\n', below(bytes.size() + 1)) + 1;  // 0 where there is none
  }

  std::mt19937_64 random_;
};

}  // namespace angle::testing
