#include "store/warrants.h"

#include "store/head.h"

namespace qorgan::store {

Status insert_warrant_use(Database& database, const Keys& keys, const WarrantUse& use) {
  {
    QORGAN_TRY(Query query, database.query("SELECT 1 FROM warrant_uses WHERE request_id = ? AND warrant_id = ?"));
    QORGAN_TRY(const bool is_known, query.bind(use.request_id).bind(use.warrant_id).step());
    if (is_known) return {};
  }
  QORGAN_TRY(Query query, database.query("INSERT INTO warrant_uses VALUES(?, ?, ?)"));
  const crypto::Digest tag = keys.tag(use);
  QORGAN_CHECK(query.bind(use.request_id).bind(use.warrant_id).bind(tag).run());
  return change_counts(database, keys, [](Counts& counts) { ++counts.warrant_uses; });
}

Status drop_warrant_use(Database& database, const Keys& keys, const Id& request_id) {
  std::int64_t dropped = 0;
  {
    QORGAN_TRY(Query query, database.query("SELECT count(*) FROM warrant_uses WHERE request_id = ?"));
    QORGAN_CHECK(query.bind(request_id).step_to_row());
    QORGAN_TRY(dropped, query.integer(0));
  }
  if (dropped == 0) return {};
  QORGAN_TRY(Query query, database.query("DELETE FROM warrant_uses WHERE request_id = ?"));
  QORGAN_CHECK(query.bind(request_id).run());
  return change_counts(database, keys, [&](Counts& counts) { counts.warrant_uses -= dropped; });
}

Result<std::int64_t> count_warrant_uses(Database& database, const Id& warrant_id) {
  QORGAN_TRY(Query query, database.query("SELECT count(*) FROM warrant_uses WHERE warrant_id = ?"));
  QORGAN_CHECK(query.bind(warrant_id).step_to_row());
  return query.integer(0);
}

Status check_warrant_uses(Database& database, const Keys& keys, const Counts& counts) {
  QORGAN_TRY(Query query, database.query("SELECT warrant_id, request_id, tag FROM warrant_uses"));
  std::int64_t count = 0;
  while (true) {
    QORGAN_TRY(const bool row, query.step());
    if (!row) break;
    WarrantUse use;
    QORGAN_TRY(use.warrant_id, query.bytes<16>(0));
    QORGAN_TRY(use.request_id, query.bytes<16>(1));
    QORGAN_TRY(const crypto::Digest tag, query.bytes<32>(2));
    if (!crypto::equal_constant_time(keys.tag(use), tag))
      return database.damaged("the use of warrant " + to_hex(use.warrant_id) + " fails its check");
    ++count;
  }
  if (count != counts.warrant_uses) return database.damaged("uses of warrants are missing");
  return {};
}

}  // namespace qorgan::store
