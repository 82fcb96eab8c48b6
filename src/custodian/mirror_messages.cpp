#include "custodian/mirror_messages.h"

#include "base/limits.h"
#include "custodian/peer_messages.h"
#include "ledger/tile.h"
#include "net/json_fields.h"

namespace qorgan::custodian {

Bytes join_entries(const std::vector<Bytes>& entries) {
  Bytes out;
  for (const Bytes& entry : entries) ledger::append_to_bundle(out, entry);
  return out;
}

Result<std::vector<Bytes>> split_entries(ByteView bytes) {
  constexpr std::size_t kLengthBytes = 2;
  std::vector<Bytes> entries;
  while (!bytes.empty()) {
    const std::size_t length = bytes.size() < kLengthBytes ? 0 : read_u16(bytes);
    if (length == 0 || bytes.size() - kLengthBytes < length)
      return failure(ErrorCode::damaged, "entries of a log that are cut short");
    const ByteView entry = bytes.subspan(kLengthBytes, length);
    entries.emplace_back(entry.begin(), entry.end());
    bytes = bytes.subspan(kLengthBytes + length);
  }
  return entries;
}

net::Message cosign_message(const MirrorUpdate& update) {
  net::Message message = plain_message(protocol::type::cosign);
  message.body = join_entries(update.entries);
  message.head["from"] = update.from;
  message.head["entries_bytes"] = message.body.size();
  message.body.insert(message.body.end(), update.add_checkpoint.begin(), update.add_checkpoint.end());
  return message;
}

Result<MirrorUpdate> read_cosign(const net::Message& message) {
  MirrorUpdate update;
  QORGAN_TRY(const std::int64_t from, net::int_field(message.head, "from", 0, INT64_MAX));
  QORGAN_TRY(const std::int64_t entries_bytes,
             net::int_field(message.head, "entries_bytes", 0, static_cast<std::int64_t>(message.body.size())));
  const ByteView body(message.body);
  update.from = static_cast<std::uint64_t>(from);
  QORGAN_TRY(update.entries, split_entries(body.first(static_cast<std::size_t>(entries_bytes))));
  const ByteView rest = body.subspan(static_cast<std::size_t>(entries_bytes));
  update.add_checkpoint.assign(rest.begin(), rest.end());
  return update;
}

net::Message cosign_answer(const MirrorAnswer& answer) {
  net::Message message = plain_message(protocol::type::answer);
  message.head["status"] = answer.witness.status;
  message.head["content_type"] = answer.witness.content_type;
  message.head["mirror_size"] = answer.mirror_size;
  message.body.assign(answer.witness.body.begin(), answer.witness.body.end());
  return message;
}

Result<MirrorAnswer> read_cosign_answer(const net::Message& message) {
  MirrorAnswer answer;
  QORGAN_TRY(const std::int64_t status, net::int_field(message.head, "status", 100, 599));
  QORGAN_TRY(const std::int64_t mirror_size, net::int_field(message.head, "mirror_size", 0, INT64_MAX));
  QORGAN_TRY(answer.witness.content_type, net::text_field(message.head, "content_type", limits::name_bytes_max));
  answer.witness.status = static_cast<int>(status);
  answer.witness.body.assign(message.body.begin(), message.body.end());
  answer.mirror_size = static_cast<std::uint64_t>(mirror_size);
  return answer;
}

}  // namespace qorgan::custodian
