#include "net/server.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <stdexcept>
#include <thread>

#include "tests/net/net_support.h"

namespace qorgan::net {
namespace {

using namespace qorgan::net::testing;

// Errors that a server reported, kept for the test.
class Reports {
 public:
  std::function<void(const Error&)> sink() {
    return [this](const Error& error) {
      const std::lock_guard lock(mutex_);
      codes_.push_back(error.code);
      arrived_.notify_all();
    };
  }
  // Waits until one of that kind has come.
  bool wait_for(ErrorCode code) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_until(lock, plenty().at(),
                               [&] { return std::find(codes_.begin(), codes_.end(), code) != codes_.end(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<ErrorCode> codes_;
};

Message request(int number) {
  Message message;
  message.head["number"] = number;
  message.body = Bytes(static_cast<std::size_t>(number), 7);
  return message;
}

Result<Greeted> greet(const Server& server, const TlsIdentity& identity = desk_identity(),
                      const Hello& own = desk_hello()) {
  return connect_to_peer(peer_of(server), identity, own, plenty());
}

// Asks once on a fresh connection, so that a server that serves is told from one that does not.
void expect_serves(const Server& server) {
  Client client(peer_of(server), desk_identity(), desk_hello());
  const auto answer = client.call(request(3), plenty());
  ASSERT_OK(answer);
  EXPECT_EQ(answer->head["echo"]["number"], 3);
}

TEST(Server, AnswersOverOneConnection) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  auto greeted = greet(*server);
  ASSERT_OK(greeted);
  EXPECT_EQ(greeted->hello.party, Party::custodian(0));
  EXPECT_EQ(greeted->connection.peer(), "custodian 0 (" + server->address().text() + ")");
  for (int i = 0; i < 10; ++i) {
    EXPECT_OK(greeted->connection.send(request(i), plenty()));
    const auto answer = greeted->connection.receive(plenty());
    ASSERT_OK(answer);
    EXPECT_EQ(answer->body.size(), static_cast<std::size_t>(i));
  }
}

TEST(Server, HandlerLearnsWhoItIsAndWhatFor) {
  std::promise<Hello> seen;
  std::promise<std::string> name;
  auto server =
      Server::start(server_options(), custodian_identity(0), [&](const Connection& connection, const Hello& hello) {
        seen.set_value(hello);
        name.set_value(connection.peer());
      });
  ASSERT_OK(server);
  Hello own = custodian_hello(2);
  own.purpose = Purpose::lane;
  own.lane = 17;
  const auto greeted = greet(*server, custodian_identity(2), own);
  ASSERT_OK(greeted);
  const Hello hello = seen.get_future().get();
  EXPECT_EQ(hello.party, Party::custodian(2));
  EXPECT_EQ(hello.purpose, Purpose::lane);
  EXPECT_EQ(hello.lane, 17u);
  EXPECT_EQ(greeted->hello.lane, 17u);
  EXPECT_EQ(name.get_future().get().rfind("custodian 2 (127.0.0.1:", 0), 0u);
}

TEST(Server, UnknownKeyIsToldWhy) {
  Reports reports;
  ServerOptions options = server_options();
  options.on_refused = reports.sink();
  const auto server = start_echo_server(std::move(options));
  ASSERT_OK(server);
  const auto greeted = greet(*server, stranger_identity());
  EXPECT_ERROR(greeted, ErrorCode::refused);
  EXPECT_NE(greeted.error().what.find(stranger_identity().pin()), std::string::npos) << greeted.error().message();
  EXPECT_TRUE(reports.wait_for(ErrorCode::refused));
  expect_serves(*server);
}

TEST(Server, KnowsNewPeersOnceToldOfThem) {
  auto server = start_echo_server();
  ASSERT_OK(server);
  Hello own = desk_hello();
  own.party = Party::desk("Stranger");
  EXPECT_ERROR(greet(*server, stranger_identity(), own), ErrorCode::refused);
  PeerTable peers = test_peers();
  peers[stranger_identity().pin()] = own.party;
  server->set_peers(std::move(peers));
  EXPECT_OK(greet(*server, stranger_identity(), own));
}

TEST(Server, PeersThatAreStruckOffLoseTheirConnectionsAtOnce) {
  auto server = start_echo_server();
  ASSERT_OK(server);
  auto desk = greet(*server);
  ASSERT_OK(desk);
  auto custodian = greet(*server, custodian_identity(1), custodian_hello(1));
  ASSERT_OK(custodian);
  PeerTable peers = test_peers();
  peers.erase(desk_identity().pin());
  server->set_peers(std::move(peers));
  Bytes byte(1);
  EXPECT_ERROR(desk->connection.read_raw(byte, plenty()), ErrorCode::unavailable);
  EXPECT_ERROR(greet(*server), ErrorCode::refused);
  EXPECT_OK(custodian->connection.send(request(1), plenty()));
  EXPECT_OK(custodian->connection.receive(plenty()));
}

TEST(Server, SomeoneElsesNameIsRefused) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  EXPECT_ERROR(greet(*server, desk_identity(), custodian_hello(1)), ErrorCode::refused);
}

TEST(Server, OtherVersionIsToldWhoMustUpgrade) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  Hello own = desk_hello();
  own.version = limits::protocol_version + 1;
  const auto greeted = greet(*server, desk_identity(), own);
  EXPECT_ERROR(greeted, ErrorCode::version_mismatch);
  EXPECT_EQ(greeted.error().remedy, "Upgrade custodian 0");
}

TEST(Server, ClientRefusesAServerOfAnotherVersion) {
  // A server that greets without looking.
  ServerOptions options = server_options();
  options.own.version = 7;
  const auto server = start_echo_server(std::move(options));
  ASSERT_OK(server);
  auto connection = Connection::connect(server->address(), desk_identity(), custodian_identity(0).pin(), plenty());
  ASSERT_OK(connection);
  Hello same = desk_hello();
  same.version = 7;
  EXPECT_OK(connection->send(hello_message(same), plenty()));
  const auto answer = connection->receive(plenty());
  ASSERT_OK(answer);
  EXPECT_ERROR(read_hello(*answer, desk_hello(), Party::custodian(0)), ErrorCode::version_mismatch);
}

TEST(Server, OtherNetworkIsSaid) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  Hello own = desk_hello();
  own.network.fill(1);
  EXPECT_ERROR(greet(*server, desk_identity(), own), ErrorCode::wrong_network);
}

TEST(Server, AnotherCustodianThanExpectedIsRefused) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  Peer peer = peer_of(*server);
  peer.party = Party::custodian(1);
  EXPECT_ERROR(connect_to_peer(peer, desk_identity(), desk_hello(), plenty()), ErrorCode::refused);
}

