#include "mpc/kernel.h"

#include "base/limits.h"
#include "mpc/kernel_list.h"

namespace qorgan::mpc {
namespace {

#if defined(__x86_64__)
bool runs_avx2() {
  return __builtin_cpu_supports("avx2") != 0;
}

bool runs_avx512() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
}
#else
bool runs_avx2() {
  return false;
}

bool runs_avx512() {
  return false;
}
#endif

static_assert(limits::template_rows == 32 && limits::template_width == 128, "the kernels are written for this shape");

}  // namespace

std::vector<const Kernel*> supported_kernels() {
  std::vector<const Kernel*> kernels{scalar_kernel()};
  if (avx2_kernel() != nullptr && runs_avx2()) kernels.push_back(avx2_kernel());
  if (avx512_kernel() != nullptr && runs_avx512()) kernels.push_back(avx512_kernel());
  return kernels;
}

const Kernel& best_kernel() {
  static const Kernel* const best = supported_kernels().back();
  return *best;
}

}  // namespace qorgan::mpc
