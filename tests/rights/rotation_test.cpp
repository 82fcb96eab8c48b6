// Papers that keys of before have signed, checked against a network whose custodians have new ones.
#include <gtest/gtest.h>

#include "crypto/random.h"
#include "ledger/proof.h"
#include "rights/evidence.h"
#include "rights/receipt.h"
#include "tests/rights/sample.h"

namespace qorgan::rights::test {
namespace {

constexpr std::size_t kChanged = 1;

CustodianKeys new_keys(const CustodianKeys& before) {
  CustodianKeys keys = before;
  keys.log.key = crypto::make_sign_key_pair().public_key;
  keys.cosigner.key = keys.log.key;
  return keys;
}

// The sample's network after one custodian has changed its log key.
NetworkKeys after_rotation(const NetworkKeys& before) {
  NetworkKeys after = before;
  after.former[kChanged].push_back(before.custodians[kChanged]);
  after.custodians[kChanged] = new_keys(before.custodians[kChanged]);
  return after;
}

class Rotation : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  const Sample sample_;
  const EnrolmentReceipt receipt_ = sample_.receipt();
  const NetworkKeys before_ = receipt_.keys();
  const NetworkKeys after_ = after_rotation(before_);
};

TEST_F(Rotation, AReceiptOfBeforeHolds) {
  EXPECT_TRUE(check_same_network(before_, after_));
  const auto verified = verify_receipt(receipt_, &after_, nullptr);
  EXPECT_TRUE(verified) << verified.error().message();
  // Where the file that one trusts proves no such change, it does not.
  NetworkKeys unproven = after_;
  unproven.former[kChanged].clear();
  const auto refused = check_same_network(before_, unproven);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::wrong_network);
  // Nor is a former key of one custodian another's.
  unproven.former[0] = after_.former[kChanged];
  EXPECT_FALSE(check_same_network(before_, unproven));
}

TEST_F(Rotation, EvidenceOfBeforeIsCheckedByTheKeysOfBefore) {
  for (int custodian = 0; custodian < protocol::kCustodians; ++custodian) {
    const Evidence& evidence = receipt_.evidence[static_cast<std::size_t>(custodian)];
    const auto now = check_evidence(evidence, after_, custodian);
    ASSERT_TRUE(now) << now.error().message();
    EXPECT_EQ(now->cosigners, check_evidence(evidence, before_, custodian)->cosigners);
  }
  NetworkKeys unproven = after_;
  unproven.former[kChanged].clear();
  EXPECT_FALSE(check_evidence(receipt_.evidence[kChanged], unproven, static_cast<int>(kChanged)));
}

TEST_F(Rotation, LinesOfFormerKeysStayWhereThePresentOnesHaveNotSigned) {
  const std::string& proof = receipt_.evidence[kChanged].proof;
  EXPECT_EQ(only_known(proof, after_).value(), proof);
  // The present keys have signed: to one who knows them alone, the others' lines are unknown.
  NetworkKeys signed_now = before_;
  signed_now.former[kChanged].push_back(new_keys(before_.custodians[kChanged]));
  EXPECT_EQ(only_known(proof, signed_now).value(), proof);
  EXPECT_TRUE(check_evidence(receipt_.evidence[kChanged], signed_now, static_cast<int>(kChanged)));
}

}  // namespace
}  // namespace qorgan::rights::test
