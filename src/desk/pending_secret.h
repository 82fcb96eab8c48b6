// The secret of a person who is being enrolled, kept until the three custodians have confirmed the enrolment: a request
// that was cut off can then be repeated to the letter.
#pragma once

#include <filesystem>

#include "protocol/request.h"
#include "rights/secret.h"

namespace qorgan::desk {

class PendingSecret {
 public:
  // In a file of the desk's folder that bears the request's id.
  PendingSecret(const std::filesystem::path& folder, const protocol::RequestId& id);

  // That of the earlier try, or a fresh one, which is then written down. Errors: damaged, unavailable, storage_full.
  Result<rights::SubjectSecret> open();
  // Overwrites and removes the file. (What a disk keeps beneath is beyond this.)
  void forget();

 private:
  std::filesystem::path path_;
};

}  // namespace qorgan::desk
