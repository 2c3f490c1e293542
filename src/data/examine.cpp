#include <map>
#include <variant>

#include "angle/data/data_report.h"

#include "data/example_reader.h"
#include "data/label_counts.h"
#include "data/repetitions.h"
#include "data/row_problems.h"

namespace angle {

namespace {

/// How many texts have how many tokens.
class LengthCounts {
 public:
  explicit LengthCounts(const DataReportOptions& options) : options_(options) {}

  /// @param prompt  put before the text, as in training
  void add(const std::string& prompt, const std::string& text) {
    const Encoding encoding =
        options_.tokenizer->encode(prompt.empty() ? text : prompt + text, options_.max_seq_length);
    texts_.add(encoding, *options_.tokenizer);
    ++counts_[static_cast<int64_t>(encoding.token_ids.size()) + encoding.num_cut];
  }

  LengthReport report() const {
    LengthReport report{.max_seq_length = options_.max_seq_length, .texts = texts_};
    if (!counts_.empty()) report.longest = counts_.rbegin()->first;
    report.shortest = quantile(0);
    report.median = quantile(0.5);
    report.percentile_95 = quantile(0.95);
    report.percentile_99 = quantile(0.99);
    if (texts_.texts > 0)
      report.mean =
          static_cast<double>(texts_.tokens + texts_.tokens_cut) / static_cast<double>(texts_.texts);
    return report;
  }

 private:
  /// The smallest length that at least that share of the texts does not exceed.
  int64_t quantile(double share) const {
    int64_t seen = 0;
    for (const auto& [length, count] : counts_) {
      seen += count;
      if (static_cast<double>(seen) >= share * static_cast<double>(texts_.texts)) return length;
    }
    return 0;
  }

  const DataReportOptions& options_;
  std::map<int64_t, int64_t> counts_;  // by length
  TextStatistics texts_;
};

/// Labels of all scored pairs, and of those whose two texts are equal.
class LabelCounter {
 public:
  explicit LabelCounter(const DataReportOptions& options) : options_(options) {}

  void add(const ScoredPair& pair) {
    all_.add(pair.label);
    if (options_.positive_threshold && pair.label >= *options_.positive_threshold) ++positives_;
    if (pair.left != pair.right) return;
    identical_.add(pair.label);
    if (lines_.size() < kMostIdentical) lines_.emplace_back(pair.label, pair.line);
  }

  LabelReport report() const {
    LabelReport report{.lowest = all_.lowest(), .highest = all_.highest(), .histogram = all_.histogram()};
    const std::vector<double>& scale = options_.reading.label_scale;
    report.middle = scale.size() == 2 ? scale[0] / 2 + scale[1] / 2 : report.lowest / 2 + report.highest / 2;
    report.identical_pairs = identical_.count();
    report.contradictions = identical_.below(report.middle);
    for (const auto& [label, line] : lines_)
      if (label < report.middle && report.contradictions_at.size() < kMostLines)
        report.contradictions_at.push_back(line);
    if (options_.positive_threshold) report.positives = positives_;
    return report;
  }

 private:
  static constexpr size_t kMostIdentical = 10'000, kMostLines = 5;

  const DataReportOptions& options_;
  LabelCounts all_, identical_;
  std::vector<std::pair<double, int64_t>> lines_;  // label and line of the first identical pairs
  int64_t positives_ = 0;
};

std::vector<const std::string*> texts_of(const ScoredPair& pair) { return {&pair.left, &pair.right}; }
std::vector<const std::string*> texts_of(const PositivePair& pair) { return {&pair.query, &pair.positive}; }
std::vector<const std::string*> texts_of(const Triplet& triplet) {
  std::vector<const std::string*> texts = {&triplet.query, &triplet.positive};
  for (const std::string& negative : triplet.negatives) texts.push_back(&negative);
  return texts;
}

/// Everything that is counted over the rows of a file.
class Examination {
 public:
  explicit Examination(const DataReportOptions& options)
      : options_(options), labels_(options), repetitions_(options.most_texts), lengths_(options) {}

  void add(const Example& example) {
    std::visit([this](const auto& row) { add_texts(texts_of(row), row.line, label_of(row)); }, example);
    if (const auto* pair = std::get_if<ScoredPair>(&example)) labels_.add(*pair);
  }

  void finish(DataReport& report) const {
    if (report.format == DataFormat::scored_pairs) report.labels = labels_.report();
    report.repetitions = repetitions_.report(options_.batch_size);
    if (options_.tokenizer != nullptr) report.lengths = lengths_.report();
  }

 private:
  static double label_of(const ScoredPair& pair) { return pair.label; }
  template <class Row>
  static double label_of(const Row&) {
    return 0;
  }

  void add_texts(const std::vector<const std::string*>& texts, int64_t line, double label) {
    repetitions_.add(texts, label, line);
    if (options_.tokenizer == nullptr) return;
    for (size_t i = 0; i < texts.size(); ++i)
      lengths_.add(i == 0 ? options_.left_prompt : options_.right_prompt, *texts[i]);
  }

  const DataReportOptions& options_;
  LabelCounter labels_;
  RepetitionCounter repetitions_;
  LengthCounts lengths_;
};

}  // namespace

DataReport examine_data(const std::filesystem::path& file, const DataReportOptions& options) {
  DataReport report;
  report.file = file;
  report.format = options.format ? *options.format : find_format(file, options.reading);
  ExampleReader reader(file, report.format, options.reading);
  report.columns = reader.names();
  RowProblems problems;
  Examination examination(options);
  while (reader.next()) {
    if (report.columns.empty()) report.columns = reader.names();
    if (reader.problem().empty()) {
      ++report.rows;
      examination.add(reader.example());
    } else {
      problems.add(reader);
    }
    if (options.progress && (report.rows + problems.count()) % 1000 == 0)
      options.progress(report.rows + problems.count());
  }
  report.bad_rows = problems.count();
  if (report.rows + report.bad_rows == 0) reader.refuse_without_rows();
  report.problems = problems.shown();
  report.rows_not_in_problems = problems.not_shown();
  report.empty_texts = reader.empty_texts();
  report.ignored_fields = reader.ignored_fields();
  examination.finish(report);
  return report;
}

}  // namespace angle
