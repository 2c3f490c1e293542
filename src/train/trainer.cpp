#include "angle/train/trainer.h"

#include <chrono>

#include <ATen/Parallel.h>
#include <spdlog/fmt/fmt.h>

#include "angle/cpu_features.h"
#include "angle/embed/embedder.h"
#include "angle/error.h"
#include "angle/eval/contamination.h"
#include "angle/io/file.h"
#include "angle/model/model_checksums.h"
#include "angle/random.h"
#include "angle/train/deciding_part.h"
#include "angle/train/model_card.h"
#include "angle/train/run_output.h"

#include "train/run_identity.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

ActivationOptions activation_options(const OptimizationConfig& train) {
  ActivationOptions options{.recompute = train.gradient_checkpointing};
  if (train.precision == Precision::bfloat16) options.type = at::kBFloat16;
  return options;
}

LearnerOptions learner_options(const TrainConfig& config) {
  return {.loss = config.loss,
          .max_grad_norm = config.train.max_grad_norm,
          .gradient_cache_tokens = config.train.gradient_cache_tokens,
          .parameters = {.freeze_embeddings = config.train.freeze_embeddings,
                         .freeze_layers = config.train.freeze_layers,
                         .layer_decay = config.train.layer_decay},
          .optimizer = {.weight_decay = config.train.weight_decay},
          .activations = activation_options(config.train)};
}

/// train.dropout, or what config.json says where that is negative. Every process of a group has a stream of
/// its own.
Dropout make_dropout(const TrainConfig& config, const EncoderConfig& encoder, int rank) {
  const double given = config.train.dropout;
  const auto seed = static_cast<uint64_t>(config.train.seed);
  return {given < 0 ? encoder.hidden_dropout_prob : given,
          given < 0 ? encoder.attention_probs_dropout_prob : given,
          rank == 0 ? seed : derive_seed(seed, static_cast<uint64_t>(rank))};
}

/// Where the dropout of a step begins: a step draws fewer masks than are left to the next.
int64_t first_draw(int64_t step) { return step << 32; }

std::optional<double> share_of(const std::optional<double>& part, double whole) {
  return part ? std::optional(*part / whole) : std::nullopt;
}

}  // namespace

Trainer::Trainer(TrainConfig config, Model& model, std::vector<TrainingSet> sets, TrainerOptions options,
                 TrainObserver observer)
    : config_(std::move(config)),
      model_(model),
      sets_(std::move(sets)),
      options_(std::move(options)),
      observer_(std::move(observer)),
      sampler_(make_sampler(config_, sets_)),
      plan_(config_, sampler_.batches_per_epoch()),
      validation_(options_.validation ? std::move(*options_.validation) : Validation(config_, {})),
      learner_(model.encoder, learner_options(config_),
               make_dropout(config_, model.encoder.encoder.config(), options_.group.rank()), options_.group) {
  check();
  state_.config = deciding_part(config_);
  state_.data = {{"train", describe_training_sets(sets_)}};
  if (!validation_.is_empty()) state_.data["evaluation"] = validation_.describe();
  state_.model = model_checksums(model_.directory);
  state_.processes = options_.group.size();
  state_.threads = at::get_num_threads();
}

void Trainer::check() const {
  check_can_save(model_);
  if (config_.train.precision == Precision::bfloat16 && model_.encoder.device().is_cpu())
    require_bfloat16(cpu_features(), "train.precision bfloat16");
  if (options_.group.is_first()) check_output(options_.output, model_.directory, options_.resume);
  if (config_.train.warmup_steps > plan_.total_steps())
    fail("train.warmup_steps: {} is more than the {} steps of the run", config_.train.warmup_steps,
         plan_.total_steps());
  check_fits_model(config_.loss, sets_, model_);
  validation_.check_fits(model_);
}

