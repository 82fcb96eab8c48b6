#include "crypto/pkcs11.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include "crypto/pkcs11_module.h"

namespace qorgan::crypto {
namespace {

// The object identifier of Ed25519, 1.3.101.112 (RFC 8410, section 3), as CKA_EC_PARAMS (PKCS #11 v3.0, 2.3.5). Some
// tokens name the curve instead, as a PrintableString.
constexpr std::array<CK_BYTE, 5> kEd25519Oid = {0x06, 0x03, 0x2b, 0x65, 0x70};
constexpr std::array<CK_BYTE, 14> kEd25519Name = {0x13, 0x0c, 'e', 'd', 'w', 'a', 'r',
                                                  'd',  's',  '2', '5', '5', '1', '9'};
// A DER OCTET STRING of 32 bytes begins so.
constexpr std::array<std::uint8_t, 2> kPointHead = {0x04, 0x20};

// PKCS #11 takes pointers to what it does not write.
template <class T>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const T& value) {
  return {type, const_cast<T*>(&value), sizeof value};
}
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, const std::string& value) {
  return {type, const_cast<char*>(value.data()), value.size()};
}

// A session that closes itself, and with it the login where it was the last.
class Session {
 public:
  Session(const CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE handle) : functions_(functions), handle_(handle) {}
  ~Session() { functions_.C_CloseSession(handle_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  static Result<std::unique_ptr<Session>> open(const TokenKey& where, const SecretBytes& pin) {
    // Without one a token may ask at a keypad of its own, for as long as it likes.
    if (pin.size() == 0) return failure(ErrorCode::refused, "the token's PIN is empty", where.token);
    QORGAN_TRY(const Pkcs11Module* module, Pkcs11Module::load(where.module));
    QORGAN_TRY(const CK_SLOT_ID slot, module->find_slot(where.token));
    const CK_FUNCTION_LIST& functions = module->functions();
    CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
    CK_RV code = functions.C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &handle);
    // A token that is protected against writing signs as well.
    if (code == CKR_TOKEN_WRITE_PROTECTED)
      code = functions.C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &handle);
    if (code != CKR_OK) return tl::unexpected(pkcs11_error(code, "the token opens no session", where.token));
    auto session = std::make_unique<Session>(functions, handle);
    const ByteView digits = pin.expose();
    code = functions.C_Login(handle, CKU_USER, const_cast<CK_UTF8CHAR*>(digits.data()), digits.size());
    if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN)
      return tl::unexpected(pkcs11_error(code, "the token does not let us in", where.token));
    return session;
  }

  const CK_FUNCTION_LIST& functions() const { return functions_; }
  CK_SESSION_HANDLE handle() const { return handle_; }

  // The object of a class with that label; nothing where there is none. Errors: invalid_input (two of them).
  Result<std::optional<CK_OBJECT_HANDLE>> find(CK_OBJECT_CLASS object_class, const std::string& label) const {
    std::array wanted = {attribute(CKA_CLASS, object_class), attribute(CKA_LABEL, label)};
    std::array<CK_OBJECT_HANDLE, 2> found{};
    CK_ULONG count = 0;
    CK_RV code = functions_.C_FindObjectsInit(handle_, wanted.data(), wanted.size());
    if (code == CKR_OK) {
      code = functions_.C_FindObjects(handle_, found.data(), found.size(), &count);
      functions_.C_FindObjectsFinal(handle_);
    }
    if (code != CKR_OK) return tl::unexpected(pkcs11_error(code, "the token does not look for its keys", label));
    if (count > 1) return failure(ErrorCode::invalid_input, "two keys on the token have this label", label);
    return count == 0 ? std::optional<CK_OBJECT_HANDLE>() : std::optional(found[0]);
  }

  // The value of an attribute of at most N bytes.
  template <std::size_t N>
  Result<Bytes> read(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const std::string& label) const {
    Bytes value(N);
    CK_ATTRIBUTE wanted{type, value.data(), value.size()};
    const CK_RV code = functions_.C_GetAttributeValue(handle_, object, &wanted, 1);
    if (code != CKR_OK || wanted.ulValueLen > N)
      return failure(ErrorCode::invalid_input, "the key on the token is not Ed25519", label);
    value.resize(wanted.ulValueLen);
    return value;
  }

 private:
  const CK_FUNCTION_LIST& functions_;
  const CK_SESSION_HANDLE handle_;
};

