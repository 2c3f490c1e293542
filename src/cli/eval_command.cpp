#include "cli/eval_command.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/Parallel.h>

#include "angle/error.h"
#include "angle/eval/compare.h"
#include "angle/eval/long_texts.h"
#include "angle/eval/published.h"
#include "angle/eval/report.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/io/standard_output.h"

#include "cli/eval_request.h"
#include "cli/scored_model.h"
#include "cli/shared_options.h"
#include "cli/text_options.h"
#include "cli/usage.h"

namespace angle::cli {
namespace {

/// The results with the scores that are named, and what baselines have of them; one that has none of these
/// stays whole.
std::vector<OwnDataResult> with_scores(std::vector<OwnDataResult> results,
                                       const std::vector<std::string>& names) {
  const auto is_named = [&](const NamedScore& score) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return score.name == name || (score.is_baseline && score.name.ends_with("_" + name));
    });
  };
  for (OwnDataResult& result : results)
    if (std::any_of(result.scores.begin(), result.scores.end(), is_named))
      std::erase_if(result.scores, [&](const NamedScore& score) { return !is_named(score); });
  return results;
}

/// The published model that --verify means; nothing without --verify.
const PublishedModel* published_model(const EvalOptions& options) {
  if (!options.verify) return nullptr;
  if (!options.verify_as.empty())
    return &as_usage([&]() -> const PublishedModel& { return find_published(options.verify_as); });
  return &find_published(find_model(options.model).filename().string());
}

void write_results(const std::string& text, const std::string& json, const EvalOptions& options) {
  if (!options.output.empty()) write_file(options.output, json);
  StandardOutput out;
  out.write(options.json ? json : text);
  out.flush();
}

/// What windows change of the scores that are shown.
std::vector<LongTextDifference> windows_differences(const EvaluationScores& cut,
                                                    const EvaluationScores& in_windows,
                                                    const ChosenMetrics& metrics) {
  const std::vector<OwnDataResult> cut_shown = with_scores(cut.own_data, metrics.of_own_data);
  const std::vector<OwnDataResult> windows_shown = with_scores(in_windows.own_data, metrics.of_own_data);
  return compare_long_texts({cut.report, cut_shown}, {in_windows.report, windows_shown}, metrics.of_pairs,
                            metrics.on_own_data());
}

/// For people and for programs.
struct Results {
  std::string text;
  nlohmann::json json;
};

Results results_of(const ScoredModel& scored, const RequestedTasks& tasks, const ChosenMetrics& metrics,
                   const EvalOptions& options) {
  const auto& [report, own_data] = scored.scores;
  Results results{format_model(scored.model), report_json(report, scored.model)};
  if (!tasks.of_pairs.empty()) results.text += format_report(report, scored.model, metrics.of_pairs);
  if (!own_data.empty())
    results.text += fmt::format("\n{}", format_own_data(with_scores(own_data, metrics.of_own_data),
                                                        metrics.on_own_data(), options.bootstrap));
  results.json["own_data"] = own_data_json(own_data, options.bootstrap);
  if (!tasks.windows_too) return results;

  std::vector<LongTextDifference> differences;
  if (scored.in_windows) {
    differences = windows_differences(scored.scores, *scored.in_windows, metrics);
    results.text += format_long_texts(differences);
  } else {
    results.text += "\nno text is longer than the model reads: windows would change nothing\n";
  }
  results.json["long_texts"] = long_texts_json(differences);
  return results;
}

/// Scores the other model on the same tasks, and adds the differences to the results.
void add_comparison(Results& results, const EvaluationScores& scores, const RequestedTasks& tasks,
                    const ChosenMetrics& metrics, const EvalOptions& options) {
  const ScoredModel other = evaluate_model(
      options.compare,
      {.of_pairs = tasks.of_pairs, .own_data_read = tasks.own_data_read, .data_dir = tasks.data_dir},
      options);
  const auto& [report, own_data] = other.scores;
  std::vector<ScoreDifference> differences = compare(scores.report, report, metrics.of_pairs);
  const std::vector<OwnDataResult> own_shown = with_scores(scores.own_data, metrics.of_own_data);
  const std::vector<OwnDataResult> other_shown = with_scores(own_data, metrics.of_own_data);
  for (ScoreDifference& difference : compare_own_data(own_shown, other_shown, metrics.on_own_data()))
    differences.push_back(std::move(difference));
  results.text += format_comparison(differences, report, own_data, other.model);
  results.json["comparison"] = comparison_json(differences, report, other.model);
  results.json["comparison"]["own_data"] = own_data_json(own_data, options.bootstrap);
}

