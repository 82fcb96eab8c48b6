#include "store/along.h"

#include "store/entries.h"
#include "store/notes.h"
#include "store/notices.h"
#include "store/warrants.h"

namespace qorgan::store {

Status write_along(Database& database, const Keys& keys, const Along& along) {
  if (along.warrant_use_dropped) QORGAN_CHECK(drop_warrant_use(database, keys, *along.warrant_use_dropped));
  if (along.warrant_use) QORGAN_CHECK(insert_warrant_use(database, keys, *along.warrant_use));
  for (const Entry& entry : along.entries) QORGAN_CHECK(insert_entry(database, keys, entry));
  for (const Notice& notice : along.notices) QORGAN_CHECK(insert_notice(database, keys, notice));
  for (const NamedText& note : along.notes) QORGAN_CHECK(put_note(database, keys, note.name, note.text));
  return {};
}

}  // namespace qorgan::store
