#include "custodian/daemon.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "custodian/database_file.h"
#include "custodian/fork.h"
#include "custodian/key_rotation.h"
#include "custodian/mirror_sender.h"
#include "custodian/peer_messages.h"
#include "custodian/recorder.h"
#include "custodian/service.h"
#include "custodian/signed_checkpoint.h"
#include "custodian/web.h"
#include "net/server.h"
#include "protocol/log_keys.h"
#include "protocol/peer.h"

namespace qorgan::custodian {

struct Daemon::State {
  State(protocol::Network the_network, CustodianKeys the_keys)
      : network(std::move(the_network)),
        keys(std::move(the_keys)),
        signer(
            std::make_shared<crypto::KeySigner>(crypto::SignKeyPair{keys.sign.secret.clone(), keys.sign.public_key})),
        peers(std::make_unique<Peers>(keys.index, network, keys.tls)) {}

  protocol::Network network;
  CustodianKeys keys;
  std::shared_ptr<crypto::Signer> signer;
  // In the order in which they rest on one another.
  std::unique_ptr<Peers> peers;
  std::unique_ptr<ledger::Witness> witness;
  Mirrors mirrors;
  std::array<std::unique_ptr<MirrorSender>, protocol::kCustodians> mirror_senders;  // of its own log; null for itself
  std::unique_ptr<Engine> engine;  // and the log with it, which asks the witnesses through the peers
  std::unique_ptr<Lanes> lanes;
  std::unique_ptr<Statements> statements;
  std::unique_ptr<Coordinator> coordinator;
  std::unique_ptr<Refresher> refresher;
  std::unique_ptr<Service> service;
  std::unique_ptr<Recorder> recorder;
  std::unique_ptr<Web> web;
  std::optional<net::Server> server;

  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::thread keeper;
  std::thread dates;
  // Records that a custodian would not expire, and until when they are left alone.
  std::map<protocol::RecordId, std::chrono::steady_clock::time_point> expiry_rests;
  protocol::RequestId asked_last{};  // by the keeper, of the requests that it asks the coordinator after

  void serve(net::Connection connection, const net::Hello& hello);
  void take_lane(net::Connection connection, const net::Hello& hello);
  void keep();
  void resolve();
  std::vector<protocol::RequestId> next_undecided();
  void give_up_left();
  void look_after_dates();
  void expire_overdue();
  void stop();

