#include "protocol/network.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "base/limits.h"
#include "net/json_fields.h"
#include "protocol/rotation.h"

namespace qorgan::protocol {
namespace {

using nlohmann::json;

constexpr int kFormatVersion = 1;

Result<CustodianEntry> read_custodian(const json& object) {
  CustodianEntry entry;
  QORGAN_TRY(entry.name, net::text_field(object, "name", limits::name_bytes_max));
  QORGAN_TRY(entry.host, net::text_field(object, "host", limits::name_bytes_max));
  QORGAN_TRY(const std::int64_t port, net::int_field(object, "port", 1, 65535));
  entry.port = static_cast<std::uint16_t>(port);
  for (const auto& [name, field] : {std::pair{"web_port", &entry.web_port}, std::pair{"log_port", &entry.log_port}}) {
    QORGAN_TRY(const auto given, net::optional_int_field(object, name, 1, 65535));
    *field = static_cast<std::uint16_t>(given.value_or(0));
  }
  QORGAN_TRY(const auto pin, net::hex_field<32>(object, "tls_pin"));
  entry.tls_pin = to_hex(pin);
  QORGAN_TRY(entry.sign_key, net::hex_field<32>(object, "sign_key"));
  QORGAN_TRY(const auto founding_pin, net::optional_hex_field<32>(object, "founding_tls_pin"));
  entry.founding_tls_pin = founding_pin ? to_hex(*founding_pin) : entry.tls_pin;
  QORGAN_TRY(const auto founding_key, net::optional_hex_field<32>(object, "founding_sign_key"));
  entry.founding_sign_key = founding_key.value_or(entry.sign_key);
  return entry;
}

Result<DeskEntry> read_desk(const json& object) {
  DeskEntry entry;
  QORGAN_TRY(entry.name, net::text_field(object, "name", limits::name_bytes_max));
  QORGAN_TRY(entry.relying_party, net::text_field(object, "relying_party", limits::name_bytes_max));
  QORGAN_TRY(const auto pin, net::hex_field<32>(object, "tls_pin"));
  entry.tls_pin = to_hex(pin);
  return entry;
}

// One key or name twice would make two parties one: a custodian that holds every share, a desk that is another.
Status check_distinct(const Network& network) {
  std::map<std::string, std::string> owners;
  for (const CustodianEntry& entry : network.custodians) {
    const auto [other, added] = owners.emplace(entry.tls_pin, entry.name);
    if (!added)
      return failure(ErrorCode::invalid_input, "two entries of the network file have one key",
                     other->second + " and " + entry.name);
  }
  std::set<std::string> names;
  for (const DeskEntry& entry : network.desks) {
    const auto [other, added] = owners.emplace(entry.tls_pin, entry.name);
    if (!added)
      return failure(ErrorCode::invalid_input, "two entries of the network file have one key",
                     other->second + " and " + entry.name);
    if (!names.insert(entry.name).second)
      return failure(ErrorCode::invalid_input, "two desks of the network file have one name", entry.name);
  }
  return {};
}

Result<std::vector<std::string>> read_rotations(const json& object) {
  std::vector<std::string> rotations;
  if (!object.contains("rotations")) return rotations;
  QORGAN_TRY(const json* list, net::array_field(object, "rotations", limits::rotations_max));
  for (const json& note : *list) {
    if (!note.is_string()) return failure(ErrorCode::invalid_input, "a change of keys is not text", "rotations");
    rotations.push_back(note.get<std::string>());
  }
  return rotations;
}

Result<Network> read_network(const json& object) {
  QORGAN_TRY(const std::int64_t version, net::int_field(object, "qorgan_network", 1, 1'000'000));
  if (version != kFormatVersion)
    return failure(
        ErrorCode::version_mismatch,
        fmt::format("the network file is of format {}, this program reads format {}", version, kFormatVersion));
  Network network;
  const auto custodians = object.find("custodians");
  if (custodians == object.end() || !custodians->is_array() || custodians->size() != kCustodians)
    return failure(ErrorCode::invalid_input, "the network file does not list three custodians", "custodians");
  for (std::size_t i = 0; i < kCustodians; ++i) {
    QORGAN_TRY(network.custodians[i], read_custodian((*custodians)[i]));
  }
  const auto desks = object.find("desks");
  if (desks == object.end() || !desks->is_array())
    return failure(ErrorCode::invalid_input, "the network file has no list of desks", "desks");
  for (const json& desk : *desks) {
    QORGAN_TRY(DeskEntry entry, read_desk(desk));
    network.desks.push_back(std::move(entry));
  }
  if (object.contains("search_lanes")) {
    QORGAN_TRY(const std::int64_t lanes, net::int_field(object, "search_lanes", 1, limits::search_lanes_max));
    network.search_lanes = static_cast<int>(lanes);
  }
  QORGAN_TRY(const auto refresh_days, net::optional_int_field(object, "refresh_days", 0, limits::refresh_days_max));
  network.refresh_days = static_cast<int>(refresh_days.value_or(0));
  QORGAN_TRY(network.rotations, read_rotations(object));
  QORGAN_CHECK(check_distinct(network));
  QORGAN_TRY(const crypto::Digest id, net::hex_field<32>(object, "network_id"));
  if (id != network.id())
    return failure(ErrorCode::damaged, "the network file's id is not that of the keys in it", "network_id",
                   "Get the file anew from the custodians");
  QORGAN_CHECK(follow_rotations(network));
  return network;
}

}  // namespace

crypto::Digest Network::id() const {
  Bytes input(as_bytes("qorgan network v1\n").begin(), as_bytes("qorgan network v1\n").end());
  for (const CustodianEntry& custodian : custodians) {
    const bool is_new = custodian.founding_tls_pin.empty();
    const ByteView pin = as_bytes(is_new ? custodian.tls_pin : custodian.founding_tls_pin);
    const crypto::SignPublicKey& key = is_new ? custodian.sign_key : custodian.founding_sign_key;
    input.insert(input.end(), pin.begin(), pin.end());
    input.insert(input.end(), key.begin(), key.end());
  }
  return crypto::sha256(input);
}

std::string Network::describe(int custodian) const {
  const CustodianEntry& entry = custodians[static_cast<std::size_t>(custodian)];
  return fmt::format("custodian {} ({}:{})", custodian, entry.host, entry.port);
}

Result<Network> load_network(const std::filesystem::path& path) {
  QORGAN_TRY(const std::string text, read_text_file(path, limits::network_file_bytes_max));
  Result<json> object = net::parse_json_object(text);
  Result<Network> network = object ? read_network(*object) : tl::unexpected(object.error());
  if (!network) {
    Error error = network.error();
    error.where = path.string() + (error.where.empty() ? "" : ", " + error.where);
    return tl::unexpected(std::move(error));
  }
  return network;
}

Status save_network(const Network& network, const std::filesystem::path& path) {
  json custodians = json::array();
  for (const CustodianEntry& entry : network.custodians) {
    json object = {{"name", entry.name},
                   {"host", entry.host},
                   {"port", entry.port},
                   {"tls_pin", entry.tls_pin},
                   {"sign_key", to_hex(entry.sign_key)}};
    if (entry.web_port != 0) object["web_port"] = entry.web_port;
    if (entry.log_port != 0) object["log_port"] = entry.log_port;
    if (!entry.founding_tls_pin.empty() && entry.founding_tls_pin != entry.tls_pin)
      object["founding_tls_pin"] = entry.founding_tls_pin;
    if (!entry.founding_tls_pin.empty() && entry.founding_sign_key != entry.sign_key)
      object["founding_sign_key"] = to_hex(entry.founding_sign_key);
    custodians.push_back(std::move(object));
  }
  json desks = json::array();
  for (const DeskEntry& entry : network.desks)
    desks.push_back({{"name", entry.name}, {"relying_party", entry.relying_party}, {"tls_pin", entry.tls_pin}});
  json object = {{"qorgan_network", kFormatVersion},
                 {"network_id", to_hex(network.id())},
                 {"search_lanes", network.search_lanes},
                 {"custodians", custodians},
                 {"desks", desks}};
  if (network.refresh_days != 0) object["refresh_days"] = network.refresh_days;
  if (!network.rotations.empty()) object["rotations"] = network.rotations;
  return write_file_atomically(path, as_bytes(object.dump(2) + "\n"), FileMode::public_file);
}

}  // namespace qorgan::protocol