TrainResult Trainer::run() {
  check_same_run();
  const bool resumed = options_.group.on_first<bool>([this] { return begin_or_resume(); });
  share_state();
  saved_validation_due_ = state_.validation_due;
  if (!resumed) state_.validation_due = is_validation_due();
  bool goes_on = settle_step();
  const Clock::time_point start = Clock::now();
  const int64_t first_step = state_.step;
  while (goes_on && state_.step < plan_.total_steps() && !out_of_patience()) {
    TrainProgress progress = update();
    progress.seconds_left = seconds_since(start) / static_cast<double>(state_.step - first_step) *
                            static_cast<double>(plan_.total_steps() - state_.step);
    if (logs_) logs_->write(progress);
    if (observer_.progress) observer_.progress(progress);
    state_.validation_due = is_validation_due();
    goes_on = settle_step();
  }
  return finish(/*was_interrupted=*/!goes_on);
}

/// The last model is saved where no validation has kept the best one.
TrainResult Trainer::finish(bool was_interrupted) {
  if (was_interrupted) {
    result_.end = TrainResult::End::interrupted;
  } else if (state_.step < plan_.total_steps()) {  // out of patience
    save_checkpoint();
    result_.end = TrainResult::End::stopped_early;
  }
  if (!was_interrupted && !state_.best_metric) save_model();
  result_.steps = state_.step;
  result_.statistics = state_.statistics;
  result_.dropped_examples = state_.dropped_examples;
  result_.initial_score = state_.initial_metric;
  result_.best_score = state_.best_metric;
  result_.lower_is_better = validation_.lower_is_better();
  result_.best_step = state_.best_step;
  return result_;
}

bool Trainer::interrupted() const { return options_.interrupted && options_.interrupted->load(); }

void Trainer::check_same_run() const {
  TrainState own = state_;
  own.config = config_;  // all of it: checkpoints, too, are something that all processes do together
  const auto first = options_.group.on_first<std::string>([&own] { return nlohmann::json(own).dump(); });
  const std::string changes = differences(nlohmann::json::parse(first).get<TrainState>(), own);
  if (!changes.empty())
    fail("configuration, data or model differ from those of rank 0:{}\ngive every process the same", changes);
}

bool Trainer::begin_or_resume() {
  const Validation::Overlap overlap = validation_.overlap(sets_);
  std::vector<std::string> warnings = overlap.warnings;
  if (config_.train.max_steps > plan_.total_steps())
    warnings.push_back(
        fmt::format("train.max_steps: {}, but train.epochs {} are over after {} steps, and so is the run",
                    config_.train.max_steps, config_.train.epochs, plan_.total_steps()));
  if (observer_.warning)
    for (const std::string& text : warnings) observer_.warning(text);
  if (observer_.note)
    for (const std::string& text : overlap.notes) observer_.note(text);
  if (options_.resume && resume()) return true;
  begin();
  return false;
}

void Trainer::share_state() {
  const ProcessGroup& group = options_.group;
  if (group.size() == 1) return;
  state_ = group.on_first<TrainState>([this] { return state_; });
  saved_step_ = group.on_first<int64_t>([this] { return saved_step_; });
  for (const NamedTensor& entry : model_.encoder.checkpoint_tensors()) group.broadcast(entry.tensor);
  for (const NamedTensor& entry : learner_.optimizer().state()) group.broadcast(entry.tensor);
}

void Trainer::begin() {
  check_output(options_.output, model_.directory, options_.resume);  // again: now nobody else writes there
  // First of all, because it marks the directory as that of a run: killed from here on, it can be resumed.
  fs::create_directories(options_.output / "checkpoints");
  open_output();
}

void Trainer::open_output() {
  remove_unfinished_output(options_.output);
  write_file(options_.output / "train_config.json", nlohmann::json(config_).dump(2) + "\n");
  const nlohmann::json before = training_history(model_.train_config);
  if (!before.empty()) write_file(options_.output / "trained_before.json", before.dump(2) + "\n");
  logs_.emplace(options_.output, RunLogs::From{.step = state_.step,
                                               .validated = !state_.validation_due,
                                               .saturation = config_.train.saturation_every_steps > 0});
}

