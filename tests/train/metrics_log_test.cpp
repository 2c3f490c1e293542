// metrics.jsonl:
//  - a new run begins with an empty log, one that goes on keeps its lines up to the step it goes on from;
//  - a line that a kill cut short, and lines of later steps, are left out, and so is the validation of that
//    step, when it is still to come;
//  - a line is in the file as soon as it is written; what can't be written is an error that names the file.

#include "angle/train/metrics_log.h"

#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

using testing::TempDir;

TEST(MetricsLog, BeginsEmpty) {
  const TempDir directory;
  const auto file = directory.file("metrics.jsonl", "{\"step\":7}\n");
  MetricsLog log(file, 0);
  EXPECT_EQ(read_file(file), "");
  log.write({{"step", 1}});
  log.write({{"step", 2}, {"loss", 0.5}});
  EXPECT_EQ(read_file(file), "{\"step\":1}\n{\"loss\":0.5,\"step\":2}\n");
}

TEST(MetricsLog, KeepsTheLinesUpToTheStepItGoesOnFrom) {
  const TempDir directory;
  const auto file = directory.file(
      "metrics.jsonl", "{\"step\":1}\n{\"step\":2}\n{\"score\":0.5,\"step\":2}\n{\"step\":3}\n{\"st");
  MetricsLog log(file, 2);
  log.write({{"step", 3}, {"again", true}});
  EXPECT_EQ(read_file(file),
            "{\"step\":1}\n{\"step\":2}\n{\"score\":0.5,\"step\":2}\n{\"again\":true,\"step\":3}\n");
}

TEST(MetricsLog, LeavesOutAValidationThatIsStillToCome) {
  const TempDir directory;
  const std::string kept = "{\"step\":1}\n{\"evaluation\":\"x\",\"step\":1}\n{\"step\":2}\n";
  const auto file = directory.file("metrics.jsonl", kept + "{\"evaluation\":\"x\",\"step\":2}\n");
  const MetricsLog log(file, 2, /*validated=*/false);
  EXPECT_EQ(read_file(file), kept);
}

TEST(MetricsLog, LeavesOutWhatIsNoLineOfItsOwn) {
  const TempDir directory;
  const auto file = directory.file("metrics.jsonl", "[1]\n{\"step\":\"1\"}\n{\"epoch\":1}\n\n{\"step\":1}\n");
  const MetricsLog log(file, 5);
  EXPECT_EQ(read_file(file), "{\"step\":1}\n");
}

TEST(MetricsLog, GoesOnWithoutTheFile) {
  const TempDir directory;
  MetricsLog log(directory.path() / "metrics.jsonl", 5);
  log.write({{"step", 6}});
  EXPECT_EQ(read_file(directory.path() / "metrics.jsonl"), "{\"step\":6}\n");
}

TEST(MetricsLog, SaysWhatItCanNotWrite) {
  const TempDir directory;
  EXPECT_ERROR(MetricsLog(directory.path() / "absent/metrics.jsonl", 0), "absent/metrics.jsonl",
               "can't be written");
}

}  // namespace
}  // namespace angle