void run_eval(const EvalOptions& options) {
  RequestedTasks tasks = requested_tasks(options);  // a mistyped name should not wait for the model
  const ChosenMetrics metrics = chosen_metrics(options, tasks);
  check_options_of_tasks(options, tasks);
  if (options.output == "-") refuse_usage("--output -: is for a file; --json prints the same to stdout");
  find_data(tasks, options);
  refuse_lost_inputs(tasks, options);
  std::vector<OwnData> own_data;
  for (const OwnDataTask& task : tasks.own_data)
    own_data.push_back(read_own_data(task, parse_columns(options.columns)));
  tasks.own_data_read = own_data;
  const PublishedModel* const published = published_model(options);
  if (!options.compare.empty()) find_model(options.compare);
  if (!options.output.empty()) AtomicFile{options.output};  // nor should a file that can't be written

  const ScoredModel scored = evaluate_model(options.model, tasks, options);
  Results results = results_of(scored, tasks, metrics, options);
  if (!options.compare.empty()) add_comparison(results, scored.scores, tasks, metrics, options);
  std::optional<Verification> verification;
  if (published != nullptr) {
    verification = verify(scored.scores.report, *published, options.tolerance);
    results.text += format_verification(*verification);
    results.json["verification"] = verification_json(*verification);
  }
  write_results(results.text, pretty_text(results.json), options);
  if (verification && verification->failures() > 0)
    fail("--verify {}: {} of {} scores differ from the published ones by more than {} points",
         published->name, verification->failures(), verification->scores.size(), options.tolerance);
}

void add_statistics_options(CLI::App& command, EvalOptions& options) {
  command
      .add_option("--resamples", options.bootstrap.resamples,
                  "bootstrap resamples for the 95 % interval beside every score; 0: no intervals")
      ->capture_default_str()
      ->check(in_range(0, 1000000));
  command.add_option("--seed", options.bootstrap.seed, "of resamples and of clustering")
      ->capture_default_str()
      ->check(in_range(0, std::numeric_limits<int64_t>::max()));
  command.add_option("--compare", options.compare,
                     "another model: the difference on the same data, its interval and p-value");
  CLI::Option* verify =
      command
          .add_option("--verify", options.verify_as,
                      "compare with the scores published for the model of this name (default: the model's "
                      "own); ends with 1 when they differ")
          ->expected(0, 1);
  command
      .add_option("--tolerance", options.tolerance, "points that a score may differ from the published one")
      ->capture_default_str()
      ->check(at_least(0))
      ->needs(verify);
}

void add_task_options(CLI::App& command, EvalOptions& options) {
  command
      .add_option(
          "--task", options.tasks,
          "tasks: stsb, sts12 … sts16, sickr, mrpc, qqp, qnli, gis; groups, with the table of the paper: "
          "transfer (or sts), non-transfer, all; a file of scored pairs: mine.tsv; other tasks on your own "
          "data: pairs:FILE, retrieval:DIR, classify:DIR, cluster:FILE. Files and directories are looked up "
          "here, then in the data directory")
      ->required();  // no delimiter: with one CLI11 takes "," for no value, and the next option for it
  add_model_option(command, options.model);
  add_column_option(command, options.columns);
  add_data_dir_option(command, options.data_dir);
  command.add_option(
      "--split", options.split,
      "train, validation, test …; of retrieval:DIR, what is in DIR/qrels; default: what each task is "
      "reported on, of retrieval test");
}

void add_score_options(CLI::App& command, EvalOptions& options) {
  command
      .add_option(
          "--metric", options.metrics,
          "columns of the table: cosine_spearman, angle_pearson …, or all; tasks of kind pairs: have the "
          "similarities of these names, and of tasks on own data their scores can be named: ndcg@10, cosine_f1 …")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--angle-similarity", options.angle_similarity, "angle_emb, hermitian or phase")
      ->capture_default_str()
      ->check(one_of<AngleVariant>());
  // A flag bound to an optional would be false, not empty, when it is not given.
  command.add_flag_function(
      "--untrained,!--no-untrained",
      [&untrained = options.untrained](int64_t count) { untrained = count > 0; },
      "score the same model with random weights too, a baseline; default: for groups");
  add_long_text_options_with_both(command, options.long_texts);
  add_prompt_option(command, "--query-prompt", options.query_prompt,
                    "put before the queries of retrieval; default: the model's prompt for queries, if any");
  add_prompt_option(command, "--document-prompt", options.document_prompt,
                    "put before its documents; default: the model's prompt for documents, if any");
}

}  // namespace

void add_eval_command(CLI::App& app) {
  const auto options = std::make_shared<EvalOptions>();
  CLI::App& command = *app.add_subcommand("eval", "score a model on evaluation tasks");
  add_task_options(command, *options);
  add_score_options(command, *options);
  add_statistics_options(command, *options);
  command.add_flag("--json", options->json, "print JSON with all digits instead of the table");
  command.add_option("-o,--output", options->output, "also write that JSON to a file");
  add_compute_options(command, options->compute);
  command.footer("Example: angle eval --task stsb,sts12 --model runs/stsb --json");
  command.callback([options, &command] {
    options->verify = command.count("--verify") > 0;
    options->bootstrap.threads =
        options->compute.threads > 0 ? options->compute.threads : at::get_num_threads();
    run_eval(*options);
  });
}

}  // namespace angle::cli
