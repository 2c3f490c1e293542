#include "cli/study_runner.h"

#include <chrono>
#include <csignal>
#include <thread>
#include <unistd.h>
#include <utility>

#include "angle/device.h"
#include "angle/embed/embedder.h"
#include "angle/error.h"
#include "angle/io/checksum.h"
#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/io/line_reader.h"
#include "angle/train/checkpoint.h"

#include "cli/child_process.h"
#include "cli/exit_code.h"
#include "cli/model_scores.h"
#include "cli/study_inputs.h"

namespace angle::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kTick{50};
constexpr int64_t kTicksPerLook = 20;  // at the log of a run

/// The last line of a text that has more than white space; empty when there is none.
std::string last_line(const std::string& text) {
  const std::string trimmed = text.substr(0, text.find_last_not_of(" \n\r") + 1);
  return trimmed.substr(trimmed.find_last_of("\n\r") + 1);
}

/// What a log says went wrong: from its last line that begins with `error: `, else its last line.
std::string error_in(const std::string& log) {
  for (const char* mark : {"\nerror: ", "\ninternal error: "}) {
    const size_t start = log.rfind(mark);
    if (start != std::string::npos) return log.substr(start + 1, log.find_last_not_of('\n') - start);
  }
  return last_line(log);
}

/// What a log has behind its first bytes. One that was cut or removed while the study runs, as who cleans up
/// may do, has what is left of it.
std::string added_to(const fs::path& log, size_t bytes_before) {
  std::error_code removed;
  if (!fs::exists(log, removed)) return {};
  std::string text = read_file(log);
  return text.size() < bytes_before ? text : text.substr(bytes_before);
}

/// What run.json tells about a run; an empty object when it isn't there.
json about(const fs::path& directory) {
  return fs::exists(directory / "run.json") ? read_json(directory / "run.json") : json::object();
}

/// The step of the last line of a metrics.jsonl; -1 without one.
int64_t last_logged_step(const fs::path& metrics) {
  int64_t step = -1;
  if (!fs::exists(metrics)) return step;
  LineReader lines(metrics);
  std::string line;
  while (lines.next(line)) {
    const json entry = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_object() && entry.value("step", json()).is_number_integer()) step = entry.at("step");
  }
  return step;
}

/// Adds scores to those that a file has.
void add_to(const fs::path& file, RunScores found) {
  RunScores scores = read_run_scores(file);
  for (auto& [task, of_task] : found) add_scores(scores, task, std::move(of_task));
  write_run_scores(file, scores);
}

}  // namespace

RunScores StudyRunner::scores_of(const StudyRun& run) const {
  return scores_on(read_run_scores(directory_of(run) / "scores.json"), options_.tasks);
}

RunScores StudyRunner::untrained_scores(const StudyRun& run) const {
  return scores_on(read_run_scores(untrained_file(run)), options_.tasks);
}

/// By what the model is made of, wherever it lies, and the way it is used: studies may share it.
fs::path StudyRunner::untrained_file(const StudyRun& run) const {
  const ModelConfig& model = run.config.model;
  json identity = {{"model", run.inputs.at("model")},
                   {"pooling", model.pooling},
                   {"max_seq_length", model.max_seq_length}};
  if (run.config.loss.angle_similarity != AngleVariant::angle_emb)
    identity["angle_similarity"] = run.config.loss.angle_similarity;
  return options_.runs / fmt::format("untrained-{}.json", checksum(identity.dump()).substr(0, 16));
}

RunState StudyRunner::state_of(const StudyRun& run) const {
  if (!scores_of(run).empty()) return RunState::finished;
  const fs::path model = directory_of(run) / "model";
  if (!fs::exists(directory_of(run) / "scores.json")) return RunState::open;
  if (!fs::exists(model)) return RunState::let_go;
  // With checkpoints it may be one that is being trained again; the trainer knows, and does only what is
  // missing.
  const bool is_whole = fs::exists(model / "model.safetensors") && !fs::exists(model / "checkpoints");
  return is_whole ? RunState::trained : RunState::open;
}

