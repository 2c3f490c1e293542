// A run that was stopped:
//  - interrupted at any step and resumed, it ends with the bytes of a run that was not, dropout, validation,
//    early stopping, logs and checkpoints included;
//  - a validation that an interruption breaks off is done again, and logged once;
//  - so it does when a score on own data decides, in bfloat16, with the gradient cache and with gradient
//    checkpointing, these two on every CPU;
//  - from every state that a kill can leave behind, --resume works; what the killed run left unfinished goes,
//    and nothing else;
//  - a damaged checkpoint is passed over; when all are damaged, nothing is deleted and nothing begun;
//  - with another configuration, another model, other data or another validation file it is refused, naming
//    the difference.

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "angle/cpu_features.h"
#include "angle/io/checksum.h"

#include "support/expect_error.h"
#include "support/model_copy.h"
#include "support/own_data.h"
#include "support/temp_dir.h"
#include "train/tiny_run.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using testing::differing_files;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RunRecord;
using testing::TempDir;
using testing::TinyRun;
using testing::train;

/// A run of 24 steps with everything that has a state.
TinyRun full_run(const fs::path& output) {
  return {.output = output,
          .set = {"train.dropout=0.1", "train.max_steps=24", "train.accumulation_steps=1",
                  "checkpoint.every_steps=5", "evaluation.every_steps=6", "train.learning_rate=0.01",
                  "train.saturation_every_steps=4"},
          .validate = true};
}

/// The same after an interruption.
TinyRun resumed(TinyRun run) {
  run.resume = true;
  run.interrupt_after = 0;
  return run;
}

class Resume : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    outputs = std::make_unique<TempDir>();
    train(full_run(whole()));
  }
  static void TearDownTestSuite() { outputs.reset(); }
  void TearDown() override { fs::remove_all(broken()); }

  static fs::path whole() { return outputs->path() / "whole"; }
  static fs::path broken() { return outputs->path() / "broken"; }

  /// Runs until a step, as far as it is written to the disk then.
  static RunRecord interrupt_after(int64_t step) {
    TinyRun run = full_run(broken());
    run.interrupt_after = step;
    return train(run);
  }

  static std::unique_ptr<TempDir> outputs;
};

std::unique_ptr<TempDir> Resume::outputs;

TEST_F(Resume, GivesTheBytesOfAWholeRun) {
  for (const int64_t step : {1, 7, 12, 23}) {
    const RunRecord first = interrupt_after(step);
    EXPECT_EQ(first.result.end, TrainResult::End::interrupted);
    EXPECT_EQ(first.result.steps, step);
    const RunRecord rest = train(resumed(full_run(broken())));
    EXPECT_EQ(rest.result.end, TrainResult::End::finished);
    EXPECT_EQ(rest.steps.size(), static_cast<size_t>(24 - step));
    EXPECT_THAT(rest.notes, Not(Contains(HasSubstr("last digits"))));
    // An interruption makes a checkpoint of its own, which the last two of the whole run need not have.
    if (step < 20) {
      EXPECT_THAT(differing_files(whole(), broken()), IsEmpty()) << "interrupted after " << step;
    }
    EXPECT_EQ(read_file(whole() / "model.safetensors"), read_file(broken() / "model.safetensors"));
    EXPECT_EQ(testing::read_metrics(whole()), testing::read_metrics(broken()));
    fs::remove_all(broken());
  }
}

TEST_F(Resume, SaysThatThreadsAreOthersThanBefore) {
  interrupt_after(7);
  const int threads = at::get_num_threads();
  at::set_num_threads(threads + 1);
  const RunRecord rest = train(resumed(full_run(broken())));
  at::set_num_threads(threads);
  EXPECT_THAT(
      rest.notes,
      Contains(AllOf(HasSubstr(fmt::format("begun with {} thread", threads)),
                     HasSubstr(fmt::format("resumed with {} threads: the last digits", threads + 1)))));
}

TEST_F(Resume, GivesTheBytesOfAWholeRunAfterManyInterruptions) {
  interrupt_after(3);
  for (const int64_t step : {4, 9, 10, 18}) {
    TinyRun run = resumed(full_run(broken()));
    run.interrupt_after = step;
    train(run);
  }
  train(resumed(full_run(broken())));
  EXPECT_THAT(differing_files(whole(), broken()), IsEmpty());
}

