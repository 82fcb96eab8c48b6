#include "ledger/proof.h"

#include "base/limits.h"
#include "tests/ledger/format_support.h"

namespace qorgan::ledger {
namespace {

using test::key_of;
using test::signer_of;
using test::SmallLog;

class LogProofTest : public testing::Test {
 protected:
  LogProofTest() {
    trusted.log = log.key();
    for (const int number : {11, 12}) trusted.cosigners.push_back(witness(number));
  }
  static VerifierKey witness(int number) {
    return key_of(*signer_of(number), "witness.example/" + std::to_string(number), KeyType::cosignature);
  }
  LogProof proof_of(std::size_t index, std::size_t size, const std::vector<int>& witnesses) const {
    Note note = parse_note(log.signed_note(log.checkpoint(size))).value();
    for (const int number : witnesses)
      note.signatures.push_back(cosign_note(note.text, witness(number).name, *signer_of(number), 1000).value());
    return {{}, index, log.tree.inclusion(index, size), note.format()};
  }

  SmallLog log;
  TrustedLog trusted;
};

TEST_F(LogProofTest, ComesBackAndVerifies) {
  for (std::size_t index = 0; index < 21; ++index) {
    LogProof proof = proof_of(index, 21, {11});
    if (index % 2 == 1) proof.extra = {0, 1, 2, 3};
    const LogProof read = parse_log_proof(proof.text()).value();
    EXPECT_EQ(read.text(), proof.text());
    EXPECT_EQ(read.extra, proof.extra);
    EXPECT_TRUE(verify_log_proof(read, log.tree.entry(index), trusted)) << index;
  }
  // The entry of a log that has one alone needs no hashes.
  EXPECT_TRUE(verify_log_proof(parse_log_proof(proof_of(0, 1, {12}).text()).value(), log.tree.entry(0), trusted));
}

TEST_F(LogProofTest, FirstLinesAreThoseOfTheSpecification) {
  LogProof proof = proof_of(5, 21, {11});
  EXPECT_TRUE(proof.text().starts_with("c2sp.org/tlog-proof@v1\nindex 5\n" + to_base64(proof.hashes[0]) + "\n"));
  EXPECT_TRUE(proof.text().ends_with(to_base64(proof.hashes.back()) + "\n\n" + proof.checkpoint));
  proof.extra = {'e', 'x', 't', 'r', 'a'};
  EXPECT_TRUE(proof.text().starts_with("c2sp.org/tlog-proof@v1\nextra ZXh0cmE=\nindex 5\n"));
}

TEST_F(LogProofTest, AnythingElseFails) {
  const LogProof good = proof_of(5, 21, {11});
  const Bytes entry = log.tree.entry(5);
  EXPECT_EQ(verify_log_proof(good, log.tree.entry(6), trusted).error().code, ErrorCode::damaged);
  LogProof changed = good;
  changed.index = 4;
  EXPECT_EQ(verify_log_proof(changed, entry, trusted).error().code, ErrorCode::damaged);
  changed.index = 21;
  EXPECT_EQ(verify_log_proof(changed, entry, trusted).error().code, ErrorCode::invalid_input);
  changed = good;
  changed.hashes.back()[31] ^= 1;
  EXPECT_EQ(verify_log_proof(changed, entry, trusted).error().code, ErrorCode::damaged);
  changed = good;
  changed.checkpoint = proof_of(5, 22, {11}).checkpoint;
  EXPECT_EQ(verify_log_proof(changed, entry, trusted).error().code, ErrorCode::damaged);
}

TEST_F(LogProofTest, EnoughWitnessesMustHaveCosigned) {
  const Bytes entry = log.tree.entry(5);
  EXPECT_EQ(verify_log_proof(proof_of(5, 21, {}), entry, trusted).error().code, ErrorCode::refused);
  EXPECT_EQ(verify_log_proof(proof_of(5, 21, {13}), entry, trusted).error().code, ErrorCode::refused);
  // Twice the same is one.
  trusted.cosignatures_min = 2;
  EXPECT_EQ(verify_log_proof(proof_of(5, 21, {11, 11}), entry, trusted).error().code, ErrorCode::refused);
  EXPECT_TRUE(verify_log_proof(proof_of(5, 21, {11, 12}), entry, trusted));
  trusted.cosignatures_min = 0;
  EXPECT_TRUE(verify_log_proof(proof_of(5, 21, {}), entry, trusted));
}

TEST_F(LogProofTest, WrongFormsAreRefused) {
  const std::string good = proof_of(5, 21, {11}).text();
  const std::string first = "c2sp.org/tlog-proof@v1\n";
  const std::string rest = good.substr(first.size());
  const std::string hash = to_base64(Hash{}) + "\n";
  std::string many = first + "index 5\n";
  for (std::size_t i = 0; i <= limits::proof_hashes_max; ++i) many += hash;
  const std::vector<std::string> wrong = {"",
                                          first,
                                          rest,
                                          "c2sp.org/tlog-proof@v2\n" + rest,
                                          first + "extra \n" + rest,
                                          first + "extra AAA\n" + rest,
                                          first + "extra AAAA\nextra AAAA\n" + rest,
                                          first + "index 05\n" + rest.substr(8),
                                          first + "index -5\n" + rest.substr(8),
                                          first + "index\n" + rest.substr(8),
                                          first + "Index 5\n" + rest.substr(8),
                                          first + "index 9223372036854775808\n" + rest.substr(8),
                                          first + "index 5\nAAAA\n" + rest.substr(8),
                                          first + "index 5\n" + hash,
                                          first + "index 5\n" + hash + "\n",
                                          many + "\n" + good.substr(good.find("\n\n") + 2),
                                          good.substr(0, good.size() - 1),
                                          std::string(limits::log_proof_bytes_max + 1, 'a')};
  for (const std::string& text : wrong)
    EXPECT_EQ(parse_log_proof(text).error().code, ErrorCode::invalid_input) << text.substr(0, 200);
}

}  // namespace
}  // namespace qorgan::ledger
