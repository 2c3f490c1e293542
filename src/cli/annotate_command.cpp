#include "cli/annotate_command.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "angle/annotate/annotate_config.h"
#include "angle/annotate/annotate_output.h"
#include "angle/annotate/annotation_report.h"
#include "angle/annotate/annotations.h"
#include "angle/annotate/ask.h"
#include "angle/annotate/ensemble.h"
#include "angle/cache_directory.h"
#include "angle/error.h"
#include "angle/io/directory_lock.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/io/standard_output.h"

#include "annotate/reason_counts.h"
#include "annotate/reply_store.h"
#include "cli/exit_code.h"
#include "cli/interruption.h"
#include "cli/log.h"
#include "cli/output_file.h"
#include "cli/shared_options.h"
#include "cli/text_options.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

struct AnnotateOptions {
  std::string config;
  std::vector<std::string> overrides;
  std::string output;
  std::string cache;
  std::string data_dir;
  std::string record;
  bool dry_run = false;
  bool report = false;
  bool json = false;
  bool skip_failed = false;
};

std::string show(const AnnotatorConfig& annotator, const ChatRequest& request, int64_t count) {
  std::string text = fmt::format("--- {} asked for \"{}\" ({} of {}, {})\n", annotator.name, request.prompt,
                                 annotator.model, annotator.endpoint, count_of(count, "request"));
  for (const auto& message : request.body.at("messages"))
    text += fmt::format("[{}]\n{}\n", message.at("role").get<std::string>(),
                        message.at("content").get<std::string>());
  return text;
}

nlohmann::json to_line(const AnnotatorConfig& annotator, const ChatRequest& request) {
  return {{"request", request.hash},
          {"annotator", annotator.name},
          {"model", annotator.model},
          {"prompt", request.prompt},
          {"prompt_hash", request.prompt_hash},
          {"text", request.text},
          {"endpoint", annotator.endpoint},
          {"body", request.body}};
}

/// Shows what would be asked: for people the first request of each kind, as JSON all of them.
void run_dry(const AnnotateOptions& options, const AnnotateConfig& config) {
  Asker asker(config, {.cache = options.cache, .offline = true});
  const std::vector<ChatRequest> requests = plan_requests(config, asker);
  std::map<std::pair<size_t, std::string>, int64_t> counts;  // by annotator and prompt
  for (const ChatRequest& request : requests) ++counts[{request.annotator, request.prompt}];

  StandardOutput out;
  std::set<std::pair<size_t, std::string>> shown;
  for (const ChatRequest& request : requests) {
    const AnnotatorConfig& annotator = config.annotators[request.annotator];
    const std::pair kind(request.annotator, request.prompt);
    if (options.json)
      out.write(to_line(annotator, request).dump() + "\n");
    else if (shown.insert(kind).second)
      out.write(show(annotator, request, counts.at(kind)));
  }
  out.flush();
  const Answers known = asker.ask(requests);
  const auto there = requests.size() - static_cast<size_t>(std::count(known.replies.begin(),
                                                                      known.replies.end(), std::nullopt));
  log_info("{}, of which {} are recorded or cached; nothing was sent",
           count_of(std::ssize(requests), "request"), there);
  if (!config.prompts.score.empty() && there < requests.size())
    log_info("requests for scores follow from the sentences, so there may be more of them");
}

void run_report(const AnnotateOptions& options, const AnnotateConfig& config) {
  Asker asker(config, {.cache = options.cache, .offline = true});
  const Annotations annotations = annotate(config, asker, /*skip_failed=*/true);
  const AnnotationReport report =
      make_annotation_report(annotations, config, find_data_dir(options.data_dir));
  StandardOutput out;
  out.write(options.json ? report_to_json(report).dump(2) + "\n" : format_report(report));
  out.flush();
}

