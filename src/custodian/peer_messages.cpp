#include "custodian/peer_messages.h"

#include <algorithm>

#include "base/limits.h"
#include "net/json_fields.h"

namespace qorgan::custodian {
namespace {

using net::Message;
using protocol::RequestId;
namespace type = protocol::type;

constexpr std::array<std::string_view, 6> kOperationNames = {"enrol", "erase", "lock", "unlock", "withdraw", "refresh"};
constexpr std::array<std::string_view, 5> kPhaseNames = {"prepared", "agreed", "ran", "committed", "aborted"};

}  // namespace

Message plain_message(const char* name) {
  Message message;
  message.head["type"] = name;
  return message;
}

Message id_message(const char* name, const RequestId& id) {
  Message message = plain_message(name);
  message.head["id"] = to_hex(id);
  return message;
}

Message agree_message(const RequestId& id, const crypto::Digest& digest, const crypto::Digest& common,
                      std::int64_t sequence) {
  Message message = id_message(type::agree, id);
  message.head["digest"] = to_hex(digest);
  message.head["common"] = to_hex(common);
  message.head["sequence"] = sequence;
  return message;
}

Message run_message(const RequestId& id, const LaneSession& session) {
  Message message = id_message(type::run, id);
  message.head["session"] = to_hex(session);
  return message;
}

Message compare_shares_message(const RequestId& id, const crypto::Digest& digest, const crypto::Digest& common) {
  Message message = id_message(type::compare_shares, id);
  message.head["digest"] = to_hex(digest);
  message.head["common"] = to_hex(common);
  return message;
}

// The reason travels in a field of its own: an "error" at the top would be this message's failure.
Message abort_message(const RequestId& id, const Error& reason) {
  Message message = id_message(type::abort, id);
  message.head["reason"] = net::error_message(reason).head;
  return message;
}

Message snapshot_message(const RequestId& id, std::int64_t sequence, const LeaveOut& leave_out) {
  Message message = id_message(type::snapshot, id);
  message.head["sequence"] = sequence;
  put_leave_out(leave_out, message);
  return message;
}

void put_leave_out(const LeaveOut& leave_out, Message& message) {
  message.head["leave_out"] = {{"locked", leave_out.locked}, {"withdrawn", leave_out.withdrawn}};
}

Result<LeaveOut> read_leave_out(const Message& message) {
  QORGAN_TRY(const net::Json* json, net::object_field(message.head, "leave_out"));
  LeaveOut leave_out;
  QORGAN_TRY(leave_out.locked, net::bool_field(*json, "locked"));
  QORGAN_TRY(leave_out.withdrawn, net::bool_field(*json, "withdrawn"));
  return leave_out;
}

Message vote_answer(std::int64_t sequence, const LeaveOut& leave_out) {
  Message message = plain_message(type::answer);
  message.head["sequence"] = sequence;
  put_leave_out(leave_out, message);
  return message;
}

Message open_lanes_message(protocol::Kind kind, std::size_t lanes, const LaneSession& session) {
  Message message = plain_message(type::open_lanes);
  message.head["kind"] = protocol::kind_name(kind);
  message.head["lanes"] = lanes;
  message.head["session"] = to_hex(session);
  return message;
}

Message expire_message(const protocol::Request& request) {
  Message message = plain_message(type::expire);
  message.head["request"] = protocol::to_json(request);
  return message;
}

Message commit_message(const store::Operation& operation) {
  Message message = id_message(type::commit, operation.request_id);
  message.head["sequence"] = operation.sequence;
  message.head["kind"] = kOperationNames[static_cast<std::size_t>(operation.kind)];
  message.head["record"] = to_hex(operation.record_id);
  if (operation.kind == store::OperationKind::refresh) {
    message.head["first"] = operation.first_seq;
    message.head["last"] = operation.last_seq;
  }
  return message;
}

Message snapshot_answer(const Engine::Snapshot& snapshot) {
  Message message = plain_message(type::answer);
  message.head["people"] = snapshot.people;
  message.head["digest"] = to_hex(snapshot.digest);
  return message;
}

Result<Engine::Snapshot> read_snapshot(const Message& message) {
  Engine::Snapshot snapshot;
  QORGAN_TRY(const std::int64_t people, net::int_field(message.head, "people", 0, limits::gallery_people_max));
  snapshot.people = static_cast<std::size_t>(people);
  QORGAN_TRY(snapshot.digest, net::hex_field<32>(message.head, "digest"));
  return snapshot;
}

Message decision_answer(const Engine::Decision& decision) {
  Message message = plain_message(type::answer);
  message.head["phase"] = kPhaseNames[static_cast<std::size_t>(decision.phase)];
  message.head["sequence"] = decision.sequence;
  if (decision.phase == Phase::aborted) message.head["reason"] = net::error_message(decision.reason).head;
  return message;
}

Result<Engine::Decision> read_decision(const Message& message) {
  QORGAN_TRY(const std::string name, net::text_field(message.head, "phase", 16));
  QORGAN_TRY(const std::int64_t sequence, net::int_field(message.head, "sequence", 0, INT64_MAX));
  for (std::size_t i = 0; i < kPhaseNames.size(); ++i)
    if (kPhaseNames[i] == name) return Engine::Decision{static_cast<Phase>(i), read_abort_reason(message), sequence};
  return failure(ErrorCode::damaged, "a phase that is not known here", name);
}

Result<store::Operation> read_commit(const Message& message) {
  store::Operation operation;
  QORGAN_TRY(operation.request_id, net::hex_field<16>(message.head, "id"));
  QORGAN_TRY(operation.sequence, net::int_field(message.head, "sequence", 1, INT64_MAX));
  QORGAN_TRY(const std::string kind, net::text_field(message.head, "kind", 16));
  const auto found = std::find(kOperationNames.begin(), kOperationNames.end(), kind);
  if (found == kOperationNames.end())
    return failure(ErrorCode::invalid_input, "an operation of a kind not known here", "kind");
  operation.kind = static_cast<store::OperationKind>(found - kOperationNames.begin());
  QORGAN_TRY(operation.record_id, net::hex_field<16>(message.head, "record"));
  if (operation.kind == store::OperationKind::refresh) {
    QORGAN_TRY(operation.first_seq, net::int_field(message.head, "first", 1, INT64_MAX));
    QORGAN_TRY(operation.last_seq, net::int_field(message.head, "last", operation.first_seq, INT64_MAX));
  }
  return operation;
}

Error read_abort_reason(const Message& message) {
  const auto reason = message.head.find("reason");
  Message inner;
  if (reason != message.head.end() && reason->is_object()) inner.head = *reason;
  return net::error_of(inner).value_or(
      Error{ErrorCode::unavailable, "the request was given up without a reason", {}, "Ask again"});
}

}  // namespace qorgan::custodian
