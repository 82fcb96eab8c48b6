#include "custodian/daemon.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "custodian/peer_messages.h"
#include "custodian/service.h"
#include "net/server.h"
#include "protocol/peer.h"

namespace qorgan::custodian {

struct Daemon::State {
  protocol::Network network;
  CustodianKeys keys;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Peers> peers;
  std::unique_ptr<Lanes> lanes;
  std::unique_ptr<Coordinator> coordinator;
  std::unique_ptr<Service> service;
  std::optional<net::Server> server;

  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::thread keeper;
  protocol::RequestId asked_last{};  // by the keeper, of the requests that it asks the coordinator after

  void serve(net::Connection connection, const net::Hello& hello);
  void take_lane(net::Connection connection, const net::Hello& hello);
  void keep();
  void resolve();
  std::vector<protocol::RequestId> next_undecided();
  void give_up_left();
  void stop();
};

void Daemon::State::serve(net::Connection connection, const net::Hello& hello) {
  if (hello.purpose == net::Purpose::lane) return take_lane(std::move(connection), hello);
  const Status served = net::serve_requests(
      connection, [&](const net::Message& question) { return service->answer(hello.party, question); });
  if (!served) spdlog::debug("{}: {}", hello.party.text(), served.error().message());
}

// Lanes come from the next custodian alone.
void Daemon::State::take_lane(net::Connection connection, const net::Hello& hello) {
  Lane* lane = lanes->find(static_cast<int>(hello.lane));
  const bool from_next = hello.party == net::Party::custodian(protocol::next_of(keys.index));
  const Deadline deadline = Deadline::after_ms(limits::handshake_timeout_ms);
  if (!lane || !from_next) {
    connection.refuse({ErrorCode::refused, "no such lane for this caller", hello.party.text(), {}}, deadline);
    return;
  }
  LaneSession session{};
  if (Status read = connection.read_raw(session, deadline); !read) {
    spdlog::debug("a lane without a session: {}", read.error().message());
    return;
  }
  lane->deliver(session, std::move(connection));
}

// Asks the coordinator after requests that were left undecided, and drops old ones.
void Daemon::State::keep() {
  auto next_purge = std::chrono::steady_clock::now();
  while (true) {
    if (keys.index == kCoordinator) {
      give_up_left();
    } else {
      if (Status expired = engine->expire(); !expired)
        spdlog::error("cannot record the end of a comparison: {}", expired.error().message());
      resolve();
    }
    if (std::chrono::steady_clock::now() >= next_purge) {
      if (Status purged = engine->purge(); !purged)
        spdlog::error("cannot drop old requests: {}", purged.error().message());
      next_purge += std::chrono::minutes(1);
    }
    std::unique_lock lock(mutex);
    if (changed.wait_for(lock, std::chrono::milliseconds(limits::resolve_interval_ms), [&] { return stopping; }))
      return;
  }
}

// What nobody is at any more, such as an abort that could not be written when it came.
void Daemon::State::give_up_left() {
  for (const protocol::RequestId& id : engine->undecided(limits::undecided_after_ms)) {
    if (coordinator->is_driving(id)) continue;
    const Error reason{ErrorCode::unavailable, "the request was left undecided", "custodian 0", "Ask again"};
    if (Status done = engine->abort(id, reason); !done)
      spdlog::error("cannot record the end of request {}: {}", to_hex(id), done.error().message());
  }
}

// A few at a time, in a round: a full queue of searches is undecided for minutes.
std::vector<protocol::RequestId> Daemon::State::next_undecided() {
  std::vector<protocol::RequestId> all = engine->undecided(limits::undecided_after_ms);
  std::rotate(all.begin(), std::upper_bound(all.begin(), all.end(), asked_last), all.end());
  all.resize(std::min(all.size(), limits::outcomes_per_turn));
  return all;
}

void Daemon::State::resolve() {
  for (const protocol::RequestId& id : next_undecided()) {
    asked_last = id;
    const auto answer = peers->call(kCoordinator, id_message(protocol::type::outcome, id),
                                    Deadline::after_ms(limits::connect_timeout_ms));
    if (!answer) return;  // asked again at the next turn
    const auto decision = read_decision(*answer);
    if (!decision) {
      spdlog::error("an outcome that cannot be read: {}", decision.error().message());
      continue;
    }
    if (Status done = engine->settle(id, *decision); !done)
      spdlog::error("cannot record the end of request {}: {}", to_hex(id), done.error().message());
  }
}

void Daemon::State::stop() {
  {
    const std::lock_guard lock(mutex);
    if (stopping) return;
    stopping = true;
    changed.notify_all();
  }
  engine->stop();
  peers->stop();
  lanes->shutdown();
  if (coordinator) coordinator->stop();
  if (server) server->stop();
  if (keeper.joinable()) keeper.join();
}

Result<Daemon> Daemon::start(const DaemonOptions& options) {
  QORGAN_TRY(protocol::Network network, protocol::load_network(options.network_file));
  QORGAN_TRY(CustodianKeys keys, load_custodian_keys(options.folder, network));
  store::Options store_options;
  store_options.path = options.folder / kDatabaseFile;
  store_options.custodian = keys.index;
  store_options.network_id = network.id();
  store_options.pages_max = options.pages_max;
  // Made with the keys: a custodian whose file is lost must not begin anew with nobody enrolled.
  store_options.create = false;
  QORGAN_TRY(store::Store store, store::Store::open(store_options, keys.storage.clone()));
  QORGAN_TRY(std::unique_ptr<Engine> engine, Engine::open(keys.index, std::move(store)));

  std::unique_ptr<State> state(
      new State{std::move(network), std::move(keys), std::move(engine), {}, {}, {}, {}, {}, {}, {}, false, {}, {}});
  State& s = *state;
  const int index = s.keys.index;
  s.peers = std::make_unique<Peers>(index, s.network, s.keys.tls);
  s.lanes = std::make_unique<Lanes>(index, s.network, s.keys.tls);
  if (index == kCoordinator) s.coordinator = std::make_unique<Coordinator>(*s.engine, *s.peers, *s.lanes, s.network);
  s.service =
      std::make_unique<Service>(*s.engine, *s.peers, *s.lanes, s.coordinator.get(), s.keys.pseudonym, s.network);

  const protocol::CustodianEntry& own = s.network.custodians[static_cast<std::size_t>(index)];
  net::ServerOptions server_options;
  server_options.listen = {own.host, own.port};
  server_options.own = protocol::own_hello(s.network, net::Party::custodian(index));
  server_options.own.version = options.protocol_version;
  server_options.peers = protocol::peers_of(s.network, index);
  server_options.desk_connections_max = limits::desk_connections_max;
  server_options.custodian_connections_max = limits::custodian_connections_max;
  server_options.custodian_places = limits::custodian_places;
  server_options.on_refused = [](const Error& error) { spdlog::warn("turned away: {}", error.message()); };
  QORGAN_TRY(s.server, net::Server::start(std::move(server_options), s.keys.tls,
                                          [&s](net::Connection connection, const net::Hello& hello) {
                                            s.serve(std::move(connection), hello);
                                          }));
  s.keeper = std::thread([&s] { s.keep(); });
  return Daemon(std::move(state));
}

Daemon::Daemon(std::unique_ptr<State> state) : state_(std::move(state)) {}
Daemon::Daemon(Daemon&&) noexcept = default;
Daemon& Daemon::operator=(Daemon&& other) noexcept {
  if (this != &other) {
    stop();
    state_ = std::move(other.state_);
  }
  return *this;
}
Daemon::~Daemon() {
  stop();
}

int Daemon::index() const {
  return state_->keys.index;
}
std::string Daemon::describe() const {
  return state_->network.describe(state_->keys.index);
}
std::size_t Daemon::people() const {
  return state_->engine->gallery().size().people;
}
void Daemon::stop() {
  if (state_) state_->stop();
}

}  // namespace qorgan::custodian
