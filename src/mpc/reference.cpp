#include "mpc/reference.h"

#include <algorithm>

namespace qorgan::mpc {

std::array<int, finger::kRows * finger::kRows> similarity_margins(const finger::Template& probe,
                                                                  const finger::Template& gallery) {
  using finger::kRows;
  using finger::kWidth;
  std::array<int, kRows * kRows> margins{};
  for (int i = 0; i < kRows; ++i) {
    const auto p = probe.row(i);
    std::array<int, kWidth> form{};
    for (std::size_t k = 0; k < finger::kSignCount; ++k) form[k] = 2 * p[k];
    form[finger::kCountEntry] = -p[finger::kUsedEntry];
    form[finger::kUsedEntry] = finger::kSignCount / 2 * p[finger::kUsedEntry] - p[finger::kCountEntry];
    form[finger::kCosEntry] = p[finger::kCosEntry];
    form[finger::kSinEntry] = p[finger::kSinEntry];
    for (int j = 0; j < kRows; ++j) {
      const auto g = gallery.row(j);
      int product = 0;
      for (std::size_t k = 0; k < kWidth; ++k) product += form[k] * g[k];
      margins[static_cast<std::size_t>(i * kRows + j)] = product - finger::kSimilarityMin;
    }
  }
  return margins;
}

int coarse_score(const finger::Template& probe, const finger::Template& gallery) {
  const auto margins = similarity_margins(probe, gallery);
  int score = 0;
  for (std::size_t i = 0; i < finger::kRows; ++i) {
    const auto row = std::span(margins).subspan(i * finger::kRows, finger::kRows);
    score += std::any_of(row.begin(), row.end(), [](int margin) { return margin >= 0; });
  }
  return score;
}

}  // namespace qorgan::mpc
