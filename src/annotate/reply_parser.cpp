#include "annotate/reply_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

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
  // "3.5 million people" begins with a number, not with a mark.
  if (!rest.empty() && kBlanks.find(rest[0]) == std::string_view::npos) return std::nullopt;
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

}  // namespace

ParsedSentences parse_sentences(std::string_view reply) {
  const std::vector<std::string_view> lines = lines_of(without_thinking(reply));
  ParsedSentences parsed;
  for (std::string_view line : lines) {
    if (skip_mark(line) || lines.size() == 1)
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
  constexpr std::array<std::string_view, 18> kBeginnings = {
      "im sorry but i ",     "i am sorry but i ",         "sorry but i cant",
      "i apologize but i ",  "i apologise but i ",        "as an ai ",
      "as a language model", "as a large language model", "i cant assist",
      "i cannot assist",     "i cant help with",          "i cannot help with",
      "i cant provide",      "i cannot provide",          "i cant comply",
      "i cannot comply",     "im unable to provide",      "i am unable to provide"};
  const std::string words = plain_words(text);
  return std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](std::string_view beginning) { return words.starts_with(beginning); });
}

}  // namespace angle
