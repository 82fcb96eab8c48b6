// A print from a file, whatever its kind.
#pragma once

#include <filesystem>
#include <optional>

#include "base/result.h"
#include "finger/minutia.h"

namespace qorgan::finger {

// The minutiae of one finger from a picture (finger/image.h), an ISO/IEC 19794-2:2005 record of one view (finger/iso.h)
// or minutiae as text (finger/minutiae_text.h), told apart by content. `dpi` is a picture's resolution where its own
// tag is to be overruled; the other kinds carry theirs and ignore it. Errors: not_found, unavailable, invalid_input
// (none of the three kinds, damaged, or a record of several views), low_quality (a picture with too few minutiae).
Result<Minutiae> load_minutiae(const std::filesystem::path& path, std::optional<int> dpi = {});

}  // namespace qorgan::finger