void log_usage(const AnnotateConfig& config, const std::vector<Usage>& usage) {
  double cost = 0;
  for (size_t i = 0; i < usage.size(); ++i) {
    const Usage& one = usage[i];
    cost += one.cost;
    log_info(
        "{}: {} replies recorded, {} cached, {} asked for ({} retries, {} failed), {} + {} tokens, cost "
        "{:.4f}",
        config.annotators[i].name, one.recorded, one.cached, one.asked, one.retries, one.failed,
        one.prompt_tokens, one.completion_tokens, one.cost);
    if (one.lost > 0)
      log_info("{}: {} without a complete answer: not in that cost, though the server may bill it{}",
               config.annotators[i].name, count_of(one.lost, "request"),
               config.max_cost > 0 ? "; max_cost counts each like an average one" : "");
  }
  if (usage.size() > 1) log_info("cost of this run: {:.4f}", cost);
}

void report_failures(const Annotations& annotations, const AnnotateConfig& config, bool skip_failed) {
  int64_t failed = 0;
  std::string text;
  for (const auto& [problem, count] : annotations.failures) {
    failed += count;
    text += fmt::format("\n  {} × {}", count, problem);
  }
  if (failed == 0) return;
  const bool all_recorded = std::all_of(config.endpoints.begin(), config.endpoints.end(),
                                        [](const auto& entry) { return !entry.second.recorded.empty(); });
  if (!skip_failed)
    fail("no reply to {}, nothing was written:{}\n{}, or use --skip-failed to go on without",
         count_of(failed, "request"), text,
         all_recorded ? "record what is missing (--record, with an endpoint that has a url)"
                      : "run the same again to ask for what is missing");
  log_warning("no reply to {}:{}", count_of(failed, "request"), text);
}

/// Where the replies have no sentence, no rule of the output is to blame.
[[noreturn]] void refuse_without_pairs(const OutputConfig& output, const TrainingPairs& none,
                                       const Annotations& annotations, const AnnotateConfig& config) {
  std::map<Rejection, int64_t> rejected;
  for (const size_t annotator : annotators_of(config, output))
    for (const auto& [reason, count] : annotations.rejected[annotator]) rejected[reason] += count;
  if (none.left_out.empty())
    fail(
        "{}: no pair is left, since the replies have no sentence that can be used (not used: {}); change the "
        "prompts, the models, their parameters or max_words",
        output.path, describe_counts(rejected));
  fail(
      "{}: no pair is left (of the replies not used: {}; of the sentences left out: {}); loosen the rules of "
      "this output",
      output.path, describe_counts(rejected), describe_counts(none.left_out));
}

/// All or nothing: what is wrong with one output is told before the first is written.
void write_outputs(const AnnotateOptions& options, const AnnotateConfig& config,
                   const Annotations& annotations) {
  std::vector<std::string> files;
  for (const OutputConfig& output : config.outputs) {
    const TrainingPairs pairs = combine(annotations, config, output);
    if (pairs.pairs.empty()) refuse_without_pairs(output, pairs, annotations, config);
    log_info("{}: {} pairs; left out {}", (fs::path(options.output) / output.path).string(),
             pairs.pairs.size(), describe_counts(pairs.left_out));
    files.push_back(format_pairs(pairs, annotations, config));
  }
  for (size_t i = 0; i < files.size(); ++i) {
    const fs::path file = fs::path(options.output) / config.outputs[i].path;
    fs::create_directories(file.parent_path());
    write_file(file, files[i]);
  }
  write_file(fs::path(options.output) / "annotate_config.json", pretty_text(config));
}

/// Wrong usage when an output is a file that is read, or that replies are recorded in.
void refuse_lost_files(const AnnotateOptions& options, const AnnotateConfig& config) {
  std::vector<UsedFile> files = {{"the file of --record", options.record},
                                 {"the file of sentences (seeds.path)", config.seeds.path},
                                 {"the file of gold scores (gold.path)", config.gold.path}};
  for (const auto& [name, endpoint] : config.endpoints)
    files.push_back({fmt::format("the file of endpoints.{}.recorded", name), endpoint.recorded});
  std::vector<std::string> outputs = {"annotate_config.json"};
  for (const OutputConfig& output : config.outputs) outputs.push_back(output.path);
  for (const std::string& output : outputs)
    refuse_lost_file("--output", (fs::path(options.output) / output).string(), files);
}

