// Telling a desk the record ids of its candidates without learning which they are (docs/protocol.md, 8).
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/request.h"

namespace qorgan::custodian {

// Bytes of one selection among `people`: a bit each, the first person the lowest bit of the first byte.
constexpr std::size_t selection_bytes(std::size_t people) {
  return (people + 7) / 8;
}

// For each of `count` selections the exclusive or of the selected record ids, 16 bytes each. The time taken does not
// depend on the selections. Errors: invalid_input (another length than `count` selections).
Result<Bytes> select_records(const std::vector<protocol::RecordId>& order, ByteView selections, std::size_t count);

}  // namespace qorgan::custodian
