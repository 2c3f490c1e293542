#include "angle/model/weights.h"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <set>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "angle/error.h"
#include "angle/excerpt.h"
#include "angle/io/json.h"
#include "angle/io/safetensors.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

struct TorchType {
  DType dtype;
  at::ScalarType scalar_type;
};
constexpr std::array<TorchType, 10> kTypes = {{{DType::BOOL, at::kBool},
                                               {DType::U8, at::kByte},
                                               {DType::I8, at::kChar},
                                               {DType::I16, at::kShort},
                                               {DType::I32, at::kInt},
                                               {DType::I64, at::kLong},
                                               {DType::F16, at::kHalf},
                                               {DType::BF16, at::kBFloat16},
                                               {DType::F32, at::kFloat},
                                               {DType::F64, at::kDouble}}};

at::ScalarType scalar_type(DType dtype) {
  for (const TorchType& type : kTypes)
    if (type.dtype == dtype) return type.scalar_type;
  TORCH_CHECK(false, "no torch type for ", dtype_name(dtype));
}

DType dtype_of(const Tensor& tensor) {
  for (const TorchType& type : kTypes)
    if (type.scalar_type == tensor.scalar_type()) return type.dtype;
  TORCH_CHECK(false, "safetensors has no element type for ", tensor.scalar_type());
}

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> prefixes) {
  for (const auto prefix : prefixes)
    if (name.starts_with(prefix)) return true;
  return false;
}

/// The name without a model prefix and with today's ending: `bert.embeddings.LayerNorm.gamma` →
/// `embeddings.LayerNorm.weight`.
std::string canonical_name(std::string_view name) {
  for (const std::string_view prefix : {"0.auto_model.", "bert.", "roberta."})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  std::string result(name);
  const auto replace_ending = [&](std::string_view old_ending, std::string_view ending) {
    if (result.ends_with(old_ending))
      result.replace(result.size() - old_ending.size(), old_ending.size(), ending);
  };
  replace_ending("LayerNorm.gamma", "LayerNorm.weight");
  replace_ending("LayerNorm.beta", "LayerNorm.bias");
  return result;
}

/// Shard names come from a file: a path out of the directory is refused.
void check_plain_file_name(const fs::path& index, const std::string& name) {
  const fs::path path(name);
  if (name.empty() || path.filename() != path || name == "." || name == "..")
    fail("{}: shard {} is not the plain name of a file in the same directory", index.string(),
         in_quotes(name));
}

/// The names of the tensors of each shard.
std::map<std::string, std::set<std::string>> read_index(const fs::path& index) {
  const json contents = read_json(index);
  const json map = contents.is_object() ? contents.value("weight_map", json()) : json();
  if (!map.is_object() || map.empty())
    fail("{}: expected an object \"weight_map\" from tensors to files", index.string());
  std::map<std::string, std::set<std::string>> names_by_shard;
  for (const auto& [name, shard] : map.items()) {
    if (!shard.is_string())
      fail("{}: weight_map.{}: expected a file name, found {}", index.string(), excerpt(name),
           excerpt(shard.dump()));
    check_plain_file_name(index, shard.get<std::string>());
    names_by_shard[shard.get<std::string>()].insert(name);
  }
  return names_by_shard;
}

[[noreturn]] void refuse_without_weights(const fs::path& directory) {
  if (!fs::exists(directory / "pytorch_model.bin") && !fs::exists(directory / "pytorch_model.bin.index.json"))
    fail("{}: no model.safetensors and no model.safetensors.index.json there; is it a model directory?",
         directory.string());
  fail(
      "{}: the weights are pickled (pytorch_model.bin), a format that can run code when it is read, so it is "
      "not; convert them once with Python: from transformers import AutoModel; "
      "AutoModel.from_pretrained(\"{}\").save_pretrained(\"{}\", safe_serialization=True)",
      directory.string(), directory.string(), directory.string());
}

/// Where a tensor of the checkpoint is.
struct Source {
  const SafetensorsFile* file;
  TensorEntry entry;
};

/// `memory` as a tensor, which must not outlive it.
Tensor tensor_on(std::span<std::byte> memory, at::ScalarType type, at::IntArrayRef shape) {
  return at::from_blob(memory.data(), shape, at::TensorOptions(type));
}

/// A tensor of the checkpoint, in its own element type.
Tensor read_tensor(const Source& source) {
  Tensor tensor = at::empty(source.entry.shape, at::TensorOptions(scalar_type(source.entry.dtype)));
  source.file->read(source.entry.begin, {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()});
  return tensor;
}

/// Whether every element is a number that float32 holds: no NaN, nothing infinite. The elements pass through
/// memory that stays in the cache; a copy of the whole would take longer to allocate than to read.
bool all_finite(const Source& source) {
  constexpr uint64_t kBytes = 1 << 20;
  constexpr double kLimit = std::numeric_limits<float>::max();
  thread_local std::vector<std::byte> memory(kBytes);
  const at::ScalarType type = scalar_type(source.entry.dtype);
  for (uint64_t begin = source.entry.begin; begin < source.entry.end; begin += kBytes) {
    const std::span<std::byte> part = std::span(memory).first(std::min(kBytes, source.entry.end - begin));
    source.file->read(begin, part);
    const auto count = static_cast<int64_t>(part.size() / dtype_size(source.entry.dtype));
    const auto [smallest, largest] = at::aminmax(tensor_on(part, type, count));  // NaN if any element is
    if (!(smallest.item<double>() >= -kLimit && largest.item<double>() <= kLimit)) return false;
  }
  return true;
}

