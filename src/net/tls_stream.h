// TLS over a non-blocking socket, one step at a time: nothing here waits. For this module's .cpp files alone.
//
// Asio's ssl::stream belongs to one io_context for good. A lane pairs a connection that was accepted with one that was
// made, so a stream here belongs to none: whoever waits names the streams to wait for (pump.h).
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "net/connection.h"
#include "net/openssl.h"
#include "net/pin_check.h"
#include "net/socket.h"

namespace qorgan::net {

// Whole records of 16 KiB and their overhead: fewer system calls, small enough that the other end decrypts the one part
// while this end encrypts the next, and that both stay in the second-level cache.
inline constexpr std::size_t kTlsWriteBytes = std::size_t{64} << 10;
inline constexpr std::size_t kTlsReadBytes = std::size_t{64} << 10;

enum class TlsEnd { client, server };

class TlsStream {
 public:
  // `peer` names the other end in errors.
  static Result<std::unique_ptr<TlsStream>> create(const TlsIdentity& identity, std::shared_ptr<Socket> socket,
                                                   TlsEnd end, std::optional<Pin> expected, std::string peer);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // True once the handshake is over and everything of it has been sent.
  Result<bool> handshake();
  // Takes up to kTlsWriteBytes of `data` and returns how many; flush() must have returned true before.
  Result<std::size_t> write(ByteView data);
  // True when nothing waits to be sent.
  Result<bool> flush();
  // Reads into the front of `data` (not empty) and returns how many bytes; 0 where none are there yet.
  Result<std::size_t> read(MutableByteView data);
  // Says goodbye to the other end as far as that goes without waiting.
  void close();

  bool has_unsent() const { return sent_ < unsent_.size(); }
  // Whether bytes or the end of the stream are there to be read.
  bool has_input() const;
  // New keys for what this end sends from here on (RFC 8446, 4.6.3).
  Status renew_keys();

  Socket& socket() { return *socket_; }
  const std::shared_ptr<Socket>& shared_socket() const { return socket_; }
  const Pin& peer_pin() const { return pins_.seen; }
  const std::string& peer() const { return peer_; }
  void set_peer(std::string peer) { peer_ = std::move(peer); }
  const ByteCounts& counts() const { return counts_; }

 private:
  TlsStream(std::shared_ptr<Socket> socket, TlsEnd end, std::optional<Pin> expected, std::string peer);
  Status attach(const TlsIdentity& identity);
  static const BIO_METHOD* bio_method();
  static int bio_write(BIO* bio, const char* data, int size);
  static int bio_read(BIO* bio, char* data, int size);

  tl::unexpected<Error> handshake_failure(int ssl_error);
  tl::unexpected<Error> read_failure(int ssl_error);
  tl::unexpected<Error> ended() const;

  std::shared_ptr<Socket> socket_;
  TlsEnd end_;
  PinCheck pins_;
  std::string peer_;
  SslPtr ssl_;
  Bytes unsent_;  // encrypted; everything before sent_ has gone
  std::size_t sent_ = 0;
  std::uint64_t key_records_ = 0;  // sent under the present key
  int system_error_ = 0;           // of the call that failed
  bool input_ended_ = false;
  ByteCounts counts_;
};

}  // namespace qorgan::net
