// The one row about the file as a whole: whose it is, and how much stands in it.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// Of an empty file.
Status create_head(Database& database, const Keys& keys);
// Whether it is of this network and custodian and under this key. Errors: damaged, wrong_network, refused (another
// key).
Status check_head(Database& database, const Keys& keys);

Result<Counts> read_counts(Database& database);
Status write_counts(Database& database, const Keys& keys, const Counts& counts);
template <class Change>
Status change_counts(Database& database, const Keys& keys, Change&& change) {
  QORGAN_TRY(Counts counts, read_counts(database));
  change(counts);
  return write_counts(database, keys, counts);
}

}  // namespace qorgan::store
