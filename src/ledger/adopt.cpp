#include "ledger/adopt.h"

#include "ledger/log_files.h"

namespace qorgan::ledger {

Status adopt_log(const std::filesystem::path& folder, TileWriter& writer, const std::string& note, Disk& disk) {
  QORGAN_TRY(const Note parsed, parse_note(note));
  QORGAN_TRY(const Checkpoint checkpoint, parse_checkpoint(parsed.text));
  QORGAN_ASSERT(checkpoint.size == writer.size() && checkpoint.root == writer.root());
  QORGAN_CHECK(writer.write());
  QORGAN_CHECK(writer.sync());
  QORGAN_CHECK(disk.write(folder / kCheckpointFile, as_bytes(note), true));
  // Last: a folder with tiles and without a journal is damaged, and nobody goes on from it.
  QORGAN_TRY(const Journal journal, Journal::create(disk, folder / kJournalFile, note));
  return {};
}

}  // namespace qorgan::ledger
