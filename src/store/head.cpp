#include "store/head.h"

namespace qorgan::store {
namespace {

struct Head {
  Owner owner;
  KeyId key_id{};
  Counts counts;
  crypto::Digest tag{};
};

Result<Counts> read_counts(const Query& query, int column) {
  Counts counts;
  for (std::int64_t* const count : {&counts.applied, &counts.recovering, &counts.last_entry, &counts.entries,
                                    &counts.warrant_uses, &counts.notices, &counts.notes}) {
    QORGAN_TRY(*count, query.integer(column));
    ++column;
  }
  return counts;
}

void bind_counts(Query& query, const Counts& counts) {
  query.bind(counts.applied).bind(counts.recovering).bind(counts.last_entry).bind(counts.entries);
  query.bind(counts.warrant_uses).bind(counts.notices).bind(counts.notes);
}

Result<Head> read_head(Database& database) {
  QORGAN_TRY(Query query,
             database.query("SELECT network_id, custodian, key_id, tag, "
                            "applied, recovering, last_entry, entries, warrant_uses, notices, notes FROM head"));
  QORGAN_CHECK(query.step_to_row());
  Head head;
  QORGAN_TRY(head.owner.network_id, query.bytes<32>(0));
  QORGAN_TRY(head.owner.custodian, query.integer(1));
  QORGAN_TRY(head.key_id, query.bytes<16>(2));
  QORGAN_TRY(head.tag, query.bytes<32>(3));
  QORGAN_TRY(head.counts, read_counts(query, 4));
  return head;
}

tl::unexpected<Error> wrong_owner(const Database& database, const Owner& found) {
  const std::string network = to_hex(found.network_id).substr(0, 16);
  return failure(ErrorCode::wrong_network,
                 "the file belongs to custodian " + std::to_string(found.custodian) + " of the network " + network,
                 database.path().string(), "Give this custodian its own file");
}

}  // namespace

Status create_head(Database& database, const Keys& keys) {
  QORGAN_TRY(Query query, database.query("INSERT INTO head VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const Counts counts;
  const crypto::Digest tag = keys.head_tag(keys.owner(), counts);
  query.bind(keys.owner().network_id).bind(keys.owner().custodian).bind(keys.id());
  bind_counts(query, counts);
  return query.bind(tag).run();
}

Status check_head(Database& database, const Keys& keys) {
  QORGAN_TRY(const Head head, read_head(database));
  const bool is_own = head.owner == keys.owner();
  const bool is_authentic = crypto::equal_constant_time(keys.head_tag(head.owner, head.counts), head.tag);
  if (is_authentic && head.key_id == keys.id()) return is_own ? Status() : wrong_owner(database, head.owner);
  if (is_authentic || head.key_id == keys.id()) return database.damaged("the file's head fails its check");
  if (!is_own) return wrong_owner(database, head.owner);
  return failure(ErrorCode::refused, "the storage key is not the one that the file was made with",
                 database.path().string(), "Give the key file that belongs to it");
}

Result<Counts> read_counts(Database& database) {
  QORGAN_TRY(Query query, database.query("SELECT applied, recovering, last_entry, entries, warrant_uses, notices, "
                                         "notes FROM head"));
  QORGAN_CHECK(query.step_to_row());
  return read_counts(query, 0);
}

Status write_counts(Database& database, const Keys& keys, const Counts& counts) {
  QORGAN_TRY(Query query, database.query("UPDATE head SET applied = ?, recovering = ?, last_entry = ?, entries = ?, "
                                         "warrant_uses = ?, notices = ?, notes = ?, tag = ?"));
  const crypto::Digest tag = keys.head_tag(keys.owner(), counts);
  bind_counts(query, counts);
  return query.bind(tag).run();
}

}  // namespace qorgan::store
