#include "net/client.h"

#include <atomic>
#include <condition_variable>
#include <set>
#include <thread>

#include "tests/net/net_support.h"

namespace qorgan::net {
namespace {

using namespace qorgan::net::testing;

Message request(int number) {
  Message message;
  message.head["number"] = number;
  return message;
}

// Lets a test hold requests inside the server's handler.
class Gate {
 public:
  // Called in the handler: says that a request has come, and waits until the gate opens.
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_for_requests(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

// Answers each request when the gate is open; a request {"number": 0} at once.
Result<Server> start_gated_server(Gate& gate) {
  return Server::start(server_options(), custodian_identity(0), [&gate](Connection connection, const Hello&) {
    static_cast<void>(serve_requests(connection, [&gate](const Message& message) {
      if (message.head["number"] != 0) gate.pass();
      return message;
    }));
  });
}

TEST(Client, CallsAndReusesItsConnection) {
  std::atomic<int> connections = 0;
  const auto server = Server::start(server_options(), custodian_identity(0), [&](Connection connection, const Hello&) {
    ++connections;
    static_cast<void>(serve_requests(connection, [](const Message& message) { return message; }));
  });
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello());
  for (int i = 0; i < 20; ++i) {
    const auto answer = client.call(request(i), plenty());
    ASSERT_OK(answer);
    EXPECT_EQ(answer->head["number"], i);
  }
  EXPECT_EQ(connections, 1);
}

TEST(Client, ErrorOfTheServerIsTheCallsErrorAndKeepsTheConnection) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello());
  Message failing;
  failing.head["fail"] = true;
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.call(failing, plenty());
    EXPECT_ERROR(answer, ErrorCode::refused);
    EXPECT_EQ(answer.error().message(), "asked to fail: here. Do not ask.");
    EXPECT_OK(client.call(request(1), plenty()));
  }
}

TEST(Client, AStopRequestEndsACallAndNotTheNext) {
  Gate gate;
  const auto server = start_gated_server(gate);
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello(), 1);
  std::stop_source stop;
  auto held = std::async(std::launch::async, [&] { return client.call(request(1), plenty(), stop.get_token()); });
  gate.wait_for_requests(1);
  // Waits for the only connection, and is stopped there.
  auto waiting = std::async(std::launch::async, [&] { return client.call(request(2), plenty(), stop.get_token()); });
  stop.request_stop();
  EXPECT_ERROR(held.get(), ErrorCode::unavailable);
  EXPECT_ERROR(waiting.get(), ErrorCode::unavailable);
  EXPECT_ERROR(client.call(request(0), plenty(), stop.get_token()), ErrorCode::unavailable);
  EXPECT_OK(client.call(request(0), plenty()));
  gate.open();
}

TEST(Client, NobodyThereIsUnavailableWithTheName) {
  Address address;
  {
    const auto server = start_echo_server();
    ASSERT_OK(server);
    address = server->address();
  }
  Client client({address, custodian_identity(0).pin(), Party::custodian(0)}, desk_identity(), desk_hello());
  const auto answer = client.call(request(1), plenty());
  EXPECT_ERROR(answer, ErrorCode::unavailable);
  EXPECT_EQ(answer.error().where, "custodian 0 (" + address.text() + ")");
}

TEST(Client, ServerStoppedInMidCallIsUnavailableAtOnce) {
  Gate gate;
  auto server = start_gated_server(gate);
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello());
  auto call = std::async(std::launch::async, [&] { return client.call(request(1), plenty()); });
  gate.wait_for_requests(1);
  const Stopwatch watch;
  // stop() waits for the handler, which waits for the gate; the caller waits for neither.
  std::thread stopper([&] { server->stop(); });
  EXPECT_ERROR(call.get(), ErrorCode::unavailable);
  EXPECT_LT(watch.elapsed_ms(), 15'000);
  gate.open();
  stopper.join();
}

TEST(Client, DeadlinePassesAndTheNextCallConnectsAnew) {
  Gate gate;
  auto server = start_gated_server(gate);
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello());
  ASSERT_OK(client.call(request(0), plenty()));
  const Stopwatch watch;
  EXPECT_ERROR(client.call(request(1), Deadline::after_ms(200)), ErrorCode::timeout);
  EXPECT_GE(watch.elapsed_ms(), 199);
  // The answer that comes late must not be taken for that of another call.
  gate.open();
  for (int i = 2; i < 5; ++i) EXPECT_EQ(client.call(request(i), plenty())->head["number"], i);
}

