#include "lab/quick_score.h"

#include <algorithm>
#include <array>

#include "mpc/reference.h"

namespace qorgan::lab {
namespace {

using finger::kRows;

}  // namespace

QuickGallery::QuickGallery(const finger::Template& made) : made_(made), rows_(mpc::kExpandedBytes) {
  mpc::expand_in_the_clear(made, std::span<std::uint8_t, mpc::kExpandedBytes>(rows_.data(), mpc::kExpandedBytes));
}

QuickProbe::QuickProbe(const finger::Template& made, const mpc::Kernel& kernel)
    : made_(made), kernel_(&kernel), prepared_(mpc::PreparedProbe::in_the_clear(made)) {}

int QuickProbe::rows(const QuickGallery& gallery) const {
  alignas(64) std::array<std::uint8_t, std::size_t{limits::sieve_rows} * kRows> margins{};
  kernel_->dots_of_sum(prepared_.own(), gallery.rows(), limits::sieve_rows,
                       static_cast<std::uint8_t>(-finger::kSimilarityMin), margins.data(), kRows);
  // A row of the probe is matched where some margin of its column is not negative.
  std::array<std::uint8_t, kRows> all = {};
  all.fill(0xFF);
  for (std::size_t j = 0; j < limits::sieve_rows; ++j)
    for (std::size_t i = 0; i < kRows; ++i) all[i] &= margins[j * kRows + i];
  return static_cast<int>(std::count_if(all.begin(), all.end(), [](std::uint8_t byte) { return byte < 0x80; }));
}

Scores QuickProbe::compare(const QuickGallery& gallery) const {
  return {rows(gallery), mpc::score(made_, gallery.made())};
}

}  // namespace qorgan::lab
