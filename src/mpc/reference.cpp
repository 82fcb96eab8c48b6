#include "mpc/reference.h"

#include <algorithm>

namespace qorgan::mpc {
namespace {

using finger::kRows;
using finger::kWidth;

// probe_form() of finger/template.h in plain integers.
std::array<std::int16_t, kWidth> integer_probe_form(std::span<const std::int8_t, kWidth> row) {
  std::array<std::int16_t, kWidth> form{};
  for (std::size_t k = 0; k < finger::kSignCount; ++k) form[k] = static_cast<std::int16_t>(2 * row[k]);
  form[finger::kCountEntry] = static_cast<std::int16_t>(-row[finger::kUsedEntry]);
  form[finger::kUsedEntry] =
      static_cast<std::int16_t>(finger::kSignCount / 2 * row[finger::kUsedEntry] - row[finger::kCountEntry]);
  form[finger::kCosEntry] = row[finger::kCosEntry];
  form[finger::kSinEntry] = row[finger::kSinEntry];
  return form;
}

int product(const std::array<std::int16_t, kWidth>& form, const std::int8_t* row) {
  int sum = 0;
  for (std::size_t k = 0; k < kWidth; ++k) sum += form[k] * static_cast<std::int16_t>(row[k]);
  return sum;
}

}  // namespace

std::array<int, kRows * kRows> similarity_margins(const finger::Template& probe, const finger::Template& gallery) {
  std::array<int, kRows * kRows> margins{};
  for (int i = 0; i < kRows; ++i) {
    const auto form = integer_probe_form(probe.row(i));
    for (int j = 0; j < kRows; ++j)
      margins[static_cast<std::size_t>(i * kRows + j)] = product(form, gallery.row(j).data()) - finger::kSimilarityMin;
  }
  return margins;
}

int coarse_score(const finger::Template& probe, const finger::Template& gallery) {
  const auto margins = similarity_margins(probe, gallery);
  int score = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto row = std::span(margins).subspan(i * kRows, kRows);
    score += std::any_of(row.begin(), row.end(), [](int margin) { return margin >= 0; });
  }
  return score;
}

}  // namespace qorgan::mpc
