// The functions of lanes.h in two registers. Internal linkage.
#pragma once

#include <immintrin.h>

#include "model/kernels/kernels.h"

namespace angle::kernels {
namespace {

struct Floats {
  __m256 low, high;
};

struct Words {
  __m256i low, high;
};

constexpr int64_t kPanelColumns = kAvx2PanelColumns;
constexpr int kRegisters = 16;  // two for what is one of AVX-512

/// Rows that are multiplied together: their sums take 12 of the 16 registers.
constexpr int64_t tile_rows(int64_t) { return kPanelRows; }

/// All bits of the first `count` words.
inline Words first_lanes(int64_t count) {
  const __m256i counts = _mm256_set1_epi32(static_cast<int>(count < kVector ? count : kVector));
  return {_mm256_cmpgt_epi32(counts, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
          _mm256_cmpgt_epi32(counts, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15))};
}

inline Words load_words(const void* from) {
  const auto* const halves = static_cast<const __m256i*>(from);
  return {_mm256_loadu_si256(halves), _mm256_loadu_si256(halves + 1)};
}
inline Words load_words(const int32_t* from, int64_t count) {
  if (count >= kVector) return load_words(from);
  const Words lanes = first_lanes(count);
  return {_mm256_maskload_epi32(from, lanes.low), _mm256_maskload_epi32(from + 8, lanes.high)};
}
inline void store_words(void* to, Words x) {
  auto* const halves = static_cast<__m256i*>(to);
  _mm256_storeu_si256(halves, x.low);
  _mm256_storeu_si256(halves + 1, x.high);
}
inline void store_words(int32_t* to, Words x, int64_t count) {
  if (count >= kVector) return store_words(to, x);
  const Words lanes = first_lanes(count);
  _mm256_maskstore_epi32(to, lanes.low, x.low);
  _mm256_maskstore_epi32(to + 8, lanes.high, x.high);
}
inline Words no_words() { return {_mm256_setzero_si256(), _mm256_setzero_si256()}; }
inline Words all_words(int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
inline Words add(Words a, Words b) {
  return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
}
inline Words subtract(Words a, Words b) {
  return {_mm256_sub_epi32(a.low, b.low), _mm256_sub_epi32(a.high, b.high)};
}
inline Words multiply(Words a, Words b) {
  return {_mm256_mullo_epi32(a.low, b.low), _mm256_mullo_epi32(a.high, b.high)};
}

inline Floats load(const float* from) { return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)}; }
inline Floats load(const float* from, int64_t count) {
  if (count >= kVector) return load(from);
  const Words lanes = first_lanes(count);
  return {_mm256_maskload_ps(from, lanes.low), _mm256_maskload_ps(from + 8, lanes.high)};
}
inline void store(float* to, Floats x) {
  _mm256_storeu_ps(to, x.low);
  _mm256_storeu_ps(to + 8, x.high);
}
inline void store(float* to, Floats x, int64_t count) {
  if (count >= kVector) return store(to, x);
  const Words lanes = first_lanes(count);
  _mm256_maskstore_ps(to, lanes.low, x.low);
  _mm256_maskstore_ps(to + 8, lanes.high, x.high);
}
inline Floats zeros() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
inline Floats all(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
inline Floats add(Floats a, Floats b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
inline Floats subtract(Floats a, Floats b) {
  return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
inline Floats multiply(Floats a, Floats b) {
  return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
inline Floats divide(Floats a, Floats b) {
  return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}
inline Floats multiply_add(Floats a, Floats b, Floats c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
inline Floats multiply_subtract(Floats a, Floats b, Floats c) {
  return {_mm256_fmsub_ps(a.low, b.low, c.low), _mm256_fmsub_ps(a.high, b.high, c.high)};
}
/// c − a·b.
inline Floats subtract_product(Floats c, Floats a, Floats b) {
  return {_mm256_fnmadd_ps(a.low, b.low, c.low), _mm256_fnmadd_ps(a.high, b.high, c.high)};
}
inline Floats square_root(Floats x) { return {_mm256_sqrt_ps(x.low), _mm256_sqrt_ps(x.high)}; }
/// The second where one of the two is NaN.
inline Floats least(Floats a, Floats b) {
  return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
}
inline Floats largest(Floats a, Floats b) {
  return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
inline Floats magnitude(Floats x) {
  const __m256 sign = _mm256_set1_ps(-0.0F);
  return {_mm256_andnot_ps(sign, x.low), _mm256_andnot_ps(sign, x.high)};
}
inline Floats nearest_whole(Floats x) {
  constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {_mm256_round_ps(x.low, kNearest), _mm256_round_ps(x.high, kNearest)};
}
/// The first `count` of x, others of y.
inline Floats first_of(Floats x, int64_t count, Floats y) {
  if (count >= kVector) return x;
  const Words lanes = first_lanes(count);
  return {_mm256_blendv_ps(y.low, x.low, _mm256_castsi256_ps(lanes.low)),
          _mm256_blendv_ps(y.high, x.high, _mm256_castsi256_ps(lanes.high))};
}

/// Those of a where x > 0, others of b.
inline Floats where_positive(Floats x, Floats a, Floats b) {
  const __m256 zero = _mm256_setzero_ps();
  return {_mm256_blendv_ps(b.low, a.low, _mm256_cmp_ps(x.low, zero, _CMP_GT_OQ)),
          _mm256_blendv_ps(b.high, a.high, _mm256_cmp_ps(x.high, zero, _CMP_GT_OQ))};
}
/// Those whose bit is set, others are 0.
inline __m256 kept(__m256 x, int bits) {
  const __m256i bit_of_lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  const __m256i set = _mm256_and_si256(_mm256_set1_epi32(bits), bit_of_lane);
  return _mm256_and_ps(x, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, bit_of_lane)));
}
inline Floats kept(Floats x, uint16_t bits) { return {kept(x.low, bits), kept(x.high, bits >> 8)}; }

/// All sixteen to one: halves of registers, then pairs, then two, in the order of AVX-512's.
template <class Combine>
inline float reduced(__m256 eight, const Combine& combine) {
  const __m128 four = combine(_mm256_extractf128_ps(eight, 1), _mm256_castps256_ps128(eight));
  const __m128 two = combine(four, _mm_shuffle_ps(four, four, _MM_SHUFFLE(1, 0, 3, 2)));
  return _mm_cvtss_f32(combine(two, _mm_shuffle_ps(two, two, _MM_SHUFFLE(2, 3, 0, 1))));
}
inline float sum_of(Floats x) {
  return reduced(_mm256_add_ps(x.high, x.low), [](__m128 a, __m128 b) { return _mm_add_ps(a, b); });
}
inline float least_of(Floats x) {
  return reduced(_mm256_min_ps(x.high, x.low), [](__m128 a, __m128 b) { return _mm_min_ps(a, b); });
}
inline float largest_of(Floats x) {
  return reduced(_mm256_max_ps(x.high, x.low), [](__m128 a, __m128 b) { return _mm_max_ps(a, b); });
}

/// The sum in float64.
inline double wide_sum_of(Floats x) {
  const auto sum = [](__m256 eight) {
    const __m256d four = _mm256_add_pd(_mm256_cvtps_pd(_mm256_extractf128_ps(eight, 1)),
                                       _mm256_cvtps_pd(_mm256_castps256_ps128(eight)));
    const __m128d two = _mm_add_pd(_mm256_extractf128_pd(four, 1), _mm256_castpd256_pd128(four));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
  };
  return sum(x.low) + sum(x.high);
}

inline Floats as_floats(Words bits) {
  return {_mm256_castsi256_ps(bits.low), _mm256_castsi256_ps(bits.high)};
}
inline Words as_words(Floats x) { return {_mm256_castps_si256(x.low), _mm256_castps_si256(x.high)}; }
inline Floats to_floats(Words x) { return {_mm256_cvtepi32_ps(x.low), _mm256_cvtepi32_ps(x.high)}; }
inline Words to_words(Floats x) { return {_mm256_cvtps_epi32(x.low), _mm256_cvtps_epi32(x.high)}; }

/// 0 to 15.
inline Words counting() {
  return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)};
}
inline Words bitwise_or(Words a, Words b) {
  return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
}
inline Words exclusive_or(Words a, Words b, Words c) {
  return {_mm256_xor_si256(_mm256_xor_si256(a.low, b.low), c.low),
          _mm256_xor_si256(_mm256_xor_si256(a.high, b.high), c.high)};
}
/// Whether all are the bits of 0 or of −0.
inline bool are_zeros(Words bits) {
  return _mm256_testz_si256(_mm256_or_si256(bits.low, bits.high), _mm256_set1_epi32(0x7FFFFFFF)) != 0;
}
/// A bit for each word that is at least the threshold, without signs.
inline uint16_t bits_at_least(Words x, uint32_t threshold) {
  const auto bits = [limit = _mm256_set1_epi32(static_cast<int>(threshold))](__m256i words) {
    return _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_max_epu32(words, limit), words)));
  };
  return static_cast<uint16_t>(bits(x.low) | bits(x.high) << 8);
}

