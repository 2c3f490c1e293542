#include <initializer_list>
#include <set>

#include "angle/error.h"
#include "angle/eval/bm25.h"
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
  return {model, std::move(options)};
}

std::vector<std::string> texts_of(std::vector<IdentifiedText> items) {
  std::vector<std::string> texts;
  for (IdentifiedText& item : items) texts.push_back(std::move(item.text));
  return texts;
}

constexpr int64_t kDepth = 100 + 1;  // the query itself may be left out

/// The documents that were found for each query, by the model and by BM25, and the ids that they have.
struct Found {
  TopDocuments top;
  TopDocuments by_words;
  std::vector<std::string> ids;
};

Found search(const OwnDataTask& task, const std::vector<std::string>& queries, const Tensor& query_vectors,
             Embedder& embedder, const OwnDataOptions& options) {
  const auto num_queries = static_cast<int64_t>(queries.size());
  Found found{TopDocuments(num_queries, kDepth), TopDocuments(num_queries, kDepth), {}};
  Bm25Search bm25(queries);
  CorpusReader corpus(task.path);
  std::set<std::string> seen;
  while (true) {
    std::vector<IdentifiedText> documents = corpus.next(options.documents_per_block);
    if (documents.empty()) break;
    const auto first = static_cast<int64_t>(found.ids.size());
    for (const IdentifiedText& document : documents) {
      if (!seen.insert(document.id).second)
        fail("{}: document {} comes twice in the corpus", task.path.string(), document.id);
      found.ids.push_back(document.id);
      bm25.add(document.text);
    }
    const Tensor vectors = embedder.embed(texts_of(std::move(documents)));
    require_finite(vectors, task);
    add_scores(found.top, query_vectors, normalized(vectors), first);
    if (options.progress) options.progress(static_cast<int64_t>(found.ids.size()), 0);
  }
  if (found.ids.empty()) fail("{}: the corpus has no documents", task.path.string());
  found.by_words = bm25.search(kDepth);
  return found;
}

struct Scored {
  std::vector<RetrievalScores> queries;
  int64_t left_out = 0;  // documents that were the query itself
};

/// Leaves out documents that have the id of the query, as BEIR does (queries of ArguAna and Quora are
/// documents too), unless people graded them.
Scored score_found(const TopDocuments& top, const std::vector<std::string>& ids,
                   const std::vector<IdentifiedText>& queries, const RelevanceGrades& grades) {
  Scored result;
  for (size_t i = 0; i < queries.size(); ++i) {
    const auto& graded = grades.at(queries[i].id);
    std::vector<int64_t> ranked, all;
    for (const auto& [document, grade] : graded) all.push_back(grade);
    for (const ScoredDocument& document : top.ranked(static_cast<int64_t>(i))) {
      const std::string& id = ids[static_cast<size_t>(document.document)];
      const auto grade = graded.find(id);
      if (grade != graded.end())
        ranked.push_back(grade->second);
      else if (id == queries[i].id)
        ++result.left_out;
      else
        ranked.push_back(0);
    }
    result.queries.push_back(score_ranking(ranked, all));
  }
  return result;
}

std::vector<double> values_of(const RetrievalScores& scores) {
  std::vector<double> values{scores.ndcg_10, scores.mrr_10, scores.map_100};
  values.insert(values.end(), scores.recall.begin(), scores.recall.end());
  return values;
}

/// The means over queries, and their bootstrap.
///
/// @param baseline  that they are of, as a prefix of their names; empty: of the model
void add_means(OwnDataResult& result, const std::string& baseline, std::span<const RetrievalScores> queries,
               const BootstrapOptions& bootstrap) {
  std::vector<std::string> names{"ndcg@10", "mrr@10", "map@100"};
  for (const int64_t cutoff : kRecallCutoffs) names.push_back(fmt::format("recall@{}", cutoff));
  const std::vector<double> values = values_of(mean(queries));
  for (size_t i = 0; i < names.size(); ++i)
    result.scores.push_back(
        {.name = baseline + names[i], .value = values[i], .is_baseline = !baseline.empty()});
  const ResampleScorer score = [&](const ResampleCounts& counts) { return values_of(mean(queries, counts)); };
  bootstrap_last(result, static_cast<int64_t>(queries.size()), score, bootstrap);
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

  const std::vector<std::string> query_texts = texts_of(queries);
  const Tensor vectors = query_embedder.embed(query_texts);
  require_finite(vectors, task);
  const Found found = search(task, query_texts, normalized(vectors), document_embedder, options);
  const auto [scores, left_out] = score_found(found.top, found.ids, queries, grades);
  TextStatistics statistics = query_embedder.statistics();
  statistics += document_embedder.statistics();
  OwnDataResult result{task, {}, {}};
  add_means(result, "", scores, options.bootstrap);
  add_means(result, "bm25_", score_found(found.by_words, found.ids, queries, grades).queries,
            options.bootstrap);
  constexpr Bm25Options kBm25;
  result.about = fmt::format(
      "{} queries, {} documents, by cosine; query prompt {}, document prompt {}; BM25 without prompts, k1 = "
      "{}, b = {}{}{}{}",
      queries.size(), found.ids.size(), nlohmann::json(query_prompt).dump(),
      nlohmann::json(document_prompt).dump(), kBm25.k1, kBm25.b,
      left_out == 0 ? "" : fmt::format("; left out: {} found by the query of the same id", left_out),
      missing_documents_remark(task, found, grades), cut_remark(statistics));
  result.statistics = statistics;
  return result;
}

}  // namespace angle
