// Loops that the kernels share, over a vector type that each kernel brings. Everything here has internal linkage and
// uses no inline function of the standard library: each kernel is compiled for its own processor, and the linker must
// never take a function compiled for one processor into code that runs on all.
#pragma once

#include "mpc/kernel.h"

namespace {

using qorgan::mpc::Kernel;
using Byte = unsigned char;
using Size = decltype(sizeof(0));

constexpr Size kTemplateRows = 32;
constexpr Size kTemplateWidth = 128;
constexpr Size kGalleryRowBytes = 2 * kTemplateWidth;

struct AddStep {
  template <class Vector>
  static Vector apply(Vector a, Vector b) {
    return a.plus(b);
  }
};
struct SubtractStep {
  template <class Vector>
  static Vector apply(Vector a, Vector b) {
    return a.minus(b);
  }
};
struct BitAndStep {
  template <class Vector>
  static Vector apply(Vector a, Vector b) {
    return a & b;
  }
};
struct ExclusiveOrStep {
  template <class Vector>
  static Vector apply(Vector a, Vector b) {
    return a ^ b;
  }
};

// What is left after the whole vectors goes through a padded copy.
template <class Vector>
Vector load_first(const Byte* from, Size count) {
  alignas(64) Byte padded[sizeof(Vector)] = {};
  for (Size i = 0; i < count; ++i) padded[i] = from[i];
  return Vector::load(padded);
}

template <class Vector>
void store_first(Vector value, Byte* to, Size count) {
  alignas(64) Byte padded[sizeof(Vector)];
  value.store(padded);
  for (Size i = 0; i < count; ++i) to[i] = padded[i];
}

template <class Vector, class Step>
void combine(const Byte* a, const Byte* b, Size size, Byte* out) {
  Size at = 0;
  for (; at + sizeof(Vector) <= size; at += sizeof(Vector)) {
    Step::apply(Vector::load(a + at), Vector::load(b + at)).store(out + at);
  }
  const Size left = size - at;
  if (left > 0)
    store_first(Step::apply(load_first<Vector>(a + at, left), load_first<Vector>(b + at, left)), out + at, left);
}

template <class Vector>
Vector and_share(Vector x_own, Vector x_next, Vector y_own, Vector y_next, Vector mask_own, Vector mask_next) {
  return (x_own & (y_own ^ y_next)) ^ (x_next & y_own) ^ (mask_own ^ mask_next);
}

template <class Vector>
void and_gates(const Kernel::AndInputs& in, Size size, Byte* out) {
  Size at = 0;
  for (; at + sizeof(Vector) <= size; at += sizeof(Vector)) {
    and_share(Vector::load(in.x_own + at), Vector::load(in.x_next + at), Vector::load(in.y_own + at),
              Vector::load(in.y_next + at), Vector::load(in.mask_own + at), Vector::load(in.mask_next + at))
        .store(out + at);
  }
  const Size left = size - at;
  if (left == 0) return;
  const auto first = [&](const Byte* from) { return load_first<Vector>(from + at, left); };
  store_first(and_share(first(in.x_own), first(in.x_next), first(in.y_own), first(in.y_next), first(in.mask_own),
                        first(in.mask_next)),
              out + at, left);
}

template <class Vector, class Load>
Vector sum_of_products(const Kernel::ProductInputs& in, const Load& load) {
  return (load(in.a[0]) & load(in.b[0])) ^ (load(in.a[1]) & load(in.b[1])) ^ (load(in.a[2]) & load(in.b[2])) ^
         (load(in.mask_own) ^ load(in.mask_next));
}

template <class Vector>
void products(const Kernel::ProductInputs& in, Size size, Byte* out) {
  Size at = 0;
  for (; at + sizeof(Vector) <= size; at += sizeof(Vector)) {
    sum_of_products<Vector>(in, [at](const Byte* from) { return Vector::load(from + at); }).store(out + at);
  }
  const Size left = size - at;
  if (left == 0) return;
  const auto first = [&](const Byte* from) { return load_first<Vector>(from + at, left); };
  store_first(sum_of_products<Vector>(in, first), out + at, left);
}

// Transposes 8 x 8 bits, byte r of the word being row r, by exchanging blocks of 1, 2 and 4 across the diagonal.
inline unsigned long long transpose_8x8(unsigned long long rows) {
  const auto exchange = [&rows](int distance, unsigned long long upper) {
    const unsigned long long difference = (rows ^ (rows >> distance)) & upper;
    rows ^= difference ^ (difference << distance);
  };
  exchange(7, 0x00AA00AA00AA00AAULL);
  exchange(14, 0x0000CCCC0000CCCCULL);
  exchange(28, 0x00000000F0F0F0F0ULL);
  return rows;
}

inline void slice_words(const Byte* bytes, Size size, Byte* planes, Size plane_stride) {
  for (Size at = 0; at < size; at += 8) {
    unsigned long long word = 0;
    for (Size e = 0; e < 8; ++e) word |= static_cast<unsigned long long>(bytes[at + e]) << (8 * e);
    word = transpose_8x8(word);
    for (Size k = 0; k < 8; ++k) planes[k * plane_stride + at / 8] = static_cast<Byte>(word >> (8 * k));
  }
}

}  // namespace
