// Invariant: a checkpoint with a damaged file is passed over or refused with an angle::Error (see
// readers_fuzz_test.cpp).

#include <filesystem>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/error.h"
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
    const auto find = [&](const std::string& content) {
      testing::write_anew(checkpoint / name, content);
      std::vector<std::string> warnings;
      if (!find_checkpoint(directory.path(), warnings)) fail("passed over");
    };
    EXPECT_GT(testing::read_mutants(good, 300, find).refused, 250);  // a mutant may be what it was made of
    const auto load_unseen = [&](const std::string& content) {  // as if nobody had looked at the manifest
      testing::write_anew(checkpoint / name, content);
      load_checkpoint(checkpoint, model, model);
    };
    testing::read_mutants(good, 300, load_unseen);
    testing::write_anew(checkpoint / name, good);
  }
}

}  // namespace
}  // namespace angle
