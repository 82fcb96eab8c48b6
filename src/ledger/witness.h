// A witness (C2SP tlog-witness): it remembers the newest checkpoint of each log that it knows, and cosigns a newer one
// only where that is proven to contain the older.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/disk.h"

namespace qorgan::ledger {

// The body of add-checkpoint.
struct AddCheckpoint {
  std::uint64_t old_size = 0;
  Proof proof;             // at most 63 hashes
  std::string checkpoint;  // the whole note
  // "old N\nBASE64\n...\n\n" and the note.
  std::string text() const;
};
// Errors: invalid_input. Leaves the checkpoint unread.
Result<AddCheckpoint> parse_add_checkpoint(std::string_view text);

// An HTTP response without its transport: the same whether it goes over HTTP or a custodian's own connection.
struct WitnessAnswer {
  int status = 200;  // 200, 400, 403, 404, 409, 422; 500 where the state cannot be written
  std::string content_type;
  std::string body;  // signature lines; the known size and a newline with 409
};

struct WitnessOptions {
  std::filesystem::path folder;   // of its state, one file a log: the newest note, as it was cosigned
  std::string name;               // it cosigns under
  std::vector<VerifierKey> logs;  // whose checkpoints it cosigns
  // Keys that those logs were signed with before. What a state file holds may carry them; a new checkpoint that they
  // alone have signed is refused, so that a key which was replaced because it was stolen is of no use to the thief.
  std::vector<VerifierKey> former;
  // Unix time; cosignatures' times never go back even where this does. Empty: the system's.
  std::function<std::int64_t()> now_s;
  // Told, before the answer is given, of a checkpoint that carries the log's own signature and contradicts what this
  // witness has seen: another root for a size that was cosigned, or a larger size without a proof that it continues it.
  // Whoever knows a checkpoint can send it without its proof, and again and again, so that only two roots of one size
  // are evidence by themselves. May be empty.
  std::function<void(const std::string& origin, const std::string& seen_note, const AddCheckpoint& request)> on_fork;
  Disk* disk = nullptr;  // null: the system's files
};

// Thread-safe.
class Witness {
 public:
  // Errors: damaged (a state file, naming it, also where a key that has signed it is in neither list), unavailable.
  static Result<std::unique_ptr<Witness>> open(WitnessOptions options, std::shared_ptr<crypto::Signer> signer);
  ~Witness();

  // The checks of C2SP tlog-witness in their order; the new checkpoint is durable before the answer.
  WitnessAnswer add_checkpoint(std::string_view body);

  // The newest checkpoint that was cosigned for an origin, whole; nothing where there is none.
  std::string latest(const std::string& origin) const;

 private:
  struct State;
  explicit Witness(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace qorgan::ledger
