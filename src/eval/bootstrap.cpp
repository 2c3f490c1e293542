#include "angle/eval/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <limits>
#include <numeric>

#include "angle/eval/correlation.h"
#include "angle/random.h"

namespace angle {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using Counts = ResampleCounts;

/// Sums that a correlation is made of, of deviations from about the mean.
struct Sums {
  double x = 0, xx = 0, y = 0, yy = 0, xy = 0;

  double correlation(double n) const {
    const double covariance = xy - x * y / n;
    return covariance / std::sqrt((xx - x * x / n) * (yy - y * y / n));
  }
};

/// One list of values whose ranks are counted anew in each resample.
class RankedValues {
 public:
  explicit RankedValues(std::span<const double> values) : order_(values.size()) {
    std::iota(order_.begin(), order_.end(), uint32_t{0});
    std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) { return values[a] < values[b]; });
    for (size_t i = 1; i <= order_.size(); ++i) {
      if (i == order_.size() || values[order_[i]] != values[order_[i - 1]]) group_ends_.push_back(i);
    }
    const double mean =
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    double largest = 0.0;
    for (const double value : values) largest = std::max(largest, std::abs(value - mean));
    for (const double value : values) deviations_.push_back(largest > 0 ? (value - mean) / largest : 0.0);
  }

  /// Calls visit(pairs of a group of equal values, how many they are, their rank minus the mean rank), in
  /// ascending order. Ranks are multiples of one half, so that what is summed of them is exact.
  template <class Visit>
  void for_each_group(const Counts& counts, Visit visit) const {
    const double mean_rank = (static_cast<double>(order_.size()) + 1.0) / 2.0;
    uint64_t below = 0;
    size_t first = 0;
    for (const size_t end : group_ends_) {
      uint64_t count = 0;
      for (size_t i = first; i < end; ++i) count += counts[order_[i]];
      const double rank = static_cast<double>(below) + (static_cast<double>(count) + 1.0) / 2.0 - mean_rank;
      visit(std::span(order_).subspan(first, end - first), static_cast<double>(count), rank);
      below += count;
      first = end;
    }
  }

  /// [values] Minus the mean, divided by the largest: sums of squares neither over- nor underflow.
  const std::vector<double>& deviations() const { return deviations_; }

 private:
  std::vector<uint32_t> order_;     // values ascending
  std::vector<size_t> group_ends_;  // in `order_`, of groups of equal values
  std::vector<double> deviations_;
};

/// Labels as a resample sees them.
struct ResampledLabels {
  std::vector<double> weighted_ranks;       // [pairs] count · rank
  std::vector<double> weighted_deviations;  // [pairs] count · deviation
  double rank_squares = 0;
  double deviation_sum = 0;
  double deviation_squares = 0;
};

ResampledLabels resample_labels(const RankedValues& labels, const Counts& counts) {
  ResampledLabels result;
  result.weighted_ranks.resize(counts.size());
  result.weighted_deviations.resize(counts.size());
  labels.for_each_group(counts, [&](std::span<const uint32_t> pairs, double count, double rank) {
    for (const uint32_t pair : pairs) result.weighted_ranks[pair] = counts[pair] * rank;
    result.rank_squares += count * rank * rank;
  });
  for (size_t i = 0; i < counts.size(); ++i) {
    const double deviation = labels.deviations()[i];
    const double weighted = counts[i] * deviation;
    result.weighted_deviations[i] = weighted;
    result.deviation_sum += weighted;
    result.deviation_squares += weighted * deviation;
  }
  return result;
}

double resampled_spearman(const RankedValues& scores, const ResampledLabels& labels, const Counts& counts) {
  Sums sums{.yy = labels.rank_squares};  // the mean rank is known, so both sums are 0
  scores.for_each_group(counts, [&](std::span<const uint32_t> pairs, double count, double rank) {
    double label_ranks = 0;
    for (const uint32_t pair : pairs) label_ranks += labels.weighted_ranks[pair];
    sums.xx += count * rank * rank;
    sums.xy += rank * label_ranks;
  });
  const bool is_constant = sums.xx == 0 || sums.yy == 0;
  return is_constant ? kNaN : sums.correlation(static_cast<double>(counts.size()));
}

double resampled_pearson(const RankedValues& scores, const ResampledLabels& labels, const Counts& counts) {
  Sums sums{.y = labels.deviation_sum, .yy = labels.deviation_squares};
  for (size_t i = 0; i < counts.size(); ++i) {
    const double deviation = scores.deviations()[i];
    const double weighted = counts[i] * deviation;
    sums.x += weighted;
    sums.xx += weighted * deviation;
    sums.xy += deviation * labels.weighted_deviations[i];
  }
  return std::clamp(sums.correlation(static_cast<double>(counts.size())), -1.0, 1.0);
}

