#include <initializer_list>
#include <set>

#include "angle/error.h"
#include "angle/eval/retrieval_data.h"
#include "angle/eval/retrieval_metrics.h"

#include "embed/normalized.h"
#include "eval/own_data_tasks.h"
#include "eval/search.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

/// The first of the model's prompts that has one of the names, else the fallback.
std::string prompt_named(const Model& model, std::initializer_list<const char*> names,
                         const std::string& fallback) {
  for (const char* name : names) {
    const auto found = model.prompts.find(name);
    if (found != model.prompts.end()) return found->second;
  }
  return fallback;
}

Embedder embedder_with(Model& model, EmbedOptions options, std::string prompt) {
  options.prompt = std::move(prompt);
  return Embedder(model, std::move(options));
}

std::vector<std::string> texts_of(std::vector<IdentifiedText> items) {
  std::vector<std::string> texts;
  for (IdentifiedText& item : items) texts.push_back(std::move(item.text));
  return texts;
}

/// The documents that were found for each query, and the ids that they have.
struct Found {
  TopDocuments top;
  std::vector<std::string> ids;
};

Found search(const OwnDataTask& task, const Tensor& queries, Embedder& embedder,
             const OwnDataOptions& options) {
  constexpr int64_t kDepth = 100 + 1;  // the query itself may be left out
  Found found{TopDocuments(queries.size(0), kDepth), {}};
  CorpusReader corpus(task.path);
  std::set<std::string> seen;
  while (true) {
    std::vector<IdentifiedText> documents = corpus.next(options.documents_per_block);
    if (documents.empty()) return found;
    const auto first = static_cast<int64_t>(found.ids.size());
    for (const IdentifiedText& document : documents) {
      if (!seen.insert(document.id).second)
        fail("{}: document {} comes twice in the corpus", task.path.string(), document.id);
      found.ids.push_back(document.id);
    }
    const Tensor vectors = embedder.embed(texts_of(std::move(documents)));
    require_finite(vectors, task);
    add_scores(found.top, queries, normalized(vectors), first);
    if (options.progress) options.progress(static_cast<int64_t>(found.ids.size()), 0);
  }
}

/// The scores of all queries.
struct Scored {
  RetrievalScores mean;
  int64_t left_out = 0;  // documents that were the query itself
};

/// Leaves out documents that have the id of the query, as BEIR does (queries of ArguAna and Quora are
/// documents too), unless people graded them.
Scored score_found(const Found& found, const std::vector<IdentifiedText>& queries,
                   const RelevanceGrades& grades) {
  Scored result;
  std::vector<RetrievalScores> scores;
  for (size_t i = 0; i < queries.size(); ++i) {
    const auto& graded = grades.at(queries[i].id);
    std::vector<int64_t> ranked, all;
    for (const auto& [document, grade] : graded) all.push_back(grade);
    for (const ScoredDocument& document : found.top.ranked(static_cast<int64_t>(i))) {
      const std::string& id = found.ids[static_cast<size_t>(document.document)];
      const auto grade = graded.find(id);
      if (grade != graded.end())
        ranked.push_back(grade->second);
      else if (id == queries[i].id)
        ++result.left_out;
      else
        ranked.push_back(0);
    }
    scores.push_back(score_ranking(ranked, all));
  }
  result.mean = mean(scores);
  return result;
}

/// Relevant documents that the corpus does not have: they can't be found, and nobody notices. Error when it
/// has none of them.
std::string missing_documents_remark(const OwnDataTask& task, const Found& found,
                                     const RelevanceGrades& grades) {
  const std::set<std::string> ids(found.ids.begin(), found.ids.end());
  int64_t relevant = 0, missing = 0;
  for (const auto& [query, documents] : grades) {
    for (const auto& [document, grade] : documents) {
      if (grade <= 0) continue;
      ++relevant;
      if (!ids.contains(document)) ++missing;
    }
  }
  if (missing == relevant)
    fail("{}: none of the {} relevant documents of the qrels is in the corpus; are the ids the same?",
         task.path.string(), relevant);
  return missing == 0 ? "" : fmt::format("; not in the corpus: {} of {} relevant", missing, relevant);
}

}  // namespace

OwnDataResult evaluate_retrieval(const OwnDataTask& task, Model& model, const OwnDataOptions& options) {
  const RelevanceGrades grades = read_relevance_grades(task.path, "test");
  const std::vector<IdentifiedText> queries = read_queries(task.path, grades);
  const std::string& fallback = options.embed.prompt;
  const auto query_prompt = options.query_prompt.value_or(prompt_named(model, {"query"}, fallback));
  const auto document_prompt =
      options.document_prompt.value_or(prompt_named(model, {"document", "passage", "corpus"}, fallback));
  Embedder query_embedder = embedder_with(model, options.embed, query_prompt);
  Embedder document_embedder = embedder_with(model, options.embed, document_prompt);

  const Tensor vectors = query_embedder.embed(texts_of(queries));
  require_finite(vectors, task);
  const Found found = search(task, normalized(vectors), document_embedder, options);
  if (found.ids.empty()) fail("{}: the corpus has no documents", task.path.string());
  const auto [scores, left_out] = score_found(found, queries, grades);
  TextStatistics statistics = query_embedder.statistics();
  statistics += document_embedder.statistics();
  OwnDataResult result{
      task, {{"ndcg@10", scores.ndcg_10}, {"mrr@10", scores.mrr_10}, {"map@100", scores.map_100}}, {}};
  for (size_t i = 0; i < kRecallCutoffs.size(); ++i)
    result.scores.push_back({fmt::format("recall@{}", kRecallCutoffs[i]), scores.recall[i]});
  result.about = fmt::format(
      "{} queries, {} documents, by cosine; query prompt {}, document prompt {}{}{}{}", queries.size(),
      found.ids.size(), nlohmann::json(query_prompt).dump(), nlohmann::json(document_prompt).dump(),
      left_out == 0 ? "" : fmt::format("; left out: {} found by the query of the same id", left_out),
      missing_documents_remark(task, found, grades), cut_remark(statistics));
  return result;
}

}  // namespace angle
