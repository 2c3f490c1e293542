// Checkpoints:
//  - what is saved is what is loaded, bit for bit;
//  - one takes the place of another of the same step, of which nothing stays;
//  - only the newest remain, as many as are to be kept, and that of the best step;
//  - a damaged, half-written or unfinished checkpoint is passed over, with a warning, for the one before;
//  - one that the system can't read just now is not passed over: the next one to be saved would replace it;
//  - a checkpoint of another model is refused by name, and one of another version of angle;
//  - a failure to write leaves earlier checkpoints alone and nothing unfinished behind.

#include "angle/train/checkpoint.h"

#include <fstream>
#include <sys/stat.h>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/io/checksum.h"
#include "angle/io/file.h"
#include "angle/io/json.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

std::vector<NamedTensor> some_tensors(double value) {
  return {{"weight", at::full({3, 4}, value)}, {"bias", at::full({4}, -value)}};
}

void save(const fs::path& directory, int64_t step, const Retention& keep = {}) {
  TrainState state;
  state.step = step;
  state.best_metric = 0.5 + static_cast<double>(step);
  state.initial_others = {{"val_loss", 1.0 / 3}};
  save_checkpoint(directory, state, some_tensors(static_cast<double>(step)),
                  some_tensors(100.0 + static_cast<double>(step)), keep);
}

void flip_a_byte(const fs::path& file) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(-1, std::ios::end);
  const char last = static_cast<char>(stream.get());
  stream.seekp(-1, std::ios::end);
  stream.put(static_cast<char>(last ^ 1));
}

TEST(Checkpoint, LoadsWhatWasSaved) {
  const TempDir directory;
  save(directory.path(), 7);
  std::vector<std::string> warnings;
  const auto found = find_checkpoint(directory.path(), warnings);
  ASSERT_TRUE(found);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(found->state.step, 7);
  EXPECT_EQ(found->state.best_metric, 7.5);
  EXPECT_EQ(found->state.initial_others, (std::map<std::string, double>{{"val_loss", 1.0 / 3}}));
  const auto model = some_tensors(0), optimizer = some_tensors(0);
  load_checkpoint(found->path, model, optimizer);
  EXPECT_TRUE(at::equal(model[0].tensor, some_tensors(7)[0].tensor));
  EXPECT_TRUE(at::equal(optimizer[1].tensor, some_tensors(107)[1].tensor));
}

TEST(Checkpoint, TakesThePlaceOfOneOfTheSameStep) {
  const TempDir directory;
  std::vector<std::string> warnings;
  TrainState state;
  state.step = 2;
  for (const bool due : {true, false}) {
    state.validation_due = due;
    save_checkpoint(directory.path(), state, some_tensors(due ? 1 : 2), some_tensors(3), {});
    const auto found = find_checkpoint(directory.path(), warnings);
    ASSERT_TRUE(found && warnings.empty());
    EXPECT_EQ(found->state.validation_due, due);
    const auto model = some_tensors(0), optimizer = some_tensors(0);
    load_checkpoint(found->path, model, optimizer);
    EXPECT_TRUE(at::equal(model[0].tensor, some_tensors(due ? 1 : 2)[0].tensor));
  }
  for (const auto& entry : fs::directory_iterator(directory.path()))
    EXPECT_EQ(entry.path().string().find(".tmp-"), std::string::npos) << entry.path();
}

TEST(Checkpoint, KeepsTheNewest) {
  const TempDir directory;
  for (const int64_t step : {1, 2, 3, 4}) save(directory.path(), step, {.newest = 2});
  EXPECT_FALSE(fs::exists(directory.path() / "step-000002"));
  EXPECT_TRUE(fs::exists(directory.path() / "step-000003"));
  EXPECT_TRUE(fs::exists(directory.path() / "step-000004"));
}

TEST(Checkpoint, KeepsThatOfTheBestStep) {
  const TempDir directory;
  for (const int64_t step : {10, 20, 30, 40}) save(directory.path(), step, {.newest = 1, .best_step = 20});
  EXPECT_TRUE(fs::exists(directory.path() / "step-000020"));
  EXPECT_TRUE(fs::exists(directory.path() / "step-000040"));
  EXPECT_FALSE(fs::exists(directory.path() / "step-000010") || fs::exists(directory.path() / "step-000030"));
  save(directory.path(), 50, {.newest = 1, .best_step = 50});
  EXPECT_FALSE(fs::exists(directory.path() / "step-000020") || fs::exists(directory.path() / "step-000040"));
}

TEST(Checkpoint, NeverKeepsADamagedOneInsteadOfAGoodOne) {
  const TempDir directory;
  save(directory.path(), 1);
  save(directory.path(), 4);  // damaged, so the run was resumed at step 1
  save(directory.path(), 2, {.newest = 1});
  EXPECT_FALSE(fs::exists(directory.path() / "step-000001"));
  EXPECT_TRUE(fs::exists(directory.path() / "step-000002"));
  EXPECT_FALSE(fs::exists(directory.path() / "step-000004"));
}

