#include "data/repetitions.h"

#include <algorithm>

#include "angle/io/checksum.h"

namespace angle {

namespace {

constexpr size_t kMostLines = 5;

/// The probability that at least one of the batch_size − 1 other rows of a random batch is among `others`
/// of the rows − 1 that there are: 1 − C(rows − 1 − others, batch_size − 1) / C(rows − 1, batch_size − 1).
double probability_to_meet(int64_t others, int64_t rows, int64_t batch_size) {
  const int64_t drawn = std::min(batch_size, rows) - 1;
  const int64_t factors = std::min(others, drawn), rest = std::max(others, drawn);
  double none = 1.0;
  for (int64_t i = 0; i < factors && none > 0; ++i)
    none *=
        static_cast<double>(std::max<int64_t>(rows - 1 - rest - i, 0)) / static_cast<double>(rows - 1 - i);
  return 1.0 - none;
}

}  // namespace

void RepetitionCounter::add(const std::vector<const std::string*>& texts, double label, int64_t line) {
  ++rows_;
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < texts.size(); ++i) {
    const uint64_t hash = text_hash(*texts[i]);
    const bool first_in_row = std::find(hashes.begin(), hashes.end(), hash) == hashes.end();
    hashes.push_back(hash);
    TextCounts* counts = texts_.find(hash);
    if (counts == nullptr) continue;
    if (first_in_row) ++counts->rows;
    if (i == 0) ++counts->as_left;
    if (i == 1) ++counts->as_right;
  }
  add_pair(hashes[0], hashes[1], label, line);
}

void RepetitionCounter::add_pair(uint64_t left, uint64_t right, double label, int64_t line) {
  const uint64_t both[] = {std::min(left, right), std::max(left, right)};
  PairCounts* pair = pairs_.find(text_hash({reinterpret_cast<const char*>(both), sizeof both}));
  if (pair == nullptr) return;
  if (pair->rows++ == 0) pair->lowest = pair->highest = label;
  const bool conflicts = label != pair->lowest || label != pair->highest;
  if (conflicts && conflicts_at_.size() < kMostLines) conflicts_at_.push_back(line);
  pair->lowest = std::min(pair->lowest, label);
  pair->highest = std::max(pair->highest, label);
}

RepetitionReport RepetitionCounter::report(int64_t batch_size) const {
  RepetitionReport report;
  report.exact = texts_.scale() == 1 && pairs_.scale() == 1;
  report.batch_size = batch_size;
  report.conflicts_at = conflicts_at_;
  double anchors = 0, positives = 0;
  texts_.for_each([&](uint64_t, const TextCounts& text) {
    ++report.distinct_texts;
    report.repeated_texts += text.rows - 1;
    report.most_rows = std::max(report.most_rows, text.rows);
    const double met = probability_to_meet(text.rows - 1, rows_, batch_size);
    anchors += met * text.as_left;
    positives += met * text.as_right;
  });
  pairs_.for_each([&](uint64_t, const PairCounts& pair) {
    ++report.distinct_pairs;
    report.repeated_pairs += pair.rows - 1;
    report.conflicting_pairs += pair.lowest < pair.highest ? 1 : 0;
  });
  for (int64_t* count : {&report.distinct_texts, &report.repeated_texts}) *count *= texts_.scale();
  for (int64_t* count : {&report.distinct_pairs, &report.repeated_pairs, &report.conflicting_pairs})
    *count *= pairs_.scale();
  const double share = rows_ == 0 ? 0.0
                                  : static_cast<double>(std::min(batch_size, rows_)) /
                                        static_cast<double>(rows_) * static_cast<double>(texts_.scale());
  report.anchors_in_batch = anchors * share;
  report.positives_in_batch = positives * share;
  return report;
}

}  // namespace angle
