// Texts longer than a model reads, as overlapping windows of tokens that it can read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "angle/json_enum.h"
#include "angle/text/tokenizer.h"

namespace angle {

/// What happens to a text of more tokens than the model reads.
enum class LongTexts {
  truncate,  // what is beyond is not read
  windows    // all of it is read, a window at a time; the vectors are averaged
};
ANGLE_JSON_ENUM(LongTexts, {{LongTexts::truncate, "truncate"}, {LongTexts::windows, "windows"}})

/// What stands around a text: the special tokens and the prompt before it, the special tokens after it.
struct TextFrame {
  std::vector<int64_t> head, tail;

  int64_t tokens() const { return static_cast<int64_t>(head.size() + tail.size()); }
};

TextFrame find_frame(const Tokenizer& tokenizer, const std::string& prompt);

/// Error when nothing of a text would be read: every text would have the same vector.
///
/// @param where       that limits the tokens, for the message
/// @param max_length  tokens that are read
void check_room_for_text(const std::string& where, const Tokenizer& tokenizer, const std::string& prompt,
                         int64_t max_length);

/// A text as the model sees it: one window, or several.
struct TokenWindows {
  std::vector<std::vector<int64_t>> token_ids;  // of each window: special tokens and prompt included
  std::vector<int64_t> weights;                 // of each window: its tokens of the text itself
  Encoding whole;                               // the text before it was cut
};

/// Cuts texts into windows of `max_length` tokens. Every window begins with the special tokens and the prompt
/// and ends with the special tokens; each but the first repeats the last `overlap` tokens of the one before.
/// The last one may be shorter. A text that fits is one window, as the tokenizer gives it.
class WindowCutter {
 public:
  /// Error when a window has no room for more than the overlap.
  ///
  /// @param overlap  tokens; by default an eighth of the room for text
  WindowCutter(const Tokenizer& tokenizer, std::string prompt, int64_t max_length,
               std::optional<int64_t> overlap = {});

  TokenWindows cut(std::string_view text) const;

  int64_t overlap() const { return overlap_; }

 private:
  const Tokenizer& tokenizer_;
  std::string prompt_;
  int64_t max_length_;
  TextFrame frame_;
  int64_t room_ = 0;  // tokens of the text in a window
  int64_t overlap_ = 0;
};

}  // namespace angle
