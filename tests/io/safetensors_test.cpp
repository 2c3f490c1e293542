// Invariants:
// - what is written is read back; the bytes written depend on the arguments alone;
// - every file that breaks a rule of the format is refused with a message that says which, before memory is
//   asked for;
// - whatever a damaged file does: an Error when it is opened, or tensors that lie inside the file and have
//   the size of their shape;
// - a file that is shortened after it was opened ends in an Error, not in a signal.
#include "angle/io/safetensors.h"

#include <cstring>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "angle/io/file.h"

#include "support/expect_error.h"
#include "support/safetensors_elements.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The bytes of a tensor.
std::string read_text(const SafetensorsFile& file, const std::string& name) {
  const std::vector<char> bytes = testing::read_elements<char>(file, name);
  return {bytes.begin(), bytes.end()};
}

std::string length_bytes(uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes;
}

/// A whole file from its header and data.
std::string make_file(const std::string& header, const std::string& data = "") {
  return length_bytes(header.size()) + header + data;
}

class SafetensorsTest : public ::testing::Test {
 protected:
  SafetensorsFile open(std::string_view content) {
    return SafetensorsFile(directory_.file("x.safetensors", content));
  }
  testing::TempDir directory_;
};

const std::map<std::string, TensorView> kTensors{
    {"half", {DType::F16, {3}, bytes_of("hhhhhh")}}, {"b", {DType::F32, {1, 2}, bytes_of("bbbbbbbb")}},
    {"a", {DType::F32, {}, bytes_of("aaaa")}},       {"empty", {DType::I64, {0, 5}, {}}},
    {"flags", {DType::BOOL, {1}, bytes_of("f")}},
};

TEST_F(SafetensorsTest, RoundTripsTensorsAndMetadata) {
  const auto path = directory_.path() / "x.safetensors";
  write_safetensors(path, kTensors, {{"format", "pt"}, {"step", "12"}});
  const SafetensorsFile file(path);
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"step", "12"}}));
  ASSERT_EQ(file.tensors().size(), kTensors.size());
  for (const auto& [name, tensor] : kTensors) {
    const TensorEntry& read = file.tensors().at(name);
    EXPECT_EQ(read.dtype, tensor.dtype) << name;
    EXPECT_EQ(read.shape, tensor.shape) << name;
    EXPECT_EQ(read_text(file, name), text_of(tensor.data)) << name;
  }
}

TEST_F(SafetensorsTest, WritesTheSameBytesForTheSameArguments) {
  write_safetensors(directory_.path() / "x", kTensors);
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"data_offsets":[0,4],"dtype":"F32","shape":[]},)"
      R"("b":{"data_offsets":[4,12],"dtype":"F32","shape":[1,2]},"empty":{"data_offsets":[0,0],"dtype":"I64","shape":[0,5]},)"
      R"("flags":{"data_offsets":[18,19],"dtype":"BOOL","shape":[1]},"half":{"data_offsets":[12,18],"dtype":"F16","shape":[3]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(read_file(directory_.path() / "x"), make_file(padded, "aaaabbbbbbbbhhhhhhf"));
}

TEST_F(SafetensorsTest, WritesOverAFileThatIsOpen) {
  const auto path = directory_.path() / "x.safetensors";
  write_safetensors(path, {{"old", {DType::U8, {3}, bytes_of("old")}}});
  const SafetensorsFile file(path);
  write_safetensors(path, {{"new", {DType::U8, {1}, bytes_of("n")}}});
  EXPECT_EQ(read_text(file, "old"), "old");
  EXPECT_EQ(SafetensorsFile(path).tensors().count("new"), 1u);
}