  Status open_witness(const std::filesystem::path& folder);
  Status open_mirrors(const std::filesystem::path& folder);
  Status open_engine(const DaemonOptions& options);
  ledger::Signers log_signers() const;
  Status start_services(const DaemonOptions& options);
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
      service->drop_overdue_refresh();
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

// Records whose time is over, and hidden entries whose date has come. On a thread of its own: an expiry waits for the
// two others.
void Daemon::State::look_after_dates() {
  bool waited = false;
  while (true) {
    const auto hidden = engine->open_hidden(unix_time_ms());
    if (!hidden) spdlog::error("cannot open what was hidden until today: {}", hidden.error().message());
    const bool waits = hidden && hidden->waiting > 0;
    if (waits && !std::exchange(waited, true))
      spdlog::warn(
          "the date of a hidden use has come, but by this custodian's clock alone: it stays closed until a "
          "cosignature of another custodian is as late");
    if (!waits) waited = false;
    if (coordinator) expire_overdue();
    std::unique_lock lock(mutex);
    if (changed.wait_for(lock, std::chrono::milliseconds(limits::retention_interval_ms), [&] { return stopping; }))
      return;
  }
}

void Daemon::State::expire_overdue() {
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(expiry_rests, [&](const auto& entry) { return entry.second <= now; });
  std::size_t tried = 0;
  for (const protocol::RecordId& record : engine->overdue(unix_time_ms())) {
    if (expiry_rests.contains(record)) continue;
    if (++tried > limits::outcomes_per_turn) return;  // the others at the next turn
    protocol::Request request;
    request.id = protocol::make_request_id(unix_time_ms());
    request.kind = protocol::Kind::expire;
    request.asker = protocol::Asker::custodian;
    request.record = record;
    const auto told =
        peers->call_both([&](int) { return expire_message(request); }, Deadline::after_ms(limits::connect_timeout_ms));
    if (!told) {
      spdlog::warn("a record's time is over, but a custodian cannot be told: {}", told.error().message());
      return;
    }
    const auto ended = service->take(request, {});
    if (ended && !ended->head.contains("aborted")) continue;
    // Each try is in three logs for ever.
    expiry_rests[record] = now + std::chrono::milliseconds(limits::retention_retry_ms);
    spdlog::error("a record's time is over, but it stays: {}",
                  ended ? ended->head["aborted"].dump() : ended.error().message());
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
  if (engine) engine->stop();
  peers->stop();
  if (lanes) lanes->shutdown();
  if (coordinator) coordinator->stop();
  if (refresher) refresher->stop();
  if (web) web->stop();
  if (server) server->stop();
  if (keeper.joinable()) keeper.join();
  if (dates.joinable()) dates.join();
  recorder.reset();
}

Status Daemon::State::open_witness(const std::filesystem::path& folder) {
  ledger::WitnessOptions options;
  options.folder = folder / kWitnessFolder;
  options.name = protocol::log_origin(network, keys.index);
  for (int other = 0; other < protocol::kCustodians; ++other) {
    if (other == keys.index) continue;
    options.logs.push_back(protocol::log_key(network, other));
    for (const ledger::VerifierKey& former : protocol::former_log_keys(network, other))
      options.former.push_back(former);
  }
  options.now_s = [] { return unix_time_ms() / 1000; };
  options.on_fork = [this, folder](const std::string& origin, const std::string& seen_note,
                                   const ledger::AddCheckpoint& request) {
    for (int other = 0; other < protocol::kCustodians; ++other)
      if (origin == protocol::log_origin(network, other))
        tell_of_fork(folder, protocol::log_key(network, other), seen_note, request);
  };
  QORGAN_TRY(witness, ledger::Witness::open(std::move(options), signer));
  return {};
}

Status Daemon::State::open_mirrors(const std::filesystem::path& folder) {
  for (int other = 0; other < protocol::kCustodians; ++other) {
    if (other == keys.index) continue;
    MirrorOptions options;
    options.folder = mirror_folder(folder, other);
    options.log_keys = all_log_keys(network, other);
    options.on_fork = [this, folder, other](const std::string& seen_note, const ledger::AddCheckpoint& request) {
      tell_of_fork(folder, protocol::log_key(network, other), seen_note, request);
    };
    const auto i = static_cast<std::size_t>(other);
    QORGAN_TRY(mirrors[i], Mirror::open(std::move(options), *witness));
    mirror_senders[i] =
        std::make_unique<MirrorSender>(folder / kLogFolder, [this, other](const net::Message& question) {
          return peers->call(other, question, Deadline::after_ms(limits::connect_timeout_ms));
        });
  }
  return {};
}

Status Daemon::State::open_engine(const DaemonOptions& options) {
  ledger::LogOptions log_options;
  log_options.folder = options.folder / kLogFolder;
  log_options.origin = protocol::log_origin(network, keys.index);
  for (int other = 0; other < protocol::kCustodians; ++other) {
    if (other == keys.index) continue;
    log_options.witnesses.push_back({protocol::cosigner_key(network, other),
                                     [sender = mirror_senders[static_cast<std::size_t>(other)].get()](
                                         const ledger::AddCheckpoint& request) { return sender->ask(request); }});
  }
  // Made with the keys, like the log: a custodian whose database or log is lost must not begin anew.
  store::Options store_options;
  store_options.path = options.folder / kDatabaseFile;
  store_options.custodian = keys.index;
  store_options.network_id = network.id();
  store_options.pages_max = options.pages_max;
  store_options.create = false;
  QORGAN_TRY(store::Store store, store::Store::open(store_options, keys.storage.clone()));
  // Before the log, whose first question to the others tells them that this custodian needs no more help.
  QORGAN_CHECK(check_recovered(store, network.describe(keys.index)));
  QORGAN_TRY(auto log, ledger::Log::open(std::move(log_options), log_signers(), false));
  QORGAN_TRY(policy::Policy policy, load_own_policy(options.folder, network, keys.index));
  auto judge = std::make_shared<Judge>(network, std::make_shared<const policy::Policy>(std::move(policy)));
  QORGAN_TRY(engine, Engine::open(keys.index, {std::move(store), std::move(log), std::move(judge)}));
  QORGAN_CHECK(engine->log_policy());
  return log_rotations(*engine, network);
}

// Who does not know the new key yet asks for the former one's signature.
ledger::Signers Daemon::State::log_signers() const {
  ledger::Signers signers{signer};
  if (keys.former_sign)
    signers.push_back(std::make_shared<crypto::KeySigner>(
        crypto::SignKeyPair{keys.former_sign->secret.clone(), keys.former_sign->public_key}));
  return signers;
}

Status Daemon::State::start_services(const DaemonOptions& options) {
  const int index = keys.index;
  lanes = std::make_unique<Lanes>(index, network, keys.tls);
  statements = std::make_unique<Statements>(*engine, network, signer);
  if (index == kCoordinator) {
    coordinator = std::make_unique<Coordinator>(*engine, *peers, *lanes, network);
    QORGAN_TRY(refresher, Refresher::start(*engine, *peers, *coordinator, network.refresh_days));
  }
  ServiceParts parts;
  parts.engine = engine.get();
  parts.peers = peers.get();
  parts.lanes = lanes.get();
  parts.coordinator = coordinator.get();
  parts.refresher = refresher.get();
  parts.statements = statements.get();
  parts.witness = witness.get();
  parts.mirrors = &mirrors;
  parts.pseudonym_key = &keys.pseudonym;
  parts.network = &network;
  service = std::make_unique<Service>(parts);

  const protocol::CustodianEntry& own = network.custodians[static_cast<std::size_t>(index)];
  net::ServerOptions server_options;
  server_options.listen = {own.host, own.port};
  server_options.own = protocol::own_hello(network, net::Party::custodian(index));
  server_options.own.version = options.protocol_version;
  server_options.peers = protocol::peers_of(network);
  server_options.desk_connections_max = limits::desk_connections_max;
  server_options.custodian_connections_max = limits::custodian_connections_max;
  server_options.custodian_places = limits::custodian_places;
  server_options.on_refused = [](const Error& error) { spdlog::warn("turned away: {}", error.message()); };
  QORGAN_TRY(server, net::Server::start(std::move(server_options), keys.tls,
                                        [this](net::Connection connection, const net::Hello& hello) {
                                          serve(std::move(connection), hello);
                                        }));
  WebParts web_parts;
  web_parts.engine = engine.get();
  web_parts.service = service.get();
  web_parts.statements = statements.get();
  web_parts.witness = witness.get();
  web_parts.mirrors = &mirrors;
  web_parts.network = &network;
  web_parts.tls = &keys.tls;
  web_parts.folder = options.folder;
  QORGAN_TRY(web, Web::start(web_parts));
  return {};
}

Result<Daemon> Daemon::start(const DaemonOptions& options) {
  QORGAN_TRY(protocol::Network network, protocol::load_network(options.network_file));
  QORGAN_CHECK(settle_keys(options.folder, network));
  QORGAN_TRY(CustodianKeys keys, load_custodian_keys(options.folder, network));
  auto state = std::make_unique<State>(std::move(network), std::move(keys));
  State& s = *state;
  Daemon daemon(std::move(state));  // stops what was begun where something fails below
  QORGAN_CHECK(s.open_witness(options.folder));
  QORGAN_CHECK(s.open_mirrors(options.folder));
  QORGAN_CHECK(s.open_engine(options));
  // What a restored database has replaced is of no use any more, and whoever is erased from now on must not be in it.
  QORGAN_CHECK(destroy_set_aside(options.folder));
  s.recorder = std::make_unique<Recorder>(*s.engine);
  QORGAN_CHECK(s.start_services(options));
  s.keeper = std::thread([&s] { s.keep(); });
  s.dates = std::thread([&s] { s.look_after_dates(); });
  return daemon;
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
