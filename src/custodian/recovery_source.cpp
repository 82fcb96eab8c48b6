#include "custodian/recovery_source.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/limits.h"
#include "custodian/history.h"
#include "custodian/peer_messages.h"
#include "net/json_fields.h"
#include "protocol/log_keys.h"

namespace qorgan::custodian {
namespace {

using net::Message;

Result<std::string> recovery_of(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "recovery"));
  return to_hex(id);
}

std::size_t bytes_of(const store::History& history) {
  std::size_t bytes = 0;
  for (const store::Record& record : history.records)
    for (const store::Finger& finger : record.fingers) bytes += finger.share.size();
  return bytes;
}

template <class T>
void move_to_end(std::vector<T>& from, std::vector<T>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

}  // namespace

Result<Message> RecoverySource::begin(int asker, const Message& question) {
  QORGAN_TRY(const std::string recovery, recovery_of(question));
  spdlog::warn("{} asks to be recovered", network_.describe(asker));
  QORGAN_CHECK(engine_.log_recovery(asker, recovery, Deadline::after_ms(limits::recovery_begin_timeout_ms)));
  Message message = plain_message(protocol::type::answer);
  message.head["applied"] = engine_.applied_sequence();
  return message;
}

Status RecoverySource::check_begun(int asker, const Message& question) {
  QORGAN_TRY(const std::string recovery, recovery_of(question));
  QORGAN_TRY(const bool begun, engine_.knows_recovery(asker, recovery));
  if (begun) return {};
  return failure(ErrorCode::refused, "a recovery that was not begun, is not published yet, or has ended",
                 network_.describe(engine_.index()), "Begin it anew");
}

Result<Message> RecoverySource::history(int asker, const Message& question) {
  QORGAN_CHECK(check_begun(asker, question));
  QORGAN_TRY(const std::int64_t after, net::int_field(question.head, "after", 0, INT64_MAX));
  const std::int64_t applied = engine_.applied_sequence();
  QORGAN_TRY(const store::History history, read_history(after, asker));
  return history_answer(history, applied);
}

// Some at a time, so that requests get their turn in between.
Result<store::History> RecoverySource::read_history(std::int64_t after, int asker) {
  store::History history;
  std::size_t bytes = 0;
  while (bytes < limits::keeping_bytes_per_turn &&
         history.operations.size() + limits::history_operations_per_lock <= limits::history_operations_per_turn) {
    const auto from = after + static_cast<std::int64_t>(history.operations.size());
    QORGAN_TRY(store::History some, engine_.history_after(from, limits::history_operations_per_lock));
    if (some.operations.empty()) break;
    QORGAN_CHECK(keep_part_only(some, asker, engine_.index()));
    bytes += bytes_of(some);
    move_to_end(some.operations, history.operations);
    move_to_end(some.records, history.records);
    move_to_end(some.tombstones, history.tombstones);
  }
  return history;
}

// Of the pseudonym key both hold one part as well.
Result<Message> RecoverySource::key(int asker, const Message& question) {
  QORGAN_CHECK(check_begun(asker, question));
  Message message = plain_message(protocol::type::answer);
  const bool is_own = part_for(asker, engine_.index()) == SharePart::own;
  const auto part = (is_own ? pseudonym_key_.part : pseudonym_key_.next_part).expose();
  message.body.assign(part.begin(), part.end());
  return message;
}

// Entries of the asker's own log as it is mirrored here, then the mirror's checkpoint, then the newest that was
// cosigned.
Result<Message> RecoverySource::log(int asker, const Message& question) {
  QORGAN_CHECK(check_begun(asker, question));
  QORGAN_TRY(const std::int64_t from, net::int_field(question.head, "from", 0, INT64_MAX));
  const Mirror& mirror = *mirrors_[static_cast<std::size_t>(asker)];
  const std::string checkpoint = mirror.checkpoint();
  const std::string witnessed = witness_.latest(protocol::log_origin(network_, asker));
  Message message = plain_message(protocol::type::answer);
  QORGAN_TRY(message.body, mirror.read(static_cast<std::uint64_t>(from), limits::keeping_bytes_per_turn));
  message.head["entries_bytes"] = message.body.size();
  message.head["checkpoint_bytes"] = checkpoint.size();
  message.body.insert(message.body.end(), checkpoint.begin(), checkpoint.end());
  message.body.insert(message.body.end(), witnessed.begin(), witnessed.end());
  return message;
}

}  // namespace qorgan::custodian
