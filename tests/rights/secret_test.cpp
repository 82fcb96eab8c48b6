#include "rights/secret.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/random.h"

namespace qorgan::rights {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

SubjectSecret counting() {
  SubjectSecret secret;
  for (std::size_t i = 0; i < 16; ++i) secret.expose_mutable()[i] = static_cast<std::uint8_t>(17 * i + 3);
  return secret;
}

TEST(SecretText, ComesBack) {
  for (int i = 0; i < 50; ++i) {
    const SubjectSecret secret = make_secret();
    const std::string text = secret_text(secret);
    EXPECT_EQ(text.size(), 34U);
    const auto read = parse_secret(text);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_TRUE(*read == secret);
    protocol::RecordId handle{};
    crypto::fill_random(handle);
    EXPECT_EQ(parse_handle(handle_text(handle)).value(), handle);
  }
}

TEST(SecretText, EveryChangedCharacterIsNoticed) {
  const std::string text = secret_text(counting());
  int refused = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '-') continue;
    for (const char c : kAlphabet) {
      std::string changed = text;
      changed[i] = c;
      EXPECT_EQ(parse_secret(changed).has_value(), changed == text) << changed;
      ++refused;
    }
  }
  EXPECT_EQ(refused, 28 * 32);
}

TEST(SecretText, AnyTwoThatChangePlacesAreNoticed) {
  const std::string text = secret_text(counting());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (std::size_t j = i + 1; j < text.size(); ++j) {
      std::string changed = text;
      std::swap(changed[i], changed[j]);
      if (changed == text || text[i] == '-' || text[j] == '-') continue;
      EXPECT_FALSE(parse_secret(changed)) << changed;
    }
  }
}

TEST(SecretText, IsReadForgivingly) {
  SubjectSecret secret;  // all zero: O and I, L can be tried
  secret.expose_mutable()[0] = 0x08;
  std::string text = secret_text(secret);
  ASSERT_EQ(text.substr(0, 4), "1000");
  text.replace(0, 4, "lOo0");
  for (char& c : text) {
    if (c == '-') c = ' ';
    if (c >= 'A' && c <= 'Z' && c != 'O') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto read = parse_secret("  " + text + " ");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_TRUE(*read == secret);
}

TEST(SecretText, WrongFormsAreRefusedWithoutRepeatingThem) {
  const std::string text = secret_text(counting());
  for (const std::string& wrong :
       {std::string(), text.substr(1), text + "0", std::string("U").append(text.substr(1)), "*" + text}) {
    const auto read = parse_secret(wrong);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(read.error().message().find(text.substr(5, 9)), std::string::npos);
  }
}

TEST(SecretText, AHandleIsNoSecret) {
  const SubjectSecret secret = counting();
  protocol::RecordId handle{};
  std::copy(secret.expose().begin(), secret.expose().end(), handle.begin());
  EXPECT_FALSE(parse_secret(handle_text(handle)));
  EXPECT_FALSE(parse_handle(secret_text(secret)));
}

TEST(QrText, ComesBackAndWrongOnesAreRefused) {
  protocol::RecordId handle{};
  handle[5] = 9;
  const std::string text = qr_text(handle, counting());
  const auto read = parse_qr_text(text);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->handle, handle);
  EXPECT_TRUE(read->secret == counting());
  EXPECT_EQ(parse_qr_text(std::string("QORGAN:2:").append(text.substr(9))).error().code, ErrorCode::version_mismatch);
  for (const std::string& wrong : {std::string(), std::string("QORGAN"), text + ":", "X" + text, text.substr(0, 40)})
    EXPECT_FALSE(parse_qr_text(wrong)) << wrong;
}

TEST(DerivedKeys, DependOnSecretAndHandleAndUse) {
  protocol::RecordId handle{};
  protocol::RecordId other = handle;
  other[0] = 1;
  const SubjectSecret secret = counting();
  SubjectSecret changed = counting();
  changed.expose_mutable()[15] ^= 1;
  std::set<crypto::Digest> commitments = {view_commitment(view_key(secret, handle)),
                                          view_commitment(view_key(secret, other)),
                                          view_commitment(view_key(changed, handle))};
  EXPECT_EQ(commitments.size(), 3U);
  EXPECT_EQ(access_key(secret, handle).public_key, access_key(secret, handle).public_key);
  EXPECT_NE(access_key(secret, handle).public_key, access_key(changed, handle).public_key);
  EXPECT_NE(access_key(secret, handle).public_key, access_key(secret, other).public_key);
  // By the definition, spelt out.
  const crypto::Key key = crypto::derive_key(secret.expose(), handle, "qorgan view v1");
  EXPECT_TRUE(view_key(secret, handle) == key);
  const std::string label = "qorgan view commitment v1\n";
  Bytes input(label.begin(), label.end());
  input.insert(input.end(), key.expose().begin(), key.expose().end());
  EXPECT_EQ(view_commitment(key), crypto::sha256(input));
}

}  // namespace
}  // namespace qorgan::rights
