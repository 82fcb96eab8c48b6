#include "net/client.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <vector>

namespace qorgan::net {

struct Client::State {
  State(Peer its_peer, TlsIdentity its_identity, Hello its_own, int its_connections_max)
      : peer(std::move(its_peer)),
        identity(std::move(its_identity)),
        own(std::move(its_own)),
        connections_max(its_connections_max) {}

  const Peer peer;
  const TlsIdentity identity;
  const Hello own;
  const int connections_max;

  std::mutex mutex;
  std::condition_variable_any released;
  std::vector<Connection> idle;
  std::list<ConnectionStopper> in_use;
  int taken = 0;  // places of calls under way, connecting ones included
  bool closed = false;

  Result<std::optional<Connection>> take_place(Deadline deadline, const std::stop_token& stop);
  void give_back(std::optional<Connection> connection);
  Result<Connection> open(std::optional<Connection> idle_one, Deadline deadline);
  Result<Message> call_on(Connection& connection, const Message& request, Deadline deadline,
                          const std::stop_token& stop);

  tl::unexpected<Error> closed_failure() const {
    return failure(ErrorCode::unavailable, "this end has closed its connections", where());
  }
  tl::unexpected<Error> stopped_failure() const {
    return failure(ErrorCode::unavailable, "the question was given up", where());
  }
  std::string where() const { return peer.party.text() + " (" + peer.address.text() + ")"; }
};

// A place in the pool, with an idle connection where there is one.
Result<std::optional<Connection>> Client::State::take_place(Deadline deadline, const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  const auto ready = [this] { return closed || taken < connections_max; };
  const bool free = released.wait_until(lock, stop, deadline.at(), ready);
  if (stop.stop_requested()) return stopped_failure();
  if (!free) return failure(ErrorCode::timeout, "all connections were in use for the time allowed", where());
  if (closed) return closed_failure();
  ++taken;
  if (idle.empty()) return std::optional<Connection>();
  std::optional<Connection> connection(std::move(idle.back()));
  idle.pop_back();
  return connection;
}

void Client::State::give_back(std::optional<Connection> connection) {
  const std::lock_guard lock(mutex);
  --taken;
  if (connection && !closed) idle.push_back(std::move(*connection));
  released.notify_one();
}

Result<Connection> Client::State::open(std::optional<Connection> idle_one, Deadline deadline) {
  // Input on an idle connection is its end, or something that nobody asked for.
  if (idle_one && idle_one->is_quiet()) return std::move(*idle_one);
  idle_one.reset();
  QORGAN_TRY(Greeted greeted, connect_to_peer(peer, identity, own, deadline));
  return std::move(greeted.connection);
}

Result<Message> Client::State::call_on(Connection& connection, const Message& request, Deadline deadline,
                                       const std::stop_token& stop) {
  std::list<ConnectionStopper>::iterator stopper;
  {
    const std::lock_guard lock(mutex);
    if (closed) return closed_failure();
    stopper = in_use.insert(in_use.end(), connection.stopper());
  }
  Result<Message> answer;
  {
    const std::stop_callback ender(stop, [connection_stopper = connection.stopper()] { connection_stopper.stop(); });
    const Status sent = connection.send(request, deadline);
    answer = sent ? connection.receive(deadline) : tl::unexpected<Error>(sent.error());
  }
  const std::lock_guard lock(mutex);
  in_use.erase(stopper);
  return answer;
}

Client::Client(Peer peer, const TlsIdentity& identity, Hello own, int connections_max)
    : state_(std::make_unique<State>(std::move(peer), identity, std::move(own), connections_max)) {
  QORGAN_ASSERT(connections_max > 0 && state_->own.purpose == Purpose::control);
}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Message> Client::call(const Message& request, Deadline deadline, std::stop_token stop) {
  QORGAN_TRY(std::optional<Connection> idle, state_->take_place(deadline, stop));
  Result<Connection> connection = state_->open(std::move(idle), deadline);
  if (!connection) {
    state_->give_back({});
    return tl::unexpected<Error>(std::move(connection).error());
  }
  Result<Message> answer = state_->call_on(*connection, request, deadline, stop);
  const bool whole = answer || answer.error().code == ErrorCode::invalid_input;
  const bool reusable = whole && !stop.stop_requested();
  state_->give_back(reusable ? std::optional<Connection>(std::move(*connection)) : std::nullopt);
  if (!answer) return answer;
  if (std::optional<Error> error = error_of(*answer)) {
    if (error->where.empty()) error->where = state_->where();
    return tl::unexpected<Error>(std::move(*error));
  }
  return answer;
}

void Client::close() {
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
  for (const ConnectionStopper& stopper : state_->in_use) stopper.stop();
  state_->idle.clear();
  state_->released.notify_all();
}

}  // namespace qorgan::net