TEST(Checkpoint, PassesOverADamagedOne) {
  for (const char* name :
       {"model.safetensors", "optimizer.safetensors", "trainer_state.json", "manifest.json"}) {
    SCOPED_TRACE(name);
    const TempDir directory;
    save(directory.path(), 1);
    save(directory.path(), 2);
    flip_a_byte(directory.path() / "step-000002" / name);
    if (std::string(name) == "manifest.json") fs::resize_file(directory.path() / "step-000002" / name, 10);
    std::vector<std::string> warnings;
    const auto found = find_checkpoint(directory.path(), warnings);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->state.step, 1);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_THAT(warnings[0], ::testing::HasSubstr("step-000002"));
  }
}

TEST(Checkpoint, PassesOverNoneThatTheSystemCannotRead) {
  const TempDir directory;
  save(directory.path(), 1);
  save(directory.path(), 2);
  const fs::path manifest = directory.path() / "step-000002" / "manifest.json";
  fs::remove(manifest);
  fs::create_symlink("/proc/self/mem", manifest);  // at whose start nothing can be read
  std::vector<std::string> warnings;
  EXPECT_ERROR(find_checkpoint(directory.path(), warnings), "Input/output error",
               "step-000002 to go on from the checkpoint before it");
  EXPECT_TRUE(warnings.empty());
}

TEST(Checkpoint, PassesOverAnUnfinishedOne) {
  const TempDir directory;
  save(directory.path(), 1);
  fs::create_directory(directory.path() / "step-000002");
  fs::create_directory(directory.path() / "step-000003.tmp-99");
  std::vector<std::string> warnings;
  const auto found = find_checkpoint(directory.path(), warnings);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state.step, 1);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], ::testing::HasSubstr("not finished"));
}

TEST(Checkpoint, FindsNothingWhereNothingIs) {
  const TempDir directory;
  std::vector<std::string> warnings;
  EXPECT_FALSE(find_checkpoint(directory.path() / "absent", warnings));
  EXPECT_FALSE(find_checkpoint(directory.path(), warnings));
  EXPECT_TRUE(warnings.empty());
}

TEST(Checkpoint, RefusesOneOfAnotherVersion) {
  const TempDir directory;
  save(directory.path(), 1);
  save(directory.path(), 2);
  const fs::path checkpoint = directory.path() / "step-000002", state = checkpoint / "trainer_state.json";
  json content = read_json(state), manifest = read_json(checkpoint / "manifest.json");
  content.erase("format");
  write_file(state, content.dump());
  manifest["trainer_state.json"] = {{"bytes", fs::file_size(state)}, {"xxh3_128", file_checksum(state)}};
  write_file(checkpoint / "manifest.json", manifest.dump());
  std::vector<std::string> warnings;
  EXPECT_ERROR(find_checkpoint(directory.path(), warnings), "step-000002: a checkpoint of another version",
               "choose another --output");
}

TEST(Checkpoint, RefusesOneOfAnotherModel) {
  const TempDir directory;
  save(directory.path(), 1);
  const fs::path path = directory.path() / "step-000001";
  const std::vector<NamedTensor> other_name = {{"gamma", at::zeros({3, 4})}};
  const std::vector<NamedTensor> other_shape = {{"weight", at::zeros({3, 5})}};
  EXPECT_ERROR(load_checkpoint(path, other_name, {}), "model.safetensors", "gamma is missing");
  EXPECT_ERROR(load_checkpoint(path, other_shape, {}), "weight is of another shape");
  const std::vector<NamedTensor> other_type = {{"weight", at::zeros({3, 4}, at::kDouble)}};
  EXPECT_ERROR(load_checkpoint(path, other_type, {}), "weight is of another element type");
}

TEST(Checkpoint, RemovesWhatAKilledRunLeft) {
  const TempDir directory;
  fs::create_directory(directory.path() / "step-000001.tmp-99");
  save(directory.path(), 2);
  EXPECT_FALSE(fs::exists(directory.path() / "step-000001.tmp-99"));
}

TEST(Checkpoint, LeavesEarlierOnesAloneWhenWritingFails) {
  const TempDir directory;
  save(directory.path(), 1);
  TrainState state;
  state.step = 2;
  // A file where the temporary directory of step 2 should be.
  directory.file("step-000002.tmp-" + std::to_string(getpid()) + "x", "");
  const std::vector<NamedTensor> unwritable = {{"complex", at::zeros({2}, at::kComplexFloat)}};
  EXPECT_ANY_THROW(save_checkpoint(directory.path(), state, unwritable, {}, {}));
  std::vector<std::string> warnings;
  const auto found = find_checkpoint(directory.path(), warnings);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state.step, 1);
  for (const auto& entry : fs::directory_iterator(directory.path()))
    EXPECT_EQ(entry.path().filename().string().find(".tmp-" + std::to_string(getpid()) + "/"),
              std::string::npos);
  EXPECT_FALSE(fs::exists(directory.path() / ("step-000002.tmp-" + std::to_string(getpid()))));
}

}  // namespace
}  // namespace angle
