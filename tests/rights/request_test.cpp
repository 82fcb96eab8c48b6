#include "rights/request.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "rights/secret.h"
#include "tests/support/expect.h"

namespace qorgan::rights {
namespace {

constexpr std::int64_t kNow_ms = 1'795'406'809'000;

class SubjectRequests : public testing::Test {
 protected:
  SubjectRequests() {
    secret_.expose_mutable()[2] = 77;
    request_.id = protocol::make_request_id(kNow_ms);
    request_.right = Right::trace;
    request_.handle[3] = 5;
    request_.network.fill(9);
    request_.language = Language::kk;
    request_.since_s = 1'700'000'000;
  }
  crypto::SignKeyPair key() const { return access_key(secret_, request_.handle); }
  Status check(const SignedSubjectRequest& request, std::int64_t now_ms = kNow_ms) const {
    return check_request(request, key().public_key, request_.network, now_ms);
  }

  SubjectSecret secret_;
  SubjectRequest request_;
};

TEST_F(SubjectRequests, ComeBackAndAreTaken) {
  for (const Right right :
       {Right::trace, Right::withdraw, Right::lock, Right::unlock, Right::erase, Right::absence, Right::receipt}) {
    request_.right = right;
    if (right != Right::trace) request_.since_s.reset();
    const SignedSubjectRequest made = sign_request(request_, key());
    const auto read = parse_subject_request(made.text());
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->request, request_);
    EXPECT_TRUE(check(*read));
  }
}

TEST_F(SubjectRequests, OfAPageComeBack) {
  for (const std::int64_t before : {std::int64_t{0}, std::int64_t{1}, std::int64_t{INT64_MAX}}) {
    request_.uses_before = before;
    request_.searches_before = INT64_MAX - before;
    for (const std::size_t entries_max : {std::size_t{1}, limits::trace_entries_max}) {
      request_.entries_max = static_cast<std::int64_t>(entries_max);
      const SignedSubjectRequest made = sign_request(request_, key());
      EXPECT_LT(made.text().size(), limits::subject_request_bytes_max);
      const auto read = parse_subject_request(made.text());
      ASSERT_TRUE(read) << read.error().message();
      EXPECT_EQ(read->request, request_);
      EXPECT_TRUE(check(*read));
    }
  }
}

TEST_F(SubjectRequests, OfAPageThatCannotBeAreRefused) {
  request_.uses_before = 77;
  request_.searches_before = 77;
  request_.entries_max = 77;
  const std::string good = sign_request(request_, key()).text();
  ASSERT_TRUE(parse_subject_request(good));
  const auto with = [&](const std::string& field, const std::string& value) {
    std::string changed = good;
    const std::string name = "\\\"" + field + "\\\":";
    changed.replace(changed.find(name) + name.size(), 2, value);
    return parse_subject_request(changed);
  };
  for (const std::string field : {"uses_before", "searches_before", "entries_max"}) {
    EXPECT_TRUE(with(field, "78")) << field;
    for (const std::string value : {"-1", "-9223372036854775808", "9223372036854775808", "18446744073709551615", "1e3",
                                    "78.0", "078", " 78", "+78", "\\\"78\\\"", "true", "null", "[78]", "{}", ""})
      EXPECT_ERROR(with(field, value), ErrorCode::invalid_input) << field << ": " << value;
  }
  EXPECT_ERROR(with("entries_max", "0"), ErrorCode::invalid_input);
  EXPECT_ERROR(with("entries_max", std::to_string(limits::trace_entries_max + 1)), ErrorCode::invalid_input);
}

TEST_F(SubjectRequests, OnlyATraceHasPages) {
  request_.since_s.reset();
  for (const Right right :
       {Right::withdraw, Right::lock, Right::unlock, Right::erase, Right::absence, Right::receipt}) {
    request_.right = right;
    for (auto field : {&SubjectRequest::uses_before, &SubjectRequest::searches_before, &SubjectRequest::entries_max}) {
      SubjectRequest asked = request_;
      asked.*field = 7;
      EXPECT_ERROR(parse_subject_request(sign_request(asked, key()).text()), ErrorCode::invalid_input);
    }
  }
}

TEST_F(SubjectRequests, EveryChangedCharacterIsNoticed) {
  const std::string text = sign_request(request_, key()).text();
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int flip : {1, 4, 32}) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      const auto read = parse_subject_request(changed);
      EXPECT_FALSE(read && check(*read)) << "at " << i << ": " << changed;
    }
  }
}

TEST_F(SubjectRequests, OfAnotherKeyOrNetworkAreRefused) {
  const SignedSubjectRequest made = sign_request(request_, key());
  const auto other_key = crypto::make_sign_key_pair();
  EXPECT_EQ(check_request(made, other_key.public_key, request_.network, kNow_ms).error().code, ErrorCode::refused);
  crypto::Digest other{};
  EXPECT_EQ(check_request(made, key().public_key, other, kNow_ms).error().code, ErrorCode::wrong_network);
}

TEST_F(SubjectRequests, AreGoodForAWhile) {
  const SignedSubjectRequest made = sign_request(request_, key());
  EXPECT_TRUE(check(made, kNow_ms + limits::request_age_ms_max));
  EXPECT_EQ(check(made, kNow_ms + limits::request_age_ms_max + 1).error().code, ErrorCode::stale);
  EXPECT_TRUE(check(made, kNow_ms - limits::clock_skew_ms_max));
  EXPECT_EQ(check(made, kNow_ms - limits::clock_skew_ms_max - 1).error().code, ErrorCode::stale);
}

TEST_F(SubjectRequests, OfAnotherFormAreRefused) {
  const SignedSubjectRequest made = sign_request(request_, key());
  EXPECT_FALSE(parse_subject_request(made.text() + " "));
  EXPECT_FALSE(parse_subject_request(made.text() + std::string(limits::subject_request_bytes_max, ' ')));
  request_.right = Right::lock;  // with a time to begin at
  EXPECT_FALSE(parse_subject_request(sign_request(request_, key()).text()));
  std::string newer = made.text();
  newer.replace(newer.find("\\\"v\\\":1"), 7, "\\\"v\\\":2");
  EXPECT_EQ(parse_subject_request(newer).error().code, ErrorCode::version_mismatch);
}

}  // namespace
}  // namespace qorgan::rights