TEST(Server, AddressInUseIsSaid) {
  const auto first = start_echo_server();
  ASSERT_OK(first);
  ServerOptions options = server_options();
  options.listen = first->address();
  const auto second = start_echo_server(std::move(options));
  EXPECT_ERROR(second, ErrorCode::unavailable);
  EXPECT_EQ(second.error().where, first->address().text());
  EXPECT_EQ(second.error().what, "another program listens there already");
}

TEST(Server, CanListenAgainRightAfterItStopped) {
  Address address;
  {
    const auto first = start_echo_server();
    ASSERT_OK(first);
    address = first->address();
    expect_serves(*first);
  }
  ServerOptions options = server_options();
  options.listen = address;
  const auto second = start_echo_server(std::move(options));
  ASSERT_OK(second);
  expect_serves(*second);
}

TEST(Server, ForeignAddressIsUnavailable) {
  ServerOptions options = server_options();
  options.listen = {"192.0.2.1", 0};
  EXPECT_ERROR(start_echo_server(std::move(options)), ErrorCode::unavailable);
}

TEST(Server, ServesOthersWhileSilentClientsWaitForTheirEnd) {
  Reports reports;
  ServerOptions options = server_options();
  options.handshake_timeout_ms = 300;
  options.on_refused = reports.sink();
  const auto server = start_echo_server(std::move(options));
  ASSERT_OK(server);
  RawSocket nothing(server->address());
  RawSocket half(server->address());
  // The start of a TLS record that announces 512 bytes.
  EXPECT_TRUE(half.send(Bytes{0x16, 0x03, 0x01, 0x02, 0x00, 0x01}));
  expect_serves(*server);
  EXPECT_TRUE(nothing.wait_for_end(plenty()));
  EXPECT_TRUE(half.wait_for_end(plenty()));
  EXPECT_TRUE(reports.wait_for(ErrorCode::timeout));
}