bool StudyRunner::has_model(const StudyRun& run) const { return fs::exists(directory_of(run) / "model"); }

bool StudyRunner::has_saturation(const StudyRun& run) const {
  const int64_t wanted = run.config.train.saturation_every_steps;
  const fs::path file = directory_of(run) / "train_config.json";
  if (wanted == 0 || !fs::exists(file)) return true;
  const json trained = read_json(file);
  return trained.value(json::json_pointer("/train/saturation_every_steps"), int64_t{0}) == wanted;
}

std::optional<int64_t> StudyRunner::last_checkpoint(const StudyRun& run) const {
  const fs::path directory = directory_of(run) / "model/checkpoints";
  if (!fs::exists(directory)) return std::nullopt;
  const auto checkpoints = list_checkpoints(directory);
  return checkpoints.empty() ? 0 : checkpoints.rbegin()->first;
}

StudyRunner::StudyRunner(StudyRunnerOptions options)
    : options_(std::move(options)), base_checksum_(file_checksum(options_.base)) {}

bool StudyRunner::finish(const StudyRun& run, const std::function<void(const std::string&)>& progress) const {
  fs::create_directories(directory_of(run));
  remove_unfinished(directory_of(run));
  const json record = {{"config", run.config},
                       {"inputs", run.inputs},
                       {"command", train_command(run)},
                       {"keeps_model", keeps_model(run)},
                       {"wanted", wanted_scores(run)}};
  const bool is_trained = state_of(run) == RunState::trained;
  write_file(directory_of(run) / "run.json", pretty_text(record));
  if (!is_trained && !train(run, progress)) return false;
  check_inputs(run);
  std::optional<RunScores> found =
      score({.path = (directory_of(run) / "model").string()}, run.config.loss.angle_similarity);
  if (!found) return false;
  add_to(directory_of(run) / "scores.json", std::move(*found));
  settle(run);
  return true;
}

/// Studies share runs: what one keeps, another must not remove. A run without a word about it is that of an
/// older version, which removed models as soon as they were scored, unless they were to be kept.
bool StudyRunner::keeps_model(const StudyRun& run) const {
  const fs::path directory = directory_of(run);
  if (options_.keep_models) return true;
  const bool was_kept = fs::exists(directory / "scores.json") && fs::exists(directory / "model");
  return about(directory).value("keeps_model", was_kept);
}

/// The scores that this study wants of the model, and those that others do who were interrupted before they
/// had them: {task: {"file_checksum", "metrics"}}.
json StudyRunner::wanted_scores(const StudyRun& run) const {
  const fs::path directory = directory_of(run);
  json wanted =
      fs::exists(directory / "model") ? about(directory).value("wanted", json::object()) : json::object();
  for (const TaskFile& task : options_.tasks)
    wanted[task_id(task.task)] = {{"file_checksum", task.checksum}, {"metrics", task.metrics}};
  return wanted;
}

/// Whether the model in a run's directory has still to be scored for a study, this one or another. Of a run
/// of an older version, which doesn't tell, that can't be ruled out.
bool StudyRunner::is_wanted(const StudyRun& run) const {
  const json about_run = about(directory_of(run));
  if (!about_run.contains("wanted")) return true;
  const RunScores scores = read_run_scores(directory_of(run) / "scores.json");
  for (const auto& [task, wanted] : about_run.at("wanted").items()) {
    const auto metrics = wanted.value("metrics", std::vector<std::string>());  // older versions told none
    if (!has_score(scores, task, wanted.at("file_checksum").get<std::string>(), metrics)) return true;
  }
  return false;
}

std::vector<std::string> StudyRunner::train_command(const StudyRun& run) const {
  std::vector<std::string> command = {"angle",
                                      "train",
                                      "--config",
                                      options_.base.string(),
                                      "--output",
                                      (directory_of(run) / "model").string(),
                                      "--resume",
                                      "--device",
                                      options_.device,
                                      "--threads",
                                      std::to_string(options_.threads)};
  // The default one need not be there: runs may do without.
  if (const fs::path& data_dir = options_.places.data_dir; fs::is_directory(data_dir))
    command.insert(command.end(), {"--data-dir", data_dir.string()});
  for (const std::string& assignment : run.assignments) command.insert(command.end(), {"--set", assignment});
  return command;
}

