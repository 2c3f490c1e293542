// Measures the parts that the time of `angle` is made of, one by one (Google Benchmark):
//
//     scripts/benchmark.sh parts
//     scripts/benchmark.sh parts --benchmark_filter=linear/bfloat16
//
// linear, attention  the kernels of the CPU's inference path, sizes of all-MiniLM-L6-v2 and BERT-base, one
//                    thread, random numbers: operations per second. Those that this CPU lacks are left out.
// training           the three products of a linear layer's step, a batch of 900 tokens in turn with others:
//                    little of it is in the caches, as in a step. One thread: operations per second.
// tokenizer          WordPiece with the vocabulary of all-MiniLM-L6-v2 (left out without the model), on the
//                    sample texts: tokens and bytes per second.
// losses             value and gradient, embeddings of 384 dimensions, all threads: pairs per second.

#include <benchmark/benchmark.h>
#include <cmath>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/variable.h>

#include "angle/cache_directory.h"
#include "angle/cpu_features.h"
#include "angle/loss/contrastive.h"
#include "angle/loss/ranking.h"
#include "angle/loss/similarity.h"
#include "angle/text/tokenizer.h"

#include "model/gelu_table.h"
#include "model/kernels/support.h"
#include "model/training/products.h"

namespace angle {
namespace {

using benchmark::Counter;
using benchmark::State;
using kernels::Element;
using kernels::Finish;

at::ScalarType type_of(Element element) {
  switch (element) {
    case Element::float32:
      return at::kFloat;
    case Element::bfloat16:
      return at::kBFloat16;
    case Element::uint8:
      return at::kByte;
    case Element::wide_uint8:
      return at::kShort;
  }
  return at::kFloat;
}

Tensor random_rows(Element element, int64_t rows, int64_t columns) {
  if (kernels::holds_bytes(element)) return at::randint(0, 256, {rows, columns}, type_of(element));
  return at::randn({rows, columns}).to(type_of(element));
}

kernels::Rows rows_of(const Tensor& tensor, Element element) {
  return {element, tensor.data_ptr(), tensor.stride(0), nullptr};
}

void count_operations(State& state, double operations) {
  state.counters["op/s"] = Counter(operations, Counter::kIsIterationInvariantRate, Counter::OneK::kIs1000);
}

struct LinearShape {
  int64_t in, out;
  Finish finish;
  const char* name;
};

constexpr int64_t kRows = 256;
constexpr LinearShape kLinearShapes[] = {
    {384, 1152, Finish::store, "384-1152"},     {384, 384, Finish::add, "384-384+residual"},
    {384, 1536, Finish::gelu, "384-1536-gelu"}, {1536, 384, Finish::add, "1536-384+residual"},
    {768, 3072, Finish::gelu, "768-3072-gelu"}, {3072, 768, Finish::add, "3072-768+residual"}};

/// Rows of the input are an odd number of cache lines apart, as the encoder lays them.
void measure_linear(State& state, Element element, const LinearKernel& kernel, const LinearShape& shape) {
  const int64_t per_word = kernels::elements_per_word(element), words = shape.in / per_word;
  const int64_t panels = (shape.out + kernel.panel_columns - 1) / kernel.panel_columns;
  const Tensor input = random_rows(element, kRows, shape.in + 16 * per_word);
  const Tensor weights =
      random_rows(element, panels * words, kernel.panel_columns * per_word).view(at::kInt).contiguous();
  const Tensor output = at::zeros({kRows, shape.out}), bias = at::randn({shape.out});
  const Tensor column_scales = at::rand({shape.out}), column_sums = at::zeros({shape.out}, at::kInt);
  std::vector<kernels::RowScale> scales(kRows, {.scale = 0.01F, .zero = 128});
  kernels::Rows left = rows_of(input, element);
  left.scales = scales.data();
  const kernels::LinearTask task{.input = left,
                                 .rows = kRows,
                                 .weights = weights.const_data_ptr<int32_t>(),
                                 .words = words,
                                 .columns = shape.out,
                                 .bias = bias.const_data_ptr<float>(),
                                 .column_scales = column_scales.const_data_ptr<float>(),
                                 .column_sums = column_sums.const_data_ptr<int32_t>(),
                                 .finish = shape.finish,
                                 .gelu = &gelu_table(Activation::gelu),
                                 .output = rows_of(output, Element::float32)};
  for (auto _ : state) kernel.multiply(task, 0, panels);
  count_operations(state, 2.0 * kRows * static_cast<double>(shape.in * shape.out));
}

void measure_attention(State& state, Element element, AttentionFunction attend, int64_t head_size) {
  constexpr int64_t kHeads = 12;
  const int64_t length = state.range(0), hidden = kHeads * head_size;
  const int64_t row = 3 * hidden + 16 * kernels::elements_per_word(element);
  const Tensor projected = random_rows(element, length, row);
  const Tensor context = at::zeros({length, hidden}, type_of(element));
  const Tensor scratch = at::empty({kernels::attention_scratch_words(length, head_size)}, at::kInt);
  const auto part = [&](int64_t which) { return projected.narrow(1, which * hidden, hidden).data_ptr(); };
  const kernels::AttentionTask task{.query = part(0),
                                    .key = part(1),
                                    .value = part(2),
                                    .stride = row,
                                    .length = length,
                                    .queries = length,
                                    .heads = kHeads,
                                    .head_size = head_size,
                                    .scale = 1 / std::sqrt(static_cast<float>(head_size)),
                                    .context = rows_of(context, element),
                                    .scratch = scratch.mutable_data_ptr<int32_t>()};
  for (auto _ : state) attend(task);
  count_operations(state, 4.0 * static_cast<double>(length * length * hidden));
}

/// A linear layer and what one step of training gives it.
struct TrainedLayer {
  Tensor input, weight, bias, gradient;
};

using TrainingProduct = std::function<void(const TrainedLayer&)>;

void measure_training(State& state, at::ScalarType type, int64_t in, int64_t out,
                      const TrainingProduct& product) {
  constexpr int64_t kTokens = 900, kLayers = 12;
  std::vector<TrainedLayer> layers;
  for (int64_t i = 0; i < kLayers; ++i)
    layers.push_back({at::randn({kTokens, in}).to(type), at::randn({out, in}), at::randn({out}),
                      at::randn({kTokens, out}).to(type)});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  size_t layer = 0;
  for (auto _ : state) product(layers[layer++ % layers.size()]);
  at::set_num_threads(threads);
  count_operations(state, 2.0 * kTokens * static_cast<double>(in * out));
}

void measure_tokenizer(State& state, const Tokenizer& tokenizer, const std::vector<std::string>& texts) {
  int64_t tokens = 0, bytes = 0;
  for (auto _ : state)
    for (const std::string& text : texts) {
      tokens += static_cast<int64_t>(tokenizer.encode(text, 256).token_ids.size());
      bytes += static_cast<int64_t>(text.size());
    }
  state.SetItemsProcessed(tokens);
  state.SetBytesProcessed(bytes);
}

using Loss = std::function<Tensor(const Tensor& left, const Tensor& right, const Tensor& labels)>;

void measure_loss(State& state, const Loss& loss) {
  constexpr int64_t kDims = 384;
  const int64_t pairs = state.range(0);
  Tensor left = at::randn({pairs, kDims}).requires_grad_(true);
  Tensor right = at::randn({pairs, kDims}).requires_grad_(true);
  const Tensor labels = at::randint(0, 26, {pairs}).to(at::kDouble) / 5;  // graded like those of STS-B
  for (auto _ : state) {
    left.mutable_grad() = right.mutable_grad() = Tensor();
    loss(left, right, labels).backward();
  }
  state.SetItemsProcessed(state.iterations() * pairs);
}

struct NamedKernel {
  const char* name;
  bool runs_here;
  Element element;
  LinearKernel linear;
  AttentionFunction attention;  // none for bytes
};

std::vector<NamedKernel> kernels() {
  using kernels::kAmxPanelColumns;
  using kernels::kAmxPanelRows;
  using kernels::kAvx2PanelColumns;
  using kernels::kAvx512PanelColumns;
  using kernels::kPanelRows;
  const CpuFeatures& cpu = cpu_features();
  const bool bfloat16 = cpu_multiplies(Element::bfloat16);
  return {{"float32/avx2",
           cpu.avx2,
           Element::float32,
           {kernels::multiply_float32_avx2, kAvx2PanelColumns, kPanelRows},
           kernels::attend_float32_avx2},
          {"float32/avx512",
           cpu.avx512,
           Element::float32,
           {kernels::multiply_float32_avx512, kAvx512PanelColumns, kPanelRows},
           kernels::attend_float32_avx512},
          {"bfloat16/avx512",
           bfloat16,
           Element::bfloat16,
           {kernels::multiply_bfloat16_avx512, kAvx512PanelColumns, kPanelRows},
           kernels::attend_bfloat16_avx512},
          {"bfloat16/amx",
           amx_multiplies(Element::bfloat16),
           Element::bfloat16,
           {kernels::multiply_bfloat16_amx, kAmxPanelColumns, kAmxPanelRows},
           kernels::attend_bfloat16_amx},
          {"int8/avx2",
           cpu.avx2,
           Element::wide_uint8,
           {kernels::multiply_wide_uint8_avx2, kAvx2PanelColumns, kPanelRows},
           nullptr},
          {"int8/avx_vnni",
           cpu.avx_vnni,
           Element::uint8,
           {kernels::multiply_uint8_avx_vnni, kAvx2PanelColumns, kPanelRows},
           nullptr},
          {"int8/avx512_without_vnni",
           cpu.avx512,
           Element::wide_uint8,
           {kernels::multiply_wide_uint8_avx512, kAvx512PanelColumns, kPanelRows},
           nullptr},
          {"int8/avx512",
           cpu.avx512 && cpu.avx512_vnni,
           Element::uint8,
           {kernels::multiply_uint8_avx512, kAvx512PanelColumns, kPanelRows},
           nullptr},
          {"int8/amx",
           amx_multiplies(Element::uint8),
           Element::uint8,
           {kernels::multiply_uint8_amx, kAmxPanelColumns, kAmxPanelRows},
           nullptr}};
}

void register_kernels() {
  for (const NamedKernel& kernel : kernels()) {
    if (!kernel.runs_here) continue;
    const std::string name = kernel.name;
    for (const LinearShape& shape : kLinearShapes)
      benchmark::RegisterBenchmark(("linear/" + name + "/" + shape.name).c_str(), [=](State& state) {
        measure_linear(state, kernel.element, kernel.linear, shape);
      });
    if (kernel.attention == nullptr) continue;
    for (const int64_t head_size : {32, 64})
      benchmark::RegisterBenchmark(
          ("attention/" + name + "/12 heads of " + std::to_string(head_size)).c_str(),
          [=](State& state) { measure_attention(state, kernel.element, kernel.attention, head_size); })
          ->ArgName("tokens")
          ->RangeMultiplier(4)
          ->Range(8, 512);
  }
}

void register_training() {
  if (!has_fast_products(at::empty({0}))) return;
  const std::pair<const char*, TrainingProduct> products[] = {
      {"forward", [](const TrainedLayer& l) { forward_product(l.input, l.weight, l.bias); }},
      {"by input", [](const TrainedLayer& l) { input_gradient(l.gradient, l.weight); }},
      {"by weight", [](const TrainedLayer& l) { weight_gradients(l.gradient, l.input, l.weight); }}};
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
    for (const auto& [in, out] :
         {std::pair<int64_t, int64_t>(384, 1152), {384, 384}, {384, 1536}, {1536, 384}})
      for (const auto& [name, product] : products)
        benchmark::RegisterBenchmark(
            fmt::format("training/{}/{}-{}/{}", at::toString(type), in, out, name).c_str(),
            [=, in = in, out = out, product = product](State& state) {
              measure_training(state, type, in, out, product);
            });
}

std::vector<std::string> sample_texts() {
  std::vector<std::string> texts;
  std::ifstream file(ANGLE_SOURCE_DIR "/data/samples/texts.txt");
  for (std::string line; std::getline(file, line);) texts.push_back(line);
  return texts;
}

void register_tokenizer() {
  const auto model = cache_directory() / "models" / "all-MiniLM-L6-v2";
  if (!exists(model)) return;
  static const LoadedTokenizer loaded = load_tokenizer(model);
  static const std::vector<std::string> texts = sample_texts();
  benchmark::RegisterBenchmark("tokenizer/wordpiece",
                               [](State& state) { measure_tokenizer(state, *loaded.tokenizer, texts); });
}

void register_losses() {
  const auto add = [](const char* name, int64_t most, Loss loss) {
    benchmark::RegisterBenchmark(name, [loss](State& state) { measure_loss(state, loss); })
        ->ArgName("pairs")
        ->RangeMultiplier(8)
        ->Range(32, most)
        ->UseRealTime();
  };
  add("loss/cosine", 131072, [](const Tensor& left, const Tensor& right, const Tensor& labels) {
    return ranking_loss(angle::cosine_similarity(left, right), labels, 20);
  });
  add("loss/angle", 131072, [](const Tensor& left, const Tensor& right, const Tensor& labels) {
    return ranking_loss(angle::angle_similarity(left, right, AngleVariant::angle_emb), labels, 20);
  });
  add("loss/in-batch", 2048, [](const Tensor& left, const Tensor& right, const Tensor&) {
    return contrastive_loss(left, right, Tensor(), at::arange(2 * left.size(0), at::kLong));
  });
}

}  // namespace
}  // namespace angle

int main(int argc, char** argv) {
  at::manual_seed(1);
  angle::register_kernels();
  angle::register_training();
  angle::register_tokenizer();
  angle::register_losses();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
