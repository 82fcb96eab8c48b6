#include "net/hello.h"

#include <fmt/format.h>

#include "net/json_fields.h"

namespace qorgan::net {
namespace {

constexpr int kCustodians = 3;
constexpr std::size_t kWordBytesMax = 16;
constexpr MessageLimits kHelloLimits{limits::hello_bytes_max, 0};

std::string_view purpose_name(Purpose purpose) {
  return purpose == Purpose::lane ? "lane" : "control";
}

tl::unexpected<Error> version_failure(const Hello& own, std::int64_t theirs, const Party& other) {
  const std::string older = theirs < own.version ? other.text() : own.party.text();
  return failure(ErrorCode::version_mismatch,
                 fmt::format("{} speaks protocol version {}, and {} speaks {}", own.party.text(), own.version,
                             other.text(), theirs),
                 "", "Upgrade " + older);
}

Result<Party> read_party(const Json& object) {
  QORGAN_TRY(const std::string role, text_field(object, "role", kWordBytesMax));
  if (role == role_name(Role::custodian)) {
    QORGAN_TRY(const std::int64_t index, int_field(object, "index", 0, kCustodians - 1));
    return Party::custodian(static_cast<int>(index));
  }
  if (role != role_name(Role::desk)) return failure(ErrorCode::invalid_input, "a role that is not known here", "role");
  QORGAN_TRY(std::string name, text_field(object, "name", limits::name_bytes_max));
  return Party::desk(std::move(name));
}

Result<Purpose> read_purpose(const Json& object) {
  QORGAN_TRY(const std::string word, text_field(object, "purpose", kWordBytesMax));
  for (const Purpose purpose : {Purpose::control, Purpose::lane})
    if (word == purpose_name(purpose)) return purpose;
  return failure(ErrorCode::invalid_input, "a purpose that is not known here", "purpose");
}

Result<Hello> read_checked(const Json& object, const Hello& own, const Party& other) {
  Hello hello;
  QORGAN_TRY(const std::int64_t version, int_field(object, "version", 0, UINT16_MAX));
  if (version != own.version) return version_failure(own, version, other);
  hello.version = own.version;
  QORGAN_TRY(hello.network, hex_field<32>(object, "network"));
  if (hello.network != own.network)
    return failure(ErrorCode::wrong_network,
                   fmt::format("{} belongs to network {}, and {} to {}", own.party.text(), to_hex(own.network),
                               other.text(), to_hex(hello.network)),
                   "", "Give both the same network file");
  QORGAN_TRY(hello.party, read_party(object));
  if (hello.party != other)
    return failure(ErrorCode::refused, fmt::format("{} holds the key of {}", hello.party.text(), other.text()), "",
                   "Check its index or name, and the network file");
  QORGAN_TRY(hello.purpose, read_purpose(object));
  if (hello.purpose == Purpose::lane) {
    QORGAN_TRY(const std::int64_t lane, int_field(object, "lane", 0, UINT32_MAX));
    hello.lane = static_cast<std::uint32_t>(lane);
  }
  return hello;
}

Result<Hello> greet(Connection& connection, const Hello& own, const Party& other, Deadline deadline) {
  QORGAN_CHECK(connection.send(hello_message(own), deadline));
  QORGAN_TRY(const Message answer, connection.receive(deadline, kHelloLimits));
  Result<Hello> hello = read_hello(answer, own, other);
  if (!hello && hello.error().where.empty()) hello.error().where = connection.peer();
  return hello;
}

}  // namespace

std::string_view role_name(Role role) {
  return role == Role::custodian ? "custodian" : "desk";
}

std::string Party::text() const {
  return role == Role::custodian ? fmt::format("custodian {}", index) : fmt::format("desk {}", name);
}

Message hello_message(const Hello& hello) {
  Json object = {{"version", hello.version},
                 {"network", to_hex(hello.network)},
                 {"role", std::string(role_name(hello.party.role))},
                 {"purpose", std::string(purpose_name(hello.purpose))}};
  if (hello.party.role == Role::custodian)
    object["index"] = hello.party.index;
  else
    object["name"] = hello.party.name;
  if (hello.purpose == Purpose::lane) object["lane"] = hello.lane;
  Message message;
  message.head["hello"] = std::move(object);
  return message;
}

Result<Hello> read_hello(const Message& message, const Hello& own, const Party& other) {
  if (std::optional<Error> sent = error_of(message)) return tl::unexpected<Error>(std::move(*sent));
  Result<const Json*> object = object_field(message.head, "hello");
  if (!object) return failure(ErrorCode::damaged, "the other end did not begin with a hello");
  Result<Hello> hello = read_checked(**object, own, other);
  if (!hello && hello.error().code == ErrorCode::invalid_input)
    return failure(ErrorCode::damaged, fmt::format("the other end's hello cannot be read: {} ({})", hello.error().what,
                                                   hello.error().where));
  return hello;
}

Result<Greeted> connect_to_peer(const Peer& peer, const TlsIdentity& identity, const Hello& own, Deadline deadline) {
  const Deadline end = deadline.earlier(Deadline::after_ms(limits::connect_timeout_ms + limits::handshake_timeout_ms));
  Result<Connection> connection = Connection::connect(peer.address, identity, peer.pin, end);
  if (!connection) {
    connection.error().where = fmt::format("{} ({})", peer.party.text(), peer.address.text());
    return tl::unexpected<Error>(std::move(connection).error());
  }
  connection->set_peer_name(peer.party.text());
  QORGAN_TRY(Hello hello, greet(*connection, own, peer.party, end));
  return Greeted{std::move(*connection), std::move(hello)};
}

}  // namespace qorgan::net
