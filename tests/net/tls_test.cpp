#include <openssl/ssl.h>
#include <sys/socket.h>

#include <thread>

#include "net/listener.h"
#include "net/socket.h"
#include "tests/net/net_support.h"

namespace qorgan::net {
namespace {

using namespace qorgan::net::testing;

// A listener that hands over its first connection.
class OneConnection {
 public:
  OneConnection() {
    auto started = Listener::start({"127.0.0.1", 0}, [this](std::shared_ptr<Socket> socket) {
      if (!given_) arrived_.set_value(std::move(socket));
      given_ = true;
    });
    EXPECT_OK(started);
    listener_ = std::move(*started);
  }
  const Address& address() const { return listener_->address(); }
  std::shared_ptr<Socket> take() { return arrived_.get_future().get(); }

 private:
  bool given_ = false;
  std::promise<std::shared_ptr<Socket>> arrived_;
  std::unique_ptr<Listener> listener_;
};

TEST(Tls, BothEndsSeeEachOthersPins) {
  Pair pair = connect_pair();
  EXPECT_EQ(pair.client.peer_pin(), custodian_identity(0).pin());
  EXPECT_EQ(pair.server.peer_pin(), desk_identity().pin());
}

TEST(Tls, ClientRefusesAnotherKeyAndNamesBothPins) {
  OneConnection one;
  auto server = std::async(std::launch::async,
                           [&one] { return Connection::accept(one.take(), custodian_identity(1), plenty()); });
  const auto client = Connection::connect(one.address(), desk_identity(), custodian_identity(0).pin(), plenty());
  EXPECT_ERROR(client, ErrorCode::wrong_network);
  EXPECT_EQ(client.error().where, one.address().text());
  EXPECT_NE(client.error().what.find("expected pin " + custodian_identity(0).pin()), std::string::npos);
  EXPECT_NE(client.error().what.find("seen " + custodian_identity(1).pin()), std::string::npos);
  EXPECT_ERROR(server.get(), ErrorCode::refused);
}

TEST(Tls, SomethingElseThatAnswersIsTheWrongNetwork) {
  OneConnection one;
  std::thread server([&one] {
    const std::shared_ptr<Socket> socket = one.take();
    const std::string_view text = "HTTP/1.1 400 Bad Request\r\n\r\n";
    EXPECT_EQ(::send(socket->descriptor(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  });
  EXPECT_ERROR(Connection::connect(one.address(), desk_identity(), custodian_identity(0).pin(), plenty()),
               ErrorCode::wrong_network);
  server.join();
}

TEST(Tls, NobodyListeningIsUnavailable) {
  Address address;
  {
    OneConnection one;
    address = one.address();
  }
  const auto client = Connection::connect(address, desk_identity(), custodian_identity(0).pin(), plenty());
  EXPECT_ERROR(client, ErrorCode::unavailable);
  EXPECT_EQ(client.error().where, address.text());
}

TEST(Tls, SilentServerGivesTimeout) {
  OneConnection one;
  const Stopwatch watch;
  EXPECT_ERROR(
      Connection::connect(one.address(), desk_identity(), custodian_identity(0).pin(), Deadline::after_ms(150)),
      ErrorCode::timeout);
  EXPECT_GE(watch.elapsed_ms(), 149);
}

TEST(Tls, UnknownHostIsSaid) {
  const auto client = Connection::connect({"no-such-host.invalid", 1}, desk_identity(), "", plenty());
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().where, "no-such-host.invalid:1");
}

TEST(Tls, HostNamesAreLookedUp) {
  OneConnection one;
  auto server = std::async(std::launch::async,
                           [&one] { return Connection::accept(one.take(), custodian_identity(0), plenty()); });
  // "localhost" may stand for ::1 as well, where nobody listens.
  const auto client =
      Connection::connect({"localhost", one.address().port}, desk_identity(), custodian_identity(0).pin(), plenty());
  EXPECT_OK(client);
  EXPECT_OK(server.get());
}

// What an OpenSSL client with a given setup gets from our server: the protocol that was agreed on, or "".
std::string protocol_of_client(const std::function<void(SSL_CTX*)>& set_up, ErrorCode expected_at_server) {
  OneConnection one;
  auto server = std::async(std::launch::async,
                           [&one] { return Connection::accept(one.take(), custodian_identity(0), plenty()); });
  RawSocket socket(one.address());
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  set_up(context);
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, socket.descriptor());
  std::string protocol;
  std::uint8_t byte = 0;
  // A TLS 1.3 client only learns of a refusal when it reads.
  if (SSL_connect(ssl) == 1) {
    protocol = SSL_get_version(ssl);
    EXPECT_LE(SSL_read(ssl, &byte, 1), 0);
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  const auto accepted = server.get();
  EXPECT_FALSE(accepted);
  if (accepted) return protocol;
  EXPECT_EQ(error_code_name(accepted.error().code), error_code_name(expected_at_server));
  return protocol;
}

TEST(Tls, OlderVersionsAreRefused) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION})
    EXPECT_EQ(protocol_of_client([version](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, version); },
                                 ErrorCode::damaged),
              "");
}

