#include "tests/net/net_support.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "net/listener.h"
#include "net/socket.h"

namespace qorgan::net::testing {
namespace {

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  ADD_FAILURE() << result.error().message();
  std::abort();
}

}  // namespace

const TlsIdentity& custodian_identity(int index) {
  static const std::array identities = {must(make_tls_identity("custodian 0")), must(make_tls_identity("custodian 1")),
                                        must(make_tls_identity("custodian 2"))};
  return identities.at(static_cast<std::size_t>(index));
}

const TlsIdentity& desk_identity() {
  static const TlsIdentity identity = must(make_tls_identity("desk"));
  return identity;
}

const TlsIdentity& stranger_identity() {
  static const TlsIdentity identity = must(make_tls_identity("stranger"));
  return identity;
}

NetworkId test_network() {
  NetworkId id{};
  id.fill(0x5a);
  return id;
}

Hello custodian_hello(int index) {
  Hello hello;
  hello.network = test_network();
  hello.party = Party::custodian(index);
  return hello;
}

Hello desk_hello() {
  Hello hello;
  hello.network = test_network();
  hello.party = Party::desk("Kordai");
  return hello;
}

PeerTable test_peers() {
  PeerTable peers = {{desk_identity().pin(), desk_hello().party}};
  for (int i = 0; i < 3; ++i) peers[custodian_identity(i).pin()] = Party::custodian(i);
  return peers;
}

ServerOptions server_options() {
  ServerOptions options;
  options.listen = {"127.0.0.1", 0};
  options.own = custodian_hello(0);
  options.peers = test_peers();
  return options;
}

Peer peer_of(const Server& server) {
  return {server.address(), custodian_identity(0).pin(), Party::custodian(0)};
}

Result<Server> start_echo_server(ServerOptions options) {
  const RequestHandler answer = [](const Message& request) -> Result<Message> {
    if (request.head.contains("fail")) return failure(ErrorCode::refused, "asked to fail", "here", "Do not ask");
    Message message;
    message.head["echo"] = request.head;
    message.body = request.body;
    return message;
  };
  return Server::start(std::move(options), custodian_identity(0), [answer](Connection connection, const Hello&) {
    // How a client leaves is its own affair here.
    static_cast<void>(serve_requests(connection, answer));
  });
}

Pair connect_pair() {
  std::promise<std::shared_ptr<Socket>> arrived;
  auto listener = must(Listener::start(
      {"127.0.0.1", 0}, [&arrived](std::shared_ptr<Socket> socket) { arrived.set_value(std::move(socket)); }));
  auto accepted = std::async(std::launch::async, [&arrived] {
    return must(Connection::accept(arrived.get_future().get(), custodian_identity(0), plenty()));
  });
  Connection client =
      must(Connection::connect(listener->address(), desk_identity(), custodian_identity(0).pin(), plenty()));
  return {std::move(client), accepted.get()};
}

RawSocket::RawSocket(const Address& address) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
  EXPECT_EQ(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0) << errno;
}

RawSocket::~RawSocket() {
  ::close(descriptor_);
}

bool RawSocket::send(ByteView bytes) {
  return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool RawSocket::wait_for_end(Deadline deadline) {
  std::array<std::uint8_t, 256> forgotten{};
  for (;;) {
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(deadline.left_ms())) == 0) return false;
    if (::recv(descriptor_, forgotten.data(), forgotten.size(), 0) <= 0) return true;
  }
}

}  // namespace qorgan::net::testing