bool StudyRunner::train(const StudyRun& run, const std::function<void(const std::string&)>& progress) const {
  const fs::path log = directory_of(run) / "train.log";
  const size_t logged_before = fs::exists(log) ? fs::file_size(log) : 0;
  ChildProcess child(train_command(run), log);
  std::string shown;
  bool passed_on = false;
  std::optional<ProcessEnd> end;
  for (int64_t tick = 0; !(end = child.poll()); ++tick) {
    if (*options_.interrupted && !std::exchange(passed_on, true)) child.send(SIGINT);
    if (tick % kTicksPerLook == kTicksPerLook - 1)
      if (std::string line = last_line(added_to(log, logged_before)); !line.empty() && line != shown)
        progress(shown = std::move(line));
    std::this_thread::sleep_for(kTick);
  }
  if (end->exit_code() == 0) return true;
  if (end->exit_code() == kInterrupted || *options_.interrupted) return false;
  check_inputs(run);
  fail("training {}: {}\nthe log is {}", end->describe(), error_in("\n" + added_to(log, logged_before)),
       log.string());
}

void StudyRunner::check_inputs(const StudyRun& run) const {
  if (file_checksum(options_.base) == base_checksum_ &&
      StudyInputs(options_.places).checksums(run.config) == run.inputs)
    return;
  throw InputsChanged(
      fmt::format("{}, or a file that it names, has changed while the study ran; remove {} and start again",
                  options_.base.string(), (directory_of(run) / "model").string()));
}

void StudyRunner::check_tasks() const {
  StudyInputs inputs(options_.places);
  for (const TaskFile& task : options_.tasks)
    if (inputs.checksum(task.task) != task.checksum)
      throw InputsChanged(fmt::format("{} has changed while the study ran; start again", task_id(task.task)));
}

/// Nothing when it was interrupted.
std::optional<RunScores> StudyRunner::score(const ModelConfig& model, AngleVariant angle) const {
  const ScoringOptions options{.tasks = options_.tasks,
                               .data_dir = options_.places.data_dir,
                               .angle = angle,
                               .device = parse_device(options_.device),
                               .stop = options_.interrupted};
  make_current(options.device);
  try {
    RunScores scores = score_model(model, options);
    check_tasks();  // after their files were read
    return scores;
  } catch (const EmbeddingStopped&) {
    return std::nullopt;
  }
}

bool StudyRunner::score_untrained(const StudyRun& run) const {
  std::optional<RunScores> found = score(run.config.model, run.config.loss.angle_similarity);
  if (!found) return false;
  if (StudyInputs(options_.places).model_checksums(run.config.model) != run.inputs.at("model"))
    throw InputsChanged(
        fmt::format("{} has changed while the study ran; start again", run.config.model.path));
  add_to(untrained_file(run), std::move(*found));
  return true;
}

void StudyRunner::tidy(const StudyRun& run) const {
  remove_unfinished(directory_of(run));
  if (fs::exists(directory_of(run) / "model") && !keeps_model(run) && !is_wanted(run)) settle(run);
}

/// Keeps what `angle report` draws and, unless they are to be kept or another study wants them, lets go of
/// weights and checkpoints: under another name first, so that nothing takes what is left of them for a model.
/// Logs that go further than the model's stay.
void StudyRunner::settle(const StudyRun& run) const {
  const fs::path directory = directory_of(run), model = directory / "model";
  if (last_logged_step(model / "metrics.jsonl") >= last_logged_step(directory / "metrics.jsonl"))
    for (const char* name : {"metrics.jsonl", "saturation.jsonl", "predictions.json", "train_config.json"})
      if (fs::exists(model / name)) write_file(directory / name, read_file(model / name));
  if (keeps_model(run) || is_wanted(run)) return;
  const fs::path removed = directory / fmt::format("model.tmp-{}", getpid());
  fs::rename(model, removed);
  fs::remove_all(removed);
}

}  // namespace angle::cli
