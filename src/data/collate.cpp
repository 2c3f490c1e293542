#include "angle/data/collate.h"

#include <map>
#include <numeric>
#include <variant>

#include "angle/error.h"
#include "angle/io/checksum.h"

namespace angle {
namespace {

/// Tokenises texts one after another with one set of options.
struct TextEncoder {
  const Tokenizer& tokenizer;
  const EncodeOptions& options;
  TextStatistics& statistics;

  std::vector<int64_t> left(const std::string& text) { return encode(options.left_prompt, text); }
  std::vector<int64_t> right(const std::string& text) { return encode(options.right_prompt, text); }

 private:
  std::vector<int64_t> encode(const std::string& prompt, const std::string& text) {
    Encoding encoding = tokenizer.encode(prompt.empty() ? text : prompt + text, options.max_seq_length);
    statistics.add(encoding, tokenizer);
    return std::move(encoding.token_ids);
  }
};

EncodedExample encode(const ScoredPair& pair, TextEncoder& encoder) {
  return {{encoder.left(pair.left), encoder.right(pair.right)}, pair.label, pair.line};
}

EncodedExample encode(const PositivePair& pair, TextEncoder& encoder) {
  return {{encoder.left(pair.query), encoder.right(pair.positive)}, 0, pair.line};
}

EncodedExample encode(const Triplet& triplet, TextEncoder& encoder) {
  EncodedExample example{{encoder.left(triplet.query), encoder.right(triplet.positive)}, 0, triplet.line};
  for (const std::string& negative : triplet.negatives) example.texts.push_back(encoder.right(negative));
  return example;
}

/// An empty text has no tokens where the tokenizer puts no special tokens around it.
void check_tokens(const EncodedExample& example) {
  for (const auto& token_ids : example.texts)
    if (token_ids.empty())
      fail("line {}: there are no tokens in one of the texts, so it has no vector; leave empty ones out",
           example.line);
}

/// Hashes texts with what is put before them.
struct TextHasher {
  const EncodeOptions& options;

  uint64_t left(const std::string& text) const { return text_hash(options.left_prompt + text); }
  uint64_t right(const std::string& text) const { return text_hash(options.right_prompt + text); }
};

std::vector<uint64_t> hashes(const ScoredPair& pair, const TextHasher& hasher) {
  return {hasher.left(pair.left), hasher.right(pair.right)};
}

std::vector<uint64_t> hashes(const PositivePair& pair, const TextHasher& hasher) {
  return {hasher.left(pair.query), hasher.right(pair.positive)};
}

std::vector<uint64_t> hashes(const Triplet& triplet, const TextHasher& hasher) {
  std::vector<uint64_t> found{hasher.left(triplet.query), hasher.right(triplet.positive)};
  for (const std::string& negative : triplet.negatives) found.push_back(hasher.right(negative));
  return found;
}

std::vector<int64_t> all_rows(const Examples& examples) {
  std::vector<int64_t> rows(static_cast<size_t>(num_examples(examples)));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

}  // namespace

std::vector<EncodedExample> encode_examples(const Examples& examples, std::span<const int64_t> rows,
                                            const Tokenizer& tokenizer, const EncodeOptions& options,
                                            TextStatistics& statistics) {
  TextEncoder encoder{tokenizer, options, statistics};
  std::vector<EncodedExample> encoded;
  encoded.reserve(rows.size());
  std::visit(
      [&](const auto& list) {
        for (const int64_t row : rows) {
          encoded.push_back(encode(list[static_cast<size_t>(row)], encoder));
          check_tokens(encoded.back());
        }
      },
      examples);
  return encoded;
}

std::vector<EncodedExample> encode_examples(const ExampleStore& store, std::span<const int64_t> rows,
                                            const Tokenizer& tokenizer, const EncodeOptions& options,
                                            TextStatistics& statistics) {
  if (store.in_memory()) return encode_examples(*store.in_memory(), rows, tokenizer, options, statistics);
  const Examples examples = store.read(rows);
  return encode_examples(examples, all_rows(examples), tokenizer, options, statistics);
}

std::vector<std::vector<uint64_t>> text_hashes(const ExampleStore& store, std::span<const int64_t> rows,
                                               const EncodeOptions& options) {
  const TextHasher hasher{options};
  std::vector<std::vector<uint64_t>> found;
  std::visit(
      [&](const auto& list) {
        for (const auto& row : list) found.push_back(hashes(row, hasher));
      },
      store.read(rows));
  return found;
}

std::vector<std::vector<int64_t>> text_identities(std::span<const EncodedExample> examples) {
  std::map<std::vector<int64_t>, int64_t> known;
  std::vector<std::vector<int64_t>> identities;
  for (const EncodedExample& example : examples) {
    auto& row = identities.emplace_back();
    for (const auto& text : example.texts)
      row.push_back(known.emplace(text, static_cast<int64_t>(known.size())).first->second);
  }
  return identities;
}

int64_t CollatedBatch::num_tokens() const {
  int64_t tokens = 0;
  for (const auto& text : token_ids) tokens += static_cast<int64_t>(text.size());
  return tokens;
}

CollatedBatch collate(std::span<const EncodedExample> examples) {
  const auto identities = text_identities(examples);
  CollatedBatch batch;
  const auto append = [&](size_t example, size_t text) {
    batch.token_ids.push_back(examples[example].texts[text]);
    batch.identities.push_back(identities[example][text]);
  };
  for (size_t side = 0; side < 2; ++side)
    for (size_t i = 0; i < examples.size(); ++i) append(i, side);
  for (size_t i = 0; i < examples.size(); ++i) {
    for (size_t text = 2; text < examples[i].texts.size(); ++text) append(i, text);
    batch.labels.push_back(examples[i].label);
    batch.negatives.push_back(static_cast<int64_t>(examples[i].texts.size()) - 2);
    batch.lines.push_back(examples[i].line);
  }
  return batch;
}

}  // namespace angle