TEST_F(Resume, DoesAValidationAgainThatWasBrokenOff) {
  for (const int64_t step : {6, 12, 24}) {  // 24 is the last one
    const RunRecord first = interrupt_after(step);
    EXPECT_EQ(first.result.end, TrainResult::End::interrupted) << step;
    EXPECT_LT(first.evaluations.back().step, step);
    const fs::path checkpoint = broken() / "checkpoints" / fmt::format("step-{:06}", step);
    EXPECT_EQ(read_json(checkpoint / "trainer_state.json").at("validation_due"), true) << step;
    const RunRecord rest = train(resumed(full_run(broken())));
    ASSERT_FALSE(rest.evaluations.empty());
    EXPECT_EQ(rest.evaluations.front().step, step);
    EXPECT_THAT(differing_files(whole(), broken()), IsEmpty()) << "broken off after " << step;
    fs::remove_all(broken());
  }
}

TEST_F(Resume, LogsAValidationOnceThatWasDoneAgainBeforeAKill) {
  interrupt_after(12);
  for (const json& line : testing::read_metrics(whole()))
    if (line.at("step") == 12 && line.contains("evaluation"))
      std::ofstream(broken() / "metrics.jsonl", std::ios::app) << line.dump() << "\n";
  train(resumed(full_run(broken())));
  EXPECT_THAT(differing_files(whole(), broken()), IsEmpty());
}

TEST_F(Resume, BeginsAgainWhenItWasInterruptedBeforeTheFirstStep) {
  TinyRun run = full_run(broken());
  run.interrupt_at_once = true;
  const RunRecord first = train(run);
  EXPECT_EQ(first.result.end, TrainResult::End::interrupted);
  EXPECT_EQ(first.result.steps, 0);
  EXPECT_THAT(first.evaluations, IsEmpty());
  const RunRecord rest = train(resumed(full_run(broken())));
  EXPECT_EQ(rest.evaluations.front().step, 0);
  EXPECT_THAT(differing_files(whole(), broken()), IsEmpty());
}

TEST_F(Resume, CountsTheTextsOfTheWholeRun) {
  TinyRun run = full_run(broken());
  run.set.emplace_back("loss.duplicates=drop");
  const TrainResult at_once = train(run).result;
  fs::remove_all(broken());
  run.interrupt_after = 7;
  const RunRecord first = train(run);
  EXPECT_LT(first.result.statistics.texts, at_once.statistics.texts);
  const RunRecord rest = train(resumed(run)), again = train(resumed(run));
  for (const RunRecord& record : {rest, again}) {
    EXPECT_EQ(json(record.result.statistics), json(at_once.statistics));
    EXPECT_EQ(record.result.dropped_examples, at_once.dropped_examples);
  }
}

TEST_F(Resume, MayMeasureSaturationMoreOrLessOften) {
  interrupt_after(12);
  TinyRun rest = resumed(full_run(broken()));
  rest.set.back() = "train.saturation_every_steps=6";
  train(rest);
  EXPECT_EQ(read_file(whole() / "model.safetensors"), read_file(broken() / "model.safetensors"));
  std::istringstream log(read_file(broken() / "saturation.jsonl"));
  std::vector<int64_t> steps;
  for (std::string line; std::getline(log, line);)
    steps.push_back(json::parse(line).at("step").get<int64_t>());
  EXPECT_THAT(steps, ::testing::ElementsAre(1, 4, 8, 12, 18, 24));
}

TEST_F(Resume, GivesTheBytesOfAWholeRunJudgedByOwnData) {
  const std::string task = testing::write_retrieval(outputs->path() / "faq");
  const auto run_to = [&](const fs::path& output) {
    TinyRun run = full_run(output);
    run.set.insert(run.set.end(), {"evaluation.task=" + task, "evaluation.metric=ndcg@10"});
    run.own_data = task;
    return run;
  };
  const RunRecord at_once = train(run_to(outputs->path() / "judged"));
  TinyRun first = run_to(broken());
  first.interrupt_after = 12;  // within the validation
  train(first);
  const RunRecord rest = train(resumed(run_to(broken())));
  EXPECT_EQ(rest.result.best_score, at_once.result.best_score);
  EXPECT_EQ(rest.result.best_step, at_once.result.best_step);
  EXPECT_THAT(differing_files(outputs->path() / "judged", broken()), IsEmpty());

  const fs::path queries = outputs->path() / "faq/queries.jsonl";
  write_file(queries, read_file(queries) + R"({"_id": "more", "text": "of no relevance"})" + "\n");
  EXPECT_ERROR(train(resumed(run_to(broken()))), "configuration, data or model have changed",
               "files.evaluation.2.xxh3_128: ");
}

