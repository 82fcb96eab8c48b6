// From minutiae to the template that is split among the custodians.
#pragma once

#include "base/result.h"
#include "finger/minutia.h"
#include "finger/projection.h"
#include "finger/template.h"

namespace qorgan::finger {

// The rows of those of the first limits::cylinder_minutiae_max minutiae that have a cylinder, best first, at most
// kRows. The same minutiae and projection give the same template on every machine. Errors: low_quality where fewer than
// limits::template_rows_used_min minutiae have a cylinder; it says how many minutiae there were and how many would do.
Result<Template> make_template(const Minutiae& minutiae, const Projection& projection);
// With the projection that is part of the program: what custodians' templates are made with.
Result<Template> make_template(const Minutiae& minutiae);

// The entries kCosEntry and kSinEntry of a direction: the nearest in angle of (4,0), (3,2), (2,3) and the same turned
// by 90, 180 and 270 degrees, whose lengths are 4 and 3.6: the product of two is about 13 cos(difference).
struct DirectionEntries {
  std::int8_t cosine = 0;
  std::int8_t sine = 0;
  bool operator==(const DirectionEntries&) const = default;
};
DirectionEntries direction_entries(float direction_rad);

}  // namespace qorgan::finger
