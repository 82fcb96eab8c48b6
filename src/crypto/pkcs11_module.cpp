#include "crypto/pkcs11_module.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace qorgan::crypto {
namespace {

// PKCS #11, 4.3: labels are filled up with spaces and have no end of their own.
std::string_view label_of(const CK_TOKEN_INFO& token) {
  std::string_view label(reinterpret_cast<const char*>(token.label), sizeof token.label);
  label = label.substr(0, label.find('\0'));
  return label.substr(0, label.find_last_not_of(' ') + 1);
}

Result<CK_FUNCTION_LIST*> load_functions(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    return failure(ErrorCode::not_found, "no such PKCS #11 module", path.string(),
                   "Name the library that came with the token");
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = ::dlerror();
    return failure(ErrorCode::invalid_input,
                   "cannot load the PKCS #11 module (" + std::string(reason != nullptr ? reason : "unknown") + ")",
                   path.string());
  }
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  if (get == nullptr || get(&functions) != CKR_OK || functions == nullptr)
    return failure(ErrorCode::invalid_input, "the library is no PKCS #11 module", path.string());
  return functions;
}

}  // namespace

Error pkcs11_error(CK_RV code, std::string what, std::string where) {
  char number[32];
  std::snprintf(number, sizeof number, " (CKR 0x%lx)", code);
  switch (code) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_INVALID:
      return {ErrorCode::refused, "the token's PIN is wrong", std::move(where),
              "Tokens lock themselves after some wrong PINs: look before you try again"};
    case CKR_PIN_LOCKED:
      return {ErrorCode::refused, "the token's PIN is locked", std::move(where),
              "Unlock it with the token's own tools"};
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
    case CKR_USER_NOT_LOGGED_IN:
      return {ErrorCode::refused, std::move(what) + number, std::move(where), {}};
    case CKR_MECHANISM_INVALID:
      return {ErrorCode::invalid_input, "the token knows no Ed25519 (CKM_EDDSA)", std::move(where),
              "Use a token that does"};
    default:
      return {ErrorCode::unavailable, std::move(what) + number, std::move(where), "Look whether the token is there"};
  }
}

Result<Pkcs11Module*> Pkcs11Module::load(const std::filesystem::path& path) {
  static std::mutex mutex;
  static std::map<std::filesystem::path, std::unique_ptr<Pkcs11Module>> loaded;
  const std::lock_guard lock(mutex);
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  if (const auto found = loaded.find(real); found != loaded.end()) return found->second.get();
  QORGAN_TRY(CK_FUNCTION_LIST * functions, load_functions(path));
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV code = functions->C_Initialize(&arguments);
  if (code != CKR_OK && code != CKR_CRYPTOKI_ALREADY_INITIALIZED)
    return tl::unexpected(pkcs11_error(code, "the PKCS #11 module does not start", path.string()));
  return loaded.emplace(real, std::unique_ptr<Pkcs11Module>(new Pkcs11Module(functions))).first->second.get();
}

Result<CK_SLOT_ID> Pkcs11Module::find_slot(const std::string& token) const {
  CK_ULONG count = 0;
  CK_RV code = functions_->C_GetSlotList(CK_TRUE, nullptr, &count);
  std::vector<CK_SLOT_ID> slots(count);
  if (code == CKR_OK && count > 0) code = functions_->C_GetSlotList(CK_TRUE, slots.data(), &count);
  if (code != CKR_OK) return tl::unexpected(pkcs11_error(code, "cannot list the tokens", token));
  slots.resize(std::min<std::size_t>(count, slots.size()));
  std::vector<CK_SLOT_ID> found;
  for (const CK_SLOT_ID slot : slots) {
    CK_TOKEN_INFO info{};
    if (functions_->C_GetTokenInfo(slot, &info) == CKR_OK && label_of(info) == token) found.push_back(slot);
  }
  if (found.empty()) return failure(ErrorCode::not_found, "no token of this label", token, "Look whether it is put in");
  if (found.size() > 1) return failure(ErrorCode::invalid_input, "two tokens have this label", token, "Take one out");
  return found.front();
}

}  // namespace qorgan::crypto