TEST_F(SafetensorsTest, RefusesToReadAFileThatWasShortenedWhileItIsOpen) {
  const auto path = directory_.path() / "x.safetensors";
  const std::string data(100'000, 'd');
  write_safetensors(path, {{"t", {DType::U8, {100'000}, bytes_of(data)}}});
  const SafetensorsFile file(path);
  EXPECT_EQ(read_text(file, "t"), data);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  EXPECT_ERROR(read_text(file, "t"), "x.safetensors: the file became shorter while it was read");
  std::filesystem::resize_file(path, 10);
  EXPECT_ERROR(read_text(file, "t"), "x.safetensors: the file became shorter while it was read");
}

TEST_F(SafetensorsTest, IsReadWhenTheFileObjectWasMoved) {
  SafetensorsFile file = open(make_file(R"({"t":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})", "abc"));
  const SafetensorsFile moved = std::move(file);
  EXPECT_EQ(read_text(moved, "t"), "abc");
}

TEST_F(SafetensorsTest, ReadsPartsOfTensorsWhateverTheHeadersLength) {
  for (const char* blanks : {"", " ", "   "}) {
    const std::string header =
        R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})";
    const SafetensorsFile file = open(make_file(header + blanks, "abcde"));
    std::string part = "..";
    file.read(1, std::as_writable_bytes(std::span(part)));
    EXPECT_EQ(part, "bc");
    EXPECT_EQ(read_text(file, "b"), "de");
  }
}

TEST_F(SafetensorsTest, RefusesToWriteWhatIsNotATensor) {
  const auto path = directory_.path() / "x";
  EXPECT_THROW(write_safetensors(path, {{"t", {DType::F32, {2}, bytes_of("1234")}}}), std::invalid_argument);
  EXPECT_THROW(write_safetensors(path, {{"__metadata__", {DType::U8, {1}, bytes_of("1")}}}),
               std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(SafetensorsTest, AcceptsZeroSizedAndRankZeroTensors) {
  const SafetensorsFile file = open(make_file(
      R"({"none":{"dtype":"F32","shape":[2,0],"data_offsets":[0,0]},"one":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
      "1234"));
  EXPECT_EQ(read_text(file, "none"), "");
  EXPECT_EQ(read_text(file, "one"), "1234");
}

TEST_F(SafetensorsTest, AcceptsNoTensorsAndAPaddedHeader) {
  EXPECT_TRUE(open(make_file("{}")).tensors().empty());
  EXPECT_EQ(open(make_file("\n {\"t\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}   ", "x"))
                .tensors()
                .size(),
            1u);
}

TEST_F(SafetensorsTest, RefusesAFileTooShortForItsHeader) {
  EXPECT_ERROR(open(""), "x.safetensors: 0 bytes are too few");
  EXPECT_ERROR(open("1234567"), "7 bytes are too few");
  EXPECT_ERROR(open(length_bytes(0)), "header: not valid JSON", "unexpected end of input");
  EXPECT_ERROR(open(length_bytes(2)), "the header length is 2, but only 0 bytes follow");
}

TEST_F(SafetensorsTest, RefusesAnAbsurdHeaderLength) {
  EXPECT_ERROR(open(length_bytes(~uint64_t{0}) + "{}"), "the header length is 18446744073709551615");
  EXPECT_ERROR(open(length_bytes(100'000'001)), "more than 100000000");
  EXPECT_ERROR(open(length_bytes(100'000'000)), "only 0 bytes follow");
}

TEST_F(SafetensorsTest, RefusesAHeaderThatIsNotOneJsonObject) {
  EXPECT_ERROR(open(make_file("{\"\xff\":1}")), "header: not valid JSON", "UTF-8");
  EXPECT_ERROR(open(make_file("not json")), "header: not valid JSON");
  EXPECT_ERROR(open(make_file("{}{}")), "header: not valid JSON");
  EXPECT_ERROR(open(make_file("[]")), "the header is a JSON array, not an object");
  EXPECT_ERROR(open(make_file(R"({"t":1,"t":2})")), "\"t\" occurs twice");
  EXPECT_ERROR(open(make_file(std::string(100'000, '['))), "nested deeper");
}

TEST_F(SafetensorsTest, RefusesMetadataThatIsNotStrings) {
  EXPECT_ERROR(open(make_file(R"({"__metadata__":{"step":1}})")), "__metadata__ \"step\" is not a string");
  EXPECT_ERROR(open(make_file(R"({"__metadata__":["pt"]})")), "__metadata__ is not an object");
}

TEST_F(SafetensorsTest, RefusesAnIncompleteTensor) {
  EXPECT_ERROR(open(make_file(R"({"t":7})")), "tensor t: no \"dtype\"");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"F32","data_offsets":[0,0]}})")), "tensor t: no \"shape\"");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"F32","shape":[0]}})")), "tensor t: no \"data_offsets\"");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0,0]}})")),
               "has 3 numbers, expected 2");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"F32","shape":0,"data_offsets":[0,0]}})")),
               "shape is not a list");
}

TEST_F(SafetensorsTest, RefusesUnknownElementTypes) {
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"F128","shape":[0],"data_offsets":[0,0]}})")), "tensor t",
               "\"F128\" is not supported");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":5,"shape":[0],"data_offsets":[0,0]}})")),
               "element type 5 is not supported");
}

