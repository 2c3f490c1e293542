#include "cli/eval_command.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <ATen/Parallel.h>

#include "angle/error.h"
#include "angle/eval/compare.h"
#include "angle/eval/contamination.h"
#include "angle/eval/evaluate_own_data.h"
#include "angle/eval/long_texts.h"
#include "angle/eval/published.h"
#include "angle/eval/report.h"
#include "angle/eval/sts.h"
#include "angle/eval/task_name.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/io/standard_output.h"
#include "angle/model/random_weights.h"
#include "angle/text/utf8.h"

#include "cli/eval_inputs.h"
#include "cli/log.h"
#include "cli/output_file.h"
#include "cli/shared_options.h"
#include "cli/task_data.h"
#include "cli/usage.h"
#include "eval/comma_list.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

struct EvalOptions {
  std::string model;
  ComputeOptions compute;
  LongTextOptions long_texts;
  std::string data_dir;
  std::vector<std::string> tasks;
  std::string split;
  std::vector<std::string> metrics = {"cosine_pearson", "cosine_spearman"};
  std::string angle_similarity = "angle_emb";
  std::optional<std::string> query_prompt;
  std::optional<std::string> document_prompt;
  std::optional<bool> untrained;  // score it too; default: for groups
  BootstrapOptions bootstrap;
  std::string compare;
  bool verify = false;
  std::string verify_as;  // empty: the model's own name
  double tolerance = 0.02;
  std::vector<std::string> columns;
  bool json = false;
  std::string output;
};

/// What --task asks for.
struct RequestedTasks {
  std::vector<std::string> of_pairs;  // names as select_tasks() takes them
  std::vector<OwnDataTask> own_data;
  std::span<const OwnData> own_data_read = {};  // of each
  fs::path data_dir = {};                       // of public tasks; without any it may be ""
  bool untrained = false;                       // score the untrained encoder too
  bool windows_too = false;                     // with long texts in windows, after they were cut
};

/// What is mistyped is wrong usage. Blanks around a name are allowed, and each counts once.
RequestedTasks requested_tasks(const EvalOptions& options) {
  RequestedTasks requested{.windows_too = options.long_texts.are_both()};
  std::set<std::string> known;
  for (const std::string& name : parse_comma_list(fmt::format("{}", fmt::join(options.tasks, ",")))) {
    if (!known.insert(name).second) continue;
    if (const auto own = as_usage([&] { return parse_own_data_task(name); }))
      requested.own_data.push_back(*own);
    else
      requested.of_pairs.push_back(name);
  }
  if (requested.of_pairs.empty() && !requested.own_data.empty()) return requested;
  const TaskSelection selection = as_usage([&] { return select_tasks(requested.of_pairs); });
  requested.untrained = options.untrained.value_or(!selection.groups.empty());
  return requested;
}

/// What --metric asks for.
struct ChosenMetrics {
  std::vector<Metric> of_pairs;
  std::vector<std::string> of_own_data;  // scores by name; none: those of the similarities of `of_pairs`

  std::vector<Metric> on_own_data() const { return of_own_data.empty() ? of_pairs : all_metrics(); }
};

/// Error for what is no metric, and for one that nothing is shown by.
void require_shown(const std::string& metric, const RequestedTasks& requested) {
  std::vector<TaskName> tasks;
  for (const std::string& name : requested.of_pairs) tasks.push_back({name, ""});
  for (const OwnDataTask& task : requested.own_data) {
    if (task.kind == OwnDataKind::pairs && find_metric(metric)) return;  // by its similarity
    tasks.push_back({task.name, ""});
  }
  require_metric(metric, tasks, "--metric");
}

