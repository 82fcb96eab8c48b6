// Which fields an entry of each event has.
#pragma once

#include "ledger/leaf.h"

namespace qorgan::ledger {

// One bit a field, in the order of struct Leaf, without time and event, which every entry has.
enum LeafField : unsigned {
  kRequest = 1U << 0,
  kParty = 1U << 1,
  kPurpose = 1U << 2,
  kPurposeVersion = 1U << 3,
  kBasis = 1U << 4,
  kWarrant = 1U << 5,
  kTag = 1U << 6,
  kDetails = 1U << 7,
  kHiddenUntil = 1U << 8,
  kReason = 1U << 9,
  kDigest = 1U << 10,
  kEntry = 1U << 11,
  kOpening = 1U << 12,
  kEpoch = 1U << 13,
  kCustodian = 1U << 14,
  kKind = 1U << 15,
  kKey = 1U << 16,
};

// The fields that are not empty.
unsigned fields_of(const Leaf& leaf);

struct LeafForm {
  unsigned needed = 0;
  unsigned allowed = 0;  // besides those needed
};
LeafForm form_of(Event event, bool hidden);

}  // namespace qorgan::ledger
