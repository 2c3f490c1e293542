// Invariants:
//  - each format holds the rows' exact numbers, in order, for float32, int8 and uint8; decimal ones are the
//    shortest; the number of threads does not matter;
//  - the extension names the format, an unknown one is an error that lists them;
//  - files appear when they are finished; npy then has the right number of rows;
//  - a later writer goes on behind the saved rows.
#include "angle/embed/writer.h"

#include <bit>
#include <cstdint>
#include <limits>
#include <sstream>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "angle/io/file.h"
#include "angle/io/json.h"
#include "angle/io/npy.h"

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

namespace fs = std::filesystem;

TEST(EmbeddingFormat, IsThatOfTheExtension) {
  EXPECT_EQ(embedding_format("-"), EmbeddingFormat::jsonl);
  EXPECT_EQ(embedding_format("a/b.jsonl"), EmbeddingFormat::jsonl);
  EXPECT_EQ(embedding_format("b.npy"), EmbeddingFormat::npy);
  EXPECT_EQ(embedding_format("b.x.tsv"), EmbeddingFormat::tsv);
  EXPECT_EQ(embedding_format("b.raw"), EmbeddingFormat::raw);
  EXPECT_EQ(embedding_format("b.bin"), EmbeddingFormat::raw);
  EXPECT_ERROR(embedding_format("b.csv"), "b.csv: the extension \".csv\" names no format",
               ".jsonl, .npy, .tsv, .raw or .bin", "--format");
  EXPECT_ERROR(embedding_format("vectors"), "the extension \"\" names no format");
  EXPECT_EQ(format_of_extension("a.npy/b.bin"), EmbeddingFormat::raw);
  for (const char* name : {"-", "vectors", "a.npy/b", "b.csv", "b.tsv.gz"})
    EXPECT_FALSE(format_of_extension(name)) << name;
}

TEST(FormatEmbeddings, WritesTheShortestNumbers) {
  const Tensor rows = at::tensor({0.1F, -2.F, 1.F / 3, 1e-20F}).view({2, 2});
  EXPECT_EQ(format_embeddings(rows, EmbeddingFormat::jsonl, 5),
            "{\"index\":5,\"embedding\":[0.1,-2]}\n{\"index\":6,\"embedding\":[0.33333334,1e-20]}\n");
  EXPECT_EQ(format_embeddings(rows, EmbeddingFormat::tsv, 5), "0.1\t-2\n0.33333334\t1e-20\n");
  const Tensor bytes = at::tensor({-128, 127}, at::kChar).view({1, 2});
  EXPECT_EQ(format_embeddings(bytes, EmbeddingFormat::jsonl, 0), "{\"index\":0,\"embedding\":[-128,127]}\n");
  EXPECT_EQ(format_embeddings(at::tensor({0, 255}, at::kByte).view({1, 2}), EmbeddingFormat::tsv, 0),
            "0\t255\n");
}

TEST(FormatEmbeddings, ReadsBackAsTheSameNumbers) {
  const float largest = std::numeric_limits<float>::max(),
              smallest = std::numeric_limits<float>::denorm_min();
  const Tensor rows = at::cat({at::randn({100}), at::tensor({largest, smallest, -0.F, 0.F})}).view({1, 104});
  const auto* numbers = rows.const_data_ptr<float>();
  std::istringstream tsv(format_embeddings(rows, EmbeddingFormat::tsv, 0));
  const json parsed = parse_json(format_embeddings(rows, EmbeddingFormat::jsonl, 0), "row");
  for (size_t i = 0; i < 104; ++i) {
    std::string field;
    tsv >> field;
    const float from_tsv = std::strtof(field.c_str(), nullptr);
    EXPECT_EQ(std::bit_cast<uint32_t>(from_tsv), std::bit_cast<uint32_t>(numbers[i])) << field;
    EXPECT_EQ(parsed["embedding"][i].get<float>(), numbers[i]);
  }
}

TEST(FormatEmbeddings, CopiesTheBytesForRaw) {
  const Tensor rows = at::tensor({1.F, -0.5F}).view({2, 1});
  EXPECT_EQ(format_embeddings(rows, EmbeddingFormat::raw, 0),
            std::string("\x00\x00\x80\x3f\x00\x00\x00\xbf", 8));
}