ChosenMetrics parse_metrics(const std::vector<std::string>& names, const RequestedTasks& requested) {
  if (names == std::vector<std::string>{"all"}) return {all_metrics(), {}};
  const EvalOptions usual;
  ChosenMetrics chosen;
  for (const std::string& name : names) {
    if (names != usual.metrics) require_shown(name, requested);
    if (const auto metric = find_metric(name))
      chosen.of_pairs.push_back(*metric);
    else
      chosen.of_own_data.push_back(name);
  }
  if (chosen.of_pairs.empty())
    for (const std::string& name : usual.metrics) chosen.of_pairs.push_back(parse_metric(name, "--metric"));
  return chosen;
}

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

/// The first task on files of the user's own; "" without one.
std::string task_on_files(const RequestedTasks& requested) {
  if (!requested.own_data.empty()) return requested.own_data.front().name;
  const auto file = std::find_if(requested.of_pairs.begin(), requested.of_pairs.end(),
                                 [](const std::string& name) { return is_pair_file(name); });
  return file == requested.of_pairs.end() ? "" : *file;
}

/// Options that none of the tasks has a use for would be silently ignored.
void check_options_of_tasks(const EvalOptions& options, const RequestedTasks& requested) {
  const std::string on_files = task_on_files(requested);
  if (!on_files.empty() && !options.split.empty())
    refuse_usage("--split {}: {} has files of its own, not splits", options.split, on_files);
  const auto retrievals =
      std::count_if(requested.own_data.begin(), requested.own_data.end(),
                    [](const OwnDataTask& task) { return task.kind == OwnDataKind::retrieval; });
  const bool only_retrieval =
      retrievals > 0 && retrievals == std::ssize(requested.own_data) && requested.of_pairs.empty();
  if ((on_files.empty() || only_retrieval) && !options.columns.empty())
    refuse_usage("--column {}: needs a task on files of your own that have columns", options.columns[0]);
  for (const auto& [option, prompt] : {std::pair("--query-prompt", options.query_prompt),
                                       std::pair("--document-prompt", options.document_prompt)}) {
    if (!prompt) continue;
    if (retrievals == 0) refuse_usage("{}: needs a task that retrieval:DIR names", option);
    if (find_invalid_utf8(*prompt)) refuse_usage("{}: not valid UTF-8", option);
  }
  if (options.verify && std::all_of(requested.of_pairs.begin(), requested.of_pairs.end(), is_pair_file))
    refuse_usage("--verify: needs a public task of scored pairs, such as stsb{}",
                 on_files.empty() ? "" : "; no score is published for " + on_files);
}

/// Where the data are: of public tasks, and the files and directories of the user's own.
void find_data(RequestedTasks& requested, const std::string& data_dir) {
  const bool any_public = !std::all_of(requested.of_pairs.begin(), requested.of_pairs.end(), is_pair_file);
  requested.data_dir = find_data_dir(data_dir, /*is_needed=*/any_public);
  for (OwnDataTask& task : requested.own_data) task.path = find_named_data(task.path.string(), data_dir);
  for (std::string& name : requested.of_pairs)
    if (is_pair_file(name)) name = find_named_data(name, data_dir).string();
}

/// A file that the evaluation reads would be replaced by scores.
void refuse_lost_inputs(const RequestedTasks& requested, const EvalOptions& options) {
  if (!fs::exists(options.output)) return;
  const fs::path& data_dir = requested.data_dir;
  const auto refuse = [&](const std::vector<UsedFile>& inputs) {
    refuse_lost_file("--output", options.output, inputs);
  };
  refuse(own_data_inputs(requested.own_data));
  refuse(pair_inputs(requested.of_pairs, data_dir, options.split));
  refuse(model_inputs(options.model, data_dir));
  if (!options.compare.empty()) refuse(model_inputs(options.compare, data_dir));
}

/// What a model scored.
struct Scores {
  EvaluationReport report;
  std::vector<OwnDataResult> own_data;
};

/// A model and what it scored.
struct ScoredModel {
  ReportedModel model;
  Scores scores;
  std::optional<Scores> in_windows;  // where both were asked for and there are long texts
};