TEST(Server, GarbageEndsItsConnectionAlone) {
  Reports reports;
  ServerOptions options = server_options();
  options.on_refused = reports.sink();
  const auto server = start_echo_server(std::move(options));
  ASSERT_OK(server);
  const Stopwatch watch;
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), std::string(600, '\0'), std::string(600, '\xff'),
        // A TLS record with a handshake message of a kind that does not exist.
        std::string("\x16\x03\x01\x00\x04\x77\x00\x00\x00", 9)}) {
    RawSocket garbage(server->address());
    EXPECT_TRUE(garbage.send(as_bytes(text)));
    EXPECT_TRUE(garbage.wait_for_end(plenty()));
  }
  // Each at once, and not at the handshake's deadline.
  EXPECT_LT(watch.elapsed_ms(), limits::handshake_timeout_ms);
  EXPECT_TRUE(reports.wait_for(ErrorCode::damaged));
  expect_serves(*server);
}

// After the handshake, instead of a hello.
TEST(Server, NoHelloEndsAtTheDeadline) {
  Reports reports;
  ServerOptions options = server_options();
  options.handshake_timeout_ms = 300;
  options.on_refused = reports.sink();
  const auto server = start_echo_server(std::move(options));
  ASSERT_OK(server);
  auto silent = Connection::connect(server->address(), desk_identity(), custodian_identity(0).pin(), plenty());
  ASSERT_OK(silent);
  Bytes byte(1);
  EXPECT_ERROR(silent->read_raw(byte, plenty()), ErrorCode::unavailable);
  EXPECT_TRUE(reports.wait_for(ErrorCode::timeout));
  expect_serves(*server);
}

TEST(Server, HelloThatLiesAboutItsLengthIsRefusedWithAReason) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  for (const char* header : {"7fffffff00000000", "0000200100000000", "0000000200000001", "0000000000000000"}) {
    auto liar = Connection::connect(server->address(), desk_identity(), custodian_identity(0).pin(), plenty());
    ASSERT_OK(liar);
    EXPECT_OK(liar->write_raw(*from_hex(header), plenty()));
    const auto answer = liar->receive(plenty());
    ASSERT_OK(answer);
    ASSERT_TRUE(error_of(*answer));
    EXPECT_EQ(error_of(*answer)->code, ErrorCode::damaged);
  }
  expect_serves(*server);
}

TEST(Server, RequestThatCannotBeReadIsAnsweredWithAReason) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  auto greeted = greet(*server);
  ASSERT_OK(greeted);
  EXPECT_OK(greeted->connection.write_raw(*from_hex("00000002000000005b5d"), plenty()));
  const auto answer = greeted->connection.receive(plenty());
  ASSERT_OK(answer);
  ASSERT_TRUE(error_of(*answer));
  EXPECT_EQ(error_of(*answer)->code, ErrorCode::damaged);
}

TEST(Server, BeyondItsConnectionsItSaysBusyAndRecovers) {
  ServerOptions options = server_options();
  options.connections_max = 3;
  const auto server = start_echo_server(std::move(options));
  ASSERT_OK(server);
  std::vector<Greeted> open;
  for (int i = 0; i < 3; ++i) {
    auto greeted = greet(*server);
    ASSERT_OK(greeted);
    open.push_back(std::move(*greeted));
  }
  EXPECT_ERROR(greet(*server), ErrorCode::busy);
  open.pop_back();
  // The place is free again once the server has seen the end of the connection.
  Result<Greeted> again = greet(*server);
  for (const Deadline end = plenty(); !again && !end.passed(); again = greet(*server)) {
    EXPECT_ERROR(again, ErrorCode::busy);
  }
  EXPECT_OK(again);
}

TEST(Server, ADeskNeverTakesTheCustodiansPlaces) {
  ServerOptions options = server_options();
  options.connections_max = 5;
  options.custodian_places = 2;
  const auto server = start_echo_server(std::move(options));
  ASSERT_OK(server);
  std::vector<Greeted> open;
  for (int i = 0; i < 3; ++i) {
    auto greeted = greet(*server);
    ASSERT_OK(greeted);
    open.push_back(std::move(*greeted));
  }
  EXPECT_ERROR(greet(*server), ErrorCode::busy);
  for (int i = 0; i < 2; ++i) {
    auto greeted = greet(*server, custodian_identity(1 + i), custodian_hello(1 + i));
    ASSERT_OK(greeted);
    open.push_back(std::move(*greeted));
  }
  EXPECT_ERROR(greet(*server, custodian_identity(1), custodian_hello(1)), ErrorCode::busy);
}

