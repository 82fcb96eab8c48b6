// Artificial minutiae without pictures: for galleries too large to draw. What they share with drawn prints: classes,
// flow of the ridges, placement, distortion, contact region. What is statistics instead of skin: where minutiae are,
// which are missed, and what is found that is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "finger/minutia.h"
#include "finger/synth/capture.h"
#include "finger/synth/pattern.h"

namespace qorgan::finger::synth {

struct SkinMinutia {
  Point at;                  // on the canvas of pattern.h
  double direction_rad = 0;  // as in finger/minutia.h
  MinutiaType type = MinutiaType::ending;
  double clarity = 0;  // 0 .. 1, how seldom it is missed
};

// A finger that consists of minutiae alone.
struct MinutiaeFinger {
  std::uint64_t seed = 0;
  Pattern pattern;
  std::vector<SkinMinutia> points;
};

// Draws the minutiae of a finger; the class too unless given. Their mean density is that of drawn fingers, at least
// 7 pixels lie between two, and each points along the local ridge: along the side on which the flow opens more often
// than the other, since new ridges must begin where ridges of one spacing spread out. (The rate of beginnings is the
// divergence of the ridge density along the flow; Larkin, Fletcher, "A coherent framework for fingerprint analysis",
// Optics Express 15(14), 2007, gives it as the curl of the phase.) About 70 us.
MinutiaeFinger make_minutiae(std::uint64_t seed, std::optional<PatternClass> pattern_class = {});

// What an extractor would find in one impression: minutiae within the contact region and the picture, moved and turned
// by draw_capture's placement and distortion, some missed, some shifted, some that are not there. Best quality first.
// About 20 us.
Minutiae minutiae_impression(const MinutiaeFinger& finger, std::uint64_t impression_seed,
                             const ImpressionOptions& options = {});

}  // namespace qorgan::finger::synth