/// False when the run was interrupted.
bool run_annotate(const AnnotateOptions& options, const AnnotateConfig& config) {
  Interruption interruption;
  interruption.hold();  // the requests under way are then broken off
  for (const auto& [name, endpoint] : config.endpoints)
    if (!endpoint.verify_certificate)
      log_warning("endpoints.{}: certificates are not verified; whoever is on the way can read the key",
                  name);
  refuse_lost_files(options, config);
  check_annotate_output(options.output, config);  // told before it costs, too
  const DirectoryLock lock(options.output);
  if (!options.record.empty())
    join_records(options.record, {});  // what can't be added to is told before it costs
  ProgressLine line;
  Asker asker(config,
              {.cache = options.cache,
               .offline = false,
               .interrupted = &interruption.requested(),
               .warning = [&](const std::string& text) { line.finish(), log_warning("{}", text); },
               .progress = [&](int64_t done,
                               int64_t total) { line.show(fmt::format("{}/{} replies", done, total)); }});
  const Annotations annotations = annotate(config, asker, options.skip_failed);
  line.finish();
  log_usage(config, asker.usage());
  if (!options.record.empty()) join_records(options.record, annotations.replies);
  if (interruption.requested()) {
    log_info("interrupted; all replies so far are kept, the same command goes on");
    return false;
  }
  report_failures(annotations, config, options.skip_failed);
  write_outputs(options, config, annotations);
  return true;
}

bool run(AnnotateOptions options) {
  const AnnotateConfig config = load_annotate_config(options.config, options.overrides);
  const fs::path config_path = options.config == "-" ? "stdin" : options.config;
  if (options.output.empty()) options.output = (fs::path("runs") / config_path.stem()).string();
  if (options.cache.empty()) options.cache = (cache_directory() / "annotations").string();
  if (options.dry_run) return run_dry(options, config), true;
  if (options.report) return run_report(options, config), true;
  return run_annotate(options, config);
}

}  // namespace

void add_annotate_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<AnnotateOptions>();
  CLI::App& command =
      *app.add_subcommand("annotate", "make training pairs of your sentences with language models");
  command.add_option("--config", options->config, "configuration file (JSON), or - for stdin")->required();
  add_set_option(command, options->overrides, "change one value: seeds.limit=10");
  command.add_option("--output", options->output,
                     "directory of the training sets; default: runs/<name of the configuration>");
  command.add_option("--cache", options->cache, "directory of replies; default: annotations/ in the cache");
  command.add_option("--record", options->record,
                     "also add all replies to this file (JSONL), to be replayed; what is there stays");
  command.add_flag("--skip-failed", options->skip_failed,
                   "write the training sets even if requests had no reply");
  CLI::Option* dry_run =
      command.add_flag("--dry-run", options->dry_run, "show what would be asked, and send nothing");
  command.add_flag("--report", options->report, "tell about the replies that are there, and send nothing")
      ->excludes(dry_run);
  command.add_flag("--json", options->json, "report, or requests of the dry run, as JSON");
  add_data_dir_option(command, options->data_dir);
  command.footer(
      "Keys of servers come from the environment; the configuration names the variable.\n"
      "Example: angle annotate --config configs/annotate/recorded.json");
  command.callback([options, &exit_code] {
    if (options->json && !options->dry_run && !options->report)
      throw CLI::ValidationError("--json", "goes with --report or --dry-run");
    if (options->report && !options->record.empty())
      throw CLI::ValidationError("--record", "is for replies that are asked for, which --report does not do");
    if (options->report && options->skip_failed)
      throw CLI::ValidationError("--skip-failed", "is for training sets, which --report does not write");
    if (!options->report && !options->data_dir.empty())
      throw CLI::ValidationError("--data-dir", "is for --report, which looks for leaks into evaluation sets");
    if (!run(*options)) exit_code = kInterrupted;
  });
}

}  // namespace angle::cli
