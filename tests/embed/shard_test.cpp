// Shards of an input:
//  - I/N is read strictly;
//  - the shards of an input follow each other and are all of it; they differ by no more than a text, so of
//    fewer texts than shards some are empty.
#include "angle/embed/shard.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/temp_dir.h"

namespace angle {
namespace {

TEST(Shard, IsReadStrictly) {
  const Shard shard = parse_shard("2/8");
  EXPECT_EQ(shard.index, 2);
  EXPECT_EQ(shard.count, 8);
  for (const char* text : {"", "2", "/", "2/", "/8", "0/8", "9/8", "-1/8", "2/8x", " 2/8", "2/8/1", "1.5/2",
                           "99999999999999999999/2"})
    EXPECT_ERROR(parse_shard(text), std::string("--shard ") + text, "expected I/N");
}

class FindShard : public ::testing::Test {
 protected:
  ShardRange find(const Shard& shard) {
    TextReader texts(input_);
    return find_shard(texts, shard);
  }

  testing::TempDir directory_;
  std::filesystem::path input_ = directory_.file("in.txt", "a\nbb\nc\nd\ne\nf\ng\nh\ni\nj\n");  // 10 texts
};

TEST_F(FindShard, DividesTheTextsEvenly) {
  for (const int64_t count : {1, 2, 3, 4, 9, 15}) {
    int64_t end = 0;
    for (int64_t index = 1; index <= count; ++index) {
      const ShardRange range = find({index, count});
      EXPECT_EQ(range.first_text, end);
      EXPECT_GE(range.texts, 10 / count);
      EXPECT_LE(range.texts, 10 / count + 1);
      end += range.texts;
    }
    EXPECT_EQ(end, 10) << count;
  }
}

}  // namespace
}  // namespace angle
