#include "angle/embed/embed_file.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "angle/embed/encoder_workers.h"
#include "angle/error.h"
#include "angle/io/checksum.h"
#include "angle/io/json.h"
#include "angle/model/model_checksums.h"
#include "angle/or_null.h"

#include "embed/ahead.h"
#include "embed/text_window.h"

namespace angle {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class EmbedFileJob {
 public:
  EmbedFileJob(Model& model, const EmbedOptions& embed, TextReader& texts, EmbeddingWriter& writer,
               const EmbedFileOptions& options)
      : model_(model),
        embed_(embed),
        options_(options),
        texts_(texts),
        writer_(writer),
        embedder_(model, embed) {
    embedder_.stop_when(options.interrupted);
    if (options.workers == 1) return;
    if (!model.encoder.device().is_cpu())
      fail("--workers {}: for the CPU only; {} has one encoder", options.workers,
           model.encoder.device().str());
    workers_.emplace(options.workers, at::get_num_threads());
  }

  EmbedFileResult run();

 private:
  /// Texts whose vectors are being computed.
  struct Window {
    DistinctTexts distinct;
    PendingEmbeddings embeddings;
    std::string texts_checksum;  // of all texts up to its last one
    TextStatistics statistics;   // of the texts encoded up to its last one
    int64_t end_byte = 0;        // of the input, where it ends
  };

  enum class Pause { go_on, stop };

  /// How far the job is.
  struct Position {
    int64_t texts = 0;   // since the start of the input, or of its shard
    int64_t bytes = 0;   // of the input
    int64_t tokens = 0;  // that this process has encoded
  };

  void begin_or_resume();
  void skip_to_shard();
  void skip_saved(const EmbeddingWriter::Saved& saved);
  void read_again(int64_t rows);
  EmbedFileResult::End embed_until_stopped();
  EmbedFileResult::End embed_all();
  bool is_interrupted() const { return options_.interrupted != nullptr && *options_.interrupted; }
  EmbedFileResult::End stop();
  Pause pause();
  std::vector<std::string> next_window();
  void add_to_checksum(const std::vector<std::string>& window);
  Window start(std::vector<std::string> window);
  PendingEmbeddings start(const DistinctTexts& distinct);
  bool write(Window window);
  void count_repetitions(const DistinctTexts& distinct);
  void check_finite(const Tensor& embeddings) const;
  Position written() const { return {writer_.rows(), embedded_bytes_, statistics().tokens}; }
  void report_within_window();
  EmbedProgress progress(const Position& at) const;
  std::optional<double> seconds_left(const Position& at, double seconds) const;
  TextStatistics statistics() const;
  void save();
  json describe_job();

