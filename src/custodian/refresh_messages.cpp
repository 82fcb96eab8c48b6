#include "custodian/refresh_messages.h"

#include <fmt/format.h>

#include "custodian/peer_messages.h"
#include "net/json_fields.h"

namespace qorgan::custodian {

namespace type = protocol::type;
using net::Message;

crypto::Digest digest_of(const std::vector<Gallery::Person>& people) {
  Bytes all;
  for (const Gallery::Person& person : people) {
    append_u64(all, static_cast<std::uint64_t>(person->enrolled_seq));
    append_u64(all, static_cast<std::uint64_t>(person->epoch));
    all.insert(all.end(), person->record_id.begin(), person->record_id.end());
    all.push_back(static_cast<std::uint8_t>(person->fingers->size()));
    for (const FingerShares& finger : *person->fingers) all.push_back(static_cast<std::uint8_t>(finger.position()));
  }
  return crypto::sha256(all);
}

std::string exchange_context(int other, const Refresh& refresh) {
  return fmt::format("qorgan refresh v1 custodians 0 {} {}", other, to_hex(refresh.id));
}

Message refresh_begin_message(const RefreshBegin& begin) {
  Message message = id_message(type::refresh_begin, begin.refresh.id);
  message.head["first"] = begin.refresh.first;
  message.head["last"] = begin.refresh.last;
  message.head["sequence"] = begin.sequence;
  message.head["people"] = to_hex(begin.people);
  message.head["key"] = to_hex(begin.key);
  return message;
}

Result<RefreshBegin> read_refresh_begin(const Message& message) {
  RefreshBegin begin;
  QORGAN_TRY(begin.refresh.id, net::hex_field<16>(message.head, "id"));
  QORGAN_TRY(begin.refresh.first, net::int_field(message.head, "first", 1, INT64_MAX));
  QORGAN_TRY(begin.refresh.last, net::int_field(message.head, "last", begin.refresh.first, INT64_MAX));
  QORGAN_TRY(begin.sequence, net::int_field(message.head, "sequence", begin.refresh.last, INT64_MAX));
  QORGAN_TRY(begin.people, net::hex_field<32>(message.head, "people"));
  QORGAN_TRY(begin.key, read_refresh_key(message));
  return begin;
}

Message refresh_key_answer(const crypto::ExchangePublicKey& key) {
  Message message = plain_message(type::answer);
  message.head["key"] = to_hex(key);
  return message;
}

Result<crypto::ExchangePublicKey> read_refresh_key(const Message& message) {
  return net::hex_field<32>(message.head, "key");
}

Message refresh_stage_message(const Refresh& refresh, const crypto::Digest& common) {
  Message message = id_message(type::refresh_stage, refresh.id);
  message.head["common"] = to_hex(common);
  return message;
}

Message refresh_differences_message(const Refresh& refresh, ByteView differences) {
  Message message = id_message(type::refresh_differences, refresh.id);
  message.body.assign(differences.begin(), differences.end());
  return message;
}

Message refresh_differences_answer(const crypto::Digest& common, ByteView differences) {
  Message message = plain_message(type::answer);
  message.head["common"] = to_hex(common);
  message.body.assign(differences.begin(), differences.end());
  return message;
}

Message refresh_end_message(std::int64_t epoch) {
  Message message = plain_message(type::refresh_end);
  message.head["epoch"] = epoch;
  return message;
}

}  // namespace qorgan::custodian
