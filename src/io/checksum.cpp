#include "angle/io/checksum.h"

#include <new>
#include <vector>

#include <xxhash.h>

#include "angle/error.h"

#include "io/input_file.h"

namespace angle {

namespace {

std::string hexadecimal(XXH128_hash_t hash) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, hash);
  std::string text;
  for (const unsigned char byte : bytes.digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

std::string checksum(std::string_view bytes) { return hexadecimal(XXH3_128bits(bytes.data(), bytes.size())); }

Checksum::Checksum() : state_(XXH3_createState(), [](XXH3_state_s* state) { XXH3_freeState(state); }) {
  if (!state_) throw std::bad_alloc();
  XXH3_128bits_reset(state_.get());
}

void Checksum::add(std::string_view bytes) { XXH3_128bits_update(state_.get(), bytes.data(), bytes.size()); }

std::string Checksum::digest() const { return hexadecimal(XXH3_128bits_digest(state_.get())); }

std::string file_checksum(const std::filesystem::path& path) {
  InputFile file(path);
  Checksum sum;
  std::vector<char> buffer(size_t{1} << 18);
  while (const size_t count = file.read(buffer)) sum.add(std::string_view(buffer.data(), count));
  return sum.digest();
}

uint64_t text_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

}  // namespace angle
