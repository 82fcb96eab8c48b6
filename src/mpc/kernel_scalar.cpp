#include <cstring>

#include "mpc/kernel_list.h"
#include "mpc/kernel_loops.h"

namespace {

// Eight bytes in one machine word.
struct Word {
  unsigned long long bits;

  static constexpr unsigned long long kTops = 0x8080808080808080ULL;

  static Word load(const Byte* from) {
    Word word;
    std::memcpy(&word.bits, from, sizeof(word.bits));
    return word;
  }
  void store(Byte* to) const { std::memcpy(to, &bits, sizeof(bits)); }
  Word operator&(Word other) const { return {bits & other.bits}; }
  Word operator^(Word other) const { return {bits ^ other.bits}; }
  // The top bit of each byte apart, so that no carry or borrow reaches the byte above.
  Word plus(Word other) const { return {((bits & ~kTops) + (other.bits & ~kTops)) ^ ((bits ^ other.bits) & kTops)}; }
  Word minus(Word other) const { return {((bits | kTops) - (other.bits & ~kTops)) ^ ((bits ^ ~other.bits) & kTops)}; }
};

void accumulate(const Byte* operand, const Byte* row, Byte* out) {
  unsigned sums[kTemplateRows] = {};
  for (Size k = 0; k < kTemplateWidth; k += 4) {
    for (Size i = 0; i < kTemplateRows; ++i) {
      const Byte* const entries = operand + k * kTemplateRows + 4 * i;
      for (Size e = 0; e < 4; ++e) sums[i] += unsigned{entries[e]} * row[k + e];
    }
  }
  for (Size i = 0; i < kTemplateRows; ++i) out[i] = static_cast<Byte>(out[i] + sums[i]);
}

void dots_of_sum(const Byte* operand, const Byte* gallery, Size gallery_rows, Byte initial, Byte* out, Size stride) {
  for (Size j = 0; j < gallery_rows; ++j) {
    Byte row[kTemplateWidth];
    combine<Word, AddStep>(gallery + j * kGalleryRowBytes, gallery + j * kGalleryRowBytes + kTemplateWidth,
                           kTemplateWidth, row);
    std::memset(out + j * stride, initial, kTemplateRows);
    accumulate(operand, row, out + j * stride);
  }
}

void dots_of_both(const Byte* with_own, const Byte* with_next, const Byte* gallery, Size gallery_rows, Byte initial,
                  Byte* out, Size stride) {
  for (Size j = 0; j < gallery_rows; ++j) {
    const Byte* const row = gallery + j * kGalleryRowBytes;
    std::memset(out + j * stride, initial, kTemplateRows);
    accumulate(with_own, row, out + j * stride);
    accumulate(with_next, row + kTemplateWidth, out + j * stride);
  }
}

constexpr Kernel kScalar = {
    .name = "scalar",
    .dots_of_sum = dots_of_sum,
    .dots_of_both = dots_of_both,
    .slice = slice_words,
    .and_gates = and_gates<Word>,
    .products = products<Word>,
    .add = combine<Word, AddStep>,
    .subtract = combine<Word, SubtractStep>,
    .bit_and = combine<Word, BitAndStep>,
    .exclusive_or = combine<Word, ExclusiveOrStep>,
};

}  // namespace

namespace qorgan::mpc {

const Kernel* scalar_kernel() {
  return &kScalar;
}

}  // namespace qorgan::mpc
