// TensorBoard's event files:
//  - events have the bytes that TensorBoard's protocol buffers give them;
//  - every number of a line of metrics.jsonl is a scalar under the name of what it belongs to;
//  - a file comes after all that are there by name, even within a second; it begins with its version and with
//    the step from which those before are void;
//  - an event is in the file as soon as it is written; what can't be written is an error that names the file.
// That TensorBoard reads it all back is in cli/tensorboard_test.cpp.

#include "angle/train/event_file.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"
#include "angle/io/tfrecord.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::TempDir;
using ::testing::UnorderedElementsAre;

const std::string kTime = "\x09\0\0\0\0\0\0\xf8\x3f"s;  // 1.5

TEST(Event, HasTheBytesOfTheProtocol) {
  EXPECT_EQ(version_event(1.5), kTime +
                                    "\x1a\x0d"
                                    "brain.Event:2");
  EXPECT_EQ(restart_event(1.5, 11), kTime + "\x10\x0b\x3a\x02\x08\x01");
  EXPECT_EQ(scalars_event(1.5, 300, {{"train/loss", 0.5}, {"a", -2}}),
            kTime +
                "\x10\xac\x02\x2a\x1d"
                "\x0a\x11\x0a\x0atrain/loss\x15\0\0\0\x3f"s
                "\x0a\x08\x0a\x01"
                "a\x15\0\0\0\xc0"s);
}

auto scalar(const std::string& tag, double value) {
  return ::testing::AllOf(Field(&Scalar::tag, tag), Field(&Scalar::value, value));
}

TEST(Scalars, AreTheNumbersOfALine) {
  EXPECT_THAT(scalars_of({{"step", 7}, {"loss", 0.25}, {"tokens", 1200}}),
              UnorderedElementsAre(scalar("train/loss", 0.25), scalar("train/tokens", 1200)));
  EXPECT_THAT(scalars_of({{"step", 7}, {"evaluation", "stsb validation"}, {"score", 0.8}, {"best", true}}),
              UnorderedElementsAre(scalar("evaluation/stsb validation", 0.8)));
  EXPECT_TRUE(scalars_of({{"step", 7}, {"evaluation", "stsb"}, {"score", nullptr}}).empty());
}

std::vector<fs::path> files_of(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

TEST(EventFile, BeginsWithItsVersionAndVoidsEverything) {
  const TempDir directory;
  const EventFile file(directory.path(), 0);
  const auto files = files_of(directory.path());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_THAT(files[0].filename().string(), ::testing::MatchesRegex("events.out.tfevents.[0-9]{10}.angle"));
  const std::string bytes = read_file(files[0]);
  EXPECT_THAT(bytes, HasSubstr("brain.Event:2"));
  const std::string restart_at_0 = "\x10\0\x3a\x02\x08\x01"s;
  EXPECT_EQ(bytes.substr(bytes.size() - 4 - restart_at_0.size(), restart_at_0.size()), restart_at_0);
}

TEST(EventFile, ComesAfterThoseBeforeItAndVoidsTheirLaterSteps) {
  const TempDir directory;
  const EventFile first(directory.path(), 0);
  const EventFile second(directory.path(), 11);
  directory.file("events.out.tfevents.9000000000.elsewhere", "");
  const EventFile third(directory.path(), 12);
  const auto files = files_of(directory.path());
  ASSERT_EQ(files.size(), 4u);
  EXPECT_THAT(read_file(files[1]), HasSubstr("\x10\x0b\x3a\x02\x08\x01"));  // step 11
  EXPECT_EQ(files[3].filename(), "events.out.tfevents.9000000001.angle");
}

TEST(EventFile, HoldsALineAsSoonAsItIsWritten) {
  const TempDir directory;
  EventFile file(directory.path(), 0);
  file.write({{"step", 3}, {"loss", 0.5}});
  const std::string event = "\x10\x03\x2a\x13\x0a\x11\x0a\x0atrain/loss\x15\0\0\0\x3f"s;
  EXPECT_THAT(read_file(files_of(directory.path())[0]), HasSubstr(event));
}

TEST(EventFile, SaysWhatItCanNotWrite) {
  EXPECT_ERROR(EventFile("/proc/self", 0), "/proc/self/events.out.tfevents.", "writing failed");
}

}  // namespace
}  // namespace angle
