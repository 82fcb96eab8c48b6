#include "net/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "net/listener.h"
#include "net/socket.h"

namespace qorgan::net {
namespace {

constexpr MessageLimits kHelloLimits{limits::hello_bytes_max, 0};

enum class Stage {
  handshake,
  dropped,  // made room for a newer one while it shook hands
  open,
  over,
};

struct Session {
  explicit Session(std::shared_ptr<Socket> its_socket) : socket(std::move(its_socket)) {}
  std::shared_ptr<Socket> socket;
  Stage stage = Stage::handshake;
  Pin pin;  // with Stage::open
  Party party;
  std::thread thread;
};

}  // namespace

struct Server::State {
  State(ServerOptions its_options, TlsIdentity its_identity, ConnectionHandler its_handler)
      : options(std::move(its_options)), identity(std::move(its_identity)), handler(std::move(its_handler)) {}

  ServerOptions options;
  const TlsIdentity identity;
  const ConnectionHandler handler;
  std::unique_ptr<Listener> listener;

  std::mutex mutex;  // guards the peers and the sessions
  std::list<Session> sessions;
  std::mutex stop_mutex;

  void add(std::shared_ptr<Socket> socket);
  void set_peers(PeerTable peers);
  void stop();

 private:
  int count(Stage stage) const;
  template <class Condition>
  int count_open(Condition of_party) const;
  Status check_room(const Party& party) const;
  void join_finished();
  void make_room();
  void run(Session& session);
  Status talk(Session& session);
  Result<Hello> welcome(Connection& connection, Session& session, Deadline deadline);
  tl::unexpected<Error> unknown_key(const Pin& pin) const;
  Result<Party> party_of(const Pin& pin);
  bool knows(const Pin& pin, const Party& party) const;
  Status claim_place(Session& session, const Pin& pin, const Party& party);
  void report(const Error& error) const;
};

int Server::State::count(Stage stage) const {
  return static_cast<int>(std::count_if(sessions.begin(), sessions.end(),
                                        [stage](const Session& session) { return session.stage == stage; }));
}

template <class Condition>
int Server::State::count_open(Condition of_party) const {
  return static_cast<int>(std::count_if(sessions.begin(), sessions.end(), [&](const Session& session) {
    return session.stage == Stage::open && of_party(session.party);
  }));
}

Status Server::State::check_room(const Party& party) const {
  const bool desk = party.role == Role::desk;
  const int own_max = desk ? options.desk_connections_max : options.custodian_connections_max;
  if (count_open([&](const Party& other) { return other == party; }) >= own_max)
    return failure(ErrorCode::busy, fmt::format("{} has as many connections as it may", party.text()), "",
                   "Let what it asked end first");
  const int all_max = options.connections_max - (desk ? options.custodian_places : 0);
  if (count_open([&](const Party& other) { return !desk || other.role == Role::desk; }) >= all_max)
    return failure(ErrorCode::busy, fmt::format("{} has no connection left", options.own.party.text()), "",
                   "Try again later");
  return {};
}

void Server::State::join_finished() {
  for (auto session = sessions.begin(); session != sessions.end();) {
    if (session->stage != Stage::over) {
      ++session;
      continue;
    }
    if (session->thread.joinable()) session->thread.join();
    session = sessions.erase(session);
  }
}

void Server::State::make_room() {
  if (count(Stage::handshake) < options.handshakes_max) return;
  const auto oldest = std::find_if(sessions.begin(), sessions.end(),
                                   [](const Session& session) { return session.stage == Stage::handshake; });
  oldest->stage = Stage::dropped;
  oldest->socket->shutdown();
}

void Server::State::add(std::shared_ptr<Socket> socket) {
  const std::lock_guard lock(mutex);
  join_finished();
  make_room();
  const int threads_max = options.connections_max + 2 * options.handshakes_max;
  if (static_cast<int>(sessions.size()) >= threads_max) return;
  Session& session = sessions.emplace_back(std::move(socket));
  try {
    session.thread = std::thread([this, &session] { run(session); });
  } catch (const std::system_error&) {
    sessions.pop_back();
  }
}

void Server::State::report(const Error& error) const {
  if (options.on_refused) options.on_refused(error);
}

void Server::State::run(Session& session) {
  try {
    if (const Status status = talk(session); !status) report(status.error());
  } catch (const std::exception& thrown) {
    report(Error{ErrorCode::internal, fmt::format("a connection's handler failed ({})", thrown.what()), "", ""});
  }
  const std::lock_guard lock(mutex);
  session.stage = Stage::over;
}

Status Server::State::talk(Session& session) {
  const Deadline deadline = Deadline::after_ms(options.handshake_timeout_ms);
  QORGAN_TRY(Connection connection, Connection::accept(session.socket, identity, deadline));
  const Result<Hello> hello = welcome(connection, session, deadline);
  if (!hello) {
    connection.refuse(hello.error(), deadline);
    return tl::unexpected<Error>(hello.error());
  }
  handler(std::move(connection), *hello);
  return {};
}

tl::unexpected<Error> Server::State::unknown_key(const Pin& pin) const {
  return failure(ErrorCode::refused,
                 fmt::format("{} knows no one with the key whose pin is {}", options.own.party.text(), pin), "",
                 "Have the key entered in the network file");
}

Result<Party> Server::State::party_of(const Pin& pin) {
  const std::lock_guard lock(mutex);
  const auto found = options.peers.find(pin);
  if (found == options.peers.end()) return unknown_key(pin);
  return found->second;
}

bool Server::State::knows(const Pin& pin, const Party& party) const {
  const auto found = options.peers.find(pin);
  return found != options.peers.end() && found->second == party;
}

Status Server::State::claim_place(Session& session, const Pin& pin, const Party& party) {
  const std::lock_guard lock(mutex);
  // The table may have changed since the key was looked up.
  if (!knows(pin, party)) return unknown_key(pin);
  QORGAN_CHECK(check_room(party));
  session.stage = Stage::open;
  session.pin = pin;
  session.party = party;
  return {};
}

void Server::State::set_peers(PeerTable peers) {
  const std::lock_guard lock(mutex);
  options.peers = std::move(peers);
  for (Session& session : sessions)
    if (session.stage == Stage::open && !knows(session.pin, session.party)) session.socket->shutdown();
}

Result<Hello> Server::State::welcome(Connection& connection, Session& session, Deadline deadline) {
  QORGAN_TRY(const Party party, party_of(connection.peer_pin()));
  connection.set_peer_name(party.text());
  QORGAN_TRY(const Message message, connection.receive(deadline, kHelloLimits));
  QORGAN_TRY(Hello hello, read_hello(message, options.own, party));
  QORGAN_CHECK(claim_place(session, connection.peer_pin(), party));
  Hello answer = options.own;
  answer.purpose = hello.purpose;
  answer.lane = hello.lane;
  QORGAN_CHECK(connection.send(hello_message(answer), deadline));
  return hello;
}

void Server::State::stop() {
  const std::lock_guard one_at_a_time(stop_mutex);
  if (listener) listener->stop();
  {
    const std::lock_guard lock(mutex);
    for (Session& session : sessions) session.socket->shutdown();
  }
  // Nobody adds sessions any more, and their threads take the mutex at their end.
  for (Session& session : sessions)
    if (session.thread.joinable()) session.thread.join();
  sessions.clear();
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}
Server::Server(Server&&) noexcept = default;

Server& Server::operator=(Server&& other) noexcept {
  if (this == &other) return *this;
  if (state_) state_->stop();
  state_ = std::move(other.state_);
  return *this;
}

Server::~Server() {
  if (state_) state_->stop();
}

Result<Server> Server::start(ServerOptions options, const TlsIdentity& identity, ConnectionHandler handler) {
  QORGAN_ASSERT(options.connections_max > options.custodian_places && options.custodian_places >= 0);
  QORGAN_ASSERT(options.desk_connections_max > 0 && options.custodian_connections_max > 0);
  QORGAN_ASSERT(options.handshakes_max > 0);
  auto state = std::make_shared<State>(std::move(options), identity, std::move(handler));
  QORGAN_TRY(state->listener,
             Listener::start(state->options.listen, [running = state.get()](std::shared_ptr<Socket> socket) {
               running->add(std::move(socket));
             }));
  return Server(std::move(state));
}

const Address& Server::address() const {
  return state_->listener->address();
}

void Server::set_peers(PeerTable peers) {
  state_->set_peers(std::move(peers));
}

void Server::stop() {
  state_->stop();
}

}  // namespace qorgan::net
