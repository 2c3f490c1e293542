// Invariants:
//  - every byte equals sentence-transformers' quantize_embeddings (tests/golden/quantization), clipped
//    values, constant dimensions and dimensions that don't fill a byte included;
//  - ranges survive a file, and files that don't fit are refused with the reason.
#include "angle/embed/quantize.h"

#include <cmath>
#include <map>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/io/json.h"
#include "angle/io/npy.h"
#include "angle/model/weights.h"

#include "support/expect_error.h"
#include "support/golden.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

class GoldenQuantization : public ::testing::TestWithParam<std::tuple<std::string, Quantization>> {};

TEST_P(GoldenQuantization, IsExact) {
  ANGLE_REQUIRE_GOLDEN(file, "quantization/expected.safetensors");
  std::map<std::string, Tensor> golden;
  for (const NamedTensor& entry : read_tensors(file)) golden[entry.name] = entry.tensor;
  const auto& [set, quantization] = GetParam();
  const Tensor expected = golden.at(set + "." + json(quantization).get<std::string>());
  const Tensor embeddings = golden.at(set + ".embeddings");
  const Tensor actual = quantize(embeddings, quantization, golden.at(set + ".ranges"));
  EXPECT_EQ(actual.scalar_type(), element_type(quantization));
  EXPECT_EQ(actual.size(1), quantized_columns(quantization, embeddings.size(1)));
  EXPECT_TRUE(at::equal(actual, expected));
}

INSTANTIATE_TEST_SUITE_P(, GoldenQuantization,
                         ::testing::Combine(::testing::Values("minilm", "small"),
                                            ::testing::Values(Quantization::int8, Quantization::uint8,
                                                              Quantization::binary, Quantization::ubinary)),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" +
                                  json(std::get<1>(test.param)).get<std::string>();
                         });

TEST(Quantize, NeedsARangeForEveryDimension) {
  EXPECT_THROW(quantize(at::zeros({1, 3}), Quantization::int8), c10::Error);
  EXPECT_THROW(quantize(at::zeros({1, 3}), Quantization::uint8, at::zeros({2, 1})), c10::Error);
  EXPECT_EQ(quantize(at::zeros({1, 3}), Quantization::ubinary)[0][0].item<int>(), 0);
}

TEST(Ranges, SurviveAFile) {
  const testing::TempDir directory;
  const Tensor ranges = at::tensor({-1.5F, -0.1F, 0.F, 2.F, 1e-30F, 0.F}).view({2, 3});
  write_ranges(directory.path() / "ranges.npy", ranges);
  EXPECT_TRUE(at::equal(read_ranges(directory.path() / "ranges.npy", 3), ranges));
}

TEST(Ranges, RefusesWhatDoesNotFit) {
  const testing::TempDir directory;
  const auto path = directory.path() / "ranges.npy";
  write_ranges(path, at::tensor({0.F, 1.F, 2.F, 0.5F}).view({2, 2}));
  EXPECT_ERROR(read_ranges(path, 3), "ranges.npy: expected float32 numbers of shape (2, 3)",
               "'shape': (2, 2)");
  EXPECT_ERROR(read_ranges(path, 2), "ranges.npy: dimension 1: the lowest value", "above the highest");
  write_ranges(path, at::tensor({0.F, NAN}).view({2, 1}));
  EXPECT_ERROR(read_ranges(path, 1), "NaN or infinite");
  EXPECT_ERROR(read_ranges(directory.file("text", "0\t1\n0\t1\n0\t1\n"), 2), "text: not a NumPy .npy file");
  EXPECT_ERROR(read_ranges(directory.file("short", npy_header("<f4", 2, 3).substr(0, 60)), 3), "cut short");
  EXPECT_ERROR(read_ranges(directory.file("data", npy_header("<f4", 2, 3) + "1234"), 3),
               "expected 24 bytes of numbers, found 4");
  EXPECT_ERROR(read_ranges(directory.file("double", npy_header("<f8", 2, 3)), 3), "found {'descr': '<f8'");
}

}  // namespace
}  // namespace angle
