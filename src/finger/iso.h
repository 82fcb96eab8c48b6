// The finger minutiae record of ISO/IEC 19794-2:2005 (clause 8, the record format), as other makers' readers give it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "finger/minutia.h"
#include "finger/position.h"

namespace qorgan::finger {

struct IsoView {
  std::optional<Position> position;  // nothing where the record says "unknown"
  std::uint8_t impression_type = 0;  // table 3: 0 live-scan plain, 1 live-scan rolled, ...; 0..15
  Minutiae minutiae;
};

struct IsoRecord {
  std::vector<IsoView> views;
};

// Whether a file begins as a record does: "FMR", a zero byte.
bool looks_like_iso_record(ByteView file);

// Always at 197 pixels per centimetre, which stands for 500 dpi; the record's picture size is the largest of the
// views'. Positions are rounded to whole pixels and directions to 256 of a turn. Errors: invalid_input (no view or more
// than limits::iso_views_max, a minutia outside its picture, more than limits::minutiae_max in a view, a picture side
// outside 1..limits::image_side_px_max, a quality outside 0..100).
Result<Bytes> write_iso_record(const IsoRecord& record);

// Minutiae are rescaled to 500 dpi and put in order of quality. Extended data is skipped. `name` stands in errors, and
// so do the field and its offset in the file: invalid_input (another format or version, a length that is not the
// file's, a value outside the standard's range, more than limits::iso_record_bytes_max or iso_views_max, a resolution
// outside limits::image_dpi_min..max, a picture side above limits::image_side_px_max, a coordinate outside the picture,
// bytes left over).
Result<IsoRecord> read_iso_record(ByteView file, const std::string& name);

}  // namespace qorgan::finger
