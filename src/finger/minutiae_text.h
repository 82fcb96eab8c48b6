// Minutiae as text, for measurements: one line a minutia, "x y direction quality [type]", pixels at 500 dpi from the
// top left corner, x to the right, y down, direction counter-clockwise in degrees, quality 0..100, type "ending",
// "bifurcation" or "other".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "finger/minutia.h"

namespace qorgan::finger {

// Empty lines and lines that begin with # are skipped; the best limits::minutiae_max are kept. The picture's size is
// the smallest that holds all; its quality is the mean of theirs. Errors: invalid_input, with `name` and the line.
Result<Minutiae> parse_minutiae_text(std::string_view text, const std::string& name);
// The best first, as they stand.
std::string format_minutiae_text(const Minutiae& minutiae);

}  // namespace qorgan::finger
