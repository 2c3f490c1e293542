// Invariant: a checkpoint with a damaged file is passed over or refused with an angle::Error (see
// readers_fuzz_test.cpp).

#include <filesystem>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"
#include "angle/train/checkpoint.h"

#include "fuzz/read_mutants.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

TEST(Fuzz, Checkpoints) {
  const testing::TempDir directory;
  const std::vector<NamedTensor> model = {{"weight", at::full({3, 4}, 0.5)}, {"bias", at::full({4}, 2.0)}};
  save_checkpoint(directory.path(), TrainState{.step = 7, .best_metric = 0.5}, model, model, {});
  const std::filesystem::path checkpoint = directory.path() / "step-000007";
  for (const char* name :
       {"model.safetensors", "optimizer.safetensors", "trainer_state.json", "manifest.json"}) {
    SCOPED_TRACE(name);
    const std::string good = read_file(checkpoint / name);
    const auto read = [&](const std::string& content) {
      testing::write_anew(checkpoint / name, content);
      std::vector<std::string> warnings;
      find_checkpoint(directory.path(), warnings);
      load_checkpoint(checkpoint, model, model);  // as if nobody had looked at the manifest
    };
    EXPECT_GT(testing::read_mutants(good, 300, read).refused, 0);
    testing::write_anew(checkpoint / name, good);
  }
}

}  // namespace
}  // namespace angle
