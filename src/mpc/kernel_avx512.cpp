// AVX-512 with byte-word, vector-length and VNNI instructions (Intel 64 and IA-32 Architectures Software Developer's
// Manual, volume 2). vpdpbusd adds four byte products to a 32-bit lane without saturating, so the low eight bits are
// exact whether bytes are read with a sign or without.
#include "mpc/kernel_list.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)

#include <immintrin.h>

#include "mpc/kernel_loops.h"

namespace {

struct Vector {
  __m512i bits;

  static Vector load(const Byte* from) { return {_mm512_loadu_si512(from)}; }
  void store(Byte* to) const { _mm512_storeu_si512(to, bits); }
  Vector operator&(Vector other) const { return {_mm512_and_si512(bits, other.bits)}; }
  Vector operator^(Vector other) const { return {_mm512_xor_si512(bits, other.bits)}; }
  Vector plus(Vector other) const { return {_mm512_add_epi8(bits, other.bits)}; }
  Vector minus(Vector other) const { return {_mm512_sub_epi8(bits, other.bits)}; }
};

constexpr Size kBlockRows = 8;  // gallery rows at a time: 16 sums, 2 operands and a broadcast fit the 32 registers

__m512i broadcast_entries(const Byte* entries) {
  int value = 0;
  __builtin_memcpy(&value, entries, sizeof(value));
  return _mm512_set1_epi32(value);
}

// The masked form, because GCC 12 warns of its own header's uninitialised value in the plain one.
inline __m128i low_bytes(__m512i lanes) {
  return _mm512_maskz_cvtepi32_epi8(0xFFFF, lanes);
}

struct Sums {
  __m512i low[kBlockRows];   // probe rows 0..15
  __m512i high[kBlockRows];  // probe rows 16..31
};

inline __attribute__((always_inline)) void accumulate(const Byte* operand, const Byte* rows, Size row_stride,
                                                      Sums& sums) {
  for (Size k = 0; k < kTemplateWidth; k += 4) {
    const __m512i low = _mm512_load_si512(operand + k * kTemplateRows);
    const __m512i high = _mm512_load_si512(operand + k * kTemplateRows + 64);
#pragma GCC unroll 8
    for (Size r = 0; r < kBlockRows; ++r) {
      const __m512i entries = broadcast_entries(rows + r * row_stride + k);
      sums.low[r] = _mm512_dpbusd_epi32(sums.low[r], low, entries);
      sums.high[r] = _mm512_dpbusd_epi32(sums.high[r], high, entries);
    }
  }
}

inline __attribute__((always_inline)) void start(Byte initial, Sums& sums) {
#pragma GCC unroll 8
  for (Size r = 0; r < kBlockRows; ++r) sums.low[r] = sums.high[r] = _mm512_set1_epi32(initial);
}

inline __attribute__((always_inline)) void finish(const Sums& sums, Byte* out, Size stride) {
#pragma GCC unroll 8
  for (Size r = 0; r < kBlockRows; ++r) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + r * stride), low_bytes(sums.low[r]));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + r * stride + 16), low_bytes(sums.high[r]));
  }
}

void dots_of_sum(const Byte* operand, const Byte* gallery, Size gallery_rows, Byte initial, Byte* out, Size stride) {
  alignas(64) Byte rows[kBlockRows * kTemplateWidth];
  for (Size j = 0; j < gallery_rows; j += kBlockRows) {
    for (Size r = 0; r < kBlockRows; ++r) {
      const Byte* const row = gallery + (j + r) * kGalleryRowBytes;
      for (Size at = 0; at < kTemplateWidth; at += sizeof(Vector)) {
        Vector::load(row + at).plus(Vector::load(row + kTemplateWidth + at)).store(rows + r * kTemplateWidth + at);
      }
    }
    Sums sums;
    start(initial, sums);
    accumulate(operand, rows, kTemplateWidth, sums);
    finish(sums, out + j * stride, stride);
  }
}

void dots_of_both(const Byte* with_own, const Byte* with_next, const Byte* gallery, Size gallery_rows, Byte initial,
                  Byte* out, Size stride) {
  for (Size j = 0; j < gallery_rows; j += kBlockRows) {
    const Byte* const rows = gallery + j * kGalleryRowBytes;
    Sums sums;
    start(initial, sums);
    accumulate(with_own, rows, kGalleryRowBytes, sums);
    accumulate(with_next, rows + kTemplateWidth, kGalleryRowBytes, sums);
    finish(sums, out + j * stride, stride);
  }
}

void slice(const Byte* bytes, Size size, Byte* planes, Size plane_stride) {
  Size at = 0;
  for (; at + 64 <= size; at += 64) {
    __m512i rest = _mm512_loadu_si512(bytes + at);
    for (Size k = 8; k-- > 0;) {
      const unsigned long long tops = _mm512_movepi8_mask(rest);
      __builtin_memcpy(planes + k * plane_stride + at / 8, &tops, sizeof(tops));
      rest = _mm512_add_epi8(rest, rest);
    }
  }
  slice_words(bytes + at, size - at, planes + at / 8, plane_stride);
}

constexpr Kernel kAvx512 = {
    .name = "avx512",
    .dots_of_sum = dots_of_sum,
    .dots_of_both = dots_of_both,
    .slice = slice,
    .and_gates = and_gates<Vector>,
    .products = products<Vector>,
    .add = combine<Vector, AddStep>,
    .subtract = combine<Vector, SubtractStep>,
    .bit_and = combine<Vector, BitAndStep>,
    .exclusive_or = combine<Vector, ExclusiveOrStep>,
};

}  // namespace

namespace qorgan::mpc {

const Kernel* avx512_kernel() {
  return &kAvx512;
}

}  // namespace qorgan::mpc

#else

namespace qorgan::mpc {

const Kernel* avx512_kernel() {
  return nullptr;
}

}  // namespace qorgan::mpc

#endif
