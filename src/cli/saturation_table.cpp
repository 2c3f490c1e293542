#include "cli/saturation_table.h"

#include <algorithm>
#include <cmath>

#include <spdlog/fmt/fmt.h>

namespace angle::cli {
namespace {

constexpr double kBarCells = 20;

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f} %", 100 * *share) : "n/a";
}

std::string number(const RunningMean& mean) {
  const auto value = mean.value();
  return value ? fmt::format("{:.3g}", *value) : "-";
}

/// A row but for its first cell: pairs, their share, a bar, and the six gradients.
std::string format_bin(const SaturationBin& bin, int64_t all_pairs, const std::string& bar) {
  const double share =
      all_pairs > 0 ? 100.0 * static_cast<double>(bin.pairs) / static_cast<double>(all_pairs) : 0;
  return fmt::format("{:>8}{:>7.1f}  {:<20} {:>10}{:>10}  {:>10}{:>10}{:>10}{:>10}\n", bin.pairs, share, bar,
                     number(bin.cosine_similarity), number(bin.angle_similarity), number(bin.cosine),
                     number(bin.in_batch), number(bin.angle), number(bin.total));
}

/// As long as the bin is large beside the largest.
std::string bar(int64_t pairs, int64_t most) {
  std::string cells;
  const double length = most > 0 ? kBarCells * static_cast<double>(pairs) / static_cast<double>(most) : 0;
  for (int cell = 0; cell < static_cast<int>(std::lround(length)); ++cell) cells += "█";
  return cells;
}

std::string describe_terms(const LossOptions& loss) {
  const auto name = [](auto choice) { return nlohmann::json(choice).template get<std::string>(); };
  return fmt::format(
      "weights: cosine {}, in-batch {}, angle {}; scales: {}, {}, {}; cosine objective: {} by {}; angle "
      "similarity: {}",
      loss.cosine_weight, loss.in_batch_weight, loss.angle_weight, loss.cosine_scale, loss.in_batch_scale,
      loss.angle_scale, name(loss.cosine_objective), name(loss.cosine_similarity),
      name(loss.angle_similarity));
}

}  // namespace

std::string format_saturation(const Saturation& saturation, const LossOptions& loss) {
  std::string text = fmt::format("cosine > 0.95: {} of {} pairs; > 0.8: {}; mean {}\n",
                                 percent(saturation.share_above(0.95)), saturation.pairs(),
                                 percent(saturation.share_above(0.8)), number(saturation.mean_cosine));
  text += fmt::format("length of an embedding: {}", number(saturation.embedding_length));
  if (saturation.zero_pairs > 0)
    text += fmt::format("; {} more pairs have a zero vector, so no cosine", saturation.zero_pairs);
  text += fmt::format("\n{}\n\n", describe_terms(loss));

  text += fmt::format("{:56}{}      {}\n", "", "gradient of the pair's", "gradient of the batch's objective");
  text += fmt::format("{:<13}{:>8}{:>7}  {:<20} {:>10}{:>10}  {:>10}{:>10}{:>10}{:>10}\n", "cosine", "pairs",
                      "%", "", "cosine", "angle", "cosine", "in-batch", "angle", "total");
  int64_t most = 0;
  for (const SaturationBin& bin : saturation.bins) most = std::max(most, bin.pairs);
  for (size_t k = 0; k < kCosineBins; ++k)
    text += fmt::format("{:>5.2f} … {:<5.2f}", kCosineBounds[k], kCosineBounds[k + 1]) +
            format_bin(saturation.bins[k], saturation.pairs(), bar(saturation.bins[k].pairs, most));
  text += fmt::format("{:<13}", "all") + format_bin(saturation.all_bins(), saturation.pairs(), "");
  return text +
         "\nMean lengths of the gradient by an embedding of the pair. total: of the weighted sum; the other "
         "terms are not weighted.\n";
}

}  // namespace angle::cli