TEST(Tls, ClientWithoutACertificateIsRefused) {
  protocol_of_client([](SSL_CTX*) {}, ErrorCode::damaged);
}

TEST(Tls, ShutdownByAnotherThreadWakesAReader) {
  Pair pair = connect_pair();
  std::promise<void> reading;
  auto reader = std::async(std::launch::async, [&] {
    Bytes bytes(1);
    reading.set_value();
    return pair.server.read_raw(bytes, plenty());
  });
  reading.get_future().wait();
  const Stopwatch watch;
  pair.server.shutdown();
  const Status status = reader.get();
  EXPECT_ERROR(status, ErrorCode::unavailable);
  EXPECT_EQ(status.error().what, "the connection was shut down");
  EXPECT_LT(watch.elapsed_ms(), 15'000);
}

TEST(Tls, ShutdownWakesABlockedWriter) {
  Pair pair = connect_pair();
  auto writer =
      std::async(std::launch::async, [&] { return pair.server.write_raw(Bytes(std::size_t{64} << 20), plenty()); });
  // The first byte has been sent, so the writer is at it; it cannot end, as nobody reads the rest.
  Bytes byte(1);
  EXPECT_OK(pair.client.read_raw(byte, plenty()));
  pair.server.shutdown();
  EXPECT_ERROR(writer.get(), ErrorCode::unavailable);
}

TEST(Tls, StopperOutlivesItsConnection) {
  Pair pair = connect_pair();
  const ConnectionStopper stopper = pair.client.stopper();
  { const Connection gone = std::move(pair.client); }
  Bytes byte(1);
  // The socket was closed with the connection, not with the stopper.
  EXPECT_ERROR(pair.server.read_raw(byte, plenty()), ErrorCode::unavailable);
  stopper.stop();
}

TEST(Tls, DeadlinesHoldAndEndTheConnection) {
  Pair pair = connect_pair();
  Bytes bytes(10);
  const Stopwatch watch;
  EXPECT_ERROR(pair.client.read_raw(bytes, Deadline::after_ms(100)), ErrorCode::timeout);
  EXPECT_GE(watch.elapsed_ms(), 99);
  EXPECT_ERROR(pair.client.write_raw(bytes, plenty()), ErrorCode::unavailable);
}

TEST(Tls, TrickleDoesNotPutTheDeadlineOff) {
  Pair pair = connect_pair();
  std::atomic<bool> over = false;
  std::thread trickle([&] {
    while (!over && pair.server.write_raw(Bytes(1), plenty())) std::this_thread::yield();
  });
  Bytes bytes(std::size_t{16} << 20);
  EXPECT_ERROR(pair.client.read_raw(bytes, Deadline::after_ms(100)), ErrorCode::timeout);
  over = true;
  trickle.join();
}

TEST(Tls, WaitingForInputKeepsTheConnection) {
  Pair pair = connect_pair();
  EXPECT_ERROR(pair.server.wait_for_input(Deadline::after_ms(10)), ErrorCode::timeout);
  EXPECT_TRUE(pair.server.is_quiet());
  EXPECT_OK(pair.client.write_raw(Bytes(1), plenty()));
  EXPECT_OK(pair.server.wait_for_input(plenty()));
  EXPECT_FALSE(pair.server.is_quiet());
  Bytes byte(1);
  EXPECT_OK(pair.server.read_raw(byte, plenty()));
  EXPECT_TRUE(pair.server.is_quiet());
}

TEST(Tls, QuietEndsWhenTheOtherEndLeaves) {
  Pair pair = connect_pair();
  EXPECT_TRUE(pair.client.is_quiet());
  { const Connection gone = std::move(pair.server); }
  EXPECT_OK(pair.client.wait_for_input(plenty()));
  EXPECT_FALSE(pair.client.is_quiet());
}

}  // namespace
}  // namespace qorgan::net
