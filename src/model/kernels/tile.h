// The matrix product that everything else is made of, with all sums in registers: by AVX-512 up to twelve
// rows times 32 columns or six times 64, by AVX2 six times 16.
//
// Names here have internal linkage: every file that includes this is compiled for other instructions.
#pragma once

#include "model/kernels/lanes.h"

namespace angle::kernels {
namespace {

constexpr int64_t kPanelVectors = kPanelColumns / kVector;

struct Float32 {
  using Sums = Floats;
  static constexpr Element kElement = Element::float32;
  static Sums zero() { return zeros(); }
  static Sums add_products(Sums sums, Words left, Words right) {
    return multiply_add(as_floats(left), as_floats(right), sums);
  }
  static Words bits(Sums sums) { return as_words(sums); }
};

#ifdef __AVX512BF16__
struct BFloat16 {
  using Sums = __m512;
  static constexpr Element kElement = Element::bfloat16;
  static Sums zero() { return _mm512_setzero_ps(); }
  static Sums add_products(Sums sums, __m512i left, __m512i right) {
    return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(left), reinterpret_cast<__m512bh>(right));
  }
  static __m512i bits(Sums sums) { return _mm512_castps_si512(sums); }
};
#endif

struct WideUInt8 {  // times signed bytes of 16 bits, sums in int32
  using Sums = Words;
  static constexpr Element kElement = Element::wide_uint8;
  static Sums zero() { return no_words(); }
  static Sums add_products(Sums sums, Words left, Words right) {
    return add(sums, multiply_pairs(left, right));
  }
  static Words bits(Sums sums) { return sums; }
};

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
struct UInt8 {  // times signed bytes, sums in int32
  using Sums = Words;
  static constexpr Element kElement = Element::uint8;
  static Sums zero() { return no_words(); }
  static Sums add_products(Sums sums, Words left, Words right) {
    return add_byte_products(sums, left, right);
  }
  static Words bits(Sums sums) { return sums; }
};
#endif

/// out = left · right; all strides in words.
struct Tile {
  const int32_t* left;
  int64_t left_stride;
  const int32_t* right;  // [words, right_stride]
  int64_t right_stride;
  int64_t words;
  int32_t* out;  // the bits of Format::Sums
  int64_t out_stride;
};

/// @tparam kRows, kVectors  so that the sums are in registers, see tile_rows()
template <class Format, int kRows, int kVectors>
void multiply_registers(const Tile& tile) {
  typename Format::Sums sums[kRows][kVectors];
#pragma GCC unroll 12
  for (int row = 0; row < kRows; ++row)
#pragma GCC unroll 4
    for (int vector = 0; vector < kVectors; ++vector) sums[row][vector] = Format::zero();
  const int32_t* left = tile.left;
  const int32_t* right = tile.right;
  const int64_t left_stride = tile.left_stride;
  for (int64_t word = 0; word < tile.words; ++word, ++left, right += tile.right_stride) {
    Words columns[kVectors];
#pragma GCC unroll 4
    for (int vector = 0; vector < kVectors; ++vector) columns[vector] = load_words(right + vector * kVector);
#pragma GCC unroll 12
    for (int row = 0; row < kRows; ++row) {
      const Words element = all_words(left[row * left_stride]);
#pragma GCC unroll 4
      for (int vector = 0; vector < kVectors; ++vector)
        sums[row][vector] = Format::add_products(sums[row][vector], element, columns[vector]);
    }
  }
#pragma GCC unroll 12
  for (int row = 0; row < kRows; ++row)
#pragma GCC unroll 4
    for (int vector = 0; vector < kVectors; ++vector)
      store_words(tile.out + row * tile.out_stride + vector * kVector, Format::bits(sums[row][vector]));
}

template <class Format, int kVectors, int kRows = tile_rows(kVectors)>
void multiply_rows(int64_t rows, const Tile& tile) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return multiply_registers<Format, kRows, kVectors>(tile);
    multiply_rows<Format, kVectors, kRows - 1>(rows, tile);
  }
}

/// @param rows     1 to tile_rows(vectors)
/// @param vectors  1 to kPanelVectors, of kVector columns
template <class Format, int kVectors = kPanelVectors>
void multiply_tile(int64_t rows, int64_t vectors, const Tile& tile) {
  if constexpr (kVectors > 1)
    if (vectors < kVectors) return multiply_tile<Format, kVectors - 1>(rows, vectors, tile);
  multiply_rows<Format, kVectors>(rows, tile);
}

/// Any number of rows. Inline, or attention to short texts takes a tenth longer: the copy of the tile that a
/// call takes waits until its members are written.
template <class Format>
inline void multiply_tiles(int64_t rows, int64_t vectors, Tile tile) {
  const int64_t step = tile_rows(vectors);
  for (int64_t row = 0; row < rows; row += step) {
    multiply_tile<Format>(rows - row < step ? rows - row : step, vectors, tile);
    tile.left += step * tile.left_stride;
    tile.out += step * tile.out_stride;
  }
}

}  // namespace
}  // namespace angle::kernels
