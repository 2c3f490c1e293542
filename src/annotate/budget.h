// What the requests of a run may cost together.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "angle/annotate/annotate_config.h"
#include "angle/annotate/chat_reply.h"

namespace angle {

/// Lets requests through as long as what was spent and what those under way will cost is below max_cost. A
/// request is taken to cost what its annotator's replies so far did on average, in tokens; before the first
/// reply of all nothing is known, so that request goes alone. One whose answer did not come whole, as after a
/// time-out, stays at that: the server may bill it. A run may so cost more than max_cost by about one reply,
/// however many requests are under way at a time. Safe from several threads.
class Budget {
 public:
  /// @param config  must outlive the budget
  explicit Budget(const AnnotateConfig& config);

  /// Whether a request to an annotator may be sent; waits until that is clear, or `stopped` returns true, and
  /// false then. Each request that may is to be settled.
  bool reserve(size_t annotator, const std::function<bool()>& stopped);

  /// The request has come to its end.
  ///
  /// @param tokens         of the answer, if there was one that tells them
  /// @param may_be_billed  without: whether the server may bill it all the same
  void settle(size_t annotator, const std::optional<TokenUsage>& tokens, bool may_be_billed);

  /// Stays so, even if cheaper answers make less of what those without an answer are taken to cost.
  bool is_spent() const;

  /// Whether the annotator's requests count: there is a limit, and they have a price.
  bool limits(size_t annotator) const;

  double cost_of(size_t annotator, const TokenUsage& tokens) const;

 private:
  /// The answers so far, and the tokens of them all.
  struct Seen {
    double answers = 0, prompt_tokens = 0, completion_tokens = 0;
    void add(const TokenUsage& tokens);
  };

  bool may_go() const;
  double spent() const;
  double expected_cost(size_t annotator) const;

  const AnnotateConfig& config_;
  mutable std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::vector<size_t> under_way_;  // [annotators], of those whose requests count
  std::vector<size_t> untold_;     // [annotators], that may be billed, for tokens that nobody told
  std::vector<Seen> seen_;         // [annotators]
  Seen seen_of_all_;
  double told_ = 0;       // the cost of the tokens that were told
  bool is_over_ = false;  // max_cost was reached
};

}  // namespace angle
