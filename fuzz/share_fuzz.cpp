// A custodian's share of a template, as it is sent and stored: what is read is written again to the same bytes.
#include <array>

#include "mpc/shares.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (int party = 0; party < qorgan::mpc::kParties; ++party) {
    const auto share = qorgan::mpc::parse_share({data, size}, party);
    if (!share) continue;
    const auto again = qorgan::mpc::serialise(*share);
    QORGAN_ASSERT(again.size() == size && qorgan::crypto::equal_constant_time(again.expose(), {data, size}));
  }
  return 0;
}