/// What is wrong with a tensor; empty when it can be read into one of that shape.
std::string find_problem(const std::map<std::string, Source>& tensors, const NamedTensor& expected) {
  const auto found = tensors.find(expected.name);
  if (found == tensors.end()) return "missing";
  const TensorEntry& entry = found->second.entry;
  if (!at::isFloatingType(scalar_type(entry.dtype)))
    return fmt::format("element type {} (expected F32, F16, BF16 or F64)", dtype_name(entry.dtype));
  if (at::IntArrayRef(entry.shape) != expected.tensor.sizes())
    return fmt::format("shape [{}] (config.json implies [{}])", fmt::join(entry.shape, ", "),
                       fmt::join(expected.tensor.sizes(), ", "));
  return all_finite(found->second) ? "" : "has NaN or infinite elements";
}

/// Whether the bytes of the checkpoint are those of the tensor.
bool has_layout_of(const Tensor& tensor, const Source& source) {
  return tensor.is_cpu() && tensor.is_contiguous() && dtype_of(tensor) == source.entry.dtype;
}

bool is_pooler(std::string_view name) { return name.starts_with("pooler."); }

bool is_left_out(std::string_view name) {
  return name == "embeddings.position_ids" || starts_with_any(name, {"cls.", "lm_head.", "classifier."});
}

}  // namespace

/// Everything the files hold, under canonical names.
struct WeightFiles::Contents {
  std::deque<SafetensorsFile> files;  // what the sources point to
  std::map<std::string, Source> tensors;
  std::vector<std::string> problems;

  void add(const std::string& name, const Source& source) {
    if (!tensors.emplace(canonical_name(name), source).second)
      problems.push_back(fmt::format("{}: in the checkpoint twice", canonical_name(name)));
  }

  void open_file(const fs::path& path) {
    const SafetensorsFile& file = files.emplace_back(path);
    for (const auto& [name, entry] : file.tensors()) add(name, {&file, entry});
  }

  void open_shards(const fs::path& index) {
    for (const auto& [shard, names] : read_index(index)) {
      const fs::path path = index.parent_path() / shard;
      if (!fs::exists(path))
        fail("{}: the shard {} is missing; fetch the model again", index.string(), path.string());
      open_file(path);
      for (const auto& name : names)
        if (!files.back().tensors().contains(name))
          fail("{}: {} is listed in {}, but is not there", index.string(), name, shard);
    }
  }
};

WeightFiles::WeightFiles(const fs::path& directory)
    : directory_(directory), contents_(std::make_unique<Contents>()) {
  const fs::path single = directory / "model.safetensors";
  const fs::path index = directory / "model.safetensors.index.json";
  if (fs::exists(single)) {
    contents_->open_file(single);
  } else if (fs::exists(index)) {
    contents_->open_shards(index);
  } else {
    refuse_without_weights(directory);
  }
}

WeightFiles::~WeightFiles() = default;

void WeightFiles::check(std::span<const NamedTensor> expected) const {
  constexpr size_t kNameBytes = 200;  // in a message
  std::vector<std::string> problems = contents_->problems;
  std::set<std::string_view> expected_names;
  for (const NamedTensor& entry : expected) {
    expected_names.insert(entry.name);
    const std::string problem = find_problem(contents_->tensors, entry);
    if (!problem.empty()) problems.push_back(entry.name + ": " + problem);
  }
  for (const auto& [name, source] : contents_->tensors)
    if (!expected_names.contains(name) && !is_pooler(name) && !is_left_out(name))
      problems.push_back(excerpt(name, kNameBytes) + ": unexpected");
  if (problems.empty()) return;
  constexpr size_t kMostProblems = 20;
  const size_t shown = std::min(problems.size(), kMostProblems);
  fail("{}: the weights do not fit config.json, or are damaged; are the two from different models?\n  {}{}",
       directory_.string(),
       fmt::join(problems.begin(), problems.begin() + static_cast<std::ptrdiff_t>(shown), "\n  "),
       shown < problems.size() ? fmt::format("\n  … and {} more", problems.size() - shown) : "");
}

void WeightFiles::read_into(std::span<const NamedTensor> expected) const {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : expected) {
    const Source& source = contents_->tensors.at(name);
    if (has_layout_of(tensor, source))
      source.file->read(source.entry.begin, {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()});
    else
      tensor.copy_(read_tensor(source));
  }
}

std::vector<NamedTensor> WeightFiles::pooler() const {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, source] : contents_->tensors)
    if (is_pooler(name)) tensors.push_back({name, read_tensor(source).to(at::kFloat)});
  return tensors;
}

void load_weights(const fs::path& directory, std::span<const NamedTensor> expected) {
  const WeightFiles files(directory);
  files.check(expected);
  files.read_into(expected);
}

std::vector<NamedTensor> read_tensors(const fs::path& path) {
  const SafetensorsFile file(path);
  std::vector<NamedTensor> tensors;
  for (const auto& [name, entry] : file.tensors()) tensors.push_back({name, read_tensor({&file, entry})});
  return tensors;
}

void write_tensors(const fs::path& file, std::span<const NamedTensor> tensors,
                   const std::map<std::string, std::string>& metadata) {
  std::vector<Tensor> contiguous;  // keeps the bytes alive
  std::map<std::string, TensorView> views;
  for (const NamedTensor& entry : tensors) {
    const Tensor& bytes = contiguous.emplace_back(entry.tensor.detach().cpu().contiguous());
    views[entry.name] = {
        dtype_of(bytes),
        bytes.sizes().vec(),
        {static_cast<const std::byte*>(bytes.data_ptr()), static_cast<size_t>(bytes.nbytes())}};
  }
  write_safetensors(file, views, metadata);
}

}  // namespace angle
