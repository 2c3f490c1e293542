#include "cli/embed_command.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/Parallel.h>

#include "angle/embed/embed_file.h"
#include "angle/embed/embedding_ranges.h"
#include "angle/embed/encoder_workers.h"
#include "angle/error.h"
#include "angle/io/file.h"
#include "angle/io/partial_file.h"

#include "cli/interruption.h"
#include "cli/log.h"
#include "cli/output_file.h"
#include "cli/shared_options.h"
#include "cli/text_options.h"
#include "cli/usage.h"

namespace angle::cli {
namespace {

struct EmbedCommandOptions {
  std::string model;
  ComputeOptions compute;
  int64_t workers = EmbedFileOptions{}.workers;
  TextOptions texts;
  LongTextOptions long_texts;
  std::string output = "-";
  std::string format;
  std::optional<bool> normalize;
  std::optional<int64_t> truncate_dim;
  std::string quantize;
  std::string calibration;
  std::string ranges;
  std::string save_ranges;
  std::string shard;
  bool resume = false;
  double save_seconds = EmbedFileOptions{}.save_seconds;
};

EmbeddingFormat format_of(const EmbedCommandOptions& options) {
  if (const auto format = enum_value<EmbeddingFormat>(options.format)) return *format;
  std::error_code unknown;
  if (std::filesystem::is_directory(options.output, unknown))
    fail("--output {0}: a directory; expected the name of a file, such as {1}", options.output,
         (std::filesystem::path(options.output) / "vectors.npy").string());
  return as_usage([&] { return embedding_format(options.output); });
}

/// Whoever reads the file goes by its name.
void check_format(const EmbedCommandOptions& options) {
  const auto given = enum_value<EmbeddingFormat>(options.format);
  const auto named = format_of_extension(options.output);
  if (given && named && *given != *named)
    refuse_usage(
        "--format {}: the extension of --output {} means another format; leave --format out, or name "
        "the file otherwise",
        options.format, options.output);
}

bool can_be_read_once_only(const std::string& input) {
  std::error_code error;
  const auto status = std::filesystem::status(input, error);
  return input == "-" || (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status));
}

void check_input_and_output(const EmbedCommandOptions& options) {
  if (options.resume && options.output == "-") refuse_usage("--resume: needs a file to go on with: -o FILE");
  if (!can_be_read_once_only(options.texts.input)) return;
  if (!options.shard.empty()) refuse_usage("--shard: needs an input file: it is read twice");
  if (format_of(options) == EmbeddingFormat::npy && options.output == "-")
    refuse_usage(
        "--format npy: begins with the number of rows, which of a pipe is known only at its end; write to a "
        "file with -o, or use --format raw or jsonl");
  if (options.calibration == options.texts.input)
    refuse_usage("--calibration {}: is the input too, which can be read once only: give a file",
                 options.calibration);
}

/// Until it is complete the output has other names.
void refuse_lost_while_growing(const std::string& output, const std::vector<UsedFile>& files) {
  std::error_code error;
  if (output.empty() || output == "-" || std::filesystem::is_directory(output, error)) return;
  for (const std::filesystem::path& growing : PartialFile::growing_files(output))
    refuse_lost_file(fmt::format("--output {}, which grows as", output), growing.string(), files);
}

/// Neither output takes the place of a file that is read, nor of the other.
void refuse_lost_files(const EmbedCommandOptions& options) {
  std::vector<UsedFile> files = {{"the input", options.texts.input},
                                 {"the file of --calibration", options.calibration},
                                 {"the file of --ranges", options.ranges}};
  refuse_lost_file("--save-ranges", options.save_ranges, files);
  files.push_back({"the file of --save-ranges", options.save_ranges});
  refuse_lost_file("--output", options.output, files);
  refuse_lost_while_growing(options.output, files);
}

void check_quantization(const EmbedCommandOptions& options) {
  const auto quantization = enum_value<Quantization>(options.quantize);
  const bool needs = quantization && needs_ranges(*quantization);
  const bool has = !options.calibration.empty() || !options.ranges.empty();
  if (needs && !has)
    refuse_usage(
        "--quantize {}: needs the range of each dimension: give --calibration FILE, texts like those to "
        "embed, or --ranges FILE, as saved by --save-ranges",
        options.quantize);
  if (has && !needs)
    refuse_usage("{}: is for --quantize int8 and uint8 only",
                 options.ranges.empty() ? "--calibration" : "--ranges");
}

/// Values and combinations that make no sense are wrong usage, like an unknown option.
void check_usage(const EmbedCommandOptions& options) {
  check_format(options);
  check_input_and_output(options);
  refuse_lost_files(options);
  check_quantization(options);
  options.long_texts.choice();
  if (!options.shard.empty()) as_usage([&] { return parse_shard(options.shard); });
}

/// What the model says nothing about should not wait for it.
void check_workers(const EmbedCommandOptions& options) {
  if (options.workers == 1) return;
  apply_compute_options(options.compute);
  as_usage([&] { EncoderWorkers::check(options.workers, at::get_num_threads()); });
}

Tensor find_ranges(const EmbedCommandOptions& options, Model& model, const EmbedOptions& embed) {
  Embedder embedder(model, embed);
  if (!options.ranges.empty()) return read_ranges(options.ranges, embedder.dims());
  if (options.calibration.empty()) return {};
  TextReader texts = open_texts(options.calibration, options.texts);
  Tensor ranges = embedding_ranges(embedder, texts);
  log_info("calibration: {}, the ranges of {} dimensions", count_of(embedder.statistics().texts, "text"),
           embedder.dims());
  constexpr int64_t kFewTexts = 100;
  if (embedder.statistics().texts < kFewTexts)
    log_warning("calibration: with fewer than {} texts, others are likely to lie outside of the ranges",
                kFewTexts);
  if (!options.save_ranges.empty()) write_ranges(options.save_ranges, ranges);
  return ranges;
}

/// The part of the input that --shard asks for.
std::optional<ShardRange> choose_shard(const EmbedCommandOptions& options) {
  if (options.shard.empty()) return std::nullopt;
  const Shard shard = parse_shard(options.shard);
  TextReader texts(options.texts.input, reader_options(options.texts));
  const ShardRange range = find_shard(texts, shard);
  log_info("shard {}: {} from text {} on", options.shard, count_of(range.texts, "text"), range.first_text);
  return range;
}

/// The number of texts, where the output begins with it and can't be gone back to.
std::optional<int64_t> rows_to_announce(const EmbedCommandOptions& options) {
  if (format_of(options) != EmbeddingFormat::npy || options.output != "-") return std::nullopt;
  TextReader texts(options.texts.input, reader_options(options.texts));
  return count_texts(texts);
}

/// Where something computes while the next texts are read.
int64_t windows_ahead(const Model& model, const EmbedOptions& embed, int64_t workers) {
  if (!model.encoder.device().is_cpu()) return 1;
  return workers > 1 && embed.long_texts != LongTexts::windows ? 1 : 0;
}

std::string format_progress(const EmbedProgress& at) {
  std::string text = fmt::format("{}, {:.0f} texts/s, {:.0f} tokens/s", count_of(at.texts, "text"),
                                 at.texts_per_second, at.tokens_per_second);
  if (!at.seconds_left) return text;
  const auto left = static_cast<int64_t>(*at.seconds_left);
  return text + fmt::format(", {}:{:02} left", left / 60, left % 60);
}

/// `in.txt`, `shard 2/8 of in.txt`
std::string describe_input(const EmbedCommandOptions& options) {
  const std::string input = options.texts.input == "-" ? "<stdin>" : options.texts.input;
  return options.shard.empty() ? input : fmt::format("shard {} of {}", options.shard, input);
}

void log_rate(const EmbedFileResult& result) {
  const TextStatistics& counts = result.statistics;
  const double rate = 1.0 / std::max(result.seconds, 1e-9);
  log_info("{} embedded{}, {}, in {:.1f} s: {:.0f} texts/s, {:.0f} tokens/s", count_of(counts.texts, "text"),
           result.resumed_rows > 0 ? fmt::format(" after {} that were done", result.resumed_rows) : "",
           count_of(counts.tokens, "token"), result.seconds, static_cast<double>(counts.texts) * rate,
           static_cast<double>(counts.tokens) * rate);
}

/// Texts are counted by windows: of one that was broken off there may be vectors, but no counts, so there is
/// nothing to tell when the reader goes, nor before the first window is done.
void log_end(const EmbedFileResult& result, const EmbedCommandOptions& options) {
  switch (result.end) {
    case EmbedFileResult::End::complete:
      log_rate(result);
      if (result.rows == 0) log_warning("no texts in {}", describe_input(options));
      if (options.output != "-") log_info("{} in {}", count_of(result.rows, "vector"), options.output);
      break;
    case EmbedFileResult::End::interrupted:
      if (result.statistics.texts > 0) log_rate(result);
      if (result.rows > 0)
        log_info("interrupted; {} saved, go on with --resume", count_of(result.rows, "vector"));
      else
        log_info("interrupted before any vector was saved");
      break;
    case EmbedFileResult::End::reader_gone:
      log_info("stopped: whoever read stdout has gone");
      break;
  }
}

EmbedOptions embed_options(const EmbedCommandOptions& options, const Model& model) {
  return {.max_seq_length = options.texts.max_seq_length,
          .normalize = options.normalize,
          .truncate_dim = options.truncate_dim,
          .prompt = choose_prompt(options.texts, model.prompts, model.default_prompt),
          .long_texts = options.long_texts.choice(),
          .window_overlap = options.long_texts.window_overlap};
}

/// What the vectors are and how they are computed; reads what that follows from: texts for the ranges, the
/// number of texts.
EmbedFileOptions job_options(const EmbedCommandOptions& options, Model& model, const EmbedOptions& embed,
                             const std::optional<ShardRange>& shard) {
  return {.quantization = enum_value<Quantization>(options.quantize),
          .ranges = find_ranges(options, model, embed),
          .resume = options.resume,
          .precision = nlohmann::json(options.compute.precision).get<Precision>(),
          .rows = shard ? shard->texts : rows_to_announce(options),
          .shard = shard,
          .windows_ahead = windows_ahead(model, embed, options.workers),
          .workers = options.workers,
          .save_seconds = options.save_seconds};
}

void run_embed(const EmbedCommandOptions& options) {
  check_usage(options);
  Interruption interruption;
  TextReader texts = open_texts(options.texts.input, options.texts, &interruption.requested());
  EmbeddingWriter writer(options.output, format_of(options));
  if (!options.save_ranges.empty()) AtomicFile{options.save_ranges};  // a calibration may take long
  check_workers(options);

  Model model = load_model_for_inference(options.model, options.compute);
  const std::optional<ShardRange> shard = choose_shard(options);
  const EmbedOptions embed = embed_options(options, model);
  if (!embed.prompt.empty()) log_info("prompt: {}", nlohmann::json(embed.prompt).dump());
  EmbedFileOptions job = job_options(options, model, embed, shard);
  if (options.resume && !writer.saved())
    log_info("{}: nothing to resume, starting at the first text", options.output);

  ProgressLine line;
  job.interrupted = &interruption.requested();
  job.progress = [&line](const EmbedProgress& at) { line.show(format_progress(at)); };
  job.progress_within = [&line](const EmbedProgress& at) {
    if (at.seconds >= 1) line.show(format_progress(at));  // what is over at once needs no line
  };
  if (options.output != "-")  // what went to stdout is not lost: there a signal may end it at once
    interruption.hold(
        "interrupted: what is done is saved as soon as the texts at hand are embedded; a second Ctrl-C stops "
        "at once");
  const EmbedFileResult result = embed_file(model, embed, texts, writer, job);
  line.finish();
  log_end(result, options);
  if (result.end != EmbedFileResult::End::reader_gone)
    log_text_statistics(result.statistics, result.repaired_texts);
  if (result.end == EmbedFileResult::End::interrupted) interruption.end_process();
}

void add_output_options(CLI::App& command, EmbedCommandOptions& options) {
  command.add_option("-o,--output", options.output, "file to write; - for stdout")->capture_default_str();
  command
      .add_option("--format", options.format,
                  "jsonl, npy, tsv or raw; default: by the output's extension (.jsonl, .npy, .tsv, .raw or "
                  ".bin), jsonl on stdout")
      ->check(one_of<EmbeddingFormat>());
  command.add_flag("--resume", options.resume,
                   "go on with what a killed run left beside the output (FILE.part); else it starts again");
  command.add_option("--shard", options.shard,
                     "I/N: only part I of N of the input, for N jobs. Outputs in jsonl, tsv and raw, one "
                     "after the other (cat), are that of one job; those in npy are joined by "
                     "numpy.concatenate");
  command
      .add_option(
          "--save-every", options.save_seconds,
          "seconds of work that a killed run may lose, and the texts it is at: up to 2,048, or 1 MB of them")
      ->capture_default_str()
      ->check(at_least(0));
}

void add_vector_options(CLI::App& command, EmbedCommandOptions& options) {
  // A flag bound to an optional would be false, not empty, when it is not given.
  command.add_flag_function(
      "--normalize,!--no-normalize", [&options](int64_t count) { options.normalize = count > 0; },
      "vectors of length 1, or as they are; default: what the model directory says");
  command.add_option("--truncate-dim", options.truncate_dim, "keep the first dimensions only")
      ->check(in_range(1, 1'000'000));
  command
      .add_option("--quantize", options.quantize,
                  "int8 or uint8 (a byte per dimension), binary or ubinary (a bit)")
      ->check(one_of<Quantization>());
  CLI::Option* calibration =
      command.add_option("--calibration", options.calibration,
                         "texts whose vectors give int8 and uint8 the range of each dimension");
  command.add_option("--ranges", options.ranges, "those ranges from a .npy file")->excludes(calibration);
  command
      .add_option("--save-ranges", options.save_ranges, "write the ranges of --calibration to a .npy file")
      ->needs(calibration);
}

}  // namespace

void add_embed_command(CLI::App& app) {
  const auto options = std::make_shared<EmbedCommandOptions>();
  CLI::App& command = *app.add_subcommand("embed", "turn texts into vectors");
  add_text_options(command, options->texts);
  add_long_text_options(command, options->long_texts);
  add_output_options(command, *options);
  add_model_option(command, options->model);
  add_vector_options(command, *options);
  add_compute_options(command, options->compute);
  command
      .add_option("--workers", options->workers,
                  "encoders at the same time, each with its part of the threads bound to its part of the "
                  "cores: for CPUs of many cores")
      ->capture_default_str()
      ->check(in_range(1, 1024));
  command.footer("Example: angle embed input.txt -o vectors.npy");
  command.callback([options] { run_embed(*options); });
}

}  // namespace angle::cli