TEST_F(SafetensorsTest, RefusesNumbersThatAreNotSizes) {
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}})")),
               "shape holds -1");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", "x")),
               "shape holds 1.0");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}})", "x")),
               "shape holds \"1\"");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"U8","shape":[0],"data_offsets":[0,99999999999999999999]}})")),
               "data_offsets holds");
}

TEST_F(SafetensorsTest, RefusesShapesThatOverflow) {
  EXPECT_ERROR(open(make_file(
                   R"({"t":{"dtype":"F32","shape":[2,18446744073709551614],"data_offsets":[0,4]}})", "1234")),
               "shape holds 18446744073709551614");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"F32","shape":[2,9223372036854775807],"data_offsets":[0,4]}})",
                              "1234")),
               "the shape needs more than 2^64 bytes");
  EXPECT_ERROR(
      open(make_file(R"({"t":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})")),
      "the shape needs more than 2^64 bytes");
}

TEST_F(SafetensorsTest, RefusesAShapeThatIsNotItsDatasSize) {
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"F32","shape":[2,2],"data_offsets":[0,4]}})", "1234")),
               "tensor t: the shape needs 16 bytes, data_offsets give 4");
  EXPECT_ERROR(
      open(make_file(
          R"({"t":{"dtype":"F32","shape":[1152921504606846976],"data_offsets":[0,4611686018427387904]}})",
          "1234")),
      "the tensors take 4611686018427387904 bytes, but 4 bytes follow");
}

TEST_F(SafetensorsTest, RefusesTensorsThatShareData) {
  std::string header = "{";
  for (int i = 0; i < 10; ++i)
    header += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) +
              R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  EXPECT_ERROR(open(make_file(header + "}", "1234")), "tensor t1: its data begin at 0, expected 4",
               "overlap");
}

TEST_F(SafetensorsTest, RefusesHolesAndBackwardOffsets) {
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", "12")),
               "begin at 1, expected 0");
  EXPECT_ERROR(open(make_file(R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}})", "12")),
               "end at 1, before they begin at 2");
}

TEST_F(SafetensorsTest, RefusesExtraAndMissingBytes) {
  const std::string header = R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  EXPECT_ERROR(open(make_file(header, "1234extra")), "the tensors take 4 bytes, but 9 bytes follow");
  EXPECT_ERROR(open(make_file(header, "12")), "the tensors take 4 bytes, but 2 bytes follow", "cut");
  EXPECT_ERROR(open(make_file("{}", "x")), "the tensors take 0 bytes, but 1 bytes follow");
}

TEST_F(SafetensorsTest, NamesAMissingFile) {
  EXPECT_ERROR(SafetensorsFile("/nowhere/x.safetensors"), "/nowhere/x.safetensors: can't be opened");
}

/// The file; nothing when it is refused.
std::optional<SafetensorsFile> open_unless_refused(const std::filesystem::path& path) {
  try {
    return SafetensorsFile(path);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// An Error, or a file all of whose tensors are there and what their shapes say.
bool is_refused_or_consistent(const std::filesystem::path& path) {
  const auto file = open_unless_refused(path);
  if (!file) return true;
  size_t total = 0;
  for (const auto& [name, tensor] : file->tensors()) {
    size_t size = dtype_size(tensor.dtype);
    for (const int64_t extent : tensor.shape) size *= static_cast<size_t>(extent);
    if (size != tensor.num_bytes() || read_text(*file, name).size() != size) return false;
    total += size;
  }
  return total <= std::filesystem::file_size(path);
}

TEST_F(SafetensorsTest, RefusesAFileCutAtAnyByte) {
  write_safetensors(directory_.path() / "whole", kTensors);
  const std::string whole = read_file(directory_.path() / "whole");
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(SafetensorsFile(directory_.file(std::to_string(length), whole.substr(0, length))), Error)
        << length << " bytes";
}

TEST_F(SafetensorsTest, SurvivesRandomDamage) {
  write_safetensors(directory_.path() / "whole", kTensors);
  const std::string whole = read_file(directory_.path() / "whole");
  std::mt19937_64 random(42);
  for (int trial = 0; trial < 3000; ++trial) {
    std::string damaged = whole;
    for (uint64_t flips = 1 + random() % 4; flips > 0; --flips)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    // A new name each time: file systems flush a file that is rewritten, which would take most of the time.
    const auto path = directory_.file(std::to_string(trial), damaged);
    ASSERT_TRUE(is_refused_or_consistent(path)) << "trial " << trial;
  }
}

}  // namespace
}  // namespace angle
