#include "store/backup.h"

#include "store/file.h"

namespace qorgan::store {
namespace {

Status write_copy(Database& database, const std::filesystem::path& path) {
  QORGAN_CHECK(make_empty_file(path));
  QORGAN_TRY(const auto copy, Database::open(path));
  // A copy that is cut short is thrown away: it needs no journal.
  QORGAN_CHECK(copy->execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=FULL"));
  return database.copy_to(*copy);
}

}  // namespace

Status back_up(Database& database, const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored))
    return failure(ErrorCode::already_exists, "the file is there already", path.string());
  std::filesystem::path unfinished = path;
  unfinished += ".new";
  Status done = write_copy(database, unfinished);
  if (done) done = put_in_place(unfinished, path);
  if (!done) std::filesystem::remove(unfinished, ignored);
  return done;
}

}  // namespace qorgan::store
