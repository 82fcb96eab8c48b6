// From a picture to minutiae.
#pragma once

#include "base/result.h"
#include "finger/image.h"
#include "finger/minutia.h"

namespace qorgan::finger {

// Finds the minutiae of one impression of one finger: rescales to 500 dpi, evens out brightness and contrast, estimates
// orientation and ridge period, separates finger from background, filters the ridges into a wave with a phase, and
// reads off where that wave has a dislocation: a ridge that ends or forks (finger/dislocation.h says why no thinning is
// needed). Best first; deterministic; one thread; about 10 ms of one core a print. Light ridges on a dark ground give
// the same minutiae with their types exchanged. Errors: low_quality where fewer than limits::template_rows_used_min
// minutiae are found (a picture without a print among them), with their number; invalid_input where the resolution or a
// side is out of limits, or a side longer than limits::print_side_px_max at 500 dpi; internal. `image` holds width x
// height pixels (asserted).
Result<Minutiae> extract(const Image& image);

}  // namespace qorgan::finger