TEST(Server, OnePartyHasItsShareOfTheConnections) {
  ServerOptions options = server_options();
  options.desk_connections_max = 2;
  options.custodian_connections_max = 1;
  const auto server = start_echo_server(std::move(options));
  ASSERT_OK(server);
  const auto first = greet(*server);
  const auto second = greet(*server);
  ASSERT_OK(first);
  ASSERT_OK(second);
  const auto third = greet(*server);
  EXPECT_ERROR(third, ErrorCode::busy);
  EXPECT_NE(third.error().what.find("desk"), std::string::npos) << third.error().message();
  const auto custodian = greet(*server, custodian_identity(1), custodian_hello(1));
  ASSERT_OK(custodian);
  EXPECT_ERROR(greet(*server, custodian_identity(1), custodian_hello(1)), ErrorCode::busy);
  EXPECT_OK(greet(*server, custodian_identity(2), custodian_hello(2)));
}

TEST(Server, SilentSocketsBeyondTheLimitGiveWayToNewOnes) {
  ServerOptions options = server_options();
  options.handshakes_max = 4;
  options.handshake_timeout_ms = 60'000;
  const auto server = start_echo_server(std::move(options));
  ASSERT_OK(server);
  std::vector<std::unique_ptr<RawSocket>> silent;
  for (int i = 0; i < 12; ++i) silent.push_back(std::make_unique<RawSocket>(server->address()));
  expect_serves(*server);
  // The oldest ones were closed, long before the handshake's deadline.
  for (std::size_t i = 0; i < 8; ++i) EXPECT_TRUE(silent[i]->wait_for_end(plenty())) << i;
}

TEST(Server, ManyClientsAtOnce) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  std::vector<std::thread> clients;
  for (int i = 0; i < 24; ++i)
    clients.emplace_back([&server, i] {
      auto greeted = greet(*server);
      ASSERT_OK(greeted);
      for (int j = 0; j < 20; ++j) {
        EXPECT_OK(greeted->connection.send(request(100 * i + j), plenty()));
        const auto answer = greeted->connection.receive(plenty());
        ASSERT_OK(answer);
        EXPECT_EQ(answer->head["echo"]["number"], 100 * i + j);
      }
    });
  for (std::thread& client : clients) client.join();
}

TEST(Server, IdleConnectionsAreClosed) {
  std::promise<Status> ended;
  const auto server = Server::start(server_options(), custodian_identity(0), [&](Connection connection, const Hello&) {
    ended.set_value(serve_requests(
        connection, [](const Message& message) { return message; }, 50));
  });
  ASSERT_OK(server);
  auto greeted = greet(*server);
  ASSERT_OK(greeted);
  Bytes byte(1);
  EXPECT_ERROR(greeted->connection.read_raw(byte, plenty()), ErrorCode::unavailable);
  EXPECT_OK(ended.get_future().get());
}

TEST(Server, AnswerThatCannotBeSentIsReportedAsADefect) {
  const auto server = Server::start(server_options(), custodian_identity(0), [&](Connection connection, const Hello&) {
    static_cast<void>(serve_requests(connection, [](const Message&) {
      Message answer;
      answer.head["text"] = "\xff";
      return answer;
    }));
  });
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello());
  EXPECT_ERROR(client.call(request(1), plenty()), ErrorCode::internal);
}

TEST(Server, HandlerThatThrowsEndsItsConnectionAlone) {
  Reports reports;
  ServerOptions options = server_options();
  options.on_refused = reports.sink();
  std::atomic<int> calls = 0;
  const auto server =
      Server::start(std::move(options), custodian_identity(0), [&](Connection connection, const Hello&) {
        if (calls++ == 0) throw std::runtime_error("thrown on purpose");
        static_cast<void>(serve_requests(connection, [](const Message& message) { return message; }));
      });
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello());
  EXPECT_ERROR(client.call(request(1), plenty()), ErrorCode::unavailable);
  EXPECT_TRUE(reports.wait_for(ErrorCode::internal));
  EXPECT_OK(client.call(request(2), plenty()));
}

TEST(Server, StopsWhileClientsComeAndGo) {
  for (int round = 0; round < 5; ++round) {
    auto server = start_echo_server();
    ASSERT_OK(server);
    std::atomic<bool> over = false;
    std::vector<std::thread> clients;
    for (int i = 0; i < 6; ++i)
      clients.emplace_back([&] {
        Client client(peer_of(*server), desk_identity(), desk_hello());
        while (!over) static_cast<void>(client.call(request(1), Deadline::after_ms(2'000)));
      });
    expect_serves(*server);
    server->stop();
    over = true;
    for (std::thread& client : clients) client.join();
    server->stop();
  }
}

}  // namespace
}  // namespace qorgan::net
