#include "rights/receipt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>

#include "ledger/proof.h"
#include "rights/papers.h"
#include "tests/rights/sample.h"

namespace qorgan::rights {
namespace {

using test::Sample;

// What a person's program does with a file.
Status accept(const std::string& file, const NetworkKeys* trusted, const SubjectSecret* secret) {
  QORGAN_TRY(const auto read, read_receipt(file));
  if (secret == nullptr && read.secret) secret = &*read.secret;
  QORGAN_CHECK(verify_receipt(read.content, trusted, secret));
  return {};
}

std::uint32_t printed_seed() {
  const std::uint32_t seed = std::random_device{}();
  std::printf("random seed %u\n", seed);
  return seed;
}

TEST(Receipt, ComesBackAndVerifies) {
  const Sample sample;
  const EnrolmentReceipt receipt = sample.receipt();
  const auto read = parse_receipt(receipt.text());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, receipt);
  EXPECT_EQ(read->desk, "Kordai");
  EXPECT_EQ(read->fingers, (std::vector<int>{2, 7}));
  const auto verified = verify_receipt(*read, &sample.keys, &sample.secret);
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_TRUE(verified->network_trusted);
  EXPECT_TRUE(verified->secret_fits);
  EXPECT_EQ(verified->entries[2].cosigners.size(), 2U);
  EXPECT_EQ(verified->entries[2].index, 6U);
}

TEST(Receipt, SaysWhatItProvesAndWhatNot) {
  const Sample sample;
  const EnrolmentReceipt receipt = sample.receipt();
  for (const Language language : kLanguages) {
    const auto bare = verify_receipt(receipt, nullptr, nullptr);
    ASSERT_TRUE(bare);
    const Findings little = findings_of(receipt, *bare, language);
    EXPECT_EQ(little.proven.size(), 5U);
    EXPECT_EQ(little.not_proven.size(), 5U);
    const auto full = verify_receipt(receipt, &sample.keys, &sample.secret);
    ASSERT_TRUE(full);
    const Findings much = findings_of(receipt, *full, language);
    EXPECT_EQ(much.proven.size(), 8U);
    EXPECT_EQ(much.not_proven.size(), 3U);
    EXPECT_NE(much.proven[0].find(receipt.custodians[0].name), std::string::npos);
    for (const auto& sentence : much.proven) EXPECT_EQ(sentence.find('{'), std::string::npos) << sentence;
  }
}

TEST(Receipt, EveryChangedCharacterOfTheJsonIsNoticed) {
  const Sample sample;
  const std::string text = sample.receipt().text();
  ASSERT_TRUE(accept(text, nullptr, nullptr));
  std::mt19937 random(printed_seed());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    while (changed[i] == text[i]) changed[i] = static_cast<char>('!' + random() % 94);
    EXPECT_FALSE(accept(changed, nullptr, nullptr)) << "at " << i << ": " << changed[i];
  }
}

TEST(Receipt, EveryChangedCharacterOfTheTextIsNoticed) {
  const Sample sample;
  const EnrolmentReceipt receipt = sample.receipt();
  std::mt19937 random(printed_seed());
  for (const Language language : kLanguages) {
    const std::string text = receipt_text(receipt, &sample.secret, language);
    const auto read = read_receipt(text);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->language, language);
    ASSERT_TRUE(read->secret.has_value());
    EXPECT_TRUE(*read->secret == sample.secret);
    const std::size_t machine = text.find("-----BEGIN");
    for (std::size_t i = 0; i < text.size(); i += i < machine ? 3 + random() % 3 : 11 + random() % 11) {
      std::string changed = text;
      while (changed[i] == text[i]) changed[i] = static_cast<char>('!' + random() % 94);
      EXPECT_FALSE(accept(changed, nullptr, nullptr)) << language_code(language) << " at " << i;
    }
    EXPECT_FALSE(accept(text + "\n", nullptr, nullptr));
    EXPECT_FALSE(accept("\n" + text, nullptr, nullptr));
  }
}

TEST(Receipt, AnotherRightlyWrittenSecretInTheTextIsNoticed) {
  const Sample sample;
  const SubjectSecret other = make_secret();
  const std::string text = receipt_text(sample.receipt(), &other, Language::ru);
  ASSERT_TRUE(read_receipt(text));  // the form is right
  EXPECT_EQ(accept(text, nullptr, nullptr).error().code, ErrorCode::refused);
}

TEST(Receipt, WithoutTheSecretTheTextIsStillRight) {
  const Sample sample;
  const auto read = read_receipt(receipt_text(sample.receipt(), nullptr, Language::en));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_FALSE(read->secret.has_value());
}

