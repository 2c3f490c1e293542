// The functions of lanes.h in one register. Internal linkage.
#pragma once

#include <immintrin.h>

#include "model/kernels/kernels.h"

namespace angle::kernels {
namespace {

using Floats = __m512;
using Words = __m512i;

constexpr int64_t kPanelColumns = kAvx512PanelColumns;
constexpr int kRegisters = 32;

/// Rows that are multiplied together by so many vectors of columns: their sums take at most 24 of the 32
/// registers, and with few columns more rows keep the multipliers busy.
constexpr int64_t tile_rows(int64_t vectors) { return vectors > 2 ? kPanelRows : 2 * kPanelRows; }

/// The first `count` (at most 16) of sixteen lanes.
inline __mmask16 first_lanes(int64_t count) {
  return count >= 16 ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1U << count) - 1);
}

inline Words load_words(const void* from) { return _mm512_loadu_si512(from); }
inline Words load_words(const int32_t* from, int64_t count) {
  return _mm512_maskz_loadu_epi32(first_lanes(count), from);
}
inline void store_words(void* to, Words x) { _mm512_storeu_si512(to, x); }
inline void store_words(int32_t* to, Words x, int64_t count) {
  _mm512_mask_storeu_epi32(to, first_lanes(count), x);
}
inline Words no_words() { return _mm512_setzero_si512(); }
inline Words all_words(int32_t x) { return _mm512_set1_epi32(x); }
inline Words add(Words a, Words b) { return _mm512_add_epi32(a, b); }
inline Words subtract(Words a, Words b) { return _mm512_sub_epi32(a, b); }
inline Words multiply(Words a, Words b) { return _mm512_mullo_epi32(a, b); }

inline Floats load(const float* from) { return _mm512_loadu_ps(from); }
inline Floats load(const float* from, int64_t count) {
  return _mm512_maskz_loadu_ps(first_lanes(count), from);
}
inline void store(float* to, Floats x) { _mm512_storeu_ps(to, x); }
inline void store(float* to, Floats x, int64_t count) { _mm512_mask_storeu_ps(to, first_lanes(count), x); }
inline Floats zeros() { return _mm512_setzero_ps(); }
inline Floats all(float x) { return _mm512_set1_ps(x); }
inline Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
inline Floats subtract(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
inline Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
inline Floats divide(Floats a, Floats b) { return _mm512_div_ps(a, b); }
inline Floats multiply_add(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Floats multiply_subtract(Floats a, Floats b, Floats c) { return _mm512_fmsub_ps(a, b, c); }
/// c − a·b.
inline Floats subtract_product(Floats c, Floats a, Floats b) { return _mm512_fnmadd_ps(a, b, c); }
inline Floats square_root(Floats x) { return _mm512_sqrt_ps(x); }
/// The second where one of the two is NaN.
inline Floats least(Floats a, Floats b) { return _mm512_min_ps(a, b); }
inline Floats largest(Floats a, Floats b) { return _mm512_max_ps(a, b); }
inline Floats magnitude(Floats x) { return _mm512_abs_ps(x); }
inline Floats nearest_whole(Floats x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/// The first `count` of x, others of y.
inline Floats first_of(Floats x, int64_t count, Floats y) {
  return _mm512_mask_mov_ps(y, first_lanes(count), x);
}
/// Those of a where x > 0, others of b.
inline Floats where_positive(Floats x, Floats a, Floats b) {
  return _mm512_mask_mov_ps(b, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ), a);
}
/// Those whose bit is set, others are 0.
inline Floats kept(Floats x, uint16_t bits) { return _mm512_maskz_mov_ps(bits, x); }
inline float sum_of(Floats x) { return _mm512_reduce_add_ps(x); }
inline float least_of(Floats x) { return _mm512_reduce_min_ps(x); }
inline float largest_of(Floats x) { return _mm512_reduce_max_ps(x); }

/// The sum in float64.
inline double wide_sum_of(Floats x) {
  return _mm512_reduce_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(x))) +
         _mm512_reduce_add_pd(_mm512_cvtps_pd(_mm512_extractf32x8_ps(x, 1)));
}

inline Floats as_floats(Words bits) { return _mm512_castsi512_ps(bits); }
inline Words as_words(Floats x) { return _mm512_castps_si512(x); }
inline Floats to_floats(Words x) { return _mm512_cvtepi32_ps(x); }
inline Words to_words(Floats x) { return _mm512_cvtps_epi32(x); }

