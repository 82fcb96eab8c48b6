#include "store/check.h"

#include <limits>
#include <map>

#include "store/entries.h"
#include "store/head.h"
#include "store/notes.h"
#include "store/notices.h"
#include "store/operations.h"
#include "store/records.h"
#include "store/warrants.h"

namespace qorgan::store {
namespace {

constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();

tl::unexpected<Error> disagreement(const Database& database) {
  return database.damaged("records and operations do not agree");
}

Result<std::int64_t> integer_of(Database& database, std::string_view sql) {
  QORGAN_TRY(Query query, database.query(sql));
  QORGAN_CHECK(query.step_to_row());
  return query.integer(0);
}

// PRAGMA integrity_check and foreign_key_check.
Status check_structure(Database& database) {
  {
    QORGAN_TRY(Query query, database.query("PRAGMA integrity_check(1)"));
    QORGAN_CHECK(query.step_to_row());
    QORGAN_TRY(const std::string said, query.text(0));
    if (std::string_view(said) != "ok") return database.damaged("the database is damaged (" + said + ")");
  }
  QORGAN_TRY(Query query, database.query("PRAGMA foreign_key_check"));
  QORGAN_TRY(const bool row, query.step());
  if (row) return database.damaged("a row points to a record that is not there");
  return {};
}

Status check_tombstones(Database& database, const Keys& keys) {
  QORGAN_TRY(Query query, database.query("SELECT record_id, enrolled_seq, erased_seq, tag FROM tombstones"));
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return {};
    Tombstone tombstone;
    QORGAN_TRY(tombstone.record_id, query.bytes<16>(0));
    QORGAN_TRY(tombstone.enrolled_seq, query.integer(1));
    QORGAN_TRY(tombstone.erased_seq, query.integer(2));
    QORGAN_TRY(const crypto::Digest tag, query.bytes<32>(3));
    if (!crypto::equal_constant_time(keys.tag(tombstone), tag))
      return database.damaged("the tombstone of record " + to_hex(tombstone.record_id) + " fails its check");
  }
}

Status check_requests(Database& database, const Keys& keys) {
  QORGAN_TRY(Query query, database.query("SELECT request_id, state, updated_ms, sealed FROM requests"));
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return {};
    QORGAN_TRY(const Id request_id, query.bytes<16>(0));
    QORGAN_TRY(const std::int64_t state, query.integer(1));
    QORGAN_TRY(const std::int64_t updated_ms, query.integer(2));
    QORGAN_TRY(const ByteView sealed, query.blob(3));
    if (!keys.unseal_request(request_id, static_cast<RequestState>(state), updated_ms, sealed))
      return database.damaged("request " + to_hex(request_id) + " fails its check");
  }
}

Status check_counts_of_records(Database& database) {
  constexpr std::string_view misfits[] = {
      "SELECT count(*) FROM records r LEFT JOIN operations o ON o.seq = r.seq "
      "WHERE o.kind IS NOT 0 OR o.record_id IS NOT r.record_id",
      "SELECT count(*) FROM tombstones t LEFT JOIN operations o ON o.seq = t.enrolled_seq "
      "WHERE o.kind IS NOT 0 OR o.record_id IS NOT t.record_id",
      "SELECT count(*) FROM tombstones t LEFT JOIN operations o ON o.seq = t.erased_seq "
      "WHERE o.kind IS NOT 1 OR o.record_id IS NOT t.record_id",
      "SELECT (SELECT count(*) FROM operations WHERE kind = 0) - (SELECT count(*) FROM records) - "
      "(SELECT count(*) FROM tombstones)",
      "SELECT (SELECT count(*) FROM operations WHERE kind = 1) - (SELECT count(*) FROM tombstones)",
      "SELECT count(*) FROM entries e LEFT JOIN records r ON r.seq = e.record_seq "
      "WHERE e.record_seq <> 0 AND r.seq IS NULL",
  };
  for (const std::string_view sql : misfits) {
    QORGAN_TRY(const std::int64_t count, integer_of(database, sql));
    if (count != 0) return disagreement(database);
  }
  return {};
}