TEST(Receipt, OneFormOnly) {
  const Sample sample;
  const std::string text = sample.receipt().text();
  nlohmann::json object = nlohmann::json::parse(text);
  EXPECT_FALSE(parse_receipt(object.dump(1)));
  EXPECT_FALSE(parse_receipt(text + "\n"));
  object["more"] = 1;
  EXPECT_FALSE(parse_receipt(object.dump()));
  object.erase("more");
  object["qorgan_receipt"] = 2;
  EXPECT_EQ(parse_receipt(object.dump()).error().code, ErrorCode::version_mismatch);
  EXPECT_FALSE(parse_receipt(std::string(limits::receipt_bytes_max + 1, ' ')));
}

TEST(Receipt, EveryFieldIsNeeded) {
  const Sample sample;
  const nlohmann::json whole = nlohmann::json::parse(sample.receipt().text());
  for (const auto& item : whole.items()) {
    nlohmann::json object = whole;
    object.erase(item.key());
    EXPECT_FALSE(accept(object.dump(), nullptr, nullptr)) << item.key();
  }
  for (const auto& item : whole["custodians"][1].items()) {
    nlohmann::json object = whole;
    object["custodians"][1].erase(item.key());
    EXPECT_FALSE(accept(object.dump(), nullptr, nullptr)) << item.key();
  }
}

TEST(Receipt, WrongSecretAndOtherNetwork) {
  const Sample sample;
  const Sample other(2);
  const EnrolmentReceipt receipt = sample.receipt();
  EXPECT_EQ(verify_receipt(receipt, nullptr, &other.secret).error().code, ErrorCode::refused);
  EXPECT_EQ(verify_receipt(receipt, &other.keys, nullptr).error().code, ErrorCode::wrong_network);
  NetworkKeys keys = sample.keys;
  keys.custodians[2].log = other.keys.custodians[2].log;
  EXPECT_EQ(verify_receipt(receipt, &keys, nullptr).error().code, ErrorCode::wrong_network);
  keys = sample.keys;
  keys.custodians[0].name = "Somebody else";
  EXPECT_EQ(verify_receipt(receipt, &keys, nullptr).error().code, ErrorCode::wrong_network);
}

class ReceiptEvidence : public testing::Test {
 protected:
  void expect_refused(const Evidence& evidence, const std::string& what) const {
    EnrolmentReceipt receipt = sample_.receipt();
    receipt.evidence[1] = evidence;
    const auto verified = verify_receipt(receipt, nullptr, nullptr);
    ASSERT_FALSE(verified) << what;
    EXPECT_NE(verified.error().where.find("custodian 1"), std::string::npos) << verified.error().message();
    EXPECT_FALSE(make_receipt(sample_.keys, sample_.terms, receipt.evidence)) << what;
  }
  Evidence logged(const ledger::Leaf& leaf) const { return sample_.log(1, leaf, sample_.opening(1).text()); }

  Sample sample_;
};

TEST_F(ReceiptEvidence, OfAnotherLog) {
  expect_refused(sample_.log(0, sample_.enrolment_leaf(1), sample_.opening(1).text()), "another custodian's log");
  expect_refused(Sample(2).log(1, sample_.enrolment_leaf(1), sample_.opening(1).text()), "another network's log");
}

TEST_F(ReceiptEvidence, OfAnotherRequestOrWithOtherFields) {
  ledger::Leaf leaf = sample_.enrolment_leaf(1);
  leaf.request = sample_.erasure;
  expect_refused(logged(leaf), "request");
  leaf = sample_.enrolment_leaf(1);
  leaf.event = ledger::Event::verify;
  expect_refused(logged(leaf), "event");
  leaf = sample_.enrolment_leaf(1);
  leaf.party = "bank-1";
  expect_refused(logged(leaf), "party");
  leaf = sample_.enrolment_leaf(1);
  leaf.purpose = "search";
  expect_refused(logged(leaf), "purpose");
  leaf = sample_.enrolment_leaf(1);
  ++leaf.purpose_version;
  expect_refused(logged(leaf), "purpose's version");
  leaf = sample_.enrolment_leaf(1);
  leaf.basis = "law-1";
  expect_refused(logged(leaf), "basis");
}

