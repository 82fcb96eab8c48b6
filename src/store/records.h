// Records and tombstones. Changes run inside the caller's transaction.
#pragma once

#include "store/keys.h"
#include "store/sqlite.h"

namespace qorgan::store {

// invalid_input, as apply_enrol says.
Status check_fingers(const std::vector<Finger>& fingers, const Id& record_id);
Status check_record(const Record& record);
std::int64_t positions_of(const std::vector<Finger>& fingers);

// What stands of a live record outside its shares, opened.
struct OpenRecord {
  RecordHead head;
  crypto::Key key;
  Details details;
  std::uint32_t flags = 0;
  std::optional<crypto::Key> staged_key;  // of the next epoch, where shares are staged for it
};
// By rising enrolled_seq, both ends included. Every part is authenticated. The visitor may read other things. damaged.
Status visit_records(Database& database, const Keys& keys, std::int64_t first_seq, std::int64_t last_seq,
                     const std::function<Status(OpenRecord&&)>& visit);
Result<std::optional<OpenRecord>> open_record(Database& database, const Keys& keys, std::int64_t enrolled_seq);
// Every share of the record, authenticated; gives those of its epoch. damaged.
Result<std::vector<Finger>> read_shares(Database& database, const Keys& keys, const OpenRecord& record);

// already_exists. The record's flags are not written.
Status insert_record(Database& database, const Keys& keys, const Record& record);
Status insert_shares(Database& database, const Keys& keys, const crypto::Key& record_key, const RecordHead& head,
                     const std::vector<Finger>& fingers);
// Removes the record's key, shares and head, the openings of its entries, and leaves a tombstone. not_found.
Status erase_record(Database& database, const Keys& keys, const Id& record_id, std::int64_t sequence);
Status insert_tombstone(Database& database, const Keys& keys, const Tombstone& tombstone);
Status load_records(Database& database, const Keys& keys, const std::function<Status(Record&&)>& visit);
Result<Record> load_record(Database& database, const Keys& keys, std::int64_t enrolled_seq);
Result<std::optional<Id>> find_record(Database& database, const Pseudonym& pseudonym);
Result<std::optional<std::int64_t>> find_enrolled_seq(Database& database, const Id& record_id);
Result<bool> was_erased(Database& database, std::int64_t enrolled_seq);
Result<std::optional<Tombstone>> find_tombstone(Database& database, const Id& record_id);

// What the flags are after a lock, unlock or withdrawal.
std::uint32_t flags_after(OperationKind kind, std::uint32_t flags);
// Of the operation's record. not_found.
Status change_flags(Database& database, const Keys& keys, const Operation& operation);

tl::unexpected<Error> damaged_record(const Database& database, const Id& record_id, const std::string& what);

}  // namespace qorgan::store
