// The texts that are in memory at one time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "angle/data/text_reader.h"
#include "angle/embed/embedder.h"

namespace angle {

/// The next texts: at most `max_texts`, and no more once they have `max_bytes`; none at the end. Where a
/// window ends depends on the texts alone, so that a resumed job sees the windows of the first one.
std::vector<std::string> read_window(TextReader& reader, int64_t max_texts, int64_t max_bytes);

/// A window without its repetitions.
struct DistinctTexts {
  explicit DistinctTexts(std::vector<std::string> window);

  std::vector<std::string> texts;
  std::vector<int64_t> row_of_text;  // for each text of the window: which of `texts` it is
};

}  // namespace angle
