#include "ledger/audit_state.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"
#include "net/json_fields.h"

namespace qorgan::ledger {
namespace {

using net::Json;

constexpr std::int64_t kIntMax = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kItemsMax = std::size_t{1} << 26;
constexpr std::size_t kTextMax = 65'535;

template <std::size_t N>
Result<std::array<std::uint8_t, N>> array_of(const std::string& hex) {
  QORGAN_TRY(const Bytes bytes, from_hex(hex));
  std::array<std::uint8_t, N> out{};
  if (bytes.size() != N) return failure(ErrorCode::invalid_input, "a value of another length");
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

Result<std::uint64_t> count_field(const Json& object, const char* name) {
  QORGAN_TRY(const std::int64_t value, net::int_field(object, name, 0, kIntMax));
  return static_cast<std::uint64_t>(value);
}

Json json_of(const AuditMemory::OneLog& log) {
  Json hidden = Json::object();
  for (const auto& [index, one] : log.hidden)
    hidden[std::to_string(index)] = {
        {"until_s", one.until_s}, {"details", to_hex(one.details)}, {"reported", one.reported}};
  Json policies = Json::array();
  for (const LoggedPolicy& one : log.summary.policies)
    policies.push_back({{"time_s", one.time_s}, {"digest", to_hex(one.digest)}});
  return {{"key", log.key.text()},
          {"entries", log.summary.entries},
          {"newest_s", log.summary.newest_s},
          {"newest_index", log.newest_index},
          {"refused", log.summary.refused},
          {"aborted", log.summary.aborted},
          {"erased", log.summary.erased},
          {"malformed", log.summary.malformed},
          {"hidden", hidden},
          {"policies", policies}};
}

Status read_hidden(const Json& object, AuditMemory::OneLog& log) {
  QORGAN_TRY(const Json* const hidden, net::object_field(object, "hidden"));
  for (const auto& [name, one] : hidden->items()) {
    HiddenUse use;
    QORGAN_TRY(use.until_s, net::int_field(one, "until_s", 0, kIntMax));
    QORGAN_TRY(use.details, net::hex_field<32>(one, "details"));
    QORGAN_TRY(use.reported, net::bool_field(one, "reported"));
    log.hidden[std::strtoull(name.c_str(), nullptr, 10)] = use;
  }
  return {};
}

Result<AuditMemory::OneLog> log_from(const Json& object) {
  AuditMemory::OneLog log;
  QORGAN_TRY(const std::string key, net::text_field(object, "key", kTextMax));
  QORGAN_TRY(log.key, parse_verifier_key(key));
  QORGAN_TRY(log.summary.entries, count_field(object, "entries"));
  QORGAN_TRY(log.summary.newest_s, net::int_field(object, "newest_s", 0, kIntMax));
  QORGAN_TRY(log.newest_index, count_field(object, "newest_index"));
  QORGAN_TRY(log.summary.refused, count_field(object, "refused"));
  QORGAN_TRY(log.summary.aborted, count_field(object, "aborted"));
  QORGAN_TRY(log.summary.erased, count_field(object, "erased"));
  QORGAN_TRY(log.summary.malformed, count_field(object, "malformed"));
  QORGAN_CHECK(read_hidden(object, log));
  QORGAN_TRY(const Json* const policies, net::array_field(object, "policies", limits::log_policies_listed_max));
  for (const Json& one : *policies) {
    LoggedPolicy policy;
    QORGAN_TRY(policy.time_s, net::int_field(one, "time_s", 0, kIntMax));
    QORGAN_TRY(policy.digest, net::hex_field<32>(one, "digest"));
    log.summary.policies.push_back(policy);
  }
  return log;
}

Json json_of(const RequestSide& side) {
  Json object = {{"text", side.agreed_text}, {"aborted", side.aborted}, {"reported", side.reported}};
  if (side.agreed) object["agreed"] = *side.agreed;
  if (side.refused) object["refused"] = *side.refused;
  return object;
}

Result<std::optional<std::uint64_t>> index_field(const Json& object, const char* name) {
  QORGAN_TRY(const auto value, net::optional_int_field(object, name, 0, kIntMax));
  if (!value) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(static_cast<std::uint64_t>(*value));
}

Result<RequestSide> side_from(const Json& object) {
  RequestSide side;
  QORGAN_TRY(side.agreed_text, net::text_field(object, "text", kTextMax));
  QORGAN_TRY(side.aborted, net::bool_field(object, "aborted"));
  QORGAN_TRY(side.reported, net::bool_field(object, "reported"));
  QORGAN_TRY(side.agreed, index_field(object, "agreed"));
  QORGAN_TRY(side.refused, index_field(object, "refused"));
  return side;
}

Result<AuditedRequest> request_from(const Json& object) {
  AuditedRequest request;
  QORGAN_TRY(request.first_s, net::int_field(object, "first_s", 0, kIntMax));
  QORGAN_TRY(request.counted, net::bool_field(object, "counted"));
  QORGAN_TRY(request.differs, net::bool_field(object, "differs"));
  QORGAN_TRY(const Json* const sides, net::array_field(object, "sides", kAuditedLogs));
  if (sides->size() != kAuditedLogs) return failure(ErrorCode::invalid_input, "not three logs", "sides");
  for (std::size_t i = 0; i < kAuditedLogs; ++i) {
    QORGAN_TRY(request.sides[i], side_from((*sides)[i]));
  }
  return request;
}

}  // namespace

std::string AuditMemory::text() const {
  Json object = {{"v", 1}, {"logs", Json::array()}, {"uses", Json::array()}, {"requests", Json::object()}};
  for (const OneLog& log : logs) object["logs"].push_back(json_of(log));
  for (const auto& [name, count] : uses)
    object["uses"].push_back({{"purpose", name.first}, {"party", name.second}, {"count", count}});
  for (const auto& [id, request] : requests) {
    Json sides = Json::array();
    for (const RequestSide& side : request.sides) sides.push_back(json_of(side));
    object["requests"][to_hex(id)] = {
        {"first_s", request.first_s}, {"counted", request.counted}, {"differs", request.differs}, {"sides", sides}};
  }
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<AuditMemory> parse_audit_memory(std::string_view text) {
  // Not parse_json_object(): its limits are for messages, and this file is the program's own.
  const Json object = Json::parse(text, nullptr, false);
  QORGAN_CHECK(net::int_field(object, "v", 1, 1));
  AuditMemory memory;
  QORGAN_TRY(const Json* const logs, net::array_field(object, "logs", kAuditedLogs));
  if (logs->size() != kAuditedLogs) return failure(ErrorCode::invalid_input, "not three logs", "logs");
  for (std::size_t i = 0; i < kAuditedLogs; ++i) {
    QORGAN_TRY(memory.logs[i], log_from((*logs)[i]));
  }
  QORGAN_TRY(const Json* const uses, net::array_field(object, "uses", kItemsMax));
  for (const Json& one : *uses) {
    QORGAN_TRY(std::string purpose, net::text_field(one, "purpose", kTextMax));
    QORGAN_TRY(std::string party, net::text_field(one, "party", kTextMax));
    QORGAN_TRY(const std::uint64_t count, count_field(one, "count"));
    memory.uses[{std::move(purpose), std::move(party)}] = count;
  }
  QORGAN_TRY(const Json* const requests, net::object_field(object, "requests"));
  for (const auto& [name, one] : requests->items()) {
    QORGAN_TRY(const RequestId id, array_of<16>(name));
    QORGAN_TRY(memory.requests[id], request_from(one));
  }
  return memory;
}

}  // namespace qorgan::ledger
