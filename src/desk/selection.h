// Asking for a candidate's record id without showing which place it has (docs/protocol.md, 8).
#pragma once

#include <vector>

#include "base/bytes.h"

namespace qorgan::desk {

// The selections for two custodians: each alone is uniformly random, together they differ in the places asked for.
struct Selections {
  Bytes first;
  Bytes second;
};
// `places` below `people`; one selection of (people + 7) / 8 bytes after another, unused bits zero.
Selections select_places(const std::vector<std::size_t>& places, std::size_t people);

}  // namespace qorgan::desk
