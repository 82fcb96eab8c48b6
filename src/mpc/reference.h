// The private match in the clear: what the custodians together must compute, to the last bit.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "finger/template.h"

namespace qorgan::mpc {

// <probe_form(p), g> - kSimilarityMin for every pair of rows, row-major, [probe row][gallery row], as plain integers
// (not modulo 256). Templates are well formed (finger/template.h).
std::array<int, finger::kRows * finger::kRows> similarity_margins(const finger::Template& probe,
                                                                  const finger::Template& gallery);

// The coarse score: how many rows of the probe have at least one similar row in the gallery template. 0..32.
int coarse_score(const finger::Template& probe, const finger::Template& gallery);

}  // namespace qorgan::mpc
