#include "angle/text/token_windows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "angle/error.h"

namespace angle {
namespace {

constexpr int64_t kWithoutLimit = std::numeric_limits<int64_t>::max() / 2;

/// How many ids both lists begin with.
std::ptrdiff_t common_prefix(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

}  // namespace

TextFrame find_frame(const Tokenizer& tokenizer, const std::string& prompt) {
  // What any text changes comes after the head; what stands behind an empty text is the tail.
  const auto ids = [&](const std::string& text) { return tokenizer.encode(text, kWithoutLimit).token_ids; };
  const auto empty = ids(""), prompt_alone = ids(prompt);
  return {
      .head = {prompt_alone.begin(), prompt_alone.begin() + common_prefix(prompt_alone, ids(prompt + "a"))},
      .tail = {empty.begin() + common_prefix(empty, ids("a")), empty.end()}};
}

void check_room_for_text(const std::string& where, const Tokenizer& tokenizer, const std::string& prompt,
                         int64_t max_length) {
  const int64_t around = find_frame(tokenizer, prompt).tokens();
  if (around >= max_length)
    fail("{}: {} take {} tokens, and {} are read: nothing of a text would be; {}", where,
         prompt.empty() ? "special tokens" : "special tokens and prompt", around, max_length,
         prompt.empty() ? fmt::format("expected at least {}", around + 1)
                        : fmt::format("shorten the prompt, or read at least {}", around + 1));
}

WindowCutter::WindowCutter(const Tokenizer& tokenizer, std::string prompt, int64_t max_length,
                           std::optional<int64_t> overlap)
    : tokenizer_(tokenizer),
      prompt_(std::move(prompt)),
      max_length_(max_length),
      frame_(find_frame(tokenizer, prompt_)),
      room_(max_length - frame_.tokens()) {
  if (room_ < 1)
    fail("long texts in windows: special tokens and prompt take {} tokens, and a window has {}",
         max_length - room_, max_length);
  overlap_ = overlap.value_or(room_ / 8);
  if (overlap_ < 0 || overlap_ >= room_)
    fail("window overlap {}: expected 0 to {}, of {} tokens {} are special tokens and prompt", overlap_,
         room_ - 1, max_length, max_length - room_);
}

TokenWindows WindowCutter::cut(std::string_view text) const {
  TokenWindows windows;
  windows.whole = tokenizer_.encode(prompt_ + std::string(text), kWithoutLimit);
  const auto& ids = windows.whole.token_ids;
  const std::vector<int64_t>& head = frame_.head;
  const auto length = static_cast<int64_t>(ids.size());
  if (length <= max_length_) {
    windows.token_ids = {ids};
    windows.weights = {std::max<int64_t>(1, length - frame_.tokens())};
    return windows;
  }
  const auto head_size = static_cast<std::ptrdiff_t>(head.size());
  const auto text_begin = ids.begin() + head_size;
  const int64_t text_tokens = length - frame_.tokens();
  for (int64_t begin = 0;; begin += room_ - overlap_) {
    const int64_t end = std::min(begin + room_, text_tokens);
    const auto& first_ids = begin == 0 ? ids : head;
    std::vector<int64_t> window(first_ids.begin(), first_ids.begin() + head_size);
    window.insert(window.end(), text_begin + begin, text_begin + end);
    window.insert(window.end(), frame_.tail.begin(), frame_.tail.end());
    windows.token_ids.push_back(std::move(window));
    windows.weights.push_back(end - begin);
    if (end == text_tokens) return windows;
  }
}

}  // namespace angle
