// The first message each way: who speaks, in which network, in which version, and what the connection is for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "net/connection.h"

namespace qorgan::net {

// As protocol/network.h computes it.
using NetworkId = crypto::Digest;

enum class Role { desk, custodian };
// control: requests and answers. lane: the traffic of one lane of the private match.
enum class Purpose { control, lane };

std::string_view role_name(Role role);

// One of a network's members, as the network file knows it.
struct Party {
  Role role = Role::desk;
  int index = 0;     // of a custodian, 0..2; 0 for a desk
  std::string name;  // of a desk; empty for a custodian

  static Party custodian(int index) { return {Role::custodian, index, {}}; }
  static Party desk(std::string name) { return {Role::desk, 0, std::move(name)}; }
  // "custodian 1", "desk Kordai".
  std::string text() const;
  bool operator==(const Party&) const = default;
};

struct Hello {
  std::uint16_t version = limits::protocol_version;
  NetworkId network{};
  Party party;
  Purpose purpose = Purpose::control;
  std::uint32_t lane = 0;  // with Purpose::lane
};

// {"hello": {"version", "network" (64 hexadecimal digits), "role", "index" or "name", "purpose", "lane"}}
Message hello_message(const Hello& hello);

// The other end's hello, checked against this end's. The version is looked at first and alone, so that everything after
// it may change. `other` is who the other end must be, by its key. Errors: version_mismatch, naming both ends, both
// versions and whose to upgrade; wrong_network; refused (it says that it is someone else); damaged (no hello that can
// be read); the error that the other end sent in its place.
Result<Hello> read_hello(const Message& message, const Hello& own, const Party& other);

// How a member is reached, as the network file says.
struct Peer {
  Address address;
  Pin pin;
  Party party;
};

struct Greeted {
  Connection connection;
  Hello hello;  // the other end's
};

// Connects to a server, proves who both are, and exchanges hellos. Ends at the earliest of the deadline,
// limits::connect_timeout_ms for the connection and limits::handshake_timeout_ms for the rest. Errors: those of
// Connection::connect and of read_hello; busy where the server has no connection left.
Result<Greeted> connect_to_peer(const Peer& peer, const TlsIdentity& identity, const Hello& own, Deadline deadline);

}  // namespace qorgan::net
