// A network of three custodians in memory, whose small logs hold an enrolment and an erasure of one person.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "crypto/signer.h"
#include "rights/absence.h"
#include "rights/erasure.h"
#include "rights/receipt.h"

namespace qorgan::rights::test {

struct Sample {
  // The keys are those of `seed`: two samples of different seeds are two networks.
  explicit Sample(std::uint8_t seed = 1);

  NetworkKeys keys;
  std::array<std::shared_ptr<crypto::Signer>, protocol::kCustodians> signers;
  SubjectSecret secret;
  protocol::RequestId enrolment{};
  protocol::RequestId erasure{};
  Terms terms;

  // Of an enrolment's entry, as custodian i writes it.
  ledger::DetailsOpening opening(int custodian) const;
  ledger::Leaf enrolment_leaf(int custodian) const;
  // Puts a leaf among others into custodian i's log and proves it; `cosigners` of the two others sign (0..2).
  Evidence log(int custodian, const ledger::Leaf& leaf, const std::string& opening, int cosigners = 2,
               std::uint64_t index = 6) const;
  std::array<Evidence, protocol::kCustodians> enrolment_evidence() const;

  EnrolmentReceipt receipt() const;
  ErasureCertificate certificate() const;
  Absence absence() const;
};

}  // namespace qorgan::rights::test
