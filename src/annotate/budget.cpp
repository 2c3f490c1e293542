#include "annotate/budget.h"

#include <algorithm>
#include <chrono>

namespace angle {

void Budget::Seen::add(const TokenUsage& tokens) {
  ++answers;
  prompt_tokens += static_cast<double>(tokens.prompt);
  completion_tokens += static_cast<double>(tokens.completion);
}

Budget::Budget(const AnnotateConfig& config)
    : config_(config),
      under_way_(config.annotators.size()),
      untold_(config.annotators.size()),
      seen_(config.annotators.size()) {}

bool Budget::reserve(size_t annotator, const std::function<bool()>& stopped) {
  if (!limits(annotator)) return !is_spent();
  constexpr std::chrono::milliseconds kLook{50};  // whether it was stopped
  std::unique_lock lock(mutex_);
  while (!is_over_ && !stopped()) {
    if (may_go()) {
      ++under_way_[annotator];
      return true;
    }
    changed_.wait_for(lock, kLook);
  }
  return false;
}

void Budget::settle(size_t annotator, const std::optional<TokenUsage>& tokens, bool may_be_billed) {
  if (!limits(annotator)) return;
  {
    const std::lock_guard lock(mutex_);
    --under_way_[annotator];
    if (tokens) {
      seen_[annotator].add(*tokens);
      seen_of_all_.add(*tokens);
      told_ += cost_of(annotator, *tokens);
    } else if (may_be_billed) {
      ++untold_[annotator];
    }
    is_over_ = is_over_ || spent() >= config_.max_cost;
  }
  changed_.notify_all();
}

bool Budget::is_spent() const {
  const std::lock_guard lock(mutex_);
  return is_over_;
}

bool Budget::limits(size_t annotator) const {
  const AnnotatorConfig& config = config_.annotators[annotator];
  return config_.max_cost > 0 && (config.prompt_price > 0 || config.completion_price > 0);
}

double Budget::cost_of(size_t annotator, const TokenUsage& tokens) const {
  const AnnotatorConfig& config = config_.annotators[annotator];
  return (static_cast<double>(tokens.prompt) * config.prompt_price +
          static_cast<double>(tokens.completion) * config.completion_price) /
         1e6;
}

bool Budget::may_go() const {
  const bool is_alone =
      std::all_of(under_way_.begin(), under_way_.end(), [](size_t count) { return count == 0; });
  if (is_alone || seen_of_all_.answers == 0) return is_alone;
  double cost = spent();
  for (size_t annotator = 0; annotator < under_way_.size(); ++annotator)
    if (under_way_[annotator] > 0)
      cost += static_cast<double>(under_way_[annotator]) * expected_cost(annotator);
  return cost < config_.max_cost;
}

double Budget::spent() const {
  double cost = told_;
  for (size_t annotator = 0; annotator < untold_.size(); ++annotator)
    cost += static_cast<double>(untold_[annotator]) * expected_cost(annotator);
  return cost;
}

/// 0 as long as nothing is known.
double Budget::expected_cost(size_t annotator) const {
  const Seen& seen = seen_[annotator].answers > 0 ? seen_[annotator] : seen_of_all_;
  if (seen.answers == 0) return 0;
  const AnnotatorConfig& config = config_.annotators[annotator];
  return (seen.prompt_tokens * config.prompt_price + seen.completion_tokens * config.completion_price) /
         seen.answers / 1e6;
}

}  // namespace angle
