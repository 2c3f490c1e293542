#include <initializer_list>
#include <optional>

#include <spdlog/fmt/fmt.h>

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

Embedder embedder_with(Model& model, const OwnDataOptions& options, const std::string& prompt) {
  EmbedOptions embed = options.embed;
  embed.prompt = prompt;
  Embedder embedder(model, std::move(embed));
  embedder.stop_when(options.stop);
  return embedder;
}

std::vector<std::string> texts_of(std::vector<IdentifiedText> items) {
  std::vector<std::string> texts;
  for (IdentifiedText& item : items) texts.push_back(std::move(item.text));
  return texts;
}

constexpr int64_t kDepth = 100 + 1;  // the query itself may be left out

/// The documents that were found for each query, and the ids that they have.
struct Found {
  TopDocuments top;
  std::optional<TopDocuments> by_words;  // by BM25, where baselines are asked for
  std::vector<std::string> ids;
};

Found search(const OwnDataTask& task, const std::vector<std::string>& queries, const Tensor& query_vectors,
             Embedder& embedder, const OwnDataOptions& options) {
  const auto num_queries = static_cast<int64_t>(queries.size());
  Found found{TopDocuments(num_queries, kDepth), {}, {}};
  std::optional<Bm25Search> bm25;
  if (options.baselines) bm25.emplace(queries);
  CorpusReader corpus(task.path);
  while (true) {
    std::vector<IdentifiedText> documents = corpus.next(options.documents_per_block);
    if (documents.empty()) break;
    const auto first = static_cast<int64_t>(found.ids.size());
    for (const IdentifiedText& document : documents) {
      found.ids.push_back(document.id);
      if (bm25) bm25->add(document.text);
    }
    const Tensor vectors = embedder.embed(texts_of(std::move(documents)));
    require_finite(vectors, task);
    add_scores(found.top, query_vectors, normalized(vectors), first);
    if (options.progress) options.progress(static_cast<int64_t>(found.ids.size()), 0);
  }
  if (bm25) found.by_words = bm25->search(kDepth);
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

/// In the order of own_data_metrics().
std::vector<double> values_of(const RetrievalScores& scores) {
  std::vector<double> values{scores.ndcg_10, scores.mrr_10, scores.map_100};
  values.insert(values.end(), scores.recall.begin(), scores.recall.end());
  return values;
}

/// The means over queries, and the scores of each query that they are made of.
///
/// @param baseline  that they are of, as a prefix of their names; empty: of the model
void add_means(OwnDataResult& result, const std::string& baseline, std::span<const RetrievalScores> queries) {
  const std::vector<std::string> names = own_data_metrics(OwnDataKind::retrieval);
  const std::vector<double> means = values_of(mean(queries));
  for (size_t i = 0; i < names.size(); ++i)
    result.scores.push_back(
        {.name = baseline + names[i], .value = means[i], .is_baseline = !baseline.empty()});
  for (const RetrievalScores& query : queries) {
    const std::vector<double> values = values_of(query);
    for (size_t i = 0; i < names.size(); ++i) result.items.values[baseline + names[i]].push_back(values[i]);
  }
}

std::string missing_documents_remark(const RelevantDocuments& relevant) {
  return relevant.missing == 0
             ? ""
             : fmt::format("; not in the corpus: {} of {} relevant", relevant.missing, relevant.all);
}

std::string bm25_remark() {
  constexpr Bm25Options kOptions;
  return fmt::format("; BM25 without prompts, k1 = {}, b = {}", kOptions.k1, kOptions.b);
}

}  // namespace

OwnDataResult evaluate_retrieval(const OwnDataTask& task, const RetrievalQueries& asked, Model& model,
                                 const OwnDataOptions& options) {
  const auto& [judged, queries] = asked;
  const RelevanceGrades& grades = judged.grades;
  const std::string& fallback = options.embed.prompt;
  const auto query_prompt = options.query_prompt.value_or(prompt_named(model, {"query"}, fallback));
  const auto document_prompt =
      options.document_prompt.value_or(prompt_named(model, {"document", "passage", "corpus"}, fallback));
  Embedder query_embedder = embedder_with(model, options, query_prompt);
  Embedder document_embedder = embedder_with(model, options, document_prompt);

  const std::vector<std::string> query_texts = texts_of(queries);
  const Tensor vectors = query_embedder.embed(query_texts);
  require_finite(vectors, task);
  const Found found = search(task, query_texts, normalized(vectors), document_embedder, options);
  const auto [scores, left_out] = score_found(found.top, found.ids, queries, grades);
  TextStatistics statistics = query_embedder.statistics();
  statistics += document_embedder.statistics();
  OwnDataResult result{task, {}, {}};
  add_means(result, "", scores);
  if (found.by_words)
    add_means(result, "bm25_", score_found(*found.by_words, found.ids, queries, grades).queries);
  result.about = fmt::format(
      "{} {}, {} {}, by cosine; nDCG with linear gain; query prompt {}, document prompt {}{}{}{}{}{}",
      queries.size(), queries.size() == 1 ? "query" : "queries", found.ids.size(),
      found.ids.size() == 1 ? "document" : "documents", nlohmann::json(query_prompt).dump(),
      nlohmann::json(document_prompt).dump(), options.baselines ? bm25_remark() : "",
      judged.left_out == 0
          ? ""
          : fmt::format("; queries without a relevant document, left out: {}", judged.left_out),
      left_out == 0 ? "" : fmt::format("; left out: {} found by the query of the same id", left_out),
      missing_documents_remark(count_relevant(task.path, grades, found.ids)), cut_remark(statistics));
  result.statistics = statistics;
  return result;
}

}  // namespace angle
