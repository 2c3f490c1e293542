#include "model/training/attention_function.h"

#include <atomic>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/functions/utils.h>

#include "model/training/element_bits.h"
#include "model/training/kernels/training_kernels.h"

namespace angle {
namespace {

using kernels::HeadInputs;
using kernels::HeadShape;
using torch::autograd::variable_list;

/// One text of the batch.
struct PlacedText {
  int64_t first_token, length;
  uint64_t mask_draw;
  int64_t place;  // among the texts of its group
};

/// All that both directions need to know, kept by autograd in the backward node.
struct Plan {
  std::vector<PlacedText> texts;  // longest first: the last ones to be handed out are quick
  int64_t hidden, num_heads;
  DropoutMask mask;
};

Plan make_plan(const TokenBatch& batch, int64_t hidden, int64_t num_heads, const DropoutMask& mask) {
  Plan plan{{}, hidden, num_heads, mask};
  for (size_t g = batch.groups.size(); g-- > 0;) {
    const LengthGroup& group = batch.groups[g];
    for (int64_t text = 0; text < group.texts; ++text)
      plan.texts.push_back({group.first_token + text * group.length, group.length, mask.draw + g, text});
  }
  return plan;
}

HeadShape shape_of(const Plan& plan, const PlacedText& text, int64_t head) {
  return {.length = text.length,
          .head_size = plan.hidden / plan.num_heads,
          .row = 3 * plan.hidden,
          .output_row = plan.hidden,
          .mask = {plan.mask.seed, text.mask_draw, plan.mask.threshold()},
          .mask_row = (text.place * plan.num_heads + head) * text.length,
          .mask_scale = plan.mask.drops() ? static_cast<float>(plan.mask.scale()) : 0.0F};
}

/// Runs `run(text, head, scratch)` for every text and head, each on the thread that is free next.
template <class Run>
void for_each_head(const Plan& plan, const Run& run) {
  const auto tasks = static_cast<int64_t>(plan.texts.size()) * plan.num_heads;
  std::atomic<int64_t> next = 0;
  at::parallel_for(0, at::get_num_threads(), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(
        static_cast<size_t>(kernels::head_scratch(plan.texts.front().length, plan.hidden / plan.num_heads)));
    for (int64_t worker = begin; worker < end; ++worker)
      for (int64_t task = next++; task < tasks; task = next++)
        run(plan.texts[static_cast<size_t>(task / plan.num_heads)], task % plan.num_heads, scratch.data());
  });
}

template <class T>
HeadInputs<T> inputs_of(const Plan& plan, const PlacedText& text, int64_t head, const T* query_key_value) {
  const T* const query =
      query_key_value + text.first_token * 3 * plan.hidden + head * plan.hidden / plan.num_heads;
  return {query, query + plan.hidden, query + 2 * plan.hidden};
}

template <class T>
Tensor run_forward(const Plan& plan, const Tensor& query_key_value) {
  Tensor output = at::empty({query_key_value.size(0), plan.hidden}, query_key_value.options());
  const T* const from = elements_of<T>(query_key_value);
  T* const to = mutable_elements_of<T>(output);
  for_each_head(plan, [&](const PlacedText& text, int64_t head, float* scratch) {
    kernels::training_kernels<T>().head_forward(
        shape_of(plan, text, head), inputs_of(plan, text, head, from),
        to + text.first_token * plan.hidden + head * plan.hidden / plan.num_heads, scratch);
  });
  return output;
}

template <class T>
Tensor run_backward(const Plan& plan, const Tensor& query_key_value, const Tensor& gradient) {
  Tensor result = at::empty_like(query_key_value);
  const T *const from = elements_of<T>(query_key_value), *const by_output = elements_of<T>(gradient);
  T* const to = mutable_elements_of<T>(result);
  for_each_head(plan, [&](const PlacedText& text, int64_t head, float* scratch) {
    const int64_t column = head * plan.hidden / plan.num_heads;
    T* const query = to + text.first_token * 3 * plan.hidden + column;
    kernels::training_kernels<T>().head_backward(
        shape_of(plan, text, head), inputs_of(plan, text, head, from),
        by_output + text.first_token * plan.hidden + column,
        {query, query + plan.hidden, query + 2 * plan.hidden}, scratch);
  });
  return result;
}

/// The backward node.
struct AttentionBackward : torch::autograd::Node {
  AttentionBackward(Plan made, const Tensor& input) : plan(std::move(made)), query_key_value(input, false) {}

  variable_list apply(variable_list&& gradients) override {
    const Tensor input = query_key_value.unpack();
    const Tensor gradient = gradients[0].contiguous();
    return {with_element_of(
        input, [&](auto element) { return run_backward<decltype(element)>(plan, input, gradient); })};
  }

  std::string name() const override { return "angle::AttentionBackward"; }
  void release_variables() override { query_key_value.reset_data(); }

  Plan plan;
  torch::autograd::SavedVariable query_key_value;
};

}  // namespace

Tensor attention_with_gradient(const Tensor& query_key_value, const TokenBatch& batch, int64_t num_heads,
                               const DropoutMask& mask) {
  Plan plan = make_plan(batch, query_key_value.size(1) / 3, num_heads, mask);
  Tensor output;
  {
    const at::NoGradGuard no_grad;
    output = with_element_of(
        query_key_value, [&](auto element) { return run_forward<decltype(element)>(plan, query_key_value); });
  }
  if (!torch::autograd::compute_requires_grad(query_key_value)) return output;
  const auto node = std::shared_ptr<AttentionBackward>(
      new AttentionBackward(std::move(plan), query_key_value), torch::autograd::deleteNode);
  node->set_next_edges(torch::autograd::collect_next_edges(query_key_value));
  torch::autograd::set_history(output, node);
  return output;
}

}  // namespace angle
