// Keys on a token, with SoftHSM as the token.
#include "crypto/pkcs11.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/temp_folder.h"

namespace qorgan::crypto {
namespace {

constexpr const char* kPin = "914-petrol";

// Debian has it in one of two places, by release and architecture.
std::filesystem::path find_module() {
  for (const char* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                           "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"})
    if (std::filesystem::exists(path)) return path;
  return {};
}

// A folder of tokens for this whole program: the module reads its settings once a process.
struct Tokens {
  Tokens() {
    std::filesystem::create_directory(folder.path() / "tokens");
    const auto settings = folder.path() / "softhsm2.conf";
    std::ofstream(settings) << "directories.tokendir = " << (folder.path() / "tokens").string()
                            << "\nobjectstore.backend = file\nlog.level = ERROR\n";
    ::setenv("SOFTHSM2_CONF", settings.c_str(), 1);
    for (const char* token : {"court", "twin", "twin"}) {
      const std::string command = std::string("softhsm2-util --init-token --free --label ") + token + " --so-pin " +
                                  kPin + " --pin " + kPin + " >/dev/null 2>&1";
      ready = std::system(command.c_str()) == 0 && ready;
    }
  }
  test::TempFolder folder;
  bool ready = true;
};

class Pkcs11Test : public testing::Test {
 protected:
  void SetUp() override {
    if (find_module().empty()) GTEST_SKIP() << "SoftHSM is not installed";
    static const Tokens tokens;
    ASSERT_TRUE(tokens.ready) << "softhsm2-util made no token";
  }
  static SecretBytes pin(std::string_view text = kPin) { return SecretBytes(as_bytes(text)); }
  static TokenKey where(const std::string& key) { return {find_module(), "court", key}; }
};

TEST_F(Pkcs11Test, AKeyOfTheTokenSigns) {
  const auto made = Pkcs11Signer::create(where("signing"), pin());
  ASSERT_TRUE(made) << made.error().message();
  const auto opened = Pkcs11Signer::open(where("signing"), pin());
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ((*opened)->public_key(), (*made)->public_key());
  for (const std::string& message :
       {std::string("x"), std::string("qorgan warrant v1\n{}\n"), std::string(8192, 'm')}) {
    const auto signature = (*opened)->sign(as_bytes(message));
    ASSERT_TRUE(signature) << signature.error().message();
    EXPECT_TRUE(verify((*opened)->public_key(), as_bytes(message), *signature));
    EXPECT_FALSE(verify((*opened)->public_key(), as_bytes(message + "."), *signature));
    // Ed25519 itself, not one of its variants: the same each time.
    EXPECT_EQ(*(*made)->sign(as_bytes(message)), *signature);
  }
}

TEST_F(Pkcs11Test, NeverMakesAKeyTwice) {
  const auto made = Pkcs11Signer::create(where("once"), pin());
  ASSERT_TRUE(made) << made.error().message();
  const auto again = Pkcs11Signer::create(where("once"), pin());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
}

TEST_F(Pkcs11Test, AWrongPin) {
  for (const std::string_view wrong : {"914-petroL", "", "1"}) {
    const auto opened = Pkcs11Signer::open(where("signing"), pin(wrong));
    ASSERT_FALSE(opened) << wrong;
    EXPECT_EQ(opened.error().code, ErrorCode::refused) << opened.error().message();
    EXPECT_EQ(opened.error().message().find(kPin), std::string::npos);
  }
}

TEST_F(Pkcs11Test, NoSuchKey) {
  const auto opened = Pkcs11Signer::open(where("absent"), pin());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::not_found);
  EXPECT_EQ(opened.error().where, "absent");
}

TEST_F(Pkcs11Test, NoSuchTokenOrTwoOfThem) {
  TokenKey key = where("signing");
  key.token = "elsewhere";
  const auto absent = Pkcs11Signer::open(key, pin());
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::not_found);
  EXPECT_EQ(absent.error().where, "elsewhere");
  key.token = "twin";
  const auto two = Pkcs11Signer::open(key, pin());
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().code, ErrorCode::invalid_input);
}

TEST(Pkcs11, NoSuchModuleOrNone) {
  const SecretBytes pin(as_bytes(kPin));
  EXPECT_EQ(Pkcs11Signer::open({"/nowhere/module.so", "court", "key"}, pin).error().code, ErrorCode::not_found);
  const test::TempFolder folder;
  std::ofstream(folder.path() / "module.so") << "no library";
  EXPECT_EQ(Pkcs11Signer::open({folder.path() / "module.so", "court", "key"}, pin).error().code,
            ErrorCode::invalid_input);
}

}  // namespace
}  // namespace qorgan::crypto
