// A print with its minutiae drawn on it, for people.
#pragma once

#include <string>

#include "base/result.h"
#include "finger/image.h"
#include "finger/minutia.h"

namespace qorgan::finger {

// A complete SVG document that holds the picture itself (as a PNG data URI, nothing is fetched) and over it every
// minutia: a ring with a stroke in its direction, coloured by type, the fainter the less sure, its figures in a
// tooltip; below, a legend. `minutiae` are in pixels at 500 dpi, `image` at its own resolution. Errors: internal.
Result<std::string> draw_overlay(const Image& image, const Minutiae& minutiae);

}  // namespace qorgan::finger
