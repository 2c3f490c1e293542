#include "angle/eval/evaluate_own_data.h"

#include <variant>

#include <ATen/ATen.h>

#include "angle/error.h"
#include "angle/eval/own_data_resamples.h"

#include "eval/own_data_tasks.h"

namespace angle {
namespace {

OwnDataResult evaluate_task(const OwnData& data, Model& model, const OwnDataOptions& options) {
  const auto& [task, content] = data;
  switch (task.kind) {
    case OwnDataKind::pairs:
      return evaluate_pair_classification(task, std::get<BinaryPairs>(content), model, options);
    case OwnDataKind::retrieval:
      return evaluate_retrieval(task, std::get<RetrievalQueries>(content), model, options);
    case OwnDataKind::classify:
      return evaluate_probes(task, std::get<ProbeTexts>(content), model, options);
    case OwnDataKind::cluster:
      return evaluate_clustering(task, std::get<LabelledTexts>(content), model, options);
  }
  return {};
}

}  // namespace

void require_finite(const Tensor& vectors, const OwnDataTask& task) {
  if (!at::isfinite(vectors).all().item<bool>())
    fail("{}: an embedding is not finite; are the weights of the model damaged?", task.name);
}

std::string cut_remark(const TextStatistics& statistics) {
  if (statistics.texts_cut == 0) return {};
  return fmt::format("; {} of {} texts were cut", statistics.texts_cut, statistics.texts);
}

OwnDataResult evaluate_own_data(const OwnData& data, Model& model, const OwnDataOptions& options) {
  OwnDataResult result = evaluate_task(data, model, options);
  bootstrap_scores(result, options.bootstrap);
  return result;
}

}  // namespace angle
