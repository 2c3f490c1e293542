// An annotation report as text and as JSON.
#include <algorithm>
#include <cstddef>

#include <spdlog/fmt/fmt.h>

#include "angle/annotate/annotation_report.h"
#include "angle/or_null.h"

#include "annotate/reason_counts.h"
#include "eval/paired_difference.h"

namespace angle {
namespace {

std::string number(const std::optional<double>& value, int digits) {
  return value ? fmt::format("{:.{}f}", *value, digits) : "n/a";
}

std::string with_interval(const AgreementReport& agreement) {
  const std::string value = number(agreement.spearman, 3);
  return agreement.interval
             ? fmt::format("{} [{:.3f} {:.3f}]", value, agreement.interval->low, agreement.interval->high)
             : value;
}

template <class Reason>
json counts_to_json(const std::map<Reason, int64_t>& counts) {
  json object = json::object();
  for (const auto& [reason, count] : counts) object[json(reason).template get<std::string>()] = count;
  return object;
}

std::string format_statistics(const std::string& annotator, const char* relation,
                              const PairStatistics& pairs) {
  return fmt::format("  {:<16} {:<9} {:>6} {:>7} {:>10} {:>8} {:>9}\n", annotator, relation, pairs.pairs,
                     number(pairs.words, 1), number(pairs.word_difference, 1), number(pairs.overlap, 2),
                     number(pairs.within_length_rule, 2));
}

std::string format_annotators(const AnnotationReport& report) {
  std::string text = fmt::format("\n  {:<16} {:<9} {:>6} {:>7} {:>10} {:>8} {:>9}\n", "annotator", "relation",
                                 "pairs", "words", "difference", "overlap", "5 apart");
  for (const AnnotatorReport& annotator : report.annotators)
    text += format_statistics(annotator.name, "same", annotator.same) +
            format_statistics("", "opposite", annotator.opposite);
  text += "\nnot used:\n";
  for (const AnnotatorReport& annotator : report.annotators)
    text += fmt::format("  {:<16} {}\n", annotator.name, describe_counts(annotator.rejected));
  return text;
}

std::string format_agreement(const AnnotationReport& report) {
  if (report.agreement.empty() && report.gold.empty()) return "";
  std::string text = fmt::format("\n  {:<34} {:>6} {:>25} {:>7}\n", "agreement", "pairs",
                                 "Spearman [95 % interval]", "kappa");
  for (const auto* group : {&report.agreement, &report.gold})
    for (const AgreementReport& one : *group)
      text += fmt::format("  {:<34} {:>6} {:>25} {:>7}\n", one.left + " and " + one.right, one.pairs,
                          with_interval(one), number(one.kappa, 3));
  for (const AnnotatorReport& annotator : report.annotators)
    text += fmt::format("  {} confirms {} of the relations that sentences were written as\n", annotator.name,
                        number(annotator.confirmed, 3));
  return text;
}

std::string format_outputs(const AnnotationReport& report) {
  std::string text =
      fmt::format("\n  {:<32} {:>6} {:>6} {:>9}  left out\n", "output", "pairs", "same", "opposite");
  for (const OutputReport& output : report.outputs)
    text += fmt::format("  {:<32} {:>6} {:>6} {:>9}  {}\n", output.path, output.same + output.opposite,
                        output.same, output.opposite, describe_counts(output.left_out));
  return text;
}

std::string format_leaks(const AnnotationReport& report) {
  constexpr size_t kMostShown = 3;
  if (report.leaks.empty()) return "\nleaks: not looked for, no evaluation set is in the data directory\n";
  std::string found;
  std::vector<std::string> tasks;
  for (const LeakReport& set : report.leaks) {
    if (tasks.empty() || tasks.back() != set.task) tasks.push_back(set.task);
    if (set.leaked.empty()) continue;
    found += fmt::format("  {} in {}/{}:\n", set.leaked.size(), set.task, set.split);
    for (size_t i = 0; i < std::min(kMostShown, set.leaked.size()); ++i)
      found += fmt::format("    {}\n", set.leaked[i]);
  }
  return fmt::format("\nleaks into evaluation sets (looked for in {}):\n{}", fmt::join(tasks, ", "),
                     found.empty() ? "  none\n" : found);
}

json statistics_to_json(const PairStatistics& pairs) {
  return {{"pairs", pairs.pairs},
          {"words", or_null(pairs.words)},
          {"word_difference", or_null(pairs.word_difference)},
          {"overlap", or_null(pairs.overlap)},
          {"within_length_rule", or_null(pairs.within_length_rule)}};
}

json agreement_to_json(const std::vector<AgreementReport>& reports) {
  json list = json::array();
  for (const AgreementReport& one : reports)
    list.push_back({{"left", one.left},
                    {"right", one.right},
                    {"pairs", one.pairs},
                    {"spearman", or_null(one.spearman)},
                    {"interval", interval_json(one.interval)},
                    {"kappa", or_null(one.kappa)}});
  return list;
}

}  // namespace

std::string format_report(const AnnotationReport& report) {
  std::string text = fmt::format(
      "{} seeds of {} words on average ({} blank and {} repeated ones left out), {} replies\n", report.seeds,
      number(report.seed_words, 1), report.blank_seeds, report.duplicate_seeds, report.replies);
  for (const auto& [problem, count] : report.failures)
    text += fmt::format("no reply to {}: {}\n", count, problem);
  if (report.unread_scores > 0)
    text += fmt::format("{} scores are missing in the replies\n", report.unread_scores);
  text += format_annotators(report);
  text += fmt::format("\nduplicates: {} sentences were written for two seeds, {} are another seed\n",
                      report.written_twice, report.also_seeds);
  return text + format_agreement(report) + format_outputs(report) + format_leaks(report);
}

json report_to_json(const AnnotationReport& report) {
  json annotators = json::array(), outputs = json::array(), leaks = json::array();
  for (const AnnotatorReport& annotator : report.annotators)
    annotators.push_back({{"name", annotator.name},
                          {"same", statistics_to_json(annotator.same)},
                          {"opposite", statistics_to_json(annotator.opposite)},
                          {"rejected", counts_to_json(annotator.rejected)},
                          {"confirmed", or_null(annotator.confirmed)}});
  for (const OutputReport& output : report.outputs)
    outputs.push_back({{"path", output.path},
                       {"same", output.same},
                       {"opposite", output.opposite},
                       {"left_out", counts_to_json(output.left_out)}});
  for (const LeakReport& set : report.leaks)
    leaks.push_back(
        {{"task", set.task}, {"split", set.split}, {"sentences", set.sentences}, {"leaked", set.leaked}});
  return {{"seeds", report.seeds},
          {"blank_seeds", report.blank_seeds},
          {"duplicate_seeds", report.duplicate_seeds},
          {"seed_words", or_null(report.seed_words)},
          {"replies", report.replies},
          {"failures", report.failures},
          {"unread_scores", report.unread_scores},
          {"written_twice", report.written_twice},
          {"also_seeds", report.also_seeds},
          {"annotators", annotators},
          {"agreement", agreement_to_json(report.agreement)},
          {"gold", agreement_to_json(report.gold)},
          {"outputs", outputs},
          {"leaks", leaks}};
}

}  // namespace angle
