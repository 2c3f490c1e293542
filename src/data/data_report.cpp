#include "angle/data/data_report.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "angle/or_null.h"

namespace angle {

namespace {

double percent(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

template <typename... Args>
std::string line(const char* name, fmt::format_string<Args...> format, Args&&... args) {
  return fmt::format("  {:<22}{}\n", name, fmt::format(format, std::forward<Args>(args)...));
}

/// ` (lines 3, 17, …)`
std::string lines_text(const std::vector<int64_t>& lines, int64_t count) {
  if (lines.empty()) return "";
  return fmt::format(" (line{} {}{})", lines.size() > 1 || count > 1 ? "s" : "", fmt::join(lines, ", "),
                     count > static_cast<int64_t>(lines.size()) ? ", …" : "");
}

std::string format_rows(const DataReport& report) {
  std::string text = fmt::format("{}\n", report.file.string());
  text += line("format", "{}, columns {}", nlohmann::json(report.format).get<std::string>(),
               fmt::join(report.columns, ", "));
  text += line("rows", "{}", report.rows);
  text += line("rows of no use", "{}, {} of them for an empty text", report.bad_rows, report.empty_texts);
  for (const std::string& problem : report.problems) text += "    " + problem + "\n";
  if (report.rows_not_in_problems > 0) text += fmt::format("    and {} more\n", report.rows_not_in_problems);
  if (report.ignored_fields > 0) text += line("ignored", "{} fields of other columns", report.ignored_fields);
  return text;
}

std::string format_bar(const HistogramBar& bar, int64_t most, int64_t all) {
  constexpr int64_t kWidth = 40;
  const auto length = static_cast<size_t>((bar.count * kWidth + most - 1) / std::max<int64_t>(most, 1));
  const std::string name = bar.low == bar.high ? fmt::format("{:.6g}", bar.low)
                                               : fmt::format("{:.4g} – {:.4g}", bar.low, bar.high);
  return fmt::format("    {:>15} {:<40} {} ({:.1f} %)\n", name, std::string(length, '#'), bar.count,
                     percent(bar.count, all));
}

std::string format_labels(const LabelReport& labels, int64_t rows) {
  std::string text = line("labels", "from {:.6g} to {:.6g}", labels.lowest, labels.highest);
  int64_t most = 0;
  for (const HistogramBar& bar : labels.histogram) most = std::max(most, bar.count);
  for (const HistogramBar& bar : labels.histogram) text += format_bar(bar, most, rows);
  text +=
      line("identical texts", "{} pairs, {} of them with a label below {:.6g}{}", labels.identical_pairs,
           labels.contradictions, labels.middle, lines_text(labels.contradictions_at, labels.contradictions));
  return text;
}

std::string format_repetitions(const DataReport& report) {
  const RepetitionReport& found = report.repetitions;
  const char* about = found.exact ? "" : "about ";
  std::string text =
      line("texts", "{}{} different ones; {} come again in other rows, the most frequent in {}", about,
           found.distinct_texts, found.repeated_texts, found.most_rows);
  text +=
      line("pairs", "{}{} different ones; {} come again", about, found.distinct_pairs, found.repeated_pairs);
  if (report.labels)
    text += line("conflicting labels", "{}{} pairs{}", about, found.conflicting_pairs,
                 lines_text(found.conflicts_at, found.conflicting_pairs));
  return text;
}

/// What in-batch negatives would see.
std::string format_batch(const DataReport& report) {
  const RepetitionReport& found = report.repetitions;
  const char* const left = report.labels ? "left" : "query";
  const char* const right = report.labels ? "right" : "positive";
  std::string text =
      line("in a batch", "of {}: {:.2f} rows whose {} text, {:.2f} whose {} text is in another row too",
           found.batch_size, found.anchors_in_batch, left, found.positives_in_batch, right);
  if (report.labels && report.labels->positives)
    text += line("positive pairs", "{} ({:.1f} %), the others serve as negatives only",
                 *report.labels->positives, percent(*report.labels->positives, report.rows));
  return text;
}

std::string format_lengths(const LengthReport& lengths) {
  const TextStatistics& texts = lengths.texts;
  std::string text =
      line("tokens per text", "shortest {}, median {}, mean {:.1f}, 95 % {}, 99 % {}, longest {}",
           lengths.shortest, lengths.median, lengths.mean, lengths.percentile_95, lengths.percentile_99,
           lengths.longest);
  text += line("cut", "at {} tokens: {} texts ({:.2f} %), losing {} tokens ({:.2f} %)",
               lengths.max_seq_length, texts.texts_cut, percent(texts.texts_cut, texts.texts),
               texts.tokens_cut, percent(texts.tokens_cut, texts.tokens + texts.tokens_cut));
  text += line("unknown", "{} tokens ({:.3f} %)", texts.unknown_tokens,
               percent(texts.unknown_tokens, texts.tokens));
  if (texts.empty_texts > 0) text += line("without a token", "{} texts", texts.empty_texts);
  return text;
}

nlohmann::json labels_json(const LabelReport& labels) {
  nlohmann::json bars = nlohmann::json::array();
  for (const HistogramBar& bar : labels.histogram)
    bars.push_back({{"low", bar.low}, {"high", bar.high}, {"count", bar.count}});
  nlohmann::json result = {{"lowest", labels.lowest},
                           {"highest", labels.highest},
                           {"histogram", std::move(bars)},
                           {"identical_pairs", labels.identical_pairs},
                           {"contradictions", labels.contradictions},
                           {"contradictions_below", labels.middle},
                           {"contradictions_at", labels.contradictions_at}};
  result["positives"] = or_null(labels.positives);
  return result;
}

nlohmann::json repetitions_json(const RepetitionReport& found) {
  return {{"exact", found.exact},
          {"distinct_texts", found.distinct_texts},
          {"repeated_texts", found.repeated_texts},
          {"most_rows_with_a_text", found.most_rows},
          {"distinct_pairs", found.distinct_pairs},
          {"repeated_pairs", found.repeated_pairs},
          {"conflicting_pairs", found.conflicting_pairs},
          {"conflicts_at", found.conflicts_at},
          {"batch_size", found.batch_size},
          {"repeated_anchors_in_batch", found.anchors_in_batch},
          {"repeated_positives_in_batch", found.positives_in_batch}};
}

nlohmann::json lengths_json(const LengthReport& lengths) {
  const TextStatistics& texts = lengths.texts;
  return {{"max_seq_length", lengths.max_seq_length},
          {"shortest", lengths.shortest},
          {"median", lengths.median},
          {"mean", lengths.mean},
          {"percentile_95", lengths.percentile_95},
          {"percentile_99", lengths.percentile_99},
          {"longest", lengths.longest},
          {"texts", texts.texts},
          {"tokens", texts.tokens},
          {"texts_cut", texts.texts_cut},
          {"tokens_cut", texts.tokens_cut},
          {"unknown_tokens", texts.unknown_tokens},
          {"texts_without_a_token", texts.empty_texts}};
}

}  // namespace

std::string format_data_report(const DataReport& report) {
  std::string text = format_rows(report);
  if (report.rows == 0) return text;
  if (report.labels) text += format_labels(*report.labels, report.rows);
  text += format_repetitions(report);
  text += format_batch(report);
  if (report.lengths) text += format_lengths(*report.lengths);
  return text;
}

nlohmann::json data_report_json(const DataReport& report) {
  nlohmann::json result = {{"file", report.file.string()},
                           {"format", report.format},
                           {"columns", report.columns},
                           {"rows", report.rows},
                           {"bad_rows", report.bad_rows},
                           {"empty_texts", report.empty_texts},
                           {"problems", report.problems},
                           {"ignored_fields", report.ignored_fields},
                           {"repetitions", repetitions_json(report.repetitions)}};
  result["labels"] = report.labels ? labels_json(*report.labels) : nlohmann::json();
  result["tokens"] = report.lengths ? lengths_json(*report.lengths) : nlohmann::json();
  return result;
}

}  // namespace angle
