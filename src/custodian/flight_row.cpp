#include "custodian/flight_row.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "net/json_fields.h"
#include "net/message.h"

namespace qorgan::custodian {
namespace {

using protocol::Kind;
using store::RequestState;

RequestState stored_state(Phase phase) {
  switch (phase) {
    case Phase::prepared:
      return RequestState::prepared;
    case Phase::agreed:
      return RequestState::agreed;
    case Phase::ran:
      return RequestState::ran;
    case Phase::committed:
      return RequestState::committed;
    case Phase::aborted:
      return RequestState::aborted;
  }
  return RequestState::aborted;
}

Phase phase_of(RequestState state) {
  switch (state) {
    case RequestState::prepared:
      return Phase::prepared;
    case RequestState::agreed:
      return Phase::agreed;
    case RequestState::ran:
      return Phase::ran;
    case RequestState::committed:
      return Phase::committed;
    case RequestState::aborted:
      return Phase::aborted;
  }
  return Phase::aborted;
}

constexpr std::size_t kViewKeyBytes = crypto::Key::size_bytes;

std::size_t view_key_bytes(const protocol::Request& request) {
  return request.kind == Kind::enrol ? kViewKeyBytes : 0;
}

// The view key and the shares, as they came; after them the terms, once they are known. All of it goes at the end.
crypto::SecretBytes payload_of(const Flight& flight) {
  const crypto::SecretBytes list = serialise_list(flight.shares);
  const std::string terms = flight.terms ? flight.terms->text() : std::string();
  crypto::SecretBytes all(kViewKeyBytes + list.size() + terms.size());
  const auto out = all.expose_mutable();
  std::copy(flight.view_key.expose().begin(), flight.view_key.expose().end(), out.begin());
  std::copy(list.expose().begin(), list.expose().end(), out.subspan(kViewKeyBytes).begin());
  std::copy(terms.begin(), terms.end(), out.subspan(kViewKeyBytes + list.size()).begin());
  return all;
}

// The reverse, for what this custodian has stored itself.
Status read_stored_payload(ByteView payload, int custodian, Flight& flight) {
  const std::size_t shares_end =
      view_key_bytes(flight.request) + flight.request.fingers.size() * mpc::serialised_bytes(custodian);
  if (payload.size() < shares_end)
    return failure(ErrorCode::damaged, "a stored request is cut short", "custodian " + std::to_string(custodian));
  QORGAN_CHECK(read_payload(payload.first(shares_end), custodian, flight));
  const ByteView terms = payload.subspan(shares_end);
  if (terms.empty()) return {};
  QORGAN_TRY(flight.terms, parse_terms({reinterpret_cast<const char*>(terms.data()), terms.size()}));
  return {};
}

}  // namespace

Status read_payload(ByteView payload, int custodian, Flight& flight) {
  const std::size_t key_bytes = view_key_bytes(flight.request);
  if (payload.size() < key_bytes)
    return failure(ErrorCode::damaged, "an enrolment without its view key", "custodian " + std::to_string(custodian));
  if (key_bytes > 0) flight.view_key = crypto::Key(payload.first<kViewKeyBytes>());
  QORGAN_TRY(flight.shares, parse_list(payload.subspan(key_bytes), flight.request.fingers.size(), custodian));
  return {};
}

store::RequestRow to_row(const Flight& flight) {
  store::RequestRow row;
  row.request_id = flight.request.id;
  row.state = stored_state(flight.phase);
  row.digest = flight.digest;
  const net::Json json = {{"request", protocol::to_json(flight.request)},
                          {"common_own", to_hex(flight.common.own)},
                          {"common_next", to_hex(flight.common.next)},
                          {"one_bit", flight.one_bit}};
  row.request_json = json.dump();
  row.updated_ms = flight.updated_ms;
  row.sequence = flight.sequence;
  if (flight.request.kind == Kind::enrol && !flight.ended()) row.payload = payload_of(flight);
  row.result = crypto::SecretBytes(ByteView(flight.result));
  row.compared = static_cast<std::int64_t>(flight.compared);
  if (flight.phase == Phase::aborted) row.error_json = net::error_message(flight.error).head.dump();
  return row;
}

Result<std::shared_ptr<Flight>> from_row(const store::RequestRow& row, int custodian) {
  auto flight = std::make_shared<Flight>();
  QORGAN_TRY(const net::Json json, net::parse_json_object(row.request_json));
  QORGAN_TRY(const net::Json* request, net::object_field(json, "request"));
  QORGAN_TRY(flight->request, protocol::request_from_json(*request));
  QORGAN_TRY(flight->common.own, net::hex_field<32>(json, "common_own"));
  QORGAN_TRY(flight->common.next, net::hex_field<32>(json, "common_next"));
  if (json.contains("one_bit")) {  // not in what was stored before there were such answers
    QORGAN_TRY(flight->one_bit, net::bool_field(json, "one_bit"));
  }
  flight->digest = row.digest;
  flight->phase = phase_of(row.state);
  flight->updated_ms = row.updated_ms;
  flight->sequence = row.sequence;
  if (row.payload.size() > 0) QORGAN_CHECK(read_stored_payload(row.payload.expose(), custodian, *flight));
  flight->result.assign(row.result.expose().begin(), row.result.expose().end());
  flight->compared = static_cast<std::size_t>(row.compared);
  if (!row.error_json.empty()) {
    net::Message message;
    QORGAN_TRY(message.head, net::parse_json_object(row.error_json));
    flight->error = net::error_of(message).value_or(Error{ErrorCode::damaged, "an abort without a reason", {}, {}});
  }
  return flight;
}

}  // namespace qorgan::custodian
