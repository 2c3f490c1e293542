#include "annotate/candidate_filter.h"

#include <optional>
#include <set>

#include "annotate/reply_parser.h"
#include "annotate/words.h"

namespace angle {
namespace {

bool is_withheld(const ChatReply& reply) {
  return reply.finish_reason == "content_filter" || reply.finish_reason == "refusal" ||
         (is_refusal(reply.reply) && !is_refusal(reply.text));
}

std::set<std::string> plain_set(const std::vector<std::string>& texts) {
  std::set<std::string> plain;
  for (const std::string& text : texts) plain.insert(plain_words(text));
  return plain;
}

size_t remove_if_in(std::vector<std::string>& texts, const std::set<std::string>& plain) {
  return std::erase_if(texts, [&](const std::string& text) { return plain.contains(plain_words(text)); });
}

}  // namespace

FilteredSentences filter_reply(const ChatReply& reply, const AnnotateConfig& config) {
  FilteredSentences filtered;
  if (is_withheld(reply)) return {.sentences = {}, .rejected = {{Rejection::refused, 1}}};
  ParsedSentences parsed = parse_sentences(reply.reply);
  if (parsed.rejected_lines > 0) filtered.rejected[Rejection::unlisted] = parsed.rejected_lines;
  if (reply.finish_reason == "length") {  // the last sentence, or all that there would have been
    if (!parsed.sentences.empty()) parsed.sentences.pop_back();
    ++filtered.rejected[Rejection::cut];
  }

  const std::string source = plain_words(reply.text);
  std::set<std::string> seen;
  const auto why_not = [&](const std::string& text) -> std::optional<Rejection> {
    const std::string plain = plain_words(text);
    if (static_cast<int64_t>(filtered.sentences.size()) == config.sentences) return Rejection::surplus;
    if (plain.empty()) return Rejection::empty;
    if (is_refusal(text) && !is_refusal(reply.text)) return Rejection::refused;
    if (plain == source) return Rejection::copy;
    if (count_words(text) > config.max_words) return Rejection::too_long;
    if (!seen.insert(plain).second) return Rejection::duplicate;
    return std::nullopt;
  };
  for (std::string& text : parsed.sentences) {
    if (const auto rejection = why_not(text))
      ++filtered.rejected[*rejection];
    else
      filtered.sentences.push_back(std::move(text));
  }
  return filtered;
}

int64_t remove_contradictions(std::vector<std::string>& same, std::vector<std::string>& opposite) {
  const std::set<std::string> all_same = plain_set(same), all_opposite = plain_set(opposite);
  return static_cast<int64_t>(remove_if_in(same, all_opposite) + remove_if_in(opposite, all_same));
}

}  // namespace angle