TEST(FormatEmbeddings, KeepsTheOrderOfRowsWithSeveralThreads) {
  const Tensor rows = at::randn({101, 7});
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  for (const auto format : {EmbeddingFormat::jsonl, EmbeddingFormat::tsv}) {
    std::string expected;
    for (int64_t row = 0; row < rows.size(0); ++row)
      expected += format_embeddings(rows.slice(0, row, row + 1), format, 1000 + row);
    EXPECT_EQ(format_embeddings(rows, format, 1000), expected);
    EXPECT_EQ(format_embeddings(rows.slice(0, 0, 0), format, 0), "");
  }
  at::set_num_threads(before);
}

TEST(EmbeddingWriter, ShowsTheFileWhenItIsFinished) {
  const testing::TempDir directory;
  const fs::path path = directory.path() / "vectors.npy";
  {
    EmbeddingWriter writer(path, EmbeddingFormat::npy);
    writer.begin(at::kFloat, 2, std::nullopt);
    const Tensor rows = at::arange(2000, at::kFloat).view({1000, 2});
    EXPECT_TRUE(writer.write(rows.slice(0, 0, 999)));
    EXPECT_TRUE(writer.write(rows.slice(0, 999)));
    EXPECT_FALSE(fs::exists(path));
    writer.finish();
    EXPECT_EQ(read_file(path), npy_header("<f4", 1000, 2) + format_embeddings(rows, EmbeddingFormat::raw, 0));
  }
  EXPECT_FALSE(fs::exists(directory.path() / "vectors.npy.part"));
}

TEST(EmbeddingWriter, WritesAnEmptyArray) {
  const testing::TempDir directory;
  EmbeddingWriter writer(directory.path() / "vectors", EmbeddingFormat::npy);
  writer.begin(at::kByte, 48, std::nullopt);
  writer.finish();
  EXPECT_EQ(read_file(directory.path() / "vectors"), npy_header("|u1", 0, 48));
}

TEST(EmbeddingWriter, GoesOnBehindTheSavedRows) {
  const testing::TempDir directory;
  const Tensor rows = at::arange(6, at::kFloat).view({3, 2});
  for (const auto format :
       {EmbeddingFormat::jsonl, EmbeddingFormat::npy, EmbeddingFormat::tsv, EmbeddingFormat::raw}) {
    const fs::path path = directory.path() / "vectors";
    {
      EmbeddingWriter writer(path, format);
      EXPECT_FALSE(writer.saved());
      writer.begin(at::kFloat, 2, std::nullopt);
      writer.write(rows.slice(0, 0, 1));
      writer.save({{"name", "job"}});
      writer.write(rows.slice(0, 1, 2));
    }
    EmbeddingWriter writer(path, format);
    ASSERT_TRUE(writer.saved());
    EXPECT_EQ(writer.saved()->rows, 1);
    EXPECT_EQ(writer.saved()->job, json({{"name", "job"}}));
    writer.resume(at::kFloat, 2, std::nullopt);
    EXPECT_EQ(writer.rows(), 1);
    writer.write(rows.slice(0, 1));
    writer.finish();
    const std::string header = format == EmbeddingFormat::npy ? npy_header("<f4", 3, 2) : "";
    EXPECT_EQ(read_file(path), header + format_embeddings(rows, format, 0));
  }
}

TEST(EmbeddingWriter, RefusesNpyOnStdoutWithoutTheNumberOfRows) {
  EmbeddingWriter writer("-", EmbeddingFormat::npy);
  EXPECT_ERROR(writer.begin(at::kFloat, 2, std::nullopt), "<stdout>: npy", "number of rows",
               "--format raw or jsonl");
}

TEST(EmbeddingWriter, RefusesAnotherNumberOfRowsThanAnnounced) {
  const testing::TempDir directory;
  const auto path = directory.path() / "vectors.npy";
  {
    EmbeddingWriter begun(path, EmbeddingFormat::npy);
    begun.begin(at::kFloat, 1, 2);
    begun.write(at::zeros({1, 1}));
    begun.save({{"name", "job"}});
  }
  EmbeddingWriter writer(path, EmbeddingFormat::npy);
  writer.resume(at::kFloat, 1, 2);
  EXPECT_ERROR(writer.finish(), "it had 2 texts when they were counted, 1 when embedded");
}

}  // namespace
}  // namespace angle
