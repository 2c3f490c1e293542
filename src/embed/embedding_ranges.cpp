#include "angle/embed/embedding_ranges.h"

#include <span>
#include <string>

#include <ATen/ATen.h>

#include "angle/embed/embed_file.h"
#include "angle/error.h"

#include "embed/text_window.h"

namespace angle {
namespace {

/// The vectors of some texts of a calibration file; a mistake in one is told by its place in the file.
///
/// @param before  how many texts come before these
Tensor embed_calibration(Embedder& embedder, std::span<const std::string> texts, int64_t before) {
  Tensor embeddings;
  try {
    embeddings = embedder.embed(texts);
  } catch (const TextWithoutTokens& mistake) {
    const TextWithoutTokens in_file(static_cast<size_t>(before) + mistake.text);
    fail("the calibration file: {}", in_file.what());
  }
  const Tensor bad = (~embeddings.isfinite().all(1)).nonzero();
  if (bad.size(0) > 0)
    fail("the calibration file: text {} has an embedding that is NaN or infinite; try --precision float32",
         before + bad[0][0].item<int64_t>() + 1);
  return embeddings;
}

}  // namespace

Tensor embedding_ranges(Embedder& embedder, TextReader& texts) {
  const EmbedFileOptions defaults;
  Tensor ranges;
  int64_t done = 0;
  while (true) {
    const auto window = read_window(texts, defaults.window_texts, defaults.window_bytes);
    if (window.empty()) break;
    const Tensor embeddings = embed_calibration(embedder, window, done);
    done += std::ssize(window);
    const Tensor window_ranges = at::stack({embeddings.amin(0), embeddings.amax(0)});
    ranges =
        ranges.defined()
            ? at::stack({at::minimum(ranges[0], window_ranges[0]), at::maximum(ranges[1], window_ranges[1])})
            : window_ranges;
  }
  if (!ranges.defined()) fail("the calibration file has no texts; expected some like those to embed");
  if (at::equal(ranges[0], ranges[1]))
    fail("the calibration file has {}, whose vector has no ranges; expected hundreds like those to embed",
         done == 1 ? "one text" : fmt::format("one text {} times", done));
  return ranges;
}

}  // namespace angle