/// The two halves of 64-bit products.
struct Halves {
  Words high, low;
};
inline Halves multiply_halves(Words numbers, uint32_t by) {
  const __m256i factor = _mm256_set1_epi64x(by);
  Halves result;
  const auto multiply = [&](__m256i x, __m256i& high, __m256i& low) {
    const __m256i even = _mm256_mul_epu32(x, factor),
                  odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), factor);
    high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
  };
  multiply(numbers.low, result.high.low, result.low.low);
  multiply(numbers.high, result.high.high, result.low.high);
  return result;
}

/// x · 2^whole, for |x| from ½ to 2 and whole from −150 to 101.
inline Floats scale_by_power(Floats x, Floats whole) {
  // By 2^25 too much, so that there is an exponent for it; the product then rounds what is denormal.
  const Words power = to_words(add(whole, all(25.0F)));
  const Words exponent = {_mm256_slli_epi32(power.low, 23), _mm256_slli_epi32(power.high, 23)};
  return multiply(as_floats(add(as_words(x), exponent)), all(0x1p-25F));
}

/// Of each word the two signed 16-bit numbers times those of another, and the two products added up. The
/// instruction for bytes, vpmaddubsw, adds in 16 bits, which overflow.
inline Words multiply_pairs(Words a, Words b) {
  return {_mm256_madd_epi16(a.low, b.low), _mm256_madd_epi16(a.high, b.high)};
}