/// Draws as many pairs as there are. Two draws share the 64 bits of one random number; scaling 32 bits to the
/// number of pairs favours no pair by more than pairs / 2³².
void draw(Counts& counts, SplitMix64& random) {
  const uint64_t pairs = counts.size();
  std::fill(counts.begin(), counts.end(), 0);
  uint64_t bits = 0;
  for (uint64_t i = 0; i < pairs; ++i) {
    bits = i % 2 == 0 ? random.next() : bits >> 32;
    ++counts[((bits & 0xFFFFFFFF) * pairs) >> 32];
  }
}

/// Calls visit(resample, counts) for each resample of so many items, in as many threads as the options say.
template <class Visit>
void for_each_resample(size_t items, const BootstrapOptions& options, const Visit& visit) {
  const uint64_t seed = derive_seed(options.seed, items);
  const auto visit_part = [&](int64_t first, int64_t end) {
    Counts counts(items);
    for (int64_t resample = first; resample < end; ++resample) {
      SplitMix64 random(derive_seed(seed, static_cast<uint64_t>(resample)));
      draw(counts, random);
      visit(static_cast<size_t>(resample), counts);
    }
  };
  const int64_t parts = std::clamp<int64_t>(options.threads, 1, std::max<int64_t>(options.resamples, 1));
  std::vector<std::future<void>> others;  // which wait for their ends
  for (int64_t part = 1; part < parts; ++part)
    others.push_back(std::async(std::launch::async, visit_part, part * options.resamples / parts,
                                (part + 1) * options.resamples / parts));
  visit_part(0, options.resamples / parts);
  for (std::future<void>& other : others) other.get();
}

std::vector<double> without_nan(std::span<const double> values) {
  std::vector<double> defined;
  std::copy_if(values.begin(), values.end(), std::back_inserter(defined),
               [](double value) { return !std::isnan(value); });
  if (20 * (values.size() - defined.size()) > values.size()) defined.clear();
  return defined;
}

/// @param sorted  not empty
double quantile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

}  // namespace

nlohmann::json bootstrap_json(const BootstrapOptions& options) {
  return {{"method", "percentile"},
          {"confidence", 0.95},
          {"resamples", options.resamples},
          {"seed", options.seed}};
}

std::vector<ResampledCorrelations> resample_correlations(std::span<const std::vector<double>> scores,
                                                         std::span<const double> labels,
                                                         const BootstrapOptions& options) {
  std::vector<ResampledCorrelations> results(scores.size());
  std::vector<std::pair<size_t, RankedValues>> ranked;  // the scorings that have a correlation
  for (size_t i = 0; i < scores.size(); ++i) {
    if (scores[i].size() == labels.size() && why_undefined(scores[i], labels).empty())
      ranked.emplace_back(i, RankedValues(scores[i]));
  }
  if (ranked.empty()) return results;

  for (const auto& [index, values] : ranked)
    for (std::vector<double>* list : {&results[index].spearman, &results[index].pearson})
      list->resize(static_cast<size_t>(options.resamples));
  const RankedValues ranked_labels(labels);
  for_each_resample(labels.size(), options, [&](size_t resample, const Counts& counts) {
    const ResampledLabels resampled = resample_labels(ranked_labels, counts);
    for (const auto& [index, values] : ranked) {
      const double spearman = resampled_spearman(values, resampled, counts);
      results[index].spearman[resample] = spearman;
      // Rounding may leave constant values a tiny variance; ranks are exact.
      results[index].pearson[resample] =
          std::isnan(spearman) ? kNaN : resampled_pearson(values, resampled, counts);
    }
  });
  return results;
}

std::vector<std::vector<double>> resample_scores(int64_t items, const ResampleScorer& score,
                                                 const BootstrapOptions& options) {
  std::vector<std::vector<double>> resamples(static_cast<size_t>(options.resamples));
  for_each_resample(static_cast<size_t>(items), options,
                    [&](size_t resample, const Counts& counts) { resamples[resample] = score(counts); });
  std::vector<std::vector<double>> results(resamples.empty() ? 0 : resamples.front().size());
  for (const std::vector<double>& scores : resamples)
    for (size_t i = 0; i < results.size(); ++i) results[i].push_back(scores[i]);
  return results;
}

std::optional<Interval> confidence_interval(std::span<const double> resampled) {
  std::vector<double> sorted = without_nan(resampled);
  if (sorted.empty()) return std::nullopt;
  std::sort(sorted.begin(), sorted.end());
  return Interval{quantile(sorted, 0.025), quantile(sorted, 0.975)};
}

std::optional<double> difference_p_value(std::span<const double> differences) {
  const std::vector<double> defined = without_nan(differences);
  if (defined.empty()) return std::nullopt;
  const auto share = [&](auto is_on_side) {
    const auto count = std::count_if(defined.begin(), defined.end(), is_on_side);
    return static_cast<double>(count + 1) / static_cast<double>(defined.size() + 1);
  };
  const double not_above = share([](double difference) { return difference <= 0; });
  const double not_below = share([](double difference) { return difference >= 0; });
  return std::min(1.0, 2.0 * std::min(not_above, not_below));
}

}  // namespace angle
