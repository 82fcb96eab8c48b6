#include "custodian/recovery_link.h"

#include <algorithm>
#include <thread>

#include "base/limits.h"
#include "custodian/history.h"
#include "custodian/mirror_messages.h"
#include "custodian/peer_messages.h"
#include "custodian/signed_checkpoint.h"
#include "net/json_fields.h"

namespace qorgan::custodian {
namespace {

using net::Message;
namespace type = protocol::type;

// The sizes of the parts of a recover_log answer's body.
struct LogParts {
  ByteView entries;
  std::string checkpoint;
  std::string witnessed;
};

Result<LogParts> read_log_parts(const Message& message) {
  const ByteView body(message.body);
  const auto size = static_cast<std::int64_t>(body.size());
  QORGAN_TRY(const std::int64_t entries_bytes, net::int_field(message.head, "entries_bytes", 0, size));
  QORGAN_TRY(const std::int64_t checkpoint_bytes,
             net::int_field(message.head, "checkpoint_bytes", 0, size - entries_bytes));
  const ByteView notes = body.subspan(static_cast<std::size_t>(entries_bytes));
  const ByteView checkpoint = notes.first(static_cast<std::size_t>(checkpoint_bytes));
  const ByteView witnessed = notes.subspan(static_cast<std::size_t>(checkpoint_bytes));
  return LogParts{body.first(static_cast<std::size_t>(entries_bytes)),
                  {checkpoint.begin(), checkpoint.end()},
                  {witnessed.begin(), witnessed.end()}};
}

}  // namespace

Message RecoveryLink::question(const char* name) const {
  Message message = plain_message(name);
  message.head["recovery"] = to_hex(id_);
  return message;
}

Result<Message> RecoveryLink::ask(int custodian, const Message& message) {
  return peers_.call(custodian, message, Deadline::after_ms(limits::message_timeout_ms));
}

Result<std::int64_t> RecoveryLink::begin_at(int custodian) {
  QORGAN_TRY(const Message answer, ask(custodian, question(type::recover_begin)));
  return net::int_field(answer.head, "applied", 0, INT64_MAX);
}

// Without this custodian nothing new is decided; what was decided before may still be on its way from the coordinator.
Result<std::int64_t> RecoveryLink::begin() {
  const Deadline deadline = Deadline::after_ms(limits::recovery_agree_timeout_ms);
  while (true) {
    QORGAN_TRY(const std::int64_t from_previous, begin_at(previous()));
    QORGAN_TRY(const std::int64_t from_next, begin_at(next()));
    if (from_previous == from_next) return from_next;
    if (deadline.passed())
      return failure(ErrorCode::unavailable, "the two others have not applied the same decisions",
                     network_.describe(previous()) + " and " + network_.describe(next()), "Try again");
    if (index_ == kCoordinator) {
      const bool previous_is_behind = from_previous < from_next;
      QORGAN_CHECK(catch_up(previous_is_behind ? previous() : next(), previous_is_behind ? next() : previous(),
                            std::min(from_previous, from_next)));
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(limits::repeat_pause_ms));
    }
  }
}

// The coordinator was lost between telling one and telling the other: it tells the other now. That one has agreed to it
// before, or refuses.
Status RecoveryLink::catch_up(int behind, int ahead, std::int64_t applied) {
  QORGAN_TRY(const store::History history, history_of(ahead, applied));
  for (const store::Operation& operation : history.operations) QORGAN_CHECK(ask(behind, commit_message(operation)));
  return {};
}

Result<store::History> RecoveryLink::history_of(int custodian, std::int64_t after) {
  Message message = question(type::history);
  message.head["after"] = after;
  QORGAN_TRY(Message answer, ask(custodian, message));
  Result<store::History> history = read_history(answer, after);
  crypto::wipe(answer.body);
  if (!history) history.error().where = network_.describe(custodian);
  return history;
}

Result<store::History> RecoveryLink::history(std::int64_t after) {
  QORGAN_TRY(store::History from_previous, history_of(previous(), after));
  QORGAN_TRY(store::History from_next, history_of(next(), after));
  Result<store::History> joined = join_histories(std::move(from_previous), std::move(from_next), index_);
  if (!joined) joined.error().where = network_.describe(previous()) + " and " + network_.describe(next());
  return joined;
}

Result<crypto::Key> RecoveryLink::key_part(int custodian) {
  QORGAN_TRY(Message answer, ask(custodian, question(type::recover_key)));
  if (answer.body.size() != crypto::Key::size_bytes)
    return failure(ErrorCode::damaged, "a part of the pseudonym key has another length", network_.describe(custodian));
  crypto::Key part(ByteView(answer.body).first<crypto::Key::size_bytes>());
  crypto::wipe(answer.body);
  return part;
}

Result<identity::KeyShare> RecoveryLink::pseudonym_key() {
  identity::KeyShare share;
  share.custodian = index_;
  QORGAN_TRY(share.part, key_part(previous()));
  QORGAN_TRY(share.next_part, key_part(next()));
  // Whether the parts are scalars at all.
  return identity::parse_key_share(identity::serialise(share).expose());
}

Result<LogCopy> RecoveryLink::log_copy(int holder) {
  Message message = question(type::recover_log);
  message.head["from"] = INT64_MAX;  // no entries yet
  QORGAN_TRY(const Message answer, ask(holder, message));
  QORGAN_TRY(const LogParts parts, read_log_parts(answer));
  const std::vector<ledger::VerifierKey> log_keys = all_log_keys(network_, index_);
  const std::vector<ledger::VerifierKey> cosigners = all_cosigner_keys(network_, holder);
  const auto open = [&](const std::string& note) -> Result<ledger::Checkpoint> {
    if (note.empty()) return ledger::Checkpoint{log_keys.front().name, 0, ledger::empty_root()};
    QORGAN_TRY(const auto opened, open_signed(note, log_keys, cosigners));
    if (opened.cosignatures.empty())
      return failure(ErrorCode::refused, "a mirror's checkpoint without its holder's cosignature",
                     network_.describe(holder));
    return opened.checkpoint;
  };
  LogCopy copy{holder, parts.checkpoint, {}, 0};
  QORGAN_TRY(copy.checkpoint, open(parts.checkpoint));
  QORGAN_TRY(const ledger::Checkpoint witnessed, open(parts.witnessed));
  copy.witnessed_size = witnessed.size;
  return copy;
}

Result<std::vector<Bytes>> RecoveryLink::log_entries(int holder, std::uint64_t from) {
  Message message = question(type::recover_log);
  message.head["from"] = from;
  QORGAN_TRY(const Message answer, ask(holder, message));
  QORGAN_TRY(const LogParts parts, read_log_parts(answer));
  QORGAN_TRY(std::vector<Bytes> entries, split_entries(parts.entries));
  if (entries.empty())
    return failure(ErrorCode::damaged, "a mirror that ends before its checkpoint", network_.describe(holder));
  return entries;
}

}  // namespace qorgan::custodian
