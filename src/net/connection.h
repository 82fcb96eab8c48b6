// A TLS connection between two programs of a network, used by one thread at a time, every call with a deadline.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"
#include "net/identity.h"
#include "net/message.h"

namespace qorgan::net {

class Socket;
class TlsStream;

struct ByteCounts {
  std::uint64_t plain_sent = 0;  // what callers gave and got, frame headers included
  std::uint64_t plain_received = 0;
  std::uint64_t wire_sent = 0;  // with TLS's records and handshake, without TCP's headers
  std::uint64_t wire_received = 0;
};

// Lets any thread end a connection that another one uses, however long that other one still keeps it. Copyable.
class ConnectionStopper {
 public:
  explicit ConnectionStopper(std::shared_ptr<Socket> socket);
  // Whoever waits on the connection gets `unavailable` at once.
  void stop() const;

 private:
  std::shared_ptr<Socket> socket_;
};

// Errors of every call that sends or receives, with the other end's name and address in `where`:
//   timeout      the deadline passed
//   unavailable  the other end closed or vanished, or this end was shut down
//   damaged      bytes that TLS refuses
// After any of them the connection is of no more use: further calls give `unavailable`.
class Connection {
 public:
  // Connects and shakes hands as `identity` with the holder of the key `expected`; nothing is sent to anyone else.
  // Errors: as connect_socket; wrong_network (another key, naming both pins, or something that does not speak TLS 1.3);
  // refused (the other end ended the handshake, with its reason); timeout.
  static Result<Connection> connect(const Address& address, const TlsIdentity& identity, const Pin& expected,
                                    Deadline deadline);
  // The other end of connect(), for servers: any key is accepted, and the caller must look at peer_pin(). Errors:
  // damaged (no TLS 1.3), refused (the client ended the handshake), timeout, unavailable.
  static Result<Connection> accept(std::shared_ptr<Socket> socket, const TlsIdentity& identity, Deadline deadline);

  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // Returns when all bytes have been handed to the operating system.
  Status write_raw(ByteView data, Deadline deadline);
  // Returns when `data` is full.
  Status read_raw(MutableByteView data, Deadline deadline);

  // One message (message.h). send: invalid_input for a message that cannot be encoded, with the connection unharmed.
  Status send(const Message& message, Deadline deadline, const MessageLimits& max = {});
  // damaged also for a frame outside the limits or with a head that is not an object; nothing more can be received
  // then, but an answer can be sent. Memory grows with what arrives, not with what the frame's header claims.
  Result<Message> receive(Deadline deadline, const MessageLimits& max = {});

  // Waits until something can be read. The connection stays usable after a timeout.
  Status wait_for_input(Deadline deadline);
  // For a connection on which nothing is expected: false once the other end has closed it or has sent something.
  bool is_quiet() const;

  // By any thread.
  void shutdown();
  ConnectionStopper stopper() const;

  // Sends the reason, and gives the other end limits::refusal_linger_ms to read it: closing at once could reset the
  // connection and lose the reason on the way. Ends the connection.
  void refuse(const Error& reason, Deadline deadline);

  // The other end's key, as it proved in the handshake.
  const Pin& peer_pin() const;
  // How the other end is called in errors: its address, until a name is given; then "name (address)".
  const std::string& peer() const;
  void set_peer_name(const std::string& name);
  ByteCounts counts() const;
  // Makes new keys for what this end sends. Done by itself every limits::tls_key_records_max records.
  Status renew_keys();

 private:
  friend Status exchange(Connection& out, ByteView data, Connection& in, MutableByteView into, Deadline deadline);
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  static Result<Connection> shake_hands(std::unique_ptr<TlsStream> stream, Deadline deadline);
  Status usable() const;
  Status readable() const;
  Status keep(Status status);
  Result<Bytes> read_growing(std::size_t size_bytes, Deadline deadline);
  Result<Message> receive_frame(Deadline deadline, const MessageLimits& max);

  std::unique_ptr<State> state_;
};

// Sends `data` on `out` while receiving exactly into.size() bytes on `in`, so that a ring of peers that all send before
// they read cannot block. Either may be empty: nothing is sent or waited for then. `out` and `in` may be one
// connection. The other ends make the matching calls of exchange() (each part travels as its length, 4 bytes
// big-endian, and its bytes). Errors: as above, and damaged where the other end sent another length than into.size().
// After an error neither connection is of use.
Status exchange(Connection& out, ByteView data, Connection& in, MutableByteView into, Deadline deadline);

}  // namespace qorgan::net
