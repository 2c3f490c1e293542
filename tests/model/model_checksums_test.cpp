// What a model directory is made of: weights, configurations and tokenizer, the modules' folders too, and
// nothing else that lies there.

#include "angle/model/model_checksums.h"

#include <gtest/gtest.h>

#include "support/model_copy.h"

namespace angle {
namespace {

TEST(ModelChecksums, AreOfWhatTheModelIsMadeOf) {
  const testing::ModelCopy copy;
  const json before = model_checksums(copy.path());
  EXPECT_TRUE(before.contains("model.safetensors"));
  EXPECT_TRUE(before.contains("config.json"));
  EXPECT_TRUE(before.contains("1_Pooling/config.json"));
  EXPECT_TRUE(before.contains("vocab.txt") || before.contains("tokenizer.json"));

  for (const char* file : {"texts.txt", "vectors.npy.part.json", "scores.json", "1_Pooling/notes.json"})
    copy.write(file, "{}");
  std::filesystem::create_directories(copy.path() / "a_run/checkpoints");
  copy.write("a_run/config.json", "{}");
  EXPECT_EQ(model_checksums(copy.path()), before);

  copy.edit("1_Pooling/config.json", [](json& pooling) { pooling["pooling_mode"] = "cls"; });
  EXPECT_NE(model_checksums(copy.path()), before);
}

}  // namespace
}  // namespace angle