bool Trainer::resume() {
  std::vector<std::string> warnings;
  const auto found = find_checkpoint(options_.output / "checkpoints", warnings);
  for (const auto& warning : warnings)
    if (observer_.warning) observer_.warning(warning);
  if (!found && !warnings.empty())
    fail("{}: every checkpoint there is damaged; choose another --output to begin again",
         (options_.output / "checkpoints").string());
  if (!found) {
    if (observer_.note) observer_.note("no checkpoint to resume from: training begins at step 0");
    return false;
  }
  const std::string changes = differences(found->state, state_);
  if (!changes.empty())
    fail(
        "{}: the run cannot be resumed, its configuration, data or model have changed:{}\nundo the "
        "changes, or choose another --output",
        found->path.string(), changes);
  load_checkpoint(found->path, model_.encoder.checkpoint_tensors(), learner_.optimizer().state());
  note_other_threads(found->state);
  TrainState saved = found->state;
  saved.processes = state_.processes;
  saved.threads = state_.threads;
  state_ = std::move(saved);
  saved_step_ = state_.step;
  settle_checkpoints(options_.output / "checkpoints", state_.step, retention());
  open_output();
  if (is_best()) {
    const std::vector<Measurement> measured = measure();
    output_due_ = measured.empty();  // it is made up for when the run is resumed once more
    if (!output_due_) write_best(measured.front());
  }
  if (observer_.note)
    observer_.note(fmt::format("resumed at step {} of {} from {}", state_.step, plan_.total_steps(),
                               found->path.string()));
  return true;
}

void Trainer::note_other_threads(const TrainState& saved) const {
  const bool is_known = saved.processes > 0 && saved.threads > 0;
  if (!is_known || !observer_.note) return;
  if (saved.processes == state_.processes && saved.threads == state_.threads) return;
  const auto count = [](int64_t processes, int64_t threads) {
    const std::string each = fmt::format("{} thread{}", threads, threads == 1 ? "" : "s");
    return processes == 1 ? each : fmt::format("{} processes of {}", processes, each);
  };
  observer_.note(fmt::format(
      "begun with {}, resumed with {}: the last digits will be others than those of a run without a break",
      count(saved.processes, saved.threads), count(state_.processes, state_.threads)));
}

void Trainer::fail_at(int64_t step, const std::string& what, const std::string& other_advice) const {
  fail(
      "step {}: {}; learning rate {}. Lower the learning rate (with another --output: a run goes on only as "
      "it was begun){}; {}",
      step, what, plan_.learning_rate(step), other_advice,
      saved_step_ > 0 ? fmt::format("the last checkpoint, of step {}, is unharmed", saved_step_)
                      : "there is no checkpoint yet");
}

/// Before the model is judged or saved: an update that goes wrong shows in the loss of the next one only.
void Trainer::check_weights() const {
  try {
    learner_.check_state();
  } catch (const Error& error) {
    fail_at(state_.step, error.what());
  }
}

TrainProgress Trainer::update() {
  const Clock::time_point start = Clock::now();
  const double learning_rate = plan_.learning_rate(state_.step + 1);
  const std::vector<FormattedBatch> batches = next_batches(state_.step);
  learner_.dropout().go_to(first_draw(state_.step));
  StepResult result;
  try {
    result = learner_.step(batches, learning_rate, plan_.measures_saturation(state_.step + 1));
  } catch (const GroupFailure&) {
    throw;
  } catch (const Error& error) {
    fail_at(state_.step + 1, error.what(), " or look at these examples");
  }
  ++state_.step;
  const double seconds = seconds_since(start);
  result_.update_seconds += seconds;
  result_.exchange_seconds += result.exchange_seconds.value_or(0);
  return {.step = state_.step,
          .total_steps = plan_.total_steps(),
          .epoch = plan_.epochs_after(state_.step),
          .learning_rate = learning_rate,
          .tokens_per_second = static_cast<double>(result.tokens) / seconds,
          .seconds_left = 0,
          .exchange_share = share_of(result.exchange_seconds, seconds),
          .result = result};
}

std::vector<FormattedBatch> Trainer::next_batches(int64_t step) {
  std::vector<FormattedBatch> batches;
  for (int64_t number = plan_.micro_batches_after(step); number < plan_.micro_batches_after(step + 1);
       ++number) {
    const SampledBatch sampled = sampler_.batch(number);
    const TrainingSet& set = sets_[sampled.data_set];
    PreparedBatch prepared = make_batch(set, sampled, *model_.tokenizer, config_.loss.duplicates);
    state_.statistics += prepared.statistics;
    state_.dropped_examples += prepared.dropped_examples;
    batches.push_back({std::move(prepared.batch), set.format(), set.file.string(), set.positive_threshold});
  }
  return batches;
}

