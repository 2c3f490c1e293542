#include "angle/train/event_file.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>

#include "angle/error.h"
#include "angle/io/tfrecord.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "events.out.tfevents.";
constexpr int64_t kMostSeconds = 9'999'999'999;  // of ten digits, which sort as they count

/// How the value of a field is written; the low bits of its tag.
enum class Wire : unsigned { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value > 0x7f; value >>= 7) bytes += static_cast<char>(0x80U | (value & 0x7fU));
  return bytes + static_cast<char>(value);
}

std::string tag(unsigned field, Wire wire) { return varint(field << 3 | static_cast<unsigned>(wire)); }

std::string fixed(uint64_t bits, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((bits >> (8 * i)) & 0xffU);
  return text;
}

std::string integer_field(unsigned field, int64_t value) {
  return tag(field, Wire::varint) + varint(static_cast<uint64_t>(value));
}

std::string double_field(unsigned field, double value) {
  return tag(field, Wire::fixed64) + fixed(std::bit_cast<uint64_t>(value), 8);
}

std::string float_field(unsigned field, double value) {
  return tag(field, Wire::fixed32) + fixed(std::bit_cast<uint32_t>(static_cast<float>(value)), 4);
}

/// A string or a message within a message.
std::string bytes_field(unsigned field, std::string_view bytes) {
  return tag(field, Wire::bytes) + varint(bytes.size()) + std::string(bytes);
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Seconds for the name of a new file: now, or later where the newest file was begun within this second.
int64_t next_seconds(const fs::path& directory) {
  auto seconds = static_cast<int64_t>(now());
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    int64_t taken = 0;
    std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), taken);
    if (taken < kMostSeconds) seconds = std::max(seconds, taken + 1);
  }
  return seconds;
}

}  // namespace

std::vector<Scalar> scalars_of(const nlohmann::json& line) {
  const bool is_evaluation = line.contains("evaluation");
  std::vector<Scalar> scalars;
  for (const auto& [key, value] : line.items()) {
    if (!value.is_number() || key == "step") continue;
    std::string name = key;
    if (is_evaluation && key == "score") name = line.at("evaluation").get<std::string>();
    scalars.push_back({(is_evaluation ? "evaluation/" : "train/") + name, value.get<double>()});
  }
  return scalars;
}

std::string version_event(double wall_time) {
  return double_field(1, wall_time) + bytes_field(3, "brain.Event:2");
}

std::string restart_event(double wall_time, int64_t step) {
  const std::string start = integer_field(1, 1);  // SessionLog.status = START
  return double_field(1, wall_time) + integer_field(2, step) + bytes_field(7, start);
}

std::string scalars_event(double wall_time, int64_t step, const std::vector<Scalar>& scalars) {
  std::string summary;
  for (const Scalar& scalar : scalars)
    summary += bytes_field(1, bytes_field(1, scalar.tag) + float_field(2, scalar.value));
  return double_field(1, wall_time) + integer_field(2, step) + bytes_field(5, summary);
}

EventFile::EventFile(const fs::path& directory, int64_t first_void)
    : file_(directory / fmt::format("{}{:010}.angle", kPrefix, next_seconds(directory))) {
  stream_.open(file_, std::ios::binary | std::ios::app);
  append(version_event(now()));
  append(restart_event(now(), first_void));
}

void EventFile::write(const nlohmann::json& line) {
  append(scalars_event(now(), line.at("step").get<int64_t>(), scalars_of(line)));
}

void EventFile::append(std::string_view event) {
  stream_ << tfrecord(event) << std::flush;
  if (!stream_) fail("{}: writing failed; is the disk full?", file_.string());
}

}  // namespace angle
