// From a picture to minutiae.
#pragma once

#include "base/result.h"
#include "finger/image.h"
#include "finger/minutia.h"

namespace qorgan::finger {

// Finds the minutiae of one impression of one finger: rescales to 500 dpi, segments, estimates orientation and ridge
// frequency, enhances, thins and reads off endings and bifurcations, best first. Deterministic; one thread.
// Errors: low_quality where fewer than limits::template_rows_used_min minutiae are found (an empty or white picture
// among them), with their number.
Result<Minutiae> extract(const Image& image);

}  // namespace qorgan::finger
