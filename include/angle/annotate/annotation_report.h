// What annotations are worth: what each annotator wrote, how far they agree with each other and with gold
// labels, and what would spoil a training set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "angle/annotate/annotate_config.h"
#include "angle/annotate/annotations.h"
#include "angle/annotate/ensemble.h"
#include "angle/eval/bootstrap.h"
#include "angle/io/json.h"

namespace angle {

/// The pairs of one relation: means over pairs, none without pairs.
struct PairStatistics {
  int64_t pairs = 0;
  std::optional<double> words;               // of the written sentence, between white space
  std::optional<double> word_difference;     // of seed and sentence
  std::optional<double> overlap;             // Jaccard, of the words without case and punctuation
  std::optional<double> within_length_rule;  // share that differs by at least five words
};

struct AnnotatorReport {
  std::string name;
  PairStatistics same;
  PairStatistics opposite;
  std::map<Rejection, int64_t> rejected;
  std::optional<double> confirmed;  // share of all scored sentences whose score is a vote for the relation
                                    // they were written as (3 or more: the same)
};

/// How far two scorers agree on what both have scored.
struct AgreementReport {
  std::string left;   // an annotator
  std::string right;  // another one, or "gold"
  int64_t pairs = 0;
  std::optional<double> spearman;
  std::optional<Interval> interval;  // of it, 95 %, over the pairs
  std::optional<double> kappa;       // with quadratic weights
};

struct OutputReport {
  std::string path;
  int64_t same = 0;
  int64_t opposite = 0;
  std::map<LeftOut, int64_t> left_out;
};

struct LeakReport {
  std::string task;
  std::string split;
  int64_t sentences = 0;            // different ones in the set
  std::vector<std::string> leaked;  // ours that are in it, but for case and punctuation
};

struct AnnotationReport {
  int64_t seeds = 0;
  int64_t blank_seeds = 0;
  int64_t duplicate_seeds = 0;
  std::optional<double> seed_words;  // mean
  int64_t replies = 0;
  std::map<std::string, int64_t> failures;
  int64_t unread_scores = 0;
  int64_t written_twice = 0;  // sentences that were written for two different seeds
  int64_t also_seeds = 0;     // sentences written for one seed that are another seed
  std::vector<AnnotatorReport> annotators;
  std::vector<AgreementReport> agreement;  // of each two annotators on what they wrote
  std::vector<AgreementReport> gold;       // of each annotator, and of their mean, with the gold labels
  std::vector<OutputReport> outputs;
  std::vector<LeakReport> leaks;  // one for each file of an evaluation set that is there
};

/// @param data_dir  where the evaluation sets are
AnnotationReport make_annotation_report(const Annotations& annotations, const AnnotateConfig& config,
                                        const std::filesystem::path& data_dir);

/// For people, in lines of at most 110 characters.
std::string format_report(const AnnotationReport& report);

/// The same with all digits; what has no value is null.
json report_to_json(const AnnotationReport& report);

}  // namespace angle
