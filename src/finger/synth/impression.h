// Pictures of artificial fingers.
#pragma once

#include <cstdint>

#include "finger/image.h"
#include "finger/synth/capture.h"
#include "finger/synth/finger.h"

namespace qorgan::finger::synth {

// The picture that one capture gives, 500 dpi, dark ridges on a light ground. Repeatable as make_finger is.
Image render(const Finger& finger, const Capture& capture);

// One impression of a finger: render(draw_capture(...)). Another seed, another impression. About 7 ms.
Image impression(const Finger& finger, std::uint64_t impression_seed, const ImpressionOptions& options = {});

}  // namespace qorgan::finger::synth