#ifdef __AVXVNNI__
/// Each word of four bytes times one of four signed bytes, and the four products added up.
inline Words add_byte_products(Words sums, Words bytes, Words signed_bytes) {
  return {_mm256_dpbusd_avx_epi32(sums.low, bytes.low, signed_bytes.low),
          _mm256_dpbusd_avx_epi32(sums.high, bytes.high, signed_bytes.high)};
}
#endif

/// The words in half of their size.
inline __m256i halved(Words x) {
  // The instruction does not cross the middle of a register.
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(x.low, x.high), _MM_SHUFFLE(3, 1, 2, 0));
}

/// The words as bytes, 0 or 255 where they are less or more.
inline void store_bytes(uint8_t* to, Words x) {
  const __m256i halves = halved(x);
  const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
}
/// The same bytes in 16 bits each.
inline void store_bytes(uint16_t* to, Words x) {
  const __m256i bytes =
      _mm256_min_epi16(_mm256_max_epi16(halved(x), _mm256_setzero_si256()), _mm256_set1_epi16(255));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
}

/// A polynomial's coefficients, by power.
struct Cubic {
  Floats zeroth, first, second, third;
};

/// By the last five bits of each word: rows of the table, which become columns. To choose among its registers
/// was slower; an instruction that gathers is much slower on CPUs whose microcode guards it ("Downfall").
inline void lookup(const GeluTable& table, __m256i index, __m256 (&by_power)[4]) {
  alignas(32) uint32_t intervals[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(intervals), _mm256_and_si256(index, _mm256_set1_epi32(31)));
  const auto rows = [&](int lane) {  // of two lanes, one in each half
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_load_ps(table.intervals[intervals[lane]])),
                                _mm_load_ps(table.intervals[intervals[4 + lane]]), 1);
  };
  const __m256 a = rows(0), b = rows(1), c = rows(2), d = rows(3);
  const __m256d low_ab = _mm256_castps_pd(_mm256_unpacklo_ps(a, b)),
                low_cd = _mm256_castps_pd(_mm256_unpacklo_ps(c, d)),
                high_ab = _mm256_castps_pd(_mm256_unpackhi_ps(a, b)),
                high_cd = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
  by_power[0] = _mm256_castpd_ps(_mm256_unpacklo_pd(low_ab, low_cd));
  by_power[1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low_ab, low_cd));
  by_power[2] = _mm256_castpd_ps(_mm256_unpacklo_pd(high_ab, high_cd));
  by_power[3] = _mm256_castpd_ps(_mm256_unpackhi_pd(high_ab, high_cd));
}
inline Cubic lookup(const GeluTable& table, Words index) {
  __m256 low[4], high[4];
  lookup(table, index.low, low);
  lookup(table, index.high, high);
  return {{low[0], high[0]}, {low[1], high[1]}, {low[2], high[2]}, {low[3], high[3]}};
}

/// Eight rows of eight words become columns: words, pairs of words, then halves of registers change places.
inline void transpose(__m256i (&r)[8]) {
  __m256i t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm256_permute2x128_si256(r[i], r[4 + i], 0x20);
    t[4 + i] = _mm256_permute2x128_si256(r[i], r[4 + i], 0x31);
  }
  for (int i = 0; i < 8; ++i) r[i] = t[i];
}

/// Sixteen rows of sixteen words become columns, by quarters.
inline void transpose(Words (&r)[16]) {
  __m256i upper_left[8], upper_right[8], lower_left[8], lower_right[8];
  for (int i = 0; i < 8; ++i) {
    upper_left[i] = r[i].low;
    upper_right[i] = r[i].high;
    lower_left[i] = r[8 + i].low;
    lower_right[i] = r[8 + i].high;
  }
  transpose(upper_left);
  transpose(upper_right);
  transpose(lower_left);
  transpose(lower_right);
  for (int i = 0; i < 8; ++i) {
    r[i] = {upper_left[i], lower_left[i]};
    r[8 + i] = {upper_right[i], lower_right[i]};
  }
}

}  // namespace
}  // namespace angle::kernels
