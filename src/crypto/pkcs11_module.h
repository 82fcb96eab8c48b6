// A PKCS #11 library, loaded and initialised; for pkcs11.cpp alone.
#pragma once

#include <p11-kit/pkcs11.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "crypto/secret.h"

namespace qorgan::crypto {

// The functions of a module, with their errors as ours. Each module is initialised once a process, as PKCS #11 asks
// for, and stays loaded until the process ends: some libraries do not survive being unloaded.
class Pkcs11Module {
 public:
  // Errors: not_found, invalid_input (a library that is no module), unavailable.
  static Result<Pkcs11Module*> load(const std::filesystem::path& path);

  // The slot whose token has this label. Errors: not_found, invalid_input (two tokens of it), unavailable.
  Result<CK_SLOT_ID> find_slot(const std::string& token) const;
  const CK_FUNCTION_LIST& functions() const { return *functions_; }

 private:
  explicit Pkcs11Module(CK_FUNCTION_LIST* functions) : functions_(functions) {}
  CK_FUNCTION_LIST* functions_;
};

// What a return value other than CKR_OK means to a caller.
Error pkcs11_error(CK_RV code, std::string what, std::string where);

}  // namespace qorgan::crypto
