// The streaming job: texts of any number in, vectors out in the same order, in bounded memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "angle/data/text_reader.h"
#include "angle/embed/embedder.h"
#include "angle/embed/quantize.h"
#include "angle/embed/shard.h"
#include "angle/embed/writer.h"
#include "angle/precision.h"

namespace angle {

/// How far a job is.
struct EmbedProgress {
  int64_t texts = 0;                   // since the start of the input, or of its shard
  double texts_per_second = 0.0;       // of this process
  double tokens_per_second = 0.0;      // of this process
  std::optional<double> seconds_left;  // when the size of the input is known
  double seconds = 0.0;                // that this process has taken
};

struct EmbedFileOptions {
  std::optional<Quantization> quantization;
  Tensor ranges;                             // [2, dims], for int8 and uint8
  bool resume = false;                       // go on where an earlier process with the same output stood
  Precision precision = Precision::float32;  // what the model computes with; the same when resumed
  std::optional<int64_t> rows;               // texts to embed, when that is known beforehand
  std::optional<ShardRange> shard;           // the part of the input to embed; none: all of it

  /// Texts are read and embedded in windows of at most so many texts and, but for its last text, bytes.
  /// Within a window texts are sorted by length, and equal ones are encoded once.
  int64_t window_texts = 2048;
  int64_t window_bytes = int64_t{1} << 20;

  /// Windows that are read and tokenised before the vectors of the one before are waited for. On a GPU and
  /// with workers, which compute meanwhile, 1 is worth it; with texts in windows, which are waited for when
  /// they are started, 0.
  int64_t windows_ahead = 0;

  /// More than one: encoders that run at the same time (see EncoderWorkers), with at::get_num_threads()
  /// threads together. For the CPU only.
  int64_t workers = 1;

  double save_seconds = 5.0;  // least time between two saves of what `resume` needs; none before the first
  std::function<void(const EmbedProgress&)> progress;  // called between two windows

  /// On a CPU: called within a window, too, after some of its batches and on the thread of the caller. Texts
  /// are counted by the share of the window's tokens that is encoded, from the rows that are written on.
  std::function<void(const EmbedProgress&)> progress_within;

  const std::atomic<bool>* interrupted = nullptr;  // when it turns true: rows are saved, the job stops
};

struct EmbedFileResult {
  enum class End {
    complete,
    interrupted,  // what is done is saved
    reader_gone   // whoever read stdout has seen enough
  };
  End end = End::complete;
  int64_t rows = 0;            // in the output
  int64_t resumed_rows = 0;    // of them those that an earlier process wrote
  TextStatistics statistics;   // of the texts that this process embedded
  int64_t repaired_texts = 0;  // see TextReader; those that were passed over are not among them
  double seconds = 0.0;
};

/// Embeds all texts and writes one row for each. A job that was killed and resumed writes the same bytes as
/// one that was not, on a CPU of the same kind: in bfloat16 and int8 the last digits depend on its
/// instructions.
///
/// Error when a vector is not finite, and when what is to be resumed was made from other texts, with another
/// model or with other options.
EmbedFileResult embed_file(Model& model, const EmbedOptions& embed, TextReader& texts,
                           EmbeddingWriter& writer, const EmbedFileOptions& options);

}  // namespace angle