bool Trainer::is_validation_due() const {
  return !validation_.is_empty() && plan_.is_validation_due(state_.step);
}

/// What comes between two steps. A run that is interrupted before the first one has nothing to save: resumed,
/// it begins again.
bool Trainer::settle_step() {
  if (state_.validation_due) evaluate();
  const bool is_over = state_.step == plan_.total_steps() && !state_.validation_due && !output_due_;
  const bool stop = options_.group.any(interrupted() && !is_over);
  if (state_.step > 0 && (stop || plan_.is_checkpoint_due(state_.step))) save_checkpoint();
  return !stop;
}

/// One validation; none when an interruption broke it off.
std::vector<Measurement> Trainer::measure() {
  try {
    return {validation_.measure(model_, options_.interrupted)};
  } catch (const EmbeddingStopped&) {
    return {};
  }
}

void Trainer::evaluate() {
  if (state_.step > 0) check_weights();
  const auto found = options_.group.on_first<std::vector<Measurement>>([this] { return measure(); });
  if (found.empty()) return;  // it stays due
  const Measurement& measured = found.front();
  state_.validation_due = false;
  TrainEvaluation evaluation{.step = state_.step,
                             .name = validation_.name(),
                             .score = measured.score,
                             .lower_is_better = validation_.lower_is_better(),
                             .others = measured.others};
  if (state_.step == 0) {
    state_.initial_metric = evaluation.score;
    state_.initial_others = evaluation.others;
    if (options_.group.is_first()) validation_.keep_predictions(measured, "before", options_.output);
  } else if (validation_.is_better(evaluation.score, state_.best_metric)) {
    evaluation.best = true;
    state_.best_metric = evaluation.score;
    state_.best_step = state_.step;
    state_.evaluations_without_gain = 0;
  } else {
    ++state_.evaluations_without_gain;
  }
  if (logs_) logs_->write(evaluation);
  if (evaluation.best) save_best(measured);
  if (observer_.evaluation) observer_.evaluation(evaluation);
}

/// Whether the model, as it is now, is the best one so far.
bool Trainer::is_best() const { return state_.best_metric && state_.best_step == state_.step; }

/// The checkpoint first: after a kill between the two, resume() writes the output from it. The other way
/// round the output would hold a model that the resumed run, with other numbers, may never come to.
void Trainer::save_best(const Measurement& measured) {
  save_checkpoint();
  options_.group.on_first([&] { write_best(measured); });
}

void Trainer::write_best(const Measurement& measured) {
  validation_.keep_predictions(measured, "best", options_.output);
  write_model_and_card(measured);
}

bool Trainer::out_of_patience() const {
  return config_.evaluation.patience > 0 && state_.evaluations_without_gain >= config_.evaluation.patience;
}

void Trainer::save_model() {
  options_.group.on_first([this] { write_model_and_card({}); });
}

/// The card first: who finds the new weights finds what they are.
void Trainer::write_model_and_card(const Measurement& measured) {
  const ModelCard card{.base_model = config_.model.path,
                       .pipeline = model_.describe(),
                       .config = config_,
                       .files = state_.data,
                       .evaluation = validation_.is_empty() ? "" : validation_.name(),
                       .lower_is_better = validation_.lower_is_better(),
                       .before = state_.initial_metric,
                       .after = state_.best_metric,
                       .others_before = state_.initial_others,
                       .others_after = measured.others,
                       .step = state_.step,
                       .command = options_.command,
                       .version = options_.version};
  write_file(options_.output / "README.md", format_model_card(card));
  angle::save_model(model_, options_.output);
}

Retention Trainer::retention() const {
  return {.newest = config_.checkpoint.keep,
          .best_step = config_.checkpoint.keep_best ? state_.best_step : 0};
}

void Trainer::save_checkpoint() {
  if (saved_step_ == state_.step && saved_validation_due_ == state_.validation_due) return;
  check_weights();
  options_.group.on_first([this] {
    angle::save_checkpoint(options_.output / "checkpoints", state_, model_.encoder.checkpoint_tensors(),
                           learner_.optimizer().state(), retention());
  });
  saved_step_ = state_.step;
  saved_validation_due_ = state_.validation_due;
}

}  // namespace angle
