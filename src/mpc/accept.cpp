#include "mpc/accept.h"

#include <string>

namespace qorgan::mpc {
namespace {

Status check_lengths(const AcceptShares& shares, std::size_t persons, std::size_t party) {
  const std::size_t bytes = persons / 8 + (persons % 8 != 0 ? 1 : 0);
  if (shares.persons == persons && shares.own.size() == bytes && shares.next.size() == bytes) return {};
  return failure(ErrorCode::damaged, "The custodians' answers are about different numbers of people",
                 "custodian " + std::to_string(party));
}

}  // namespace

Result<std::vector<bool>> reconstruct(std::span<const AcceptShares, kParties> shares) {
  const std::size_t persons = shares[0].persons;
  for (std::size_t party = 0; party < kParties; ++party) QORGAN_CHECK(check_lengths(shares[party], persons, party));
  for (std::size_t party = 0; party < kParties; ++party) {
    const std::size_t neighbour = (party + 1) % kParties;
    if (shares[party].next == shares[neighbour].own) continue;
    return failure(ErrorCode::damaged, "Two custodians' copies of the same share of the answer differ",
                   "custodians " + std::to_string(party) + " and " + std::to_string(neighbour),
                   "Ask again; if it happens again, tell both custodians");
  }
  std::vector<bool> accepted(persons);
  for (std::size_t person = 0; person < persons; ++person) {
    const std::size_t byte = person / 8;
    const int bits = shares[0].own[byte] ^ shares[1].own[byte] ^ shares[2].own[byte];
    accepted[person] = ((bits >> (person % 8)) & 1) != 0;
  }
  return accepted;
}

}  // namespace qorgan::mpc
