// The file is a protocol-buffer message (sentencepiece_model.proto). Only its vocabulary is given to the
// SentencePiece library: the character map and the self-test in a damaged file can make version 0.1.97 read
// out of bounds.
#include <cmath>

#include <sentencepiece_processor.h>

#include "angle/error.h"
#include "angle/io/file.h"
#include "angle/text/sentencepiece.h"

namespace angle {
namespace {

/// A field of a protocol-buffer message.
struct ProtoField {
  uint64_t number = 0;
  uint64_t value = 0;        // of an integer
  std::string_view bytes;    // of a nested message or string
  std::string_view encoded;  // the whole field
};

/// Walks over the fields of a message.
class ProtoReader {
 public:
  ProtoReader(std::string_view message, const std::string& source) : rest_(message), source_(source) {}

  bool next(ProtoField& field) {
    if (rest_.empty()) return false;
    const std::string_view before = rest_;
    const uint64_t key = varint();
    field = ProtoField();
    field.number = key >> 3;
    switch (key & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.bytes = take(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.bytes = take(4);
        break;
      default:
        refuse(fmt::format("unknown wire type {}", key & 7));
    }
    field.encoded = before.substr(0, before.size() - rest_.size());
    return true;
  }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<uint8_t>(take(1).front());
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    refuse("a number of more than 64 bits");
  }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) refuse(fmt::format("a field of {} bytes where {} are left", size, rest_.size()));
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    fail("{}: not a SentencePiece model: {}; the file is damaged", source_, what);
  }

  std::string_view rest_;
  const std::string& source_;
};

/// The last value of a field in a message, as protocol buffers count.
ProtoField find_field(std::string_view message, uint64_t number, const std::string& source) {
  ProtoField found, field;
  for (ProtoReader reader(message, source); reader.next(field);)
    if (field.number == number) found = field;
  return found;
}

/// The parts of a model message.
struct ModelParts {
  std::string vocabulary;  // a message with the pieces and the trainer's settings alone
  std::string_view normalizer;
  uint64_t model_type = 1;
};

ModelParts split_model(std::string_view message, const std::string& source) {
  constexpr uint64_t kPieces = 1, kTrainer = 2, kNormalizer = 3, kModelType = 3;
  ModelParts parts;
  ProtoField field;
  for (ProtoReader reader(message, source); reader.next(field);) {
    if (field.number == kNormalizer) parts.normalizer = field.bytes;
    if (field.number == kPieces || field.number == kTrainer) parts.vocabulary += field.encoded;
    if (field.number != kTrainer) continue;
    const ProtoField type = find_field(field.bytes, kModelType, source);
    if (type.number == kModelType) parts.model_type = type.value;
  }
  return parts;
}

/// What the library has against the vocabulary; empty when it took it. Most problems are a status, some an
/// exception.
std::string load(sentencepiece::SentencePieceProcessor& processor, const std::string& vocabulary) {
  try {
    const auto status = processor.LoadFromSerializedProto(vocabulary);
    return status.ok() ? "" : status.ToString();
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

}  // namespace

SentencePieceModel read_sentencepiece_model(const std::filesystem::path& path) {
  constexpr uint64_t kUnigram = 1, kCharsmap = 2;
  const std::string source = path.string();
  const std::string message = read_file(path);
  const ModelParts parts = split_model(message, source);
  if (parts.model_type != kUnigram)
    fail(
        "{}: model type {} is not supported (1, unigram, is); save the fast tokenizer, which writes "
        "tokenizer.json",
        source, parts.model_type);

  sentencepiece::SentencePieceProcessor processor;
  if (const std::string problem = load(processor, parts.vocabulary); !problem.empty())
    fail("{}: not a SentencePiece model: {}; the file is damaged", source, problem);

  SentencePieceModel model;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    model.pieces.push_back({processor.IdToPiece(id), processor.GetScore(id)});
    if (!std::isfinite(model.pieces.back().score))
      fail("{}: piece {} has the score {}; the file is damaged", source, id, model.pieces.back().score);
  }
  model.precompiled_charsmap = find_field(parts.normalizer, kCharsmap, source).bytes;
  return model;
}

UnigramOptions xlm_roberta_options(const SentencePieceModel& model) {
  constexpr size_t kLibrarySpecials = 3;  // <unk> <s> </s>, whose places fairseq gives to its own four
  UnigramOptions options;
  options.pieces = {{"<s>", 0.0}, {"<pad>", 0.0}, {"</s>", 0.0}, {"<unk>", 0.0}};
  for (size_t i = kLibrarySpecials; i < model.pieces.size(); ++i) options.pieces.push_back(model.pieces[i]);
  options.pieces.push_back({"<mask>", 0.0});
  options.unknown_id = 3;
  options.precompiled_charsmap = model.precompiled_charsmap;

  const auto mask_id = static_cast<int64_t>(options.pieces.size()) - 1;
  options.special_tokens.before = {0};
  options.special_tokens.after = {2};
  for (int64_t id = 0; id < 4; ++id)
    options.special_tokens.added.push_back(
        {.content = options.pieces[static_cast<size_t>(id)].piece, .id = id});
  options.special_tokens.added.push_back({.content = "<mask>", .id = mask_id, .lstrip = true});
  return options;
}

}  // namespace angle
