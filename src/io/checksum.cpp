#include "angle/io/checksum.h"

#include <memory>
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

std::string file_checksum(const std::filesystem::path& path) {
  InputFile file(path);
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  if (!state) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  std::vector<char> buffer(size_t{1} << 18);
  while (const size_t count = file.read(buffer)) XXH3_128bits_update(state.get(), buffer.data(), count);
  return hexadecimal(XXH3_128bits_digest(state.get()));
}

}  // namespace angle