// By enrolled_seq of the live records that were locked, unlocked or withdrawn.
Result<std::map<std::int64_t, std::uint32_t>> decided_flags(Database& database) {
  QORGAN_TRY(Query query, database.query("SELECT o.seq, o.kind, r.seq, t.enrolled_seq, t.erased_seq FROM operations o "
                                         "LEFT JOIN records r ON r.record_id = o.record_id "
                                         "LEFT JOIN tombstones t ON t.record_id = o.record_id "
                                         "WHERE o.kind IN (2, 3, 4) ORDER BY o.seq"));
  std::map<std::int64_t, std::uint32_t> flags;
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return flags;
    QORGAN_TRY(const std::int64_t sequence, query.integer(0));
    QORGAN_TRY(const std::int64_t kind, query.integer(1));
    if (!query.is_null(2)) {
      QORGAN_TRY(const std::int64_t enrolled_seq, query.integer(2));
      if (enrolled_seq >= sequence) return disagreement(database);
      flags[enrolled_seq] = flags_after(static_cast<OperationKind>(kind), flags[enrolled_seq]);
      continue;
    }
    QORGAN_TRY(const std::int64_t enrolled_seq, query.integer(3));
    QORGAN_TRY(const std::int64_t erased_seq, query.integer(4));
    if (enrolled_seq >= sequence || erased_seq <= sequence) return disagreement(database);
  }
}

// By how much the epoch rises from each enrolled_seq to the next.
Result<std::vector<std::int64_t>> decided_epochs(Database& database, std::int64_t applied) {
  std::vector<std::int64_t> rises(static_cast<std::size_t>(applied) + 2);
  QORGAN_TRY(Query query, database.query("SELECT first_seq, last_seq FROM operations WHERE kind = 5"));
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) return rises;
    QORGAN_TRY(const std::int64_t first_seq, query.integer(0));
    QORGAN_TRY(const std::int64_t last_seq, query.integer(1));
    ++rises[static_cast<std::size_t>(first_seq)];
    --rises[static_cast<std::size_t>(last_seq) + 1];
  }
}

}  // namespace

Status check_agreement(Database& database, const Keys& keys) {
  QORGAN_TRY(const Counts counts, read_counts(database));
  QORGAN_CHECK(check_counts_of_records(database));
  QORGAN_TRY(auto flags, decided_flags(database));
  QORGAN_TRY(const auto rises, decided_epochs(database, counts.applied));
  std::int64_t epoch = 0;
  std::size_t reached = 0;
  QORGAN_CHECK(visit_records(database, keys, 0, kLast, [&](const OpenRecord& record) -> Status {
    const auto enrolled_seq = static_cast<std::size_t>(record.head.enrolled_seq);
    for (; reached <= enrolled_seq; ++reached) epoch += rises[reached];
    const auto decided = flags.find(record.head.enrolled_seq);
    const std::uint32_t decided_flags = decided == flags.end() ? 0 : decided->second;
    if (record.head.epoch != epoch || record.flags != decided_flags) return disagreement(database);
    return {};
  }));
  QORGAN_TRY(const std::int64_t flag_rows, integer_of(database, "SELECT count(*) FROM record_flags"));
  if (flag_rows != static_cast<std::int64_t>(flags.size())) return disagreement(database);
  return {};
}

Status check_content(Database& database, const Keys& keys) {
  QORGAN_TRY(const Counts counts, read_counts(database));
  QORGAN_CHECK(check_structure(database));
  QORGAN_CHECK(check_operations(database, keys, counts.applied));
  QORGAN_CHECK(check_tombstones(database, keys));
  QORGAN_CHECK(check_requests(database, keys));
  QORGAN_CHECK(check_entries(database, keys, counts));
  QORGAN_CHECK(check_warrant_uses(database, keys, counts));
  QORGAN_CHECK(check_notices(database, keys, counts));
  QORGAN_CHECK(check_notes(database, keys, counts));
  if (counts.recovering == 0) return check_agreement(database, keys);
  return visit_records(database, keys, 0, kLast, [](OpenRecord&&) { return Status(); });
}

}  // namespace qorgan::store
