// SentencePiece's precompiled character map, applied as Hugging Face's fast tokenizers do.
//
// The map is: size of a double-array trie in bytes (4 bytes, little-endian), the trie (the format of
// darts-clone, 4 bytes a unit), then replacements, each ended by a zero byte. The trie's values are offsets
// into these.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace angle {

class Charsmap {
 public:
  /// An empty map changes nothing.
  Charsmap() = default;
  /// @param bytes   the precompiled map; empty for none
  /// @param source  for errors: where it is from
  Charsmap(std::string_view bytes, const std::string& source);

  /// Replaces characters: grapheme clusters of less than 6 bytes are looked up whole, longer ones and those
  /// not found character by character. A lookup takes the *shortest* prefix that the map has, but what it
  /// replaces is the whole cluster.
  std::string normalize(std::string_view text) const;

 private:
  std::optional<std::string_view> find(std::string_view key) const;
  /// Normalises the cluster at `at` and those behind it, up to the next ASCII character that begins one.
  ///
  /// @return  where that is
  size_t normalize_clusters(std::string_view text, size_t at, std::string& result) const;
  void normalize_cluster(std::string_view cluster, std::string& result) const;
  /// Length of the ASCII at the start of `text` that stays as it is and can't be part of a longer cluster.
  size_t unchanged_ascii(std::string_view text) const;

  std::vector<uint32_t> units_;
  std::string replacements_;
  std::array<bool, 128> unchanged_{};  // ASCII characters that the map leaves alone
};

/// The bytes of standard base64, with or without padding; nothing when the text is not base64.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace angle
