#include "tests/rights/sample.h"

#include <gtest/gtest.h>

#include "ledger/proof.h"

namespace qorgan::rights::test {
namespace {

constexpr std::int64_t kTime_s = 1'795'406'809;  // 2026-11-23T04:06:49Z
constexpr std::uint64_t kLogSize = 11;
constexpr std::uint64_t kIndex = 6;

std::size_t at(int custodian) {
  return static_cast<std::size_t>(custodian);
}

// The log's root and proofs by the definition, without tiles.
ledger::HashReader reader_of(const std::vector<std::string>& entries) {
  return [&entries](int level, std::uint64_t index) -> Result<ledger::Hash> {
    std::vector<ledger::Hash> hashes;
    for (std::uint64_t i = index << level; i < (index + 1) << level; ++i)
      hashes.push_back(ledger::leaf_hash(as_bytes(entries[i])));
    for (; hashes.size() > 1; hashes.resize(hashes.size() / 2))
      for (std::size_t i = 0; i < hashes.size() / 2; ++i)
        hashes[i] = ledger::node_hash(hashes[2 * i], hashes[2 * i + 1]);
    return hashes.front();
  };
}

}  // namespace

Sample::Sample(std::uint8_t seed) {
  const std::array<std::string, 3> names = {"Ministry of Documents", "Деректерді қорғау агенттігі", "Университет"};
  keys.network.fill(seed);
  for (int i = 0; i < protocol::kCustodians; ++i) {
    crypto::Key key_seed;
    key_seed.expose_mutable()[0] = seed;
    key_seed.expose_mutable()[1] = static_cast<std::uint8_t>(i);
    signers[at(i)] = std::make_shared<crypto::KeySigner>(crypto::sign_key_pair_from_seed(key_seed));
    CustodianKeys& custodian = keys.custodians[at(i)];
    custodian.name = names[at(i)];
    const std::string origin = "custodian-" + std::to_string(i) + ".example/log";
    custodian.log = {origin, ledger::KeyType::ed25519, signers[at(i)]->public_key()};
    custodian.cosigner = {origin, ledger::KeyType::cosignature, signers[at(i)]->public_key()};
  }
  secret.expose_mutable()[3] = seed;
  enrolment = {0x01, 0xa2, 0x05, 0x37, 0x13, 0x18, seed, 8, 9};
  erasure = {0x01, 0xa3, 0x05, 0x37, 0x13, 0x18, seed, 8, 7};
  protocol::Request request;
  request.id = enrolment;
  terms.network = keys.network;
  terms.handle = request.record_id();
  terms.custodians = names;
  terms.party = "document-office-3";
  terms.party_name = "Қордай құжат кеңсесі";
  terms.purpose = "enrolment-document";
  terms.purpose_version = 4;
  terms.purpose_name = {"Құжат беру", "Выдача документа", "Issue of a document"};
  terms.purpose_words = {"Келесіде сізді тану үшін.", "Чтобы узнать вас в следующий раз.",
                         "To recognise you the next time."};
  terms.basis = "consent-document";
  terms.basis_words = {"Сіздің келісіміңіз.", "Ваше согласие.", "Your consent."};
  terms.basis_source = {"Үлгі заң, 1-бап", "Закон для примера, статья 1", "Law for example, article 1"};
  terms.until_s = kTime_s + 86400 * 365;
}

ledger::DetailsOpening Sample::opening(int custodian) const {
  ledger::DetailsOpening opening;
  opening.nonce.fill(static_cast<std::uint8_t>(7 + custodian));
  opening.details =
      Details{"Kordai", "A. Operator", {2, 7}, terms_digest(terms), access_key(secret, terms.handle).public_key}.text();
  return opening;
}

ledger::Leaf Sample::enrolment_leaf(int custodian) const {
  ledger::Leaf leaf;
  leaf.time_s = kTime_s + 1 - custodian % 2;
  leaf.event = ledger::Event::enrol;
  leaf.request = enrolment;
  leaf.party = terms.party;
  leaf.purpose = terms.purpose;
  leaf.purpose_version = terms.purpose_version;
  leaf.basis = terms.basis;
  leaf.tag = ledger::subject_tag(ledger::view_key_of(view_key(secret, terms.handle), custodian), enrolment);
  leaf.details = ledger::details_commitment(opening(custodian));
  return leaf;
}

Evidence Sample::log(int custodian, const ledger::Leaf& leaf, const std::string& opening_text, int cosigners,
                     std::uint64_t index) const {
  std::vector<std::string> entries(kLogSize, "other");
  entries[index] = leaf.text();
  const ledger::HashReader read = reader_of(entries);
  ledger::Checkpoint checkpoint{keys.custodians[at(custodian)].log.name, kLogSize,
                                ledger::tree_root(kLogSize, read).value()};
  ledger::Note note{checkpoint.text(), {}};
  note.signatures.push_back(
      ledger::sign_note(note.text, keys.custodians[at(custodian)].log.name, *signers[at(custodian)]).value());
  for (int i = 1; i <= cosigners; ++i) {
    const std::size_t other = at((custodian + i) % protocol::kCustodians);
    note.signatures.push_back(
        ledger::cosign_note(note.text, keys.custodians[other].cosigner.name, *signers[other], kTime_s + 2).value());
  }
  ledger::LogProof proof;
  proof.index = index;
  proof.hashes = ledger::prove_inclusion(index, kLogSize, read).value();
  proof.checkpoint = note.format();
  return {leaf.text(), opening_text, proof.text()};
}

std::array<Evidence, protocol::kCustodians> Sample::enrolment_evidence() const {
  std::array<Evidence, protocol::kCustodians> evidence;
  for (int i = 0; i < protocol::kCustodians; ++i) evidence[at(i)] = log(i, enrolment_leaf(i), opening(i).text());
  return evidence;
}

EnrolmentReceipt Sample::receipt() const {
  auto made = make_receipt(keys, terms, enrolment_evidence());
  EXPECT_TRUE(made) << made.error().message();
  return made.value_or(EnrolmentReceipt());
}

ErasureCertificate Sample::certificate() const {
  ErasureCertificate certificate{keys.network, terms.handle, erasure, keys.custodians, {}, {}, 1, {}};
  for (int i = 0; i < protocol::kCustodians; ++i) {
    ledger::Leaf leaf;
    leaf.time_s = kTime_s + 5000;
    leaf.event = ledger::Event::erased;
    leaf.request = erasure;
    leaf.tag = ledger::subject_tag(ledger::view_key_of(view_key(secret, terms.handle), i), erasure);
    certificate.evidence[at(i)] = log(i, leaf, {});
    const ErasureStatement statement{i,      keys.custodians[at(i)].name, keys.network, terms.handle, erasure,
                                     kIndex, kTime_s + 5001 + i};
    certificate.statements[at(i)] = sign_erasure(statement, keys.custodians[at(i)].log, *signers[at(i)]).value();
  }
  const NoticesStatement notices{1,
                                 keys.network,
                                 terms.handle,
                                 erasure,
                                 kTime_s + 6000,
                                 {{"bank-1", "Банк «Сенім»", kTime_s + 5100, kTime_s + 5900},
                                  {"employer-2", "Employer", kTime_s + 5200, std::nullopt}}};
  certificate.notices = sign_notices(notices, keys.custodians[1].log, *signers[1]).value();
  return certificate;
}

Absence Sample::absence() const {
  Absence absence{keys.network, {}, keys.custodians, {}};
  absence.subject.fill(0x5a);
  for (int i = 0; i < protocol::kCustodians; ++i) {
    const AbsenceStatement statement{i, keys.custodians[at(i)].name, keys.network, absence.subject, kTime_s, 41};
    absence.statements[at(i)] = sign_absence(statement, keys.custodians[at(i)].log, *signers[at(i)]).value();
  }
  return absence;
}

}  // namespace qorgan::rights::test
