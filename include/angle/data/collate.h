// From examples to what one training step encodes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "angle/data/example_store.h"
#include "angle/data/examples.h"
#include "angle/text/statistics.h"
#include "angle/text/tokenizer.h"

namespace angle {

/// How the texts of a data set are tokenised.
struct EncodeOptions {
  int64_t max_seq_length = 128;
  std::string left_prompt;   // put before left texts and queries
  std::string right_prompt;  // put before right texts, positives and negatives
};

/// An example as token ids.
struct EncodedExample {
  std::vector<std::vector<int64_t>> texts;  // left, right; or query, positive, negatives …
  double label = 0;                         // scored pairs only
  int64_t line = 0;                         // where it stands in its file
};

/// Tokenises the examples `rows`, counting what was cut.
std::vector<EncodedExample> encode_examples(const Examples& examples, std::span<const int64_t> rows,
                                            const Tokenizer& tokenizer, const EncodeOptions& options,
                                            TextStatistics& statistics);

/// The same of examples that may be in their file.
std::vector<EncodedExample> encode_examples(const ExampleStore& store, std::span<const int64_t> rows,
                                            const Tokenizer& tokenizer, const EncodeOptions& options,
                                            TextStatistics& statistics);

/// For each of the rows the hashes of its texts, prompts included. Texts that differ may still have equal
/// token ids, where a model does not tell them apart or cuts them.
std::vector<std::vector<uint64_t>> text_hashes(const ExampleStore& store, std::span<const int64_t> rows,
                                               const EncodeOptions& options);

/// For each example the identities of its texts: numbers that are equal for equal token ids and for no
/// others.
std::vector<std::vector<int64_t>> text_identities(std::span<const EncodedExample> examples);

/// The texts of a batch side after side, never interleaved: all left texts, then all right ones; or all
/// queries, all positives, then the negatives of the first example, of the second, …
struct CollatedBatch {
  std::vector<std::vector<int64_t>> token_ids;  // [texts]
  std::vector<int64_t> identities;              // [texts]
  std::vector<double> labels;                   // [examples]
  std::vector<int64_t> negatives;               // [examples]: how many negatives each has
  std::vector<int64_t> lines;                   // [examples]

  int64_t num_examples() const { return static_cast<int64_t>(lines.size()); }
  int64_t num_tokens() const;
};

CollatedBatch collate(std::span<const EncodedExample> examples);

}  // namespace angle