/// Runs in which a step computes in another way.
class ResumeWith : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(ResumeWith, GivesTheBytesOfAWholeRun) {
  const std::vector<std::string>& set = GetParam();
  const bool in_bfloat16 = std::find(set.begin(), set.end(), "train.precision=bfloat16") != set.end();
  if (in_bfloat16 && !cpu_features().bfloat16()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  const TempDir outputs;
  const auto run_to = [&](const char* name) {
    TinyRun run = full_run(outputs.path() / name);
    run.set.insert(run.set.end(), set.begin(), set.end());
    return run;
  };
  train(run_to("whole"));
  TinyRun first = run_to("broken");
  first.interrupt_after = 7;
  train(first);
  train(resumed(run_to("broken")));
  EXPECT_THAT(differing_files(outputs.path() / "whole", outputs.path() / "broken"), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Ways, ResumeWith,
                         ::testing::Values(std::vector<std::string>{"train.precision=bfloat16"},
                                           std::vector<std::string>{"train.precision=bfloat16",
                                                                    "train.gradient_cache_tokens=64",
                                                                    "train.gradient_checkpointing=true"},
                                           std::vector<std::string>{"train.gradient_cache_tokens=64"},
                                           std::vector<std::string>{"train.gradient_checkpointing=true"}));

TEST_F(Resume, KeepsTheBestModelAndItsCheckpoint) {
  const auto run_to = [&](const std::string& name, int64_t interrupt_after, bool resume) {
    TinyRun run = full_run(outputs->path() / name);
    run.set.insert(run.set.end(),
                   {"checkpoint.keep=1", "checkpoint.keep_best=true", "train.learning_rate=0.02",
                    "evaluation.metric=val_loss", "train.max_steps=46",
                    R"(evaluation.loss_data=[{"path":"../data/samples/pairs_validation.tsv"}])"});
    run.interrupt_after = interrupt_after;
    run.resume = resume;
    return train(run).result;
  };
  const TrainResult at_once = run_to("best", 0, false);
  ASSERT_LT(at_once.best_step, 40);  // or the best would be among the last
  run_to("broken", at_once.best_step, false);
  run_to("broken", at_once.best_step + 1, true);
  const TrainResult resumed = run_to("broken", 0, true);
  EXPECT_EQ(resumed.best_step, at_once.best_step);
  EXPECT_EQ(resumed.best_score, at_once.best_score);
  EXPECT_THAT(differing_files(outputs->path() / "best", broken()), IsEmpty());
  EXPECT_THAT(read_file(broken() / "README.md"),
              ::testing::AllOf(HasSubstr("\n| samples/cosine_spearman × 100 | "),
                               HasSubstr("\n| val_loss_angle | "), ::testing::Not(HasSubstr("n/a"))));
  EXPECT_TRUE(fs::exists(broken() / "checkpoints" / fmt::format("step-{:06}", at_once.best_step)));
}

/// The steps of a whole run whose evaluations were the best so far.
std::vector<int64_t> best_steps(const fs::path& output) {
  std::vector<int64_t> steps;
  for (const json& line : testing::read_metrics(output))
    if (line.value("best", false)) steps.push_back(line.at("step").get<int64_t>());
  return steps;
}

TEST_F(Resume, HasACheckpointOfTheBestModelBeforeTheOutputHoldsIt) {
  // A directory in the place of the model card: writing the output fails, as a kill would end it there.
  fs::create_directories(broken() / "checkpoints");
  fs::create_directories(broken() / "README.md");
  const int64_t first_best = best_steps(whole()).front();
  EXPECT_ERROR(train(resumed(full_run(broken()))), "README.md: not a regular file");
  const fs::path checkpoint = broken() / "checkpoints" / fmt::format("step-{:06}", first_best);
  EXPECT_EQ(read_json(checkpoint / "trainer_state.json").at("best_step"), first_best);
  EXPECT_FALSE(fs::exists(broken() / "model.safetensors"));

  fs::remove(broken() / "README.md");
  train(resumed(full_run(broken())));
  EXPECT_THAT(differing_files(whole(), broken()), IsEmpty());
}

TEST_F(Resume, WritesTheOutputThatAKillAfterTheCheckpointLeftBehind) {
  const int64_t best = best_steps(whole()).back();  // nothing after it would write the output again
  TinyRun run = full_run(broken());
  run.interrupt_after_evaluation = best;
  train(run);
  const auto at_the_best = testing::read_directory(broken());
  for (const char* file : {"model.safetensors", "README.md"}) write_file(broken() / file, "of before");
  json predictions = read_json(broken() / "predictions.json");
  for (auto& [task, entry] : predictions["tasks"].items()) entry.erase("best");
  write_file(broken() / "predictions.json", predictions.dump() + "\n");

  train(resumed(full_run(broken())));
  for (const char* file : {"model.safetensors", "README.md", "predictions.json"})
    EXPECT_EQ(read_file(broken() / file), at_the_best.at(file)) << file;
}

TEST_F(Resume, IsNotFinishedWhenAnInterruptionKeepsItFromWritingTheOutput) {
  TinyRun run = full_run(broken());
  run.set.emplace_back("train.max_steps=6");  // with one validation, at the end: that is the best
  ASSERT_EQ(train(run).result.best_step, 6);
  const std::string model = read_file(broken() / "model.safetensors");
  write_file(broken() / "model.safetensors", "of before");  // as a kill after the checkpoint leaves it

  TinyRun interrupted = resumed(run);
  interrupted.interrupt_at_once = true;
  EXPECT_EQ(train(interrupted).result.end, TrainResult::End::interrupted);
  EXPECT_EQ(train(resumed(run)).result.end, TrainResult::End::finished);
  EXPECT_EQ(read_file(broken() / "model.safetensors"), model);
}

TEST_F(Resume, DoesNothingToAFinishedRun) {
  const auto before = testing::read_directory(whole());
  const RunRecord again = train(resumed(full_run(whole())));
  EXPECT_EQ(again.result.end, TrainResult::End::finished);
  EXPECT_THAT(again.steps, IsEmpty());
  EXPECT_TRUE(again.result.initial_score && again.result.best_score);
  EXPECT_EQ(testing::read_directory(whole()), before);
}

TEST_F(Resume, MakesUpForWhatTheLastCheckpointHadLeftToDo) {
  train(full_run(broken()));
  // A kill right after the checkpoint of step 24 had got its name.
  std::ofstream(broken() / "checkpoints/latest") << "step-000020\n";
  fs::copy(whole() / "checkpoints/step-000020", broken() / "checkpoints/step-000015",
           fs::copy_options::recursive);
  train(resumed(full_run(broken())));
  EXPECT_THAT(differing_files(whole(), broken()), IsEmpty());
}

TEST_F(Resume, FinishesWhenNothingIsLeftToDoAtTheInterruption) {
  TinyRun run = full_run(broken());
  run.interrupt_after_evaluation = 24;
  EXPECT_EQ(train(run).result.end, TrainResult::End::finished);
  EXPECT_THAT(differing_files(whole(), broken()), IsEmpty());

  TinyRun unjudged = full_run(broken() / "unjudged");
  unjudged.validate = false;
  unjudged.interrupt_after = 24;
  EXPECT_EQ(train(unjudged).result.end, TrainResult::End::finished);
  EXPECT_TRUE(fs::exists(broken() / "unjudged/model.safetensors"));
}

TEST_F(Resume, BeginsWhereNothingHasBegun) {
  const RunRecord run = train(resumed(full_run(broken())));
  EXPECT_THAT(run.notes, Contains(HasSubstr("no checkpoint to resume from: training begins at step 0")));
  EXPECT_THAT(differing_files(whole(), broken()), IsEmpty());
}

TEST_F(Resume, BeginsInAnEmptyDirectoryAndInNoOther) {
  fs::create_directories(broken());
  write_file(broken() / "notes.txt", "mine");
  for (const bool resume : {true, false}) {
    TinyRun run = full_run(broken());
    run.resume = resume;
    EXPECT_ERROR(train(run),
                 "broken: there is notes.txt already, and no run to go on with; choose another --output");
    EXPECT_EQ(testing::read_directory(broken()).size(), 1u);
  }
  fs::remove(broken() / "notes.txt");
  write_file(broken() / ".lock", "");      // as one that was killed before it began leaves it
  write_file(broken() / "train.log", "");  // where a shell sends what the run says
  train(resumed(full_run(broken())));
  fs::remove(broken() / "train.log");
  EXPECT_THAT(differing_files(whole(), broken()), IsEmpty());
}

TEST_F(Resume, BeginsFromEveryStateBeforeTheFirstCheckpoint) {
  const auto write = [&](const std::string& name, const std::string& bytes) {
    fs::create_directories((broken() / name).parent_path());
    std::ofstream(broken() / name) << bytes;
  };
  const std::vector<std::function<void()>> kills = {
      [&] { fs::create_directories(broken() / "checkpoints"); },
      [&] { write("train_config.json.tmp-4711", "{"); },
      [&] { write("train_config.json", read_file(whole() / "train_config.json")); },
      [&] { write("metrics.jsonl", "{\"step\":0}\n{\"step\":1}\n{\"st"); },
      [&] { write("checkpoints/step-000005.tmp-4711/model.safetensors", "half"); },
      [&] { write("config.json", read_file(whole() / "config.json")); },
      [&] { write("model.safetensors", read_file(whole() / "model.safetensors")); },
      [&] { write("1_Pooling/config.json.tmp-4711", "{"); }};
  for (size_t done = 1; done <= kills.size(); ++done) {  // each kill comes after what was written before it
    for (size_t i = 0; i < done; ++i) kills[i]();
    train(resumed(full_run(broken())));
    EXPECT_THAT(differing_files(whole(), broken()), IsEmpty()) << "state " << done;
    fs::remove_all(broken());
  }
}

TEST_F(Resume, RemovesWhatAKilledRunLeftAndNothingElse) {
  const std::vector<std::string> own = {"README.md.tmp-7",
                                        "model.safetensors.tmp-7",
                                        "vocab.txt.tmp-7",
                                        "predictions.json.tmp-7",
                                        "metrics.jsonl.tmp-7",
                                        "1_Pooling/config.json.tmp-7",
                                        "2_Dense/config.json.tmp-7",
                                        "checkpoints/latest.tmp-7",
                                        "checkpoints/step-000005.tmp-7/model.safetensors"};
  const std::vector<std::string> foreign = {"notes.tmp-7",
                                            "backup/config.json.tmp-7",
                                            "checkpoints/mine.tmp-7",
                                            "1_Pooling/mine.tmp-7",
                                            "other run/checkpoints/step-000005.tmp-7/model.safetensors",
                                            "other run/config.json.tmp-7"};
  for (const auto& names : {own, foreign})
    for (const std::string& name : names) {
      fs::create_directories((broken() / name).parent_path());
      write_file(broken() / name, "half");
    }
  train(resumed(full_run(broken())));
  for (const std::string& name : own) EXPECT_FALSE(fs::exists(broken() / name)) << name;
  for (const std::string& name : foreign) EXPECT_TRUE(fs::exists(broken() / name)) << name;
}

TEST_F(Resume, GoesOnFromACheckpointWithLaterFilesAround) {
  interrupt_after(10);
  // A kill after step 13: lines and a model of later steps, a half-written checkpoint.
  std::ofstream(broken() / "metrics.jsonl", std::ios::app) << "{\"step\":11,\"loss\":9}\n{\"step\":12,";
  std::ofstream(broken() / "model.safetensors.tmp-4711") << "half";
  fs::create_directories(broken() / "checkpoints/step-000015.tmp-4711");
  std::ofstream(broken() / "checkpoints/step-000015.tmp-4711/model.safetensors") << "half";
  fs::remove(broken() / "checkpoints/latest");
  train(resumed(full_run(broken())));
  EXPECT_THAT(differing_files(whole(), broken()), IsEmpty());
}

/// Such as earlier versions wrote.
TEST_F(Resume, GoesOnFromACheckpointWithoutWhatIsOnlyForTheCard) {
  interrupt_after(7);
  const fs::path checkpoint = broken() / "checkpoints/step-000007", file = checkpoint / "trainer_state.json";
  json state = read_json(file), manifest = read_json(checkpoint / "manifest.json");
  EXPECT_EQ(state.erase("initial_others"), 1u);
  for (json& entry : state["data"]["evaluation"]) EXPECT_EQ(entry.erase("used_for"), 1u);
  write_file(file, state.dump());
  manifest["trainer_state.json"] = {{"bytes", fs::file_size(file)}, {"xxh3_128", file_checksum(file)}};
  write_file(checkpoint / "manifest.json", manifest.dump());
  EXPECT_EQ(train(resumed(full_run(broken()))).steps.front().step, 8);
  EXPECT_EQ(read_file(whole() / "model.safetensors"), read_file(broken() / "model.safetensors"));
}

TEST_F(Resume, PassesOverADamagedCheckpoint) {
  interrupt_after(12);
  fs::resize_file(broken() / "checkpoints/step-000012/optimizer.safetensors", 1000);
  const RunRecord run = train(resumed(full_run(broken())));
  EXPECT_THAT(run.warnings, Contains(HasSubstr("step-000012 is damaged")));
  EXPECT_EQ(run.steps.front().step, 11);
  EXPECT_EQ(read_file(whole() / "model.safetensors"), read_file(broken() / "model.safetensors"));
}

TEST_F(Resume, DeletesNothingWhenEveryCheckpointIsDamaged) {
  interrupt_after(12);
  for (const char* step : {"step-000010", "step-000012"})
    fs::remove(broken() / "checkpoints" / step / "manifest.json");
  const auto before = testing::read_directory(broken());
  EXPECT_ERROR(train(resumed(full_run(broken()))), "every checkpoint there is damaged",
               "choose another --output");
  EXPECT_EQ(testing::read_directory(broken()), before);
}

TEST_F(Resume, RefusesAnotherConfiguration) {
  interrupt_after(3);
  const auto resume_with = [&](const std::string& set) {
    TinyRun run = resumed(full_run(broken()));
    run.set.push_back(set);
    train(run);
  };
  EXPECT_ERROR(resume_with("train.seed=43"), "step-000003: the run cannot be resumed", "train.seed: 42 → 43",
               "undo the changes, or choose another --output");
  EXPECT_ERROR(resume_with("train.max_steps=25"), "train.max_steps: 24 → 25");
  EXPECT_ERROR(resume_with("loss.angle_similarity=phase"),
               "loss.angle_similarity: \"angle_emb\" → \"phase\"");
  EXPECT_ERROR(resume_with("data.train[0].weight=2"), "data.train.0.weight: 1.0 → 2.0");
  EXPECT_ERROR(resume_with("data.train[0].positive_threshold=5"),
               "data.train.0.positive_threshold: nothing → 5.0");
}

TEST_F(Resume, AllowsAnotherDescriptionAndOtherCheckpoints) {
  interrupt_after(3);
  TinyRun run = resumed(full_run(broken()));
  run.set.insert(run.set.end(), {"description=another", "checkpoint.every_steps=7"});
  EXPECT_NO_THROW(train(run));
  EXPECT_EQ(read_file(whole() / "model.safetensors"), read_file(broken() / "model.safetensors"));
  EXPECT_EQ(read_json(broken() / "train_config.json").at("checkpoint").at("every_steps"), 7);
}

TEST_F(Resume, RefusesAnotherModelUnderTheSameName) {
  const testing::ModelCopy model;
  TinyRun run = full_run(broken());
  run.model = model.path();
  run.interrupt_after = 3;
  train(run);
  const std::string before = read_file(model.path() / "1_Pooling/config.json");
  model.edit("1_Pooling/config.json", [](json& pooling) { pooling["pooling_mode"] = "cls"; });
  EXPECT_ERROR(train(resumed(run)), "configuration, data or model have changed",
               fmt::format("files.model.1_Pooling/config.json: \"{}\" → ", checksum(before)));
  model.write("1_Pooling/config.json", before);
  model.write("ft/checkpoints/state.json", "{}");  // a run below the model is no part of it
  model.write("ft/config.json", "{}");
  EXPECT_NO_THROW(train(resumed(run)));
  EXPECT_EQ(read_file(whole() / "model.safetensors"), read_file(broken() / "model.safetensors"));
}

TEST_F(Resume, RefusesOtherData) {
  interrupt_after(3);
  EXPECT_ERROR(train(resumed(full_run(broken())),
                     [](Model&, std::vector<TrainingSet>& sets) { sets[0].checksum = "another"; }),
               "files.train.0.xxh3_128", "\"another\"");
  TinyRun run = resumed(full_run(broken()));
  run.evaluation_file = testing::source_file("data/samples/pairs_train.tsv");
  EXPECT_ERROR(train(run), "files.evaluation.0.file: \"pairs_validation.tsv\" → \"pairs_train.tsv\"");
}

}  // namespace
}  // namespace angle