// CKA_EC_POINT: 32 bytes (PKCS #11 v3.0, 2.3.5), which most tokens wrap into an OCTET STRING as they do for other
// curves.
Result<SignPublicKey> read_public_key(const Session& session, CK_OBJECT_HANDLE object, const std::string& label) {
  QORGAN_TRY(const Bytes curve, session.read<32>(object, CKA_EC_PARAMS, label));
  QORGAN_TRY(const Bytes point, session.read<64>(object, CKA_EC_POINT, label));
  const bool ed25519 = std::ranges::equal(curve, kEd25519Oid) || std::ranges::equal(curve, kEd25519Name);
  const bool wrapped = point.size() == 34 && std::equal(kPointHead.begin(), kPointHead.end(), point.begin());
  SignPublicKey key{};
  if (!ed25519 || (point.size() != key.size() && !wrapped))
    return failure(ErrorCode::invalid_input, "the key on the token is not Ed25519", label);
  std::copy_n(point.end() - static_cast<std::ptrdiff_t>(key.size()), key.size(), key.begin());
  return key;
}

Status generate(const Session& session, const std::string& label) {
  const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
  std::array public_half = {attribute(CKA_TOKEN, yes), attribute(CKA_PRIVATE, no), attribute(CKA_VERIFY, yes),
                            attribute(CKA_EC_PARAMS, kEd25519Oid), attribute(CKA_LABEL, label)};
  std::array private_half = {attribute(CKA_TOKEN, yes),      attribute(CKA_PRIVATE, yes), attribute(CKA_SENSITIVE, yes),
                             attribute(CKA_EXTRACTABLE, no), attribute(CKA_SIGN, yes),    attribute(CKA_LABEL, label)};
  CK_MECHANISM mechanism{CKM_EC_EDWARDS_KEY_PAIR_GEN, nullptr, 0};
  CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE, private_key = CK_INVALID_HANDLE;
  const CK_RV code =
      session.functions().C_GenerateKeyPair(session.handle(), &mechanism, public_half.data(), public_half.size(),
                                            private_half.data(), private_half.size(), &public_key, &private_key);
  if (code != CKR_OK) return tl::unexpected(pkcs11_error(code, "the token makes no key", label));
  return {};
}

}  // namespace

struct Pkcs11Signer::State {
  std::mutex mutex;
  std::unique_ptr<Session> session;
  CK_OBJECT_HANDLE private_key = CK_INVALID_HANDLE;
  SignPublicKey public_key{};
  std::string label;
};

Pkcs11Signer::Pkcs11Signer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pkcs11Signer::~Pkcs11Signer() = default;

Result<std::unique_ptr<Pkcs11Signer>> Pkcs11Signer::open(const TokenKey& where, const SecretBytes& pin) {
  auto state = std::make_unique<State>();
  state->label = where.key;
  QORGAN_TRY(state->session, Session::open(where, pin));
  QORGAN_TRY(const auto private_key, state->session->find(CKO_PRIVATE_KEY, where.key));
  QORGAN_TRY(const auto public_key, state->session->find(CKO_PUBLIC_KEY, where.key));
  if (!private_key || !public_key)
    return failure(ErrorCode::not_found, "the token has no key pair of this label", where.key);
  state->private_key = *private_key;
  QORGAN_TRY(state->public_key, read_public_key(*state->session, *public_key, where.key));
  return std::unique_ptr<Pkcs11Signer>(new Pkcs11Signer(std::move(state)));
}

Result<std::unique_ptr<Pkcs11Signer>> Pkcs11Signer::create(const TokenKey& where, const SecretBytes& pin) {
  {
    QORGAN_TRY(const auto session, Session::open(where, pin));
    QORGAN_TRY(const auto private_key, session->find(CKO_PRIVATE_KEY, where.key));
    QORGAN_TRY(const auto public_key, session->find(CKO_PUBLIC_KEY, where.key));
    if (private_key || public_key)
      return failure(ErrorCode::already_exists, "the token has a key of this label already", where.key,
                     "Name another one");
    QORGAN_CHECK(generate(*session, where.key));
  }
  return open(where, pin);
}

const SignPublicKey& Pkcs11Signer::public_key() const {
  return state_->public_key;
}

Result<Signature> Pkcs11Signer::sign(ByteView message) {
  const std::lock_guard lock(state_->mutex);
  const Session& session = *state_->session;
  // Without a parameter CKM_EDDSA is plain Ed25519 (PKCS #11 v3.0, 2.3.13).
  CK_MECHANISM mechanism{CKM_EDDSA, nullptr, 0};
  Signature signature{};
  CK_ULONG size = signature.size();
  CK_RV code = session.functions().C_SignInit(session.handle(), &mechanism, state_->private_key);
  if (code == CKR_OK)
    code = session.functions().C_Sign(session.handle(), const_cast<CK_BYTE*>(message.data()), message.size(),
                                      signature.data(), &size);
  if (code != CKR_OK) return tl::unexpected(pkcs11_error(code, "the token does not sign", state_->label));
  if (size != signature.size() || !verify(state_->public_key, message, signature))
    return failure(ErrorCode::damaged, "the token's signature does not fit its public key", state_->label);
  return signature;
}

}  // namespace qorgan::crypto
