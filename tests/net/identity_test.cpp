#include "net/identity.h"

#include <openssl/pem.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>

#include "tests/net/net_support.h"

namespace qorgan::net {
namespace {

using namespace qorgan::net::testing;
namespace fs = std::filesystem;

class IdentityFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "qorgan-identity-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ / "tls.pem";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(std::string_view content, mode_t mode = 0600) {
    std::ofstream(path_, std::ios::binary) << content;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }
  std::string read() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path folder_;
  fs::path path_;
};

TEST(Identity, PinsAreDigestsAndDiffer) {
  const TlsIdentity& a = custodian_identity(0);
  EXPECT_EQ(a.pin().size(), 64u);
  EXPECT_EQ(a.pin().find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(a.pin(), custodian_identity(1).pin());
}

TEST(Identity, NameMustFitACertificate) {
  EXPECT_OK(make_tls_identity(std::string(64, 'x')));
  EXPECT_ERROR(make_tls_identity(""), ErrorCode::invalid_input);
  EXPECT_ERROR(make_tls_identity(std::string(65, 'x')), ErrorCode::invalid_input);
  EXPECT_ERROR(make_tls_identity("\xff\xfe"), ErrorCode::invalid_input);
}

TEST_F(IdentityFile, IsPrivateAndReadBackAlike) {
  const Result<TlsIdentity> made = make_tls_identity("custodian");
  ASSERT_OK(made);
  ASSERT_OK(save_tls_identity(*made, path_));
  struct stat about {};
  ASSERT_EQ(::stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  const Result<TlsIdentity> loaded = load_tls_identity(path_);
  ASSERT_OK(loaded);
  EXPECT_EQ(loaded->pin(), made->pin());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "something was left beside the file";
}

TEST_F(IdentityFile, IsNeverOverwritten) {
  ASSERT_OK(save_tls_identity(custodian_identity(0), path_));
  const std::string before = read();
  EXPECT_ERROR(save_tls_identity(custodian_identity(1), path_), ErrorCode::already_exists);
  EXPECT_EQ(read(), before);
}

TEST_F(IdentityFile, ReadableByOthersIsRefused) {
  ASSERT_OK(save_tls_identity(custodian_identity(0), path_));
  for (const mode_t mode : {0640u, 0604u, 0620u, 0601u}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    EXPECT_ERROR(load_tls_identity(path_), ErrorCode::refused);
  }
}

TEST_F(IdentityFile, MissingIsNotFound) {
  EXPECT_ERROR(load_tls_identity(path_), ErrorCode::not_found);
}

TEST_F(IdentityFile, DamagedIsSaidWithItsName) {
  ASSERT_OK(save_tls_identity(custodian_identity(0), path_));
  const std::string whole = read();
  const std::size_t certificate = whole.find("-----BEGIN CERTIFICATE");
  ASSERT_NE(certificate, std::string::npos);
  ASSERT_OK(tls_identity_from_pem(as_bytes(whole), "x"));
  const crypto::SecretBytes other = *custodian_identity(1).to_pem();
  const std::string other_pem(other.expose().begin(), other.expose().end());
  const std::string mixed = whole.substr(0, certificate) + other_pem.substr(other_pem.find("-----BEGIN CERTIFICATE"));
  for (const std::string& content :
       {std::string(), std::string("nonsense"), whole.substr(0, certificate), whole.substr(certificate),
        whole.substr(0, whole.size() - 40), mixed, std::string(100, '\0')}) {
    write(content);
    const Result<TlsIdentity> loaded = load_tls_identity(path_);
    EXPECT_ERROR(loaded, ErrorCode::damaged);
    EXPECT_EQ(loaded.error().where, path_.string());
  }
}

TEST_F(IdentityFile, EveryTruncationIsRefused) {
  const crypto::SecretBytes pem = *custodian_identity(0).to_pem();
  // The last byte is a line end.
  for (std::size_t size = 0; size + 1 < pem.size(); size += 3)
    EXPECT_ERROR(tls_identity_from_pem(pem.expose().first(size), "x"), ErrorCode::damaged);
}

std::string pem_of_key(EVP_PKEY* key, const char* password) {
  BIO* bio = BIO_new(BIO_s_mem());
  const EVP_CIPHER* cipher = password == nullptr ? nullptr : EVP_aes_256_cbc();
  const int length = password == nullptr ? 0 : static_cast<int>(std::strlen(password));
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, password, length, nullptr, nullptr), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

std::string certificate_pem() {
  const crypto::SecretBytes pem = *custodian_identity(0).to_pem();
  const std::string text(pem.expose().begin(), pem.expose().end());
  return text.substr(text.find("-----BEGIN CERTIFICATE"));
}

TEST(Identity, EncryptedKeyIsDamagedAndAsksNothing) {
  const std::string pem = pem_of_key(EVP_EC_gen("P-256"), "password") + certificate_pem();
  const Result<TlsIdentity> read = tls_identity_from_pem(as_bytes(pem), "x");
  EXPECT_ERROR(read, ErrorCode::damaged);
  EXPECT_EQ(read.error().what, "a TLS identity has no private key that can be read");
}

TEST(Identity, OtherKindsOfKeysAreRefused) {
  for (EVP_PKEY* key : {EVP_EC_gen("P-384"), EVP_RSA_gen(2048), EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}) {
    const std::string pem = pem_of_key(key, nullptr) + certificate_pem();
    const Result<TlsIdentity> read = tls_identity_from_pem(as_bytes(pem), "x");
    EXPECT_ERROR(read, ErrorCode::damaged);
    EXPECT_EQ(read.error().what, "a TLS identity's key is not ECDSA P-256");
  }
}

TEST_F(IdentityFile, LargerThanAnyKeyIsRefused) {
  write(std::string(limits::identity_file_bytes_max + 1, 'x'));
  EXPECT_ERROR(load_tls_identity(path_), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace qorgan::net
