#include "cli/eval_command.h"

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "angle/error.h"
#include "angle/eval/evaluate.h"
#include "angle/eval/report.h"
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

void run_eval(const EvalOptions& options) {
  const std::vector<Metric> metrics = parse_metrics(options.metrics);
  const AngleVariant angle = parse_angle_variant(options.angle_similarity);
  select_tasks(options.tasks);     // a mistyped name should not wait for the model to load
  std::optional<AtomicFile> file;  // nor a file that can't be written for the scores
  if (!options.output.empty()) file.emplace(options.output);
  Model model = load_model_for_inference(options.model, options.compute);
  Embedder embedder(model, {.prompt = model.default_prompt});
  ProgressLine line;
  EvaluateOptions evaluate{.tasks = options.tasks,
                           .split = options.split,
                           .data_dir = find_data_dir(options.data_dir),
                           .angle = angle,
                           .train_config = model.train_config};
  evaluate.progress = [&](const EvaluationProgress& at) {
    line.show(fmt::format("{} {} ({} of {}): {} of {} texts", at.task.name, at.split, at.evaluation,
                          at.evaluations, at.texts_done, at.texts));
  };
  const EvaluationReport report = evaluate_tasks(embedder, evaluate);
  line.finish();
  const ReportedModel reported{
      .name = options.model.empty() ? model.directory.filename().string() : options.model,
      .pipeline = model.describe()};
  const std::string json = report_json(report, reported).dump(2) + "\n";
  if (file) {
    file->write(json);
    file->commit();
  }
  std::signal(SIGPIPE, SIG_IGN);
  StandardOutput out;
  out.write(options.json ? json : format_report(report, reported, metrics));
  out.flush();
}

}  // namespace

void add_eval_command(CLI::App& app) {
  const auto options = std::make_shared<EvalOptions>();
  CLI::App& command = *app.add_subcommand("eval", "score a model on evaluation tasks");
  command
      .add_option(
          "--task", options->tasks,
          "tasks and groups: stsb, sts12 … sts16, sickr, mrpc, qqp, qnli, gis; sts, non-transfer, all")
      ->required()
      ->delimiter(',');
  add_model_option(command, options->model);
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
  command.add_flag("--json", options->json, "print JSON with all digits instead of the table");
  command.add_option("-o,--output", options->output, "also write that JSON to a file");
  add_compute_options(command, options->compute);
  command.footer("Example: angle eval --task stsb,sts12 --model runs/stsb --json");
  command.callback([options] { run_eval(*options); });
}

}  // namespace angle::cli