/// 0 to 15.
inline Words counting() { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
inline Words bitwise_or(Words a, Words b) { return _mm512_or_si512(a, b); }
inline Words exclusive_or(Words a, Words b, Words c) {
  constexpr int kOddNumberOfBits = 0x96;
  return _mm512_ternarylogic_epi32(a, b, c, kOddNumberOfBits);
}
/// Whether all are the bits of 0 or of −0.
inline bool are_zeros(Words bits) { return _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x7FFFFFFF)) == 0; }
/// A bit for each word that is at least the threshold, without signs.
inline uint16_t bits_at_least(Words x, uint32_t threshold) {
  return _mm512_cmpge_epu32_mask(x, _mm512_set1_epi32(static_cast<int>(threshold)));
}

/// The two halves of 64-bit products.
struct Halves {
  Words high, low;
};
inline Halves multiply_halves(Words numbers, uint32_t by) {
  const __m512i factor = _mm512_set1_epi64(by);
  const __m512i even = _mm512_mul_epu32(numbers, factor),
                odd = _mm512_mul_epu32(_mm512_srli_epi64(numbers, 32), factor);
  return {_mm512_mask_mov_epi32(_mm512_srli_epi64(even, 32), 0xAAAA, odd),
          _mm512_mask_mov_epi32(even, 0xAAAA, _mm512_slli_epi64(odd, 32))};
}

/// x · 2^whole, for |x| from ½ to 2 and whole from −150 to 101, as AVX2 needs them.
inline Floats scale_by_power(Floats x, Floats whole) { return _mm512_scalef_ps(x, whole); }

/// Of each word the two signed 16-bit numbers times those of another, and the two products added up.
inline Words multiply_pairs(Words a, Words b) { return _mm512_madd_epi16(a, b); }

#ifdef __AVX512VNNI__
/// Each word of four bytes times one of four signed bytes, and the four products added up.
inline Words add_byte_products(Words sums, Words bytes, Words signed_bytes) {
  return _mm512_dpbusd_epi32(sums, bytes, signed_bytes);
}
#endif

/// The words as bytes, 0 or 255 where they are less or more.
inline void store_bytes(uint8_t* to, Words x) {
  const __m512i positive = _mm512_max_epi32(x, _mm512_setzero_si512());
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtusepi32_epi8(positive));
}
/// The same bytes in 16 bits each.
inline void store_bytes(uint16_t* to, Words x) {
  const __m512i bytes = _mm512_min_epi32(_mm512_max_epi32(x, _mm512_setzero_si512()), _mm512_set1_epi32(255));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(bytes));
}

/// A polynomial's coefficients, by power.
struct Cubic {
  Floats zeroth, first, second, third;
};

/// By the last five bits of each word.
inline Cubic lookup(const GeluTable& table, Words index) {
  const auto choose = [&](const float(&row)[32]) {
    return _mm512_permutex2var_ps(_mm512_load_ps(row), index, _mm512_load_ps(row + 16));
  };
  return {choose(table.coefficients[0]), choose(table.coefficients[1]), choose(table.coefficients[2]),
          choose(table.coefficients[3])};
}

/// Sixteen rows of sixteen words become columns: words, pairs of words, then quarters of registers change
/// places.
inline void transpose(Words (&r)[16]) {
  Words t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
    t[8 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xDD);
    t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xDD);
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0x88);
    r[8 + i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0xDD);
    r[4 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0x88);
    r[12 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0xDD);
  }
}

/// Of bfloat16.
inline Floats load(const uint16_t* from, int64_t count) {
  const __m256i halves = _mm256_maskz_loadu_epi16(first_lanes(count), from);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

/// Rounded to the nearest bfloat16, ties to even; a NaN stays one.
inline __m256i to_bfloat16(Floats x) {
#ifdef __AVX512BF16__
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x));
#else
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i is_odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), is_odd);
  const __m512i kept =
      _mm512_mask_mov_epi32(rounded, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), _mm512_set1_epi32(0x7FC00000));
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(kept, 16));
#endif
}

inline void store(uint16_t* to, Floats x, int64_t count) {
  _mm256_mask_storeu_epi16(to, first_lanes(count), to_bfloat16(x));
}

}  // namespace
}  // namespace angle::kernels
