#include "finger/quality_print.h"

#include <algorithm>
#include <cmath>

#include "base/result.h"

namespace qorgan::finger {

int print_quality(const std::vector<Minutia>& best_first, float clear) {
  // Matching prints agree in some 10 to 20 rows of a template: those decide, not the last ones.
  constexpr std::size_t kDeciding = 16;
  QORGAN_ASSERT(clear >= 0 && clear <= 1);
  int sum = 0;
  for (std::size_t i = 0; i < std::min(kDeciding, best_first.size()); ++i) sum += best_first[i].quality;
  return static_cast<int>(std::lround(static_cast<float>(sum) / kDeciding * std::sqrt(clear)));
}

}  // namespace qorgan::finger