/// The model again, with random weights.
Model load_untrained(const Model& model, const ComputeOptions& options) {
  constexpr uint64_t kSeed = 42;
  Model untrained = load_model(model.directory);
  randomize_weights(untrained.encoder, kSeed);
  untrained.encoder.prepare_inference(apply_compute_options(options),
                                      nlohmann::json(options.precision).get<Precision>());
  return untrained;
}

/// `stsb test (1 of 7): 2552 of 2552 texts`
std::string format_progress(const EvaluationProgress& at) {
  return fmt::format("{}{}{} ({} of {}){}: {} of {} texts", at.task.name, at.split.empty() ? "" : " ",
                     at.split, at.evaluation, at.evaluations, at.untrained ? ", untrained encoder" : "",
                     at.texts_done, at.texts);
}

EvaluationReport score_pair_tasks(Model& model, const EmbedOptions& embed, const RequestedTasks& tasks,
                                  const EvalOptions& options, ProgressLine& line) {
  if (tasks.of_pairs.empty()) {
    EvaluationReport none;
    none.bootstrap = options.bootstrap;
    return none;
  }
  EvaluateOptions evaluate{.tasks = tasks.of_pairs,
                           .split = options.split,
                           .columns = parse_columns(options.columns),
                           .data_dir = tasks.data_dir,
                           .angle = enum_value<AngleVariant>(options.angle_similarity).value(),
                           .bootstrap = options.bootstrap,
                           .train_config = model.train_config};
  evaluate.progress = [&](const EvaluationProgress& at) {
    const std::string text = format_progress(at);
    if (at.texts_done < at.texts)
      line.show(text);
    else
      line.complete(text);
  };
  const auto scorer_of = [&](Model& scored) -> PairScorer {
    return [&evaluate, embedder = Embedder(scored, embed)](std::span<const ScoredPair> pairs,
                                                           const TextProgress& progress) mutable {
      return evaluate_pairs(embedder, pairs, evaluate.angle, progress);
    };
  };
  std::optional<Model> untrained;
  if (tasks.untrained) untrained.emplace(load_untrained(model, options.compute));
  if (untrained) evaluate.untrained = scorer_of(*untrained);
  return evaluate_tasks(scorer_of(model), evaluate);
}

OwnDataResult score_own_data(Model& model, const EmbedOptions& embed, const OwnData& data,
                             const EvalOptions& options, ProgressLine& line) {
  OwnDataOptions own{.embed = embed,
                     .query_prompt = options.query_prompt,
                     .document_prompt = options.document_prompt,
                     .bootstrap = options.bootstrap};
  const std::string& name = data.task.name;
  own.progress = [&](int64_t done, int64_t texts) {
    line.show(texts > 0 ? fmt::format("{}: {} of {} texts", name, done, texts)
                        : fmt::format("{}: {} texts", name, done));
  };
  OwnDataResult result = evaluate_own_data(data, model, own);
  line.complete(name + ": scored");
  return result;
}

Scores score_tasks(Model& model, LongTexts long_texts, const RequestedTasks& tasks,
                   const EvalOptions& options, ProgressLine& line) {
  const EmbedOptions embed{.prompt = model.default_prompt,
                           .long_texts = long_texts,
                           .window_overlap = options.long_texts.window_overlap};
  Scores scores{score_pair_tasks(model, embed, tasks, options, line), {}};
  const std::vector<SeenFile> seen = seen_files(model.train_config);
  for (const OwnData& data : tasks.own_data_read) {
    scores.own_data.push_back(score_own_data(model, embed, data, options, line));
    for (const std::string& note : own_data_notes(seen, data.task, tasks.data_dir))
      scores.own_data.back().about += "; " + note;
  }
  return scores;
}

ReadScores read_scores(const Scores& scores) { return {scores.report, scores.own_data}; }

