// AVX2. vpmaddubsw would saturate; vpmullw does not, and the low byte of a 16-bit product depends on the low bytes of
// its factors alone, so that even bytes are multiplied in place and odd bytes after a shift.
#include "mpc/kernel_list.h"

#if defined(__AVX2__)

#include <immintrin.h>

#include "mpc/kernel_loops.h"

namespace {

struct Vector {
  __m256i bits;

  static Vector load(const Byte* from) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))}; }
  void store(Byte* to) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bits); }
  Vector operator&(Vector other) const { return {_mm256_and_si256(bits, other.bits)}; }
  Vector operator^(Vector other) const { return {_mm256_xor_si256(bits, other.bits)}; }
  Vector plus(Vector other) const { return {_mm256_add_epi8(bits, other.bits)}; }
  Vector minus(Vector other) const { return {_mm256_sub_epi8(bits, other.bits)}; }
};

constexpr Size kBlockRows = 2;   // gallery rows at a time: with 4 sums each, their factors fit the 16 registers
constexpr Size kRowVectors = 4;  // 8 probe rows a vector

struct Sums {
  // 16-bit lanes of which the low bytes count; a probe row has two of them.
  __m256i lanes[kBlockRows][kRowVectors];
};

inline __attribute__((always_inline)) void accumulate(const Byte* operand, const Byte* rows, Size row_stride,
                                                      Sums& sums) {
  for (Size k = 0; k < kTemplateWidth; k += 4) {
    __m256i even[kBlockRows];
    __m256i odd[kBlockRows];
    for (Size r = 0; r < kBlockRows; ++r) {
      int entries = 0;
      __builtin_memcpy(&entries, rows + r * row_stride + k, sizeof(entries));
      even[r] = _mm256_set1_epi32(entries);
      odd[r] = _mm256_srli_epi16(even[r], 8);
    }
    for (Size v = 0; v < kRowVectors; ++v) {
      const __m256i factor_even = Vector::load(operand + k * kTemplateRows + 32 * v).bits;
      const __m256i factor_odd = _mm256_srli_epi16(factor_even, 8);
      for (Size r = 0; r < kBlockRows; ++r) {
        const __m256i products =
            _mm256_add_epi16(_mm256_mullo_epi16(factor_even, even[r]), _mm256_mullo_epi16(factor_odd, odd[r]));
        sums.lanes[r][v] = _mm256_add_epi16(sums.lanes[r][v], products);
      }
    }
  }
}

// The low bytes of 8 probe rows' sums, packed into the low 8 bytes.
inline __m128i packed(__m256i lanes) {
  const __m256i totals =
      _mm256_and_si256(_mm256_add_epi32(lanes, _mm256_srli_epi32(lanes, 16)), _mm256_set1_epi32(0xFF));
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(totals), _mm256_extracti128_si256(totals, 1));
  return _mm_packus_epi16(words, words);
}

inline void finish(const Sums& sums, Byte initial, Byte* out, Size stride) {
  for (Size r = 0; r < kBlockRows; ++r) {
    for (Size v = 0; v < kRowVectors; ++v) {
      const __m128i bytes = _mm_add_epi8(packed(sums.lanes[r][v]), _mm_set1_epi8(static_cast<char>(initial)));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out + r * stride + 8 * v), bytes);
    }
  }
}

void dots_of_sum(const Byte* operand, const Byte* gallery, Size gallery_rows, Byte initial, Byte* out, Size stride) {
  for (Size j = 0; j < gallery_rows; j += kBlockRows) {
    Byte rows[kBlockRows * kTemplateWidth];
    for (Size r = 0; r < kBlockRows; ++r) {
      const Byte* const row = gallery + (j + r) * kGalleryRowBytes;
      combine<Vector, AddStep>(row, row + kTemplateWidth, kTemplateWidth, rows + r * kTemplateWidth);
    }
    Sums sums = {};
    accumulate(operand, rows, kTemplateWidth, sums);
    finish(sums, initial, out + j * stride, stride);
  }
}

void dots_of_both(const Byte* with_own, const Byte* with_next, const Byte* gallery, Size gallery_rows, Byte initial,
                  Byte* out, Size stride) {
  for (Size j = 0; j < gallery_rows; j += kBlockRows) {
    const Byte* const rows = gallery + j * kGalleryRowBytes;
    Sums sums = {};
    accumulate(with_own, rows, kGalleryRowBytes, sums);
    accumulate(with_next, rows + kTemplateWidth, kGalleryRowBytes, sums);
    finish(sums, initial, out + j * stride, stride);
  }
}

void slice(const Byte* bytes, Size size, Byte* planes, Size plane_stride) {
  Size at = 0;
  for (; at + 32 <= size; at += 32) {
    __m256i rest = Vector::load(bytes + at).bits;
    for (Size k = 8; k-- > 0;) {
      const int tops = _mm256_movemask_epi8(rest);
      __builtin_memcpy(planes + k * plane_stride + at / 8, &tops, sizeof(tops));
      rest = _mm256_add_epi8(rest, rest);
    }
  }
  slice_words(bytes + at, size - at, planes + at / 8, plane_stride);
}

constexpr Kernel kAvx2 = {
    .name = "avx2",
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

const Kernel* avx2_kernel() {
  return &kAvx2;
}

}  // namespace qorgan::mpc

#else

namespace qorgan::mpc {

const Kernel* avx2_kernel() {
  return nullptr;
}

}  // namespace qorgan::mpc

#endif
