#include "text/tokenizer_json.h"

#include <algorithm>

#include "angle/excerpt.h"

namespace angle {
namespace {

// Ids may leave holes (reserved for added tokens), but a short list with an id of a billion is damage.
constexpr size_t kMaxHoles = 100'000;

size_t read_id(const JsonField& field, size_t num_tokens) {
  const int64_t id = field.integer();
  if (id < 0 || static_cast<size_t>(id) >= num_tokens + kMaxHoles)
    field.refuse(fmt::format("id {} is out of range for {} tokens; the file is damaged", id, num_tokens));
  return static_cast<size_t>(id);
}

AddedToken read_added_token(const JsonField& field, const std::vector<std::string>& vocabulary) {
  AddedToken token{.content = field["content"].string(),
                   .id = static_cast<int64_t>(read_id(field["id"], vocabulary.size())),
                   .single_word = field["single_word"].boolean_or(false),
                   .lstrip = field["lstrip"].boolean_or(false),
                   .rstrip = field["rstrip"].boolean_or(false),
                   .normalized = field["normalized"].boolean_or(false)};
  const auto id = static_cast<size_t>(token.id);
  if (id < vocabulary.size() && !vocabulary[id].empty() && vocabulary[id] != token.content)
    field.refuse(fmt::format("{} has id {}, which is {} in model.vocab; the file contradicts itself",
                             in_quotes(token.content), id, in_quotes(vocabulary[id])));
  return token;
}

/// [token, id] of BertProcessing and RobertaProcessing.
int64_t read_processing_id(const JsonField& pair) { return pair[1].integer(); }

/// The template's ids before and after the text ("Sequence A").
void read_template(const JsonField& processor, SpecialTokens& tokens) {
  const JsonField items = processor["single"];
  bool text_seen = false;
  for (size_t i = 0; i < items.array().size(); ++i) {
    const JsonField special = items[i]["SpecialToken"];
    if (special.is_null()) {
      if (text_seen || items[i]["Sequence"]["id"].string() != "A")
        items[i].refuse("expected one text, \"A\"; the template is not one for single texts");
      text_seen = true;
      continue;
    }
    const JsonField ids = processor["special_tokens"][special["id"].string()]["ids"];
    for (size_t k = 0; k < ids.array().size(); ++k)
      (text_seen ? tokens.after : tokens.before).push_back(ids[k].integer());
  }
  if (!text_seen) items.refuse("there is no place for the text (\"Sequence\"); the template is damaged");
}

void read_post_processor(const JsonField& processor, SpecialTokens& tokens) {
  if (processor.is_null()) return;
  const std::string& type = processor["type"].string();
  if (type == "TemplateProcessing") {
    read_template(processor, tokens);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    tokens.before.push_back(read_processing_id(processor["cls"]));
    tokens.after.push_back(read_processing_id(processor["sep"]));
  } else if (type == "Sequence") {
    const JsonField processors = processor["processors"];
    for (size_t i = 0; i < processors.array().size(); ++i) read_post_processor(processors[i], tokens);
  } else if (type != "ByteLevel") {
    processor.refuse(
        fmt::format("type {} is not supported (TemplateProcessing, BertProcessing, RobertaProcessing, "
                    "ByteLevel and Sequence are)",
                    in_quotes(type)));
  }
}

/// An id that no token has would index past the model's embeddings.
void check_ids(const JsonField& processor, const SpecialTokens& tokens,
               const std::vector<std::string>& vocabulary) {
  const auto exists = [&tokens, &vocabulary](int64_t id) {
    return (id >= 0 && static_cast<size_t>(id) < vocabulary.size()) ||
           std::any_of(tokens.added.begin(), tokens.added.end(),
                       [id](const AddedToken& t) { return t.id == id; });
  };
  for (const auto* ids : {&tokens.before, &tokens.after})
    for (const int64_t id : *ids)
      if (!exists(id))
        processor.refuse(fmt::format("id {} is not in the vocabulary of {} tokens", id, vocabulary.size()));
}

}  // namespace

std::vector<std::string> read_vocabulary(const JsonField& vocabulary) {
  const json& members = vocabulary.object();
  std::vector<std::string> tokens(members.size());
  for (const auto& [token, value] : members.items()) {
    const auto* number = value.get_ptr<const json::number_unsigned_t*>();
    if (number == nullptr || *number >= members.size() + kMaxHoles)
      vocabulary.refuse(
          fmt::format("{} has the id {} (expected a whole number that fits {} tokens); the file is damaged",
                      in_quotes(token), excerpt(value.dump()), members.size()));
    if (*number >= tokens.size()) tokens.resize(*number + 1);
    if (!tokens[*number].empty())
      vocabulary.refuse(fmt::format("{} and {} have the same id {}; the file is damaged",
                                    in_quotes(tokens[*number]), in_quotes(token), *number));
    tokens[*number] = token;
  }
  if (tokens.empty()) vocabulary.refuse("is empty");
  return tokens;
}

SpecialTokens read_special_tokens(const JsonField& tokenizer, const std::vector<std::string>& vocabulary,
                                  std::vector<std::string>& warnings) {
  SpecialTokens tokens;
  if (const JsonField added = tokenizer["added_tokens"]; !added.is_null())
    for (size_t i = 0; i < added.array().size(); ++i)
      tokens.added.push_back(read_added_token(added[i], vocabulary));

  const JsonField processor = tokenizer["post_processor"];
  read_post_processor(processor, tokens);
  check_ids(processor, tokens, vocabulary);
  if (tokens.before.empty() && tokens.after.empty())
    warnings.push_back(tokenizer.source() +
                       ": post_processor adds no special tokens, so texts get none around them");
  return tokens;
}

std::vector<JsonField> read_steps(const JsonField& field, std::string_view members) {
  if (field.is_null()) return {};
  if (field["type"].string() != "Sequence") return {field};
  const JsonField sequence = field[members];
  std::vector<JsonField> steps;
  for (size_t i = 0; i < sequence.array().size(); ++i) {
    const auto inner = read_steps(sequence[i], members);
    steps.insert(steps.end(), inner.begin(), inner.end());
  }
  return steps;
}

std::string read_model_type(const JsonField& tokenizer) {
  const JsonField model = tokenizer["model"];
  if (!model["type"].is_null()) return model["type"].string();
  if (!model["merges"].is_null()) return "BPE";
  return model["vocab"].is_array() ? "Unigram" : "WordPiece";
}

}  // namespace angle
