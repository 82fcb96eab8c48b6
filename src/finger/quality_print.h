// How far a whole print can be relied upon.
#pragma once

#include <vector>

#include "finger/minutia.h"

namespace qorgan::finger {

// Of a print, 0..100: the mean quality of the best 16 minutiae (0 for each that is missing) times the square root of
// `clear`, the share of the finger with clear ridges (clear_share, 0..1, asserted). The first says how much of a
// template another impression will show again. The second falls with wet, dry and smeared spots, which also hide
// minutiae that were never counted. `qorgan lab quality` measures how well the number foretells prints that do not
// match.
int print_quality(const std::vector<Minutia>& best_first, float clear);

}  // namespace qorgan::finger
