#include "annotate/reply_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "angle/io/json.h"

#include "annotate/words.h"
#include "text/unicode.h"
#include "text/utf8_decode.h"

namespace angle {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Takes `prefix` off the front.
bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// The reply without what a reasoning model thought before it; nothing when the thinking was cut off.
/// Templates that end a prompt with `<think>` leave only the end of it in the reply.
std::string_view without_thinking(std::string_view reply) {
  reply = trim(reply);
  const std::string_view end = "</think>";
  if (const size_t at = reply.find(end); at != std::string_view::npos) return reply.substr(at + end.size());
  return reply.starts_with("<think>") ? std::string_view() : reply;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (const std::string_view line = trim(text.substr(0, end)); !line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_upper_case(char letter) { return letter >= 'A' && letter <= 'Z'; }

/// A number with its mark, `12.`, `12)`, `(12)` or `12:`, taken off the front of a line, with `**` around it
/// or around the line.
std::optional<size_t> skip_number(std::string_view& line) {
  std::string_view rest = line;
  const bool is_bold = skip(rest, "**");
  const bool in_brackets = skip(rest, "(");
  size_t number = 0;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + std::min<size_t>(rest.size(), 4), number);
  if (error != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  if (in_brackets ? !skip(rest, ")") : !(skip(rest, ".") || skip(rest, ")") || skip(rest, ":")))
    return std::nullopt;
  if (!skip(rest, "**") && is_bold && rest.ends_with("**")) rest.remove_suffix(2);
  // "3.5 million people" begins with a number, and "1:30" is one, not a mark.
  const bool is_apart = rest.empty() || kBlanks.find(rest[0]) != std::string_view::npos;
  if (!is_apart && !is_upper_case(rest[0])) return std::nullopt;
  line = trim(rest);
  return number;
}

bool skip_mark(std::string_view& line) {
  if (skip_number(line)) return true;
  for (const std::string_view bullet : {"- ", "* ", "• ", "– "}) {
    if (!skip(line, bullet)) continue;
    line = trim(line);
    return true;
  }
  return false;
}

/// Takes one pair of marks off that encloses the whole item.
bool unwrap(std::string_view& item) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kMarks = {
      {{"**", "**"}, {"\"", "\""}, {"“", "”"}, {"«", "»"}, {"`", "`"}}};
  for (const auto& [open, close] : kMarks) {
    if (item.size() < open.size() + close.size() || !item.starts_with(open) || !item.ends_with(close))
      continue;
    const std::string_view inside = item.substr(open.size(), item.size() - open.size() - close.size());
    if (inside.find(open) != std::string_view::npos || inside.find(close) != std::string_view::npos) continue;
    item = trim(inside);
    return true;
  }
  return false;
}

/// White space and control characters as one blank each run.
std::string one_line(std::string_view text) {
  std::string line;
  for (size_t at = 0; at < text.size();) {
    const char32_t character = decode_utf8(text, at);
    if (!is_white_space(character) && character >= U' ' && character != U'\x7f') {
      append_utf8(line, character);
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return std::string(trim(line));
}

std::string clean(std::string_view item) {
  while (unwrap(item)) {
  }
  return one_line(item);
}

/// `4`, `4.5` or `4/5`: a score from 0 to 5 and nothing else.
std::optional<double> parse_score(std::string_view text) {
  while (unwrap(text)) {
  }
  double score = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
  const std::string_view rest = trim(text.substr(static_cast<size_t>(end - text.data())));
  if (error != std::errc() || !(score >= 0 && score <= 5) || !(rest.empty() || rest == "/5" || rest == "."))
    return std::nullopt;
  return score;
}

// How models decline, without case and punctuation. A reply is a refusal when it begins with what one is
// sorry for, if anything, and then what one can't, and the request.
constexpr auto kRegrets = std::to_array<std::string_view>(
    {"im sorry", "i am sorry", "sorry", "i apologize", "i apologise", "my apologies", "apologies",
     "unfortunately", "im afraid", "i am afraid", "but", "that"});
constexpr auto kAsAModel =
    std::to_array<std::string_view>({"as an ai", "as a language model", "as a large language model",
                                     "im just an ai", "i am just an ai", "im an ai", "i am an ai"});
constexpr auto kOutright = std::to_array<std::string_view>(
    {"im sorry but i", "i am sorry but i", "i apologize but i", "i apologise but i",
     "i dont feel comfortable", "i do not feel comfortable"});
constexpr auto kInabilities = std::to_array<std::string_view>(
    {"i cant", "i cannot", "i can not", "i wont", "i will not", "im unable to", "i am unable to",
     "im not able to", "i am not able to", "i must decline", "i have to decline", "i need to decline"});
constexpr auto kRequests = std::to_array<std::string_view>(
    {"to",           "assist",       "help with",     "help you with", "provide",
     "comply",       "fulfill",      "fulfil",        "generate",      "create",
     "produce",      "write that",   "write this",    "write such",    "write sentences",
     "answer that",  "answer this",  "complete that", "complete this", "rewrite",
     "paraphrase",   "respond to",   "process",       "engage",        "participate",
     "support that", "support this", "continue with", "discuss"});

/// Takes a phrase of whole words off the front.
bool skip_words(std::string_view& words, std::string_view phrase) {
  if (!words.starts_with(phrase) || (words.size() > phrase.size() && words[phrase.size()] != ' '))
    return false;
  words = trim(words.substr(phrase.size()));
  return true;
}

/// Takes phrases off the front as long as there are any.  @return whether there was one
bool skip_all(std::string_view& words, std::span<const std::string_view> phrases) {
  const auto skip_one = [&](std::string_view phrase) { return skip_words(words, phrase); };
  bool any = false;
  while (std::any_of(phrases.begin(), phrases.end(), skip_one)) any = true;
  return any;
}

bool starts_with_any(std::string_view words, std::span<const std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return skip_words(words, phrase); });
}

/// What is inside a block of code: "```json", lines, "```".
std::string_view without_fence(std::string_view reply) {
  const std::string_view fence = "```";
  const size_t begin = reply.find('\n'), end = reply.rfind(fence);
  if (!reply.starts_with(fence) || begin == std::string_view::npos || end <= begin) return reply;
  return trim(reply.substr(begin, end - begin));
}

/// The items of a reply that is a JSON list of texts, as some models answer; nothing for any other.
std::optional<std::vector<std::string>> parse_json_list(std::string_view reply) {
  if (!reply.starts_with('[') || !reply.ends_with(']')) return std::nullopt;
  const json list = json::parse(reply, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array() || list.empty()) return std::nullopt;
  std::vector<std::string> items;
  for (const json& item : list) {
    if (!item.is_string()) return std::nullopt;
    items.push_back(clean(item.get_ref<const std::string&>()));
  }
  return items;
}

/// A list in one line, `1. He left. 2. She stayed.`, as lines.
std::vector<std::string_view> split_numbered(std::string_view line) {
  std::string_view item = line;
  if (skip_number(item) != size_t{1}) return {line};
  std::vector<std::string_view> lines;
  for (size_t number = 2;; ++number) {
    const std::string mark = " " + std::to_string(number);
    size_t at = line.find(mark + ". ");
    if (at == std::string_view::npos) at = line.find(mark + ") ");
    lines.push_back(trim(line.substr(0, at)));
    if (at == std::string_view::npos) return lines;
    line = line.substr(at + 1);
  }
}

/// Whether a line is what a model says around its answer: `Here are two sentences:`, `[sentence]`, `N/A`.
bool is_no_sentence(std::string_view item) {
  return item.ends_with(':') || (item.starts_with('[') && item.ends_with(']')) || plain_words(item) == "n a";
}

}  // namespace

ParsedSentences parse_sentences(std::string_view reply) {
  const std::string_view answer = without_fence(trim(without_thinking(reply)));
  if (auto items = parse_json_list(answer)) return {.sentences = std::move(*items)};
  std::vector<std::string_view> lines = lines_of(answer);
  const bool is_single = lines.size() == 1;
  if (is_single) lines = split_numbered(lines.front());
  ParsedSentences parsed;
  for (std::string_view line : lines) {
    const bool is_item = skip_mark(line) || is_single;
    if (is_item && !is_no_sentence(line))
      parsed.sentences.push_back(clean(line));
    else
      ++parsed.rejected_lines;
  }
  return parsed;
}

std::vector<std::optional<double>> parse_scores(std::string_view reply, size_t count) {
  std::vector<std::optional<double>> scores(count);
  std::vector<bool> seen(count);
  const std::vector<std::string_view> lines = lines_of(without_thinking(reply));
  if (count == 1 && lines.size() == 1) {
    scores[0] = parse_score(lines[0]);
    if (scores[0]) return scores;
  }
  for (std::string_view line : lines) {
    const std::optional<size_t> number = skip_number(line);
    if (!number || *number < 1 || *number > count) continue;
    const size_t at = *number - 1;
    const std::optional<double> score = parse_score(line);
    scores[at] = seen[at] && scores[at] != score ? std::nullopt : score;
    seen[at] = true;
  }
  return scores;
}

bool is_refusal(std::string_view text) {
  const std::string plain = plain_words(text);
  std::string_view words = plain;
  if (starts_with_any(words, kOutright)) return true;
  const bool regrets = skip_all(words, kRegrets);
  if (starts_with_any(words, kAsAModel) || starts_with_any(words, kOutright)) return true;
  if (!skip_all(words, kInabilities)) return false;
  // "Sorry, but I can't." says it all; without regret the beginning may be a sentence's own.
  return (regrets && (words.empty() || starts_with_any(words, {{"do this", "do that"}}))) ||
         starts_with_any(words, kRequests);
}

}  // namespace angle
