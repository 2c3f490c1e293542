#include "cli/eval_command.h"

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "angle/error.h"
#include "angle/eval/compare.h"
#include "angle/eval/published.h"
#include "angle/eval/report.h"
#include "angle/eval/sts.h"
#include "angle/io/file.h"
#include "angle/io/standard_output.h"

#include "cli/log.h"
#include "cli/shared_options.h"

namespace angle::cli {
namespace {

struct EvalOptions {
  std::string model;
  ComputeOptions compute;
  std::string data_dir;
  std::vector<std::string> tasks;
  std::string split;
  std::vector<std::string> metrics = {"cosine_pearson", "cosine_spearman"};
  std::string angle_similarity = "angle_emb";
  BootstrapOptions bootstrap;
  std::string compare;
  bool verify = false;
  std::string verify_as;  // empty: the model's own name
  double tolerance = 0.02;
  std::vector<std::string> columns;
  bool json = false;
  std::string output;
};

std::vector<Metric> parse_metrics(const std::vector<std::string>& names) {
  if (names == std::vector<std::string>{"all"}) return all_metrics();
  std::vector<Metric> metrics;
  for (const std::string& name : names) metrics.push_back(parse_metric(name, "--metric"));
  return metrics;
}

AngleVariant parse_angle_variant(const std::string& name) {
  try {
    return nlohmann::json(name).get<AngleVariant>();
  } catch (const nlohmann::json::exception&) {
    fail("--angle-similarity {}: no such variant (expected angle_emb, hermitian or phase)", name);
  }
}

/// A model and what it scored.
struct ScoredModel {
  ReportedModel model;
  EvaluationReport report;
};

ScoredModel score_model(const std::string& name, const EvalOptions& options) {
  Model model = load_model_for_inference(name, options.compute);
  Embedder embedder(model, {.prompt = model.default_prompt});
  ProgressLine line;
  EvaluateOptions evaluate{.tasks = options.tasks,
                           .split = options.split,
                           .columns = parse_columns(options.columns),
                           .data_dir = find_data_dir(options.data_dir),
                           .angle = parse_angle_variant(options.angle_similarity),
                           .bootstrap = options.bootstrap,
                           .train_config = model.train_config};
  evaluate.progress = [&](const EvaluationProgress& at) {
    line.show(fmt::format("{} {} ({} of {}): {} of {} texts", at.task.name, at.split, at.evaluation,
                          at.evaluations, at.texts_done, at.texts));
  };
  const PairScorer scorer = [&](std::span<const ScoredPair> pairs, const TextProgress& progress) {
    return evaluate_pairs(embedder, pairs, evaluate.angle, progress);
  };
  ScoredModel scored{
      {.name = name.empty() ? model.directory.filename().string() : name, .pipeline = model.describe()},
      evaluate_tasks(scorer, evaluate)};
  line.finish();
  return scored;
}

/// The published model that --verify means; nothing without --verify.
const PublishedModel* published_model(const EvalOptions& options) {
  if (!options.verify) return nullptr;
  if (!options.verify_as.empty()) return &find_published(options.verify_as);
  return &find_published(find_model(options.model).filename().string());
}

void write_results(const std::string& text, const std::string& json, const EvalOptions& options,
                   std::optional<AtomicFile>& file) {
  if (file) {
    file->write(json);
    file->commit();
  }
  std::signal(SIGPIPE, SIG_IGN);
  StandardOutput out;
  out.write(options.json ? json : text);
  out.flush();
}

void run_eval(const EvalOptions& options) {
  const std::vector<Metric> metrics = parse_metrics(options.metrics);
  parse_angle_variant(options.angle_similarity);
  select_tasks(options.tasks);  // a mistyped name should not wait for the model to load
  const PublishedModel* const published = published_model(options);
  if (!options.compare.empty()) find_model(options.compare);
  std::optional<AtomicFile> file;  // nor a file that can't be written for the scores
  if (!options.output.empty()) file.emplace(options.output);

  const ScoredModel scored = score_model(options.model, options);
  std::string text = format_report(scored.report, scored.model, metrics);
  nlohmann::json json = report_json(scored.report, scored.model);
  if (!options.compare.empty()) {
    const ScoredModel other = score_model(options.compare, options);
    const auto differences = compare(scored.report, other.report, metrics);
    text += format_comparison(differences, other.report, other.model);
    json["comparison"] = comparison_json(differences, other.report, other.model);
  }
  std::optional<Verification> verification;
  if (published != nullptr) {
    verification = verify(scored.report, *published, options.tolerance);
    text += format_verification(*verification);
    json["verification"] = verification_json(*verification);
  }
  write_results(text, json.dump(2) + "\n", options, file);
  if (verification && verification->failures() > 0)
    fail("--verify {}: {} of {} scores differ from the published ones by more than {} points",
         published->name, verification->failures(), verification->scores.size(), options.tolerance);
}

void add_statistics_options(CLI::App& command, EvalOptions& options) {
  command
      .add_option("--resamples", options.bootstrap.resamples,
                  "bootstrap resamples for the 95 % interval beside every correlation; 0: no intervals")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000000));
  command.add_option("--seed", options.bootstrap.seed, "which resamples are drawn")->capture_default_str();
  command.add_option("--compare", options.compare,
                     "another model: the difference on the same pairs, its interval and p-value");
  CLI::Option* verify =
      command
          .add_option("--verify", options.verify_as,
                      "compare with the scores published for the model of this name (default: the model's "
                      "own); ends with 1 when they differ")
          ->expected(0, 1);
  command
      .add_option("--tolerance", options.tolerance, "points that a score may differ from the published one")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber)
      ->needs(verify);
}

}  // namespace

void add_eval_command(CLI::App& app) {
  const auto options = std::make_shared<EvalOptions>();
  CLI::App& command = *app.add_subcommand("eval", "score a model on evaluation tasks");
  command
      .add_option(
          "--task", options->tasks,
          "tasks and groups: stsb, sts12 … sts16, sickr, mrpc, qqp, qnli, gis; sts, non-transfer, all; "
          "files of scored pairs: mine.tsv")
      ->required()
      ->delimiter(',');
  add_model_option(command, options->model);
  add_column_option(command, options->columns);
  add_data_dir_option(command, options->data_dir);
  command.add_option("--split", options->split,
                     "train, validation, test …; default: what each task is reported on");
  command
      .add_option("--metric", options->metrics,
                  "columns of the table: cosine_spearman, angle_pearson …, or all")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--angle-similarity", options->angle_similarity, "angle_emb, hermitian or phase")
      ->capture_default_str();
  add_statistics_options(command, *options);
  command.add_flag("--json", options->json, "print JSON with all digits instead of the table");
  command.add_option("-o,--output", options->output, "also write that JSON to a file");
  add_compute_options(command, options->compute);
  command.footer("Example: angle eval --task stsb,sts12 --model runs/stsb --json");
  command.callback([options, &command] {
    options->verify = command.count("--verify") > 0;
    run_eval(*options);
  });
}

}  // namespace angle::cli
