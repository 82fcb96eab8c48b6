// Eight numbers at a time, in the same order on every processor.
#pragma once

namespace qorgan::finger {

// GCC's and clang's vector type: one register where the processor has AVX2, two with SSE2 or NEON. Sums over lanes are
// always made of the same eight parts, so that every version of a loop gives the same bits.
using Lanes = float __attribute__((vector_size(32)));
using WholeLanes = int __attribute__((vector_size(32)));
inline constexpr int kLanes = 8;

// A loop whose body is inlined into one function for each set of instructions; __builtin_cpu_supports chooses.
#if defined(__x86_64__)
#define QORGAN_FINGER_AVX2 __attribute__((target("avx2")))
inline bool runs_avx2() {
  return __builtin_cpu_supports("avx2") != 0;
}
#else
#define QORGAN_FINGER_AVX2
inline bool runs_avx2() {
  return false;
}
#endif

// By reference: a returned vector would change the calling convention with the instructions in use.
inline __attribute__((always_inline)) void load_lanes(const float* from, Lanes& to) {
  __builtin_memcpy(&to, from, sizeof(to));
}
inline __attribute__((always_inline)) void store_lanes(const Lanes& from, float* to) {
  __builtin_memcpy(to, &from, sizeof(from));
}

}  // namespace qorgan::finger
