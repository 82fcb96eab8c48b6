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
  // Whether open() has made a fresh one: then nothing was ever asked with it.
  bool is_fresh() const { return is_fresh_; }
  // Overwrites and removes the file. (What a disk keeps beneath is beyond this.)
  void forget();

 private:
  std::filesystem::path path_;
  bool is_fresh_ = false;
};

}  // namespace qorgan::desk
