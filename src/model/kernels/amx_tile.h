// AMX: eight registers of up to sixteen rows of 64 bytes ("tiles"), and instructions that multiply whole
// tiles (Intel's manual, volume 1, chapter 18). A tile of the left side holds sixteen words of sixteen rows,
// one of the right side sixteen columns of as many words, in the order in which tile.h reads them too.
// Internal linkage, see tile.h.
#pragma once

#include <immintrin.h>
#include <initializer_list>

#include "model/kernels/kernels.h"

namespace angle::kernels {
namespace {

constexpr int64_t kTileRows = 16;   // of the left side and of the sums
constexpr int64_t kTileWords = 16;  // of a row of the left side: one step of a product

/// The sums that a product keeps in registers. Tiles 0 and 1 are its upper rows, 2 and 3 its lower ones;
/// tiles 4 and 5 the upper and lower rows of the left side; tiles 6 and 7 the columns of the right side.
constexpr int64_t kBlockRows = kAmxPanelRows;
static_assert(kBlockRows == 2 * kTileRows);
constexpr int64_t kBlockColumns = kAmxPanelColumns;

/// What _tile_loadconfig() reads.
struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t bytes_per_row[16] = {};
  uint8_t rows[16] = {};
};

/// Prepares the tiles for blocks of so many rows, at most kBlockRows.
inline void configure_tiles(int64_t rows) {
  TileConfig config;
  const auto set = [&config](std::initializer_list<int> tiles, int64_t count) {
    for (const int tile : tiles) {
      config.rows[tile] = static_cast<uint8_t>(count);
      config.bytes_per_row[tile] = count > 0 ? 64 : 0;
    }
  };
  const int64_t upper = rows < kTileRows ? rows : kTileRows;
  set({0, 1, 4}, upper);
  set({2, 3, 5}, rows - upper);
  set({6, 7}, kTileWords);
  _tile_loadconfig(&config);
}

/// GCC 12 does not know that instructions on tiles read and write memory: this has to stand between them and
/// other accesses to the same memory.
inline void memory_barrier() { asm volatile("" ::: "memory"); }

}  // namespace
}  // namespace angle::kernels