ScoredModel score_model(const std::string& name, RequestedTasks tasks, const EvalOptions& options) {
  const LongTexts long_texts = options.long_texts.choice();
  Model model = load_model_for_inference(name, options.compute);
  ProgressLine line;
  ScoredModel scored{
      {.name = name.empty() ? model.directory.filename().string() : name, .pipeline = model.describe()},
      score_tasks(model, long_texts, tasks, options, line),
      {}};
  if (tasks.windows_too && count_long_texts(read_scores(scored.scores)) > 0) {
    tasks.untrained = false;  // it is scored already
    scored.in_windows = score_tasks(model, LongTexts::windows, tasks, options, line);
  }
  line.finish();
  return scored;
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
    differences =
        compare_long_texts(read_scores(scored.scores), read_scores(*scored.in_windows), metrics.of_pairs);
    results.text += format_long_texts(differences);
  } else {
    results.text += "\nno text is longer than the model reads: windows would change nothing\n";
  }
  results.json["long_texts"] = long_texts_json(differences);
  return results;
}

/// Scores the other model on the same tasks, and adds the differences to the results.
void add_comparison(Results& results, const Scores& scores, const RequestedTasks& tasks,
                    const ChosenMetrics& metrics, const EvalOptions& options) {
  const ScoredModel other = score_model(
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
  const ChosenMetrics metrics = as_usage([&] { return parse_metrics(options.metrics, tasks); });
  check_options_of_tasks(options, tasks);
  if (options.output == "-") refuse_usage("--output -: is for a file; --json prints the same to stdout");
  find_data(tasks, options.data_dir);
  refuse_lost_inputs(tasks, options);
  std::vector<OwnData> own_data;
  for (const OwnDataTask& task : tasks.own_data)
    own_data.push_back(read_own_data(task, parse_columns(options.columns)));
  tasks.own_data_read = own_data;
  const PublishedModel* const published = published_model(options);
  if (!options.compare.empty()) find_model(options.compare);
  if (!options.output.empty()) AtomicFile{options.output};  // nor should a file that can't be written

  const ScoredModel scored = score_model(options.model, tasks, options);
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

}  // namespace

void add_eval_command(CLI::App& app) {
  const auto options = std::make_shared<EvalOptions>();
  CLI::App& command = *app.add_subcommand("eval", "score a model on evaluation tasks");
  command
      .add_option(
          "--task", options->tasks,
          "tasks: stsb, sts12 … sts16, sickr, mrpc, qqp, qnli, gis; groups, with the table of the paper: "
          "transfer (or sts), non-transfer, all; a file of scored pairs: mine.tsv; other tasks on your own "
          "data: pairs:FILE, retrieval:DIR, classify:DIR, cluster:FILE. Files and directories are looked up "
          "here, then in the data directory")
      ->required();  // no delimiter: with one CLI11 takes "," for no value, and the next option for it
  add_model_option(command, options->model);
  add_column_option(command, options->columns);
  add_data_dir_option(command, options->data_dir);
  command.add_option("--split", options->split,
                     "train, validation, test …; default: what each task is reported on");
  command
      .add_option(
          "--metric", options->metrics,
          "columns of the table: cosine_spearman, angle_pearson …, or all; tasks of kind pairs: have the "
          "similarities of these names, and of tasks on own data their scores can be named: ndcg@10, cosine_f1 …")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--angle-similarity", options->angle_similarity, "angle_emb, hermitian or phase")
      ->capture_default_str()
      ->check(one_of<AngleVariant>());
  // A flag bound to an optional would be false, not empty, when it is not given.
  command.add_flag_function(
      "--untrained,!--no-untrained",
      [&untrained = options->untrained](int64_t count) { untrained = count > 0; },
      "score the same model with random weights too, a baseline; default: for groups");
  add_long_text_options_with_both(command, options->long_texts);
  add_prompt_option(command, "--query-prompt", options->query_prompt,
                    "put before the queries of retrieval; default: the model's prompt for queries, if any");
  add_prompt_option(command, "--document-prompt", options->document_prompt,
                    "put before its documents; default: the model's prompt for documents, if any");
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