TEST_F(ReceiptEvidence, WhoseDetailsAreOthers) {
  const auto right = parse_details(sample_.opening(1).details);
  ASSERT_TRUE(right);
  std::vector<Details> others(6, *right);
  others[0].desk = "Almaty";
  others[1].operator_name = "B. Operator";
  others[2].fingers = {2, 8};
  others[3].terms = crypto::Digest{};
  others[4].terms.reset();
  others[5].access_key.reset();
  for (const Details& other : others) {
    ledger::DetailsOpening opening = sample_.opening(1);
    opening.details = other.text();
    ledger::Leaf leaf = sample_.enrolment_leaf(1);
    leaf.details = ledger::details_commitment(opening);
    expect_refused(sample_.log(1, leaf, opening.text()), other.text());
  }
  ledger::DetailsOpening opening = sample_.opening(1);
  opening.nonce[0] ^= 1;
  expect_refused(sample_.log(1, sample_.enrolment_leaf(1), opening.text()), "an opening that does not open it");
  expect_refused(sample_.log(1, sample_.enrolment_leaf(1), ""), "no opening");
}

// A desk could give the person a secret that marks the entries and does not open the record.
TEST_F(ReceiptEvidence, WhoseRecordObeysAnotherKey) {
  EnrolmentReceipt receipt = sample_.receipt();
  ASSERT_TRUE(verify_receipt(receipt, nullptr, &sample_.secret));
  Details details = parse_details(sample_.opening(1).details).value();
  details.access_key = crypto::make_sign_key_pair().public_key;
  ledger::DetailsOpening opening = sample_.opening(1);
  opening.details = details.text();
  ledger::Leaf leaf = sample_.enrolment_leaf(1);
  leaf.details = ledger::details_commitment(opening);
  receipt.evidence[1] = sample_.log(1, leaf, opening.text());
  EXPECT_TRUE(verify_receipt(receipt, nullptr, nullptr));
  const auto verified = verify_receipt(receipt, nullptr, &sample_.secret);
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, ErrorCode::refused);
  EXPECT_NE(verified.error().what.find("obey"), std::string::npos) << verified.error().message();
}

TEST_F(ReceiptEvidence, WithoutCosignature) {
  const Evidence one = sample_.log(1, sample_.enrolment_leaf(1), sample_.opening(1).text(), 1);
  EnrolmentReceipt receipt = sample_.receipt();
  receipt.evidence[1] = one;
  EXPECT_TRUE(verify_receipt(receipt, nullptr, nullptr));
  expect_refused(sample_.log(1, sample_.enrolment_leaf(1), sample_.opening(1).text(), 0), "none");
}

TEST_F(ReceiptEvidence, CosignedByTheLogsOwnKeyAlone) {
  Evidence evidence = sample_.log(1, sample_.enrolment_leaf(1), sample_.opening(1).text(), 0);
  ledger::LogProof proof = ledger::parse_log_proof(evidence.proof).value();
  ledger::Note note = ledger::parse_note(proof.checkpoint).value();
  note.signatures.push_back(
      ledger::cosign_note(note.text, sample_.keys.custodians[1].cosigner.name, *sample_.signers[1], 1).value());
  proof.checkpoint = note.format();
  evidence.proof = proof.text();
  expect_refused(evidence, "its own word");
}

TEST_F(ReceiptEvidence, AStrangersSignatureIsTakenOutBeforeItGoesIn) {
  Evidence evidence = sample_.log(1, sample_.enrolment_leaf(1), sample_.opening(1).text());
  ledger::LogProof proof = ledger::parse_log_proof(evidence.proof).value();
  ledger::Note note = ledger::parse_note(proof.checkpoint).value();
  crypto::KeySigner stranger(crypto::make_sign_key_pair());
  note.signatures.push_back(ledger::cosign_note(note.text, "watch.example", stranger, 1).value());
  proof.checkpoint = note.format();
  const std::string before = evidence.proof;
  evidence.proof = proof.text();
  expect_refused(evidence, "a line that nobody here can check");
  EXPECT_EQ(only_known(evidence.proof, sample_.keys).value(), before);
}

TEST(Receipt, OneKeyForTwoCustodiansIsRefused) {
  const Sample sample;
  EnrolmentReceipt receipt = sample.receipt();
  receipt.custodians[1].cosigner.key = receipt.custodians[2].cosigner.key;
  EXPECT_FALSE(verify_receipt(receipt, nullptr, nullptr));
}

TEST(Receipt, WholeVerificationIsQuick) {
  const Sample sample;
  const std::string text = receipt_text(sample.receipt(), &sample.secret, Language::kk);
  std::vector<double> times_ms;
  for (int i = 0; i < 21; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(accept(text, &sample.keys, nullptr));
    times_ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times_ms.begin(), times_ms.begin() + 10, times_ms.end());
  std::printf("a receipt's text of %zu bytes verified in %.2f ms (median of 21)\n", text.size(), times_ms[10]);
  EXPECT_LT(times_ms[10], 50);
}

}  // namespace
}  // namespace qorgan::rights
