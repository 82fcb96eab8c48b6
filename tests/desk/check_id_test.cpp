#include "desk/check_id.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/hash.h"
#include "crypto/random.h"

namespace qorgan::desk {
namespace {

constexpr std::int64_t kNow = 1'800'000'000'123;

class CheckId : public testing::Test {
 protected:
  void SetUp() override {
    crypto::initialise();
    secret_ = crypto::random_key();
  }
  crypto::Key secret_;
};

TEST_F(CheckId, IsTheSameWhenTheEnrolmentIsRepeated) {
  const auto enrolment = protocol::make_request_id(kNow);
  EXPECT_EQ(check_id_of(secret_, enrolment), check_id_of(secret_.clone(), enrolment));
}

// What stands in public logs: nobody but the desk can tell that the two belong together.
TEST_F(CheckId, IsTiedToTheEnrolmentByTheDesksSecretAlone) {
  const auto enrolment = protocol::make_request_id(kNow);
  const auto check = check_id_of(secret_, enrolment);
  EXPECT_NE(check, enrolment);
  EXPECT_NE(check, check_id_of(crypto::random_key(), enrolment));
  for (const char* label : {"qorgan duplicate check v1\n", "qorgan duplicate check v2\n"}) {
    Bytes input(as_bytes(label).begin(), as_bytes(label).end());
    input.insert(input.end(), enrolment.begin(), enrolment.end());
    const auto digest = crypto::sha256(input);
    EXPECT_FALSE(std::equal(check.begin() + 6, check.end(), digest.begin()));
  }
}

TEST_F(CheckId, EachEnrolmentHasItsOwn) {
  std::set<protocol::RequestId> seen;
  for (int i = 0; i < 200; ++i) {
    auto enrolment = protocol::make_request_id(kNow);
    seen.insert(check_id_of(secret_, enrolment));
    enrolment[15] ^= 1;
    seen.insert(check_id_of(secret_, enrolment));
  }
  EXPECT_EQ(seen.size(), 400U);
}

// The same millisecond in both ids would link them; one of long before would be refused.
TEST_F(CheckId, ItsTimeIsOfTheSecondBefore) {
  std::set<std::int64_t> earlier;
  for (int i = 0; i < 200; ++i) {
    const auto enrolment = protocol::make_request_id(kNow);
    const std::int64_t before = kNow - protocol::created_ms(check_id_of(secret_, enrolment));
    EXPECT_GE(before, 0);
    EXPECT_LT(before, 1000);
    earlier.insert(before);
  }
  EXPECT_GT(earlier.size(), 50U);
}

}  // namespace
}  // namespace qorgan::desk
