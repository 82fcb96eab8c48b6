// Whether all that stands in the file is whole, authentic, and agrees.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// All but the head and the shares; while the file is being rebuilt, not yet whether it agrees. damaged.
Status check_content(Database& database, const Keys& keys);
// Each enrolment made a record that is live or erased, each erasure a tombstone, nothing else is there, and records
// have the flags and epochs that operations gave them. damaged.
Status check_agreement(Database& database, const Keys& keys);

}  // namespace qorgan::store
