// Shards of an input:
//  - I/N is read strictly;
//  - the shards of an input follow each other, end with windows, differ by no more than a window, and are all
//  of it;
//  - of fewer windows than shards some shards are empty.
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
  ShardRange find(int64_t index, int64_t count) {
    TextReader texts(input_);
    return find_shard(texts, {index, count}, /*window_texts=*/3, /*window_bytes=*/1000);
  }

  testing::TempDir directory_;
  std::filesystem::path input_ =
      directory_.file("in.txt", "a\nbb\nc\nd\ne\nf\ng\nh\ni\nj\n");  // 10 texts, 4 windows
};

TEST_F(FindShard, DividesTheWindows) {
  for (const int64_t count : {1, 2, 3, 4, 9}) {
    ShardRange before;
    for (int64_t index = 1; index <= count; ++index) {
      const ShardRange range = find(index, count);
      EXPECT_EQ(range.first_text, before.first_text + before.texts);
      EXPECT_EQ(range.first_byte, before.end_byte);
      EXPECT_LE(range.texts, 3 * ((4 + count - 1) / count));
      if (index < count) {
        EXPECT_EQ((range.first_text + range.texts) % 3, 0);
      }
      before = range;
    }
    EXPECT_EQ(before.first_text + before.texts, 10);
    EXPECT_EQ(before.end_byte, 21);
  }
}

TEST_F(FindShard, LeavesSomeEmptyWhenThereAreTooMany) {
  int64_t empty = 0;
  for (int64_t index = 1; index <= 6; ++index) empty += find(index, 6).texts == 0 ? 1 : 0;
  EXPECT_EQ(empty, 2);
}

}  // namespace
}  // namespace angle
