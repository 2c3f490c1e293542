#include "angle/model/weights.h"

#include <array>
#include <cmath>
#include <deque>
#include <set>
#include <string_view>

#include <ATen/ATen.h>

#include "angle/error.h"
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

/// A tensor on the file's memory, which must outlive it.
Tensor as_tensor(const TensorView& view) {
  return at::from_blob(const_cast<std::byte*>(view.data.data()), view.shape,
                       at::TensorOptions(scalar_type(view.dtype)));
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

/// Everything a directory's safetensors files hold, under canonical names.
struct Checkpoint {
  std::deque<SafetensorsFile> files;  // what the views point into
  std::map<std::string, TensorView> tensors;
  std::vector<std::string> problems;

  void add(const std::string& name, const TensorView& view) {
    if (!tensors.emplace(canonical_name(name), view).second)
      problems.push_back(fmt::format("{}: in the checkpoint twice", canonical_name(name)));
  }
};

/// Shard names come from a file: a path out of the directory is refused.
void check_plain_file_name(const fs::path& index, const std::string& name) {
  const fs::path path(name);
  if (name.empty() || path.filename() != path || name == "." || name == "..")
    fail("{}: shard \"{}\" is not the plain name of a file in the same directory", index.string(), name);
}

void open_shards(const fs::path& index, Checkpoint& checkpoint) {
  const json contents = read_json(index);
  const json map = contents.is_object() ? contents.value("weight_map", json()) : json();
  if (!map.is_object() || map.empty())
    fail("{}: expected an object \"weight_map\" from tensors to files", index.string());
  std::map<std::string, std::set<std::string>> names_by_shard;
  for (const auto& [name, shard] : map.items()) {
    if (!shard.is_string())
      fail("{}: weight_map.{}: expected a file name, found {}", index.string(), name, shard.dump());
    check_plain_file_name(index, shard.get<std::string>());
    names_by_shard[shard.get<std::string>()].insert(name);
  }
  for (const auto& [shard, names] : names_by_shard) {
    const fs::path path = index.parent_path() / shard;
    if (!fs::exists(path))
      fail("{}: the shard {} is missing; fetch the model again", index.string(), path.string());
    const auto& tensors = checkpoint.files.emplace_back(path).tensors();
    for (const auto& [name, view] : tensors) checkpoint.add(name, view);
    for (const auto& name : names)
      if (!tensors.contains(name))
        fail("{}: {} is listed in {}, but is not there", index.string(), name, shard);
  }
}

Checkpoint open_checkpoint(const fs::path& directory) {
  const fs::path single = directory / "model.safetensors";
  const fs::path index = directory / "model.safetensors.index.json";
  Checkpoint checkpoint;
  if (fs::exists(single)) {
    for (const auto& [name, view] : checkpoint.files.emplace_back(single).tensors())
      checkpoint.add(name, view);
  } else if (fs::exists(index)) {
    open_shards(index, checkpoint);
  } else if (fs::exists(directory / "pytorch_model.bin") ||
             fs::exists(directory / "pytorch_model.bin.index.json")) {
    fail(
        "{}: the weights are pickled (pytorch_model.bin), a format that can run code when it is read, so it "
        "is not; "
        "convert them once with Python: from transformers import AutoModel; "
        "AutoModel.from_pretrained(\"{}\").save_pretrained(\"{}\", safe_serialization=True)",
        directory.string(), directory.string(), directory.string());
  } else {
    fail("{}: no model.safetensors and no model.safetensors.index.json there; is it a model directory?",
         directory.string());
  }
  return checkpoint;
}

/// Copies one tensor; says what is wrong with it, or nothing.
std::string copy_tensor(const std::map<std::string, TensorView>& tensors, const NamedTensor& expected) {
  const auto found = tensors.find(expected.name);
  if (found == tensors.end()) return "missing";
  const TensorView& view = found->second;
  if (!at::isFloatingType(scalar_type(view.dtype)))
    return fmt::format("element type {} (expected F32, F16, BF16 or F64)", dtype_name(view.dtype));
  if (at::IntArrayRef(view.shape) != expected.tensor.sizes())
    return fmt::format("shape [{}] (config.json implies [{}])", fmt::join(view.shape, ", "),
                       fmt::join(expected.tensor.sizes(), ", "));
  expected.tensor.copy_(as_tensor(view));
  // A sum is finite when all elements are, at a fraction of the cost of looking at each.
  if (!std::isfinite(expected.tensor.sum(at::kDouble).item<double>())) return "has NaN or infinite elements";
  return "";
}

}  // namespace

std::vector<NamedTensor> load_weights(const fs::path& directory, std::span<const NamedTensor> expected) {
  const at::NoGradGuard no_grad;
  Checkpoint checkpoint = open_checkpoint(directory);
  auto& problems = checkpoint.problems;
  for (const NamedTensor& entry : expected) {
    const std::string problem = copy_tensor(checkpoint.tensors, entry);
    if (!problem.empty()) problems.push_back(entry.name + ": " + problem);
    checkpoint.tensors.erase(entry.name);
  }
  std::vector<NamedTensor> pooler;
  for (const auto& [name, view] : checkpoint.tensors) {
    if (name.starts_with("pooler.")) {
      pooler.push_back({name, as_tensor(view).to(at::kFloat, /*non_blocking=*/false, /*copy=*/true)});
    } else if (name != "embeddings.position_ids" &&
               !starts_with_any(name, {"cls.", "lm_head.", "classifier."})) {
      problems.push_back(name + ": unexpected");
    }
  }
  if (!problems.empty())
    fail("{}: the weights do not fit config.json; are the two from different models?\n  {}",
         directory.string(), fmt::join(problems, "\n  "));
  return pooler;
}

std::vector<NamedTensor> read_tensors(const fs::path& file) {
  const SafetensorsFile contents(file);
  std::vector<NamedTensor> tensors;
  for (const auto& [name, view] : contents.tensors()) tensors.push_back({name, as_tensor(view).clone()});
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
