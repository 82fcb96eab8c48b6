// The learnt projection: from the cells of a cylinder to the signs of a template row. A public constant, the same for
// everybody. The signs of a projection of the cylinder: M. Ferrara, D. Maltoni, R. Cappelli, "Noninvertible Minutia
// Cylinder-Code Representation", IEEE TIFS 7(6), 2012.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "finger/cylinder.h"
#include "finger/template.h"

namespace qorgan::finger {

struct Projection {
  // Of each cell over the prints it was learnt on, in sixteenths: 0..4080.
  std::array<std::int16_t, kCylinderCells> mean{};
  // One row a sign, whole numbers -127..127: a sign does not depend on its row's scale.
  std::array<std::array<std::int8_t, kCylinderCells>, kSignCount> weights{};
  // Where it comes from, for people: the command line, one line of printable ASCII.
  std::string command;
  std::uint32_t prints = 0;
  std::uint32_t cylinders = 0;
  bool operator==(const Projection&) const = default;
};

// 1 where the row's sum over the valid cells of weight * (cell - mean) is above 0, else 0. Whole numbers throughout.
std::array<std::uint8_t, kSignCount> projected_signs(const Projection& projection, const Cylinder& cylinder);

// The file: lines of text ("qorgan-projection 1", then "name: value" of command, prints, cylinders, cells, signs and
// sha256, then an empty line), then the means (2 bytes each, big-endian) and the weights (1 byte each, row by row). The
// checksum is over everything but its own line.
Bytes encode_projection(const Projection& projection);
// Errors: damaged (not such a file, another length, a checksum or number that does not fit), version_mismatch. `name`
// stands in errors.
Result<Projection> decode_projection(ByteView file, const std::string& name);
// decode_projection of a file; also not_found and unavailable.
Result<Projection> load_projection(const std::filesystem::path& path);

// The one that is part of the program (data/projection.bin).
const Projection& default_projection();

}  // namespace qorgan::finger