  Model& model_;
  const EmbedOptions& embed_;
  const EmbedFileOptions& options_;
  TextReader& texts_;
  EmbeddingWriter& writer_;
  Embedder embedder_;
  std::optional<EncoderWorkers> workers_;  // none: the threads of the caller encode; after what they use
  TextStatistics encoded_;                 // of the texts whose rows are written
  TextStatistics repeated_;                // of the texts that were not encoded because an equal one was
  std::string texts_checksum_;             // of all texts read so far
  std::string rows_checksum_;              // of all texts whose rows are written
  std::string model_checksum_;             // computed when first needed
  int64_t read_texts_ = 0;                 // of the shard
  int64_t repaired_before_ = 0;            // texts before the first one that this process embeds
  int64_t saved_rows_ = 0;                 // by the process before; the writer has them once it goes on
  int64_t resumed_rows_ = 0;
  int64_t resumed_bytes_ = 0;   // of the input, up to the first text that this process embeds
  int64_t embedded_bytes_ = 0;  // and up to the next one
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_save_ = start_;
};

EmbedFileResult EmbedFileJob::run() {
  const EmbedFileResult::End end = embed_until_stopped();
  if (end == EmbedFileResult::End::complete) writer_.finish();
  return {.end = end,
          .rows = std::max(writer_.rows(), saved_rows_),
          .resumed_rows = resumed_rows_,
          .statistics = statistics(),
          .repaired_texts = texts_.repaired_texts() - repaired_before_,
          .seconds = seconds_since(start_)};
}

/// A window that is interrupted is given up: a large model takes minutes for one.
EmbedFileResult::End EmbedFileJob::embed_until_stopped() {
  try {
    begin_or_resume();
    repaired_before_ = texts_.repaired_texts();
    start_ = last_save_ = std::chrono::steady_clock::now();
    return embed_all();
  } catch (const EmbeddingStopped&) {
    return stop();
  }
}

EmbedFileResult::End EmbedFileJob::stop() {
  if (writer_.rows() > resumed_rows_) save();
  return EmbedFileResult::End::interrupted;
}

EmbedFileResult::End EmbedFileJob::embed_all() {
  Ahead<Window> ahead;  // whoever stops between two windows drops it: it has no rows yet
  while (true) {
    std::vector<std::string> window;
    ahead.go_on([&] {
      window = next_window();
      ahead.at_end = window.empty();
    });
    // Ctrl-C ends whoever fills a pipe, too: the end, or a mistake before it, may be of that.
    if (ahead.at_end && is_interrupted()) return stop();
    if (ahead.is_used_up()) return EmbedFileResult::End::complete;
    if (pause() == Pause::stop) return EmbedFileResult::End::interrupted;
    ahead.go_on([&] { ahead.windows.push_back(start(std::move(window))); });
    if (ahead.has_room(options_.windows_ahead)) continue;
    if (!write(std::move(ahead.windows.front()))) return EmbedFileResult::End::reader_gone;
    ahead.windows.pop_front();
  }
}

/// Between two windows of this process.
EmbedFileJob::Pause EmbedFileJob::pause() {
  if (writer_.rows() == resumed_rows_) return Pause::go_on;
  if (options_.progress) options_.progress(progress(written()));
  const bool interrupted = is_interrupted();
  if (interrupted || seconds_since(last_save_) >= options_.save_seconds) save();
  return interrupted ? Pause::stop : Pause::go_on;
}

void EmbedFileJob::begin_or_resume() {
  const int64_t dims = embedder_.dims();
  const auto element = options_.quantization ? element_type(*options_.quantization) : at::kFloat;
  const int64_t columns = options_.quantization ? quantized_columns(*options_.quantization, dims) : dims;
  const auto saved = options_.resume ? writer_.saved() : std::nullopt;
  const int64_t first_row = options_.shard ? options_.shard->first_text : 0;
  skip_to_shard();
  if (!saved) return writer_.begin(element, columns, options_.rows, first_row);
  saved_rows_ = saved->rows;
  skip_saved(*saved);
  writer_.resume(element, columns, options_.rows, first_row);
}

void EmbedFileJob::skip_to_shard() {
  if (!options_.shard) return;
  std::string skipped;
  for (int64_t i = 0; i < options_.shard->first_text; ++i)
    if (!texts_.next(skipped)) fail("--shard: the input has become shorter while it was read");
}

/// Reads the texts whose rows are there already, and makes sure that they and everything else are as they
/// were.
void EmbedFileJob::skip_saved(const EmbeddingWriter::Saved& saved) {
  json job = describe_job();
  job["texts"] = saved.job.value("texts", json());
  std::string differences;
  for (const auto& [key, value] : job.items()) {
    const json before = saved.job.value(key, json());
    if (before != value)
      differences += fmt::format("{}{} was {}, is {}", differences.empty() ? "" : "; ", key, before.dump(),
                                 value.dump());
  }
  if (!differences.empty())
    fail("--resume: the output was begun in another way: {}; repeat that, or start again without --resume",
         differences);
  read_again(saved.rows);
  if (resumed_rows_ != saved.rows || job["texts"] != texts_checksum_)
    fail(
        "--resume: the first {} texts of the input are not those that the output was begun with; start again "
        "without --resume",
        saved.rows);
  resumed_bytes_ = embedded_bytes_ = texts_.bytes_read();
  rows_checksum_ = texts_checksum_;
}

/// Ctrl-C ends whoever fills a pipe, too: the end, or a mistake before it, may be of that.
void EmbedFileJob::read_again(int64_t rows) {
  try {
    while (resumed_rows_ < rows && !is_interrupted()) {
      const auto window = next_window();
      if (window.empty()) break;
      add_to_checksum(window);
      resumed_rows_ += static_cast<int64_t>(window.size());
    }
  } catch (const Error&) {
    if (!is_interrupted()) throw;
  }
  if (is_interrupted()) throw EmbeddingStopped();
}

std::vector<std::string> EmbedFileJob::next_window() {
  int64_t most = options_.window_texts;
  if (options_.shard) most = std::min(most, options_.shard->texts - read_texts_);
  auto window = read_window(texts_, most, options_.window_bytes);
  read_texts_ += static_cast<int64_t>(window.size());
  return window;
}

void EmbedFileJob::add_to_checksum(const std::vector<std::string>& window) {
  std::string bytes = texts_checksum_;
  for (const std::string& text : window) bytes.append(text) += '\n';
  texts_checksum_ = checksum(bytes);
}

EmbedFileJob::Window EmbedFileJob::start(std::vector<std::string> window) {
  add_to_checksum(window);
  DistinctTexts distinct(std::move(window));
  if (options_.progress_within) report_within_window();
  PendingEmbeddings embeddings = start(distinct);
  return {std::move(distinct), std::move(embeddings), texts_checksum_, embedder_.statistics(),
          texts_.bytes_read()};
}

/// @param distinct  of the texts that were read last
PendingEmbeddings EmbedFileJob::start(const DistinctTexts& distinct) {
  try {
    return embedder_.start(distinct.texts, workers_ ? &*workers_ : nullptr);
  } catch (const TextWithoutTokens& mistake) {
    const auto& rows = distinct.row_of_text;
    const auto text = std::find(rows.begin(), rows.end(), static_cast<int64_t>(mistake.text)) - rows.begin();
    const int64_t before = (options_.shard ? options_.shard->first_text : 0) + read_texts_ - std::ssize(rows);
    throw TextWithoutTokens(static_cast<size_t>(before + text));
  }
}

bool EmbedFileJob::write(Window window) {
  const DistinctTexts& distinct = window.distinct;
  Tensor embeddings = window.embeddings.wait();
  check_finite(embeddings);
  if (distinct.texts.size() < distinct.row_of_text.size())
    embeddings = embeddings.index_select(0, at::tensor(distinct.row_of_text, at::kLong));
  if (options_.quantization) embeddings = quantize(embeddings, *options_.quantization, options_.ranges);
  if (!writer_.write(embeddings)) return false;
  rows_checksum_ = window.texts_checksum;
  encoded_ = window.statistics;
  count_repetitions(distinct);
  embedded_bytes_ = window.end_byte;
  return true;
}

/// Tokenises a text once more, however often it comes back: where most texts do, nothing else takes as long.
void EmbedFileJob::count_repetitions(const DistinctTexts& distinct) {
  std::unordered_map<int64_t, TextStatistics> statistics_of_row;
  int64_t next = 0;  // a row that comes for the second time is below it
  for (const int64_t row : distinct.row_of_text) {
    if (row == next) {
      ++next;
      continue;
    }
    const auto [found, is_new] = statistics_of_row.try_emplace(row);
    if (is_new) found->second = embedder_.statistics_of(distinct.texts[static_cast<size_t>(row)]);
    repeated_ += found->second;
  }
}

void EmbedFileJob::check_finite(const Tensor& embeddings) const {
  const Tensor bad = (~embeddings.isfinite().all(1)).nonzero();
  if (bad.size(0) > 0)
    fail(
        "{} of the {} different texts from row {} on have an embedding that is NaN or infinite; try "
        "--precision float32",
        bad.size(0), embeddings.size(0), writer_.rows());
}

TextStatistics EmbedFileJob::statistics() const {
  TextStatistics all = encoded_;
  return all += repeated_;
}

/// Of the window that was read last, from when it is started on.
void EmbedFileJob::report_within_window() {
  embedder_.report_to(
      [this, end_text = read_texts_, end_byte = texts_.bytes_read()](int64_t encoded, int64_t tokens) {
        const double share = static_cast<double>(encoded) / static_cast<double>(tokens);
        Position at = written();
        at.texts += static_cast<int64_t>(share * static_cast<double>(end_text - at.texts));
        at.bytes += static_cast<int64_t>(share * static_cast<double>(end_byte - at.bytes));
        at.tokens += encoded;
        options_.progress_within(progress(at));
      });
}

EmbedProgress EmbedFileJob::progress(const Position& at) const {
  const double seconds = seconds_since(start_);
  return {.texts = at.texts,
          .texts_per_second = static_cast<double>(at.texts - resumed_rows_) / seconds,
          .tokens_per_second = static_cast<double>(at.tokens) / seconds,
          .seconds_left = seconds_left(at, seconds),
          .seconds = seconds};
}

/// By the texts of a shard, whose number is known, else by the bytes of the input.
///
/// @param seconds  that this process has taken
std::optional<double> EmbedFileJob::seconds_left(const Position& at, double seconds) const {
  const bool by_texts = options_.shard.has_value();
  const int64_t end = by_texts ? options_.shard->texts : texts_.total_bytes();
  const int64_t done = by_texts ? at.texts : at.bytes;
  const int64_t begin = by_texts ? resumed_rows_ : resumed_bytes_;
  if (end == 0 || done == begin) return std::nullopt;
  return seconds * std::max(0.0, static_cast<double>(end - done) / static_cast<double>(done - begin));
}

void EmbedFileJob::save() {
  writer_.save(describe_job());
  last_save_ = std::chrono::steady_clock::now();
}

/// Everything that the rows depend on.
json EmbedFileJob::describe_job() {
  if (model_checksum_.empty()) model_checksum_ = checksum(model_checksums(model_.directory).dump());
  const Tensor& ranges = options_.ranges;
  return {{"model", model_checksum_},
          {"pipeline", model_.describe()},
          {"device", model_.encoder.device().str()},
          {"precision", options_.precision},
          {"max_seq_length", embed_.max_seq_length.value_or(model_.max_seq_length)},
          {"normalize", embed_.normalize.value_or(model_.normalize)},
          {"dims", embedder_.dims()},
          {"prompt", embed_.prompt},
          {"long_texts", embed_.long_texts},
          {"window_overlap", or_null(embed_.window_overlap)},
          {"quantization", or_null(options_.quantization)},
          {"ranges", ranges.defined()
                         ? checksum({static_cast<const char*>(ranges.const_data_ptr()), ranges.nbytes()})
                         : ""},
          {"format", writer_.format()},
          {"window", {options_.window_texts, options_.window_bytes}},
          {"shard", options_.shard ? json({options_.shard->first_text, options_.shard->texts}) : json()},
          {"texts", rows_checksum_}};
}

}  // namespace

EmbedFileResult embed_file(Model& model, const EmbedOptions& embed, TextReader& texts,
                           EmbeddingWriter& writer, const EmbedFileOptions& options) {
  return EmbedFileJob(model, embed, texts, writer, options).run();
}

}  // namespace angle
