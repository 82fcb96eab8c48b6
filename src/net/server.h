// Listens, finds out who connects, and gives each connection to a handler on a thread of its own.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/limits.h"
#include "base/result.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/hello.h"
#include "net/identity.h"

namespace qorgan::net {

// Who holds which key. A peer is who its key says, whatever it says itself.
using PeerTable = std::map<Pin, Party>;

// Runs on the connection's own thread and owns the connection. The hello has been checked: its party is the one that
// the key belongs to. A handler that returns while the connection lives on elsewhere gives it away: the server then
// neither counts nor stops it.
using ConnectionHandler = std::function<void(Connection connection, const Hello& hello)>;

struct ServerOptions {
  Address listen;  // port 0: any free one
  Hello own;       // version, network and party; sent to each peer
  PeerTable peers;
  int connections_max = limits::connections_max;
  // Of these, how many one desk and one custodian may have, and how many no desk gets, so that desks, however many
  // connections they open, never keep a custodian out.
  int desk_connections_max = limits::connections_max;
  int custodian_connections_max = limits::connections_max;
  int custodian_places = 0;
  int handshakes_max = limits::handshakes_max;
  int handshake_timeout_ms = limits::handshake_timeout_ms;
  // Told of every connection that did not come to the handler, with the reason; for the program's own log. Called on
  // several threads. May be empty.
  std::function<void(const Error&)> on_refused;
};

class Server {
 public:
  // Listens when it returns. Errors: unavailable (the address is in use, or not this machine's), refused (a port below
  // 1024 without the right to it), and those of a host name's lookup.
  static Result<Server> start(ServerOptions options, const TlsIdentity& identity, ConnectionHandler handler);

  // Stops.
  ~Server();
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;

  // With the port that was chosen.
  const Address& address() const;
  // From here on; connections of those who are no longer in it, or have become someone else, end at once. By any
  // thread.
  void set_peers(PeerTable peers);
  // Ends every connection, so that handlers that wait on one get `unavailable` at once, and returns when all handlers
  // have. By any thread but a handler's; harmless when repeated.
  void stop();

 private:
  struct State;
  explicit Server(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// Answers a request; an Error is sent as one.
using RequestHandler = std::function<Result<Message>(const Message& request)>;

// Receives requests and sends answers, one after the other, until the other end closes the connection or says nothing
// for idle_timeout_ms: both are success. Errors: those of the connection.
Status serve_requests(Connection& connection, const RequestHandler& handler,
                      int idle_timeout_ms = limits::idle_timeout_ms);

}  // namespace qorgan::net
