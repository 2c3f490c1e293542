// Checksums of files, to detect damage (not tampering), and hashes of texts, to tell them apart.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct XXH3_state_s;

namespace angle {

/// The checksum of bytes that come in pieces.
class Checksum {
 public:
  Checksum();
  void add(std::string_view bytes);

  /// Of everything added so far, as checksum() gives it.
  std::string digest() const;

 private:
  std::unique_ptr<XXH3_state_s, void (*)(XXH3_state_s*)> state_;
};

/// XXH3, 128 bits, as 32 hexadecimal digits.
std::string checksum(std::string_view bytes);

/// The checksum of a whole file, read in pieces.
std::string file_checksum(const std::filesystem::path& path);

/// XXH3, 64 bits. Among a million texts two different ones have the same hash with a probability of 3e-8.
uint64_t text_hash(std::string_view text);

}  // namespace angle