TEST(Client, FollowsAServerThatRestarts) {
  auto server = start_echo_server();
  ASSERT_OK(server);
  const Peer peer = peer_of(*server);
  Client client(peer, desk_identity(), desk_hello());
  for (int round = 0; round < 3; ++round) {
    EXPECT_OK(client.call(request(1), plenty()));
    server->stop();
    EXPECT_ERROR(client.call(request(2), plenty()), ErrorCode::unavailable);
    ServerOptions options = server_options();
    options.listen = peer.address;
    server = start_echo_server(std::move(options));
    ASSERT_OK(server);
  }
}

TEST(Client, ConnectionClosedWhileIdleIsReplacedUnseen) {
  const auto server = Server::start(server_options(), custodian_identity(0), [](Connection connection, const Hello&) {
    // One answer each, then the connection ends.
    const auto message = connection.receive(plenty());
    if (message) static_cast<void>(connection.send(*message, plenty()));
  });
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello(), 1);
  int answered = 0;
  // A call that comes before the end of the connection has arrived may fail, once, and the next one connects anew.
  for (int i = 0; i < 20; ++i)
    if (client.call(request(i), plenty())) ++answered;
  EXPECT_GE(answered, 10);
}

TEST(Client, SlowCallDoesNotHoldUpOthers) {
  Gate gate;
  auto server = start_gated_server(gate);
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello());
  auto slow = std::async(std::launch::async, [&] { return client.call(request(1), plenty()); });
  gate.wait_for_requests(1);
  EXPECT_OK(client.call(request(0), plenty()));
  gate.open();
  EXPECT_OK(slow.get());
}

TEST(Client, BeyondItsConnectionsCallsWaitAndTheirDeadlineHolds) {
  Gate gate;
  auto server = start_gated_server(gate);
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello(), 2);
  std::vector<std::future<Result<Message>>> calls;
  for (int i = 1; i <= 2; ++i)
    calls.push_back(std::async(std::launch::async, [&client, i] { return client.call(request(i), plenty()); }));
  gate.wait_for_requests(2);
  const auto late = client.call(request(0), Deadline::after_ms(50));
  EXPECT_ERROR(late, ErrorCode::timeout);
  EXPECT_EQ(late.error().what, "all connections were in use for the time allowed");
  auto third = std::async(std::launch::async, [&client] { return client.call(request(3), plenty()); });
  gate.open();
  for (auto& call : calls) EXPECT_OK(call.get());
  EXPECT_EQ(third.get()->head["number"], 3);
}

TEST(Client, CloseEndsCallsUnderWayAndWaitingOnes) {
  Gate gate;
  auto server = start_gated_server(gate);
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello(), 1);
  auto first = std::async(std::launch::async, [&] { return client.call(request(1), plenty()); });
  gate.wait_for_requests(1);
  auto second = std::async(std::launch::async, [&] { return client.call(request(2), plenty()); });
  client.close();
  EXPECT_ERROR(first.get(), ErrorCode::unavailable);
  EXPECT_ERROR(second.get(), ErrorCode::unavailable);
  EXPECT_ERROR(client.call(request(3), plenty()), ErrorCode::unavailable);
  gate.open();
}

TEST(Client, ManyThreadsGetTheirOwnAnswers) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&client, i] {
      for (int j = 0; j < 50; ++j) {
        const auto answer = client.call(request(1000 * i + j), plenty());
        ASSERT_OK(answer);
        ASSERT_EQ(answer->head["echo"]["number"], 1000 * i + j);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(Client, RequestThatCannotBeEncodedIsTheCallersFault) {
  const auto server = start_echo_server();
  ASSERT_OK(server);
  Client client(peer_of(*server), desk_identity(), desk_hello());
  Message wrong;
  wrong.head = 3;
  EXPECT_ERROR(client.call(wrong, plenty()), ErrorCode::invalid_input);
  EXPECT_OK(client.call(request(1), plenty()));
}

}  // namespace
}  // namespace qorgan::net
