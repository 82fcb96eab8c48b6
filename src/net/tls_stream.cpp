#include "net/tls_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/limits.h"

namespace qorgan::net {
namespace {

// A received alert is reported as this plus the alert's number (RFC 8446, 6).
bool is_alert(unsigned long error) {
  return ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET;
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

}  // namespace

TlsStream::TlsStream(std::shared_ptr<Socket> socket, TlsEnd end, std::optional<Pin> expected, std::string peer)
    : socket_(std::move(socket)), end_(end), pins_{std::move(expected), {}}, peer_(std::move(peer)) {}

TlsStream::~TlsStream() = default;

Result<std::unique_ptr<TlsStream>> TlsStream::create(const TlsIdentity& identity, std::shared_ptr<Socket> socket,
                                                     TlsEnd end, std::optional<Pin> expected, std::string peer) {
  std::unique_ptr<TlsStream> stream(new TlsStream(std::move(socket), end, std::move(expected), std::move(peer)));
  QORGAN_CHECK(stream->attach(identity));
  return stream;
}

// The descriptor is not given to OpenSSL: its own BIO would make one system call a record, and die of SIGPIPE.
Status TlsStream::attach(const TlsIdentity& identity) {
  ssl_.reset(SSL_new(identity.state().context.get()));
  BIO* bio = bio_method() == nullptr ? nullptr : BIO_new(bio_method());
  if (!ssl_ || bio == nullptr) return openssl_failure("a TLS connection cannot be set up");
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), &pins_);
  if (end_ == TlsEnd::client)
    SSL_set_connect_state(ssl_.get());
  else
    SSL_set_accept_state(ssl_.get());
  return {};
}

const BIO_METHOD* TlsStream::bio_method() {
  static const BioMethodPtr method = [] {
    BioMethodPtr made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "qorgan socket"));
    const bool set = made && BIO_meth_set_write(made.get(), bio_write) == 1 &&
                     BIO_meth_set_read(made.get(), bio_read) == 1 && BIO_meth_set_ctrl(made.get(), bio_control) == 1;
    return set ? std::move(made) : nullptr;
  }();
  return method.get();
}

int TlsStream::bio_write(BIO* bio, const char* data, int size) {
  auto& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
  stream.unsent_.insert(stream.unsent_.end(), data, data + size);
  return size;
}

int TlsStream::bio_read(BIO* bio, char* data, int size) {
  auto& stream = *static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t got = 0;
  do {
    got = ::recv(stream.socket_->descriptor(), data, static_cast<std::size_t>(size), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    BIO_set_retry_read(bio);
    return -1;
  }
  if (got < 0) stream.system_error_ = errno;
  if (got == 0) stream.input_ended_ = true;
  if (got > 0) stream.counts_.wire_received += static_cast<std::uint64_t>(got);
  return static_cast<int>(got);
}

Result<bool> TlsStream::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  const int ssl_error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
  if (ssl_error != SSL_ERROR_NONE && ssl_error != SSL_ERROR_WANT_READ) {
    tl::unexpected<Error> failed = handshake_failure(ssl_error);
    // Tells the other end why, where that is possible without waiting; the handshake has failed either way.
    static_cast<void>(flush());
    return failed;
  }
  QORGAN_TRY(const bool flushed, flush());
  return done == 1 && flushed;
}

Result<std::size_t> TlsStream::write(ByteView data) {
  QORGAN_ASSERT(!has_unsent() && !data.empty());
  if (key_records_ >= limits::tls_key_records_max) QORGAN_CHECK(renew_keys());
  ERR_clear_error();
  std::size_t taken = 0;
  // One call takes one record, and never has to wait: unsent_ holds what it makes.
  while (taken < std::min(data.size(), kTlsWriteBytes)) {
    std::size_t record = 0;
    const int wrote =
        SSL_write_ex(ssl_.get(), data.data() + taken, std::min(data.size(), kTlsWriteBytes) - taken, &record);
    if (wrote != 1) return read_failure(SSL_get_error(ssl_.get(), wrote));
    taken += record;
    ++key_records_;
  }
  counts_.plain_sent += taken;
  return taken;
}

Result<bool> TlsStream::flush() {
  while (has_unsent()) {
    const ssize_t sent = ::send(socket_->descriptor(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (sent < 0) {
      system_error_ = errno;
      return ended();
    }
    sent_ += static_cast<std::size_t>(sent);
    counts_.wire_sent += static_cast<std::uint64_t>(sent);
  }
  unsent_.clear();
  sent_ = 0;
  return true;
}

Result<std::size_t> TlsStream::read(MutableByteView data) {
  QORGAN_ASSERT(!data.empty());
  ERR_clear_error();
  std::size_t got = 0;
  const int done = SSL_read_ex(ssl_.get(), data.data(), data.size(), &got);
  if (done == 1) {
    counts_.plain_received += got;
    return got;
  }
  const int ssl_error = SSL_get_error(ssl_.get(), done);
  if (ssl_error == SSL_ERROR_WANT_READ) return std::size_t{0};
  return read_failure(ssl_error);
}

void TlsStream::close() {
  ERR_clear_error();
  // Whether the goodbye arrives changes nothing for this end.
  if (SSL_is_init_finished(ssl_.get()) == 1) static_cast<void>(SSL_shutdown(ssl_.get()));
  static_cast<void>(flush());
}

bool TlsStream::has_input() const {
  if (SSL_has_pending(ssl_.get()) == 1) return true;
  pollfd waiting{socket_->descriptor(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) != 0;
}

Status TlsStream::renew_keys() {
  ERR_clear_error();
  if (SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) != 1)
    return openssl_failure("TLS keys cannot be renewed");
  key_records_ = 0;
  return {};
}

tl::unexpected<Error> TlsStream::ended() const {
  if (socket_->was_shut_down()) return failure(ErrorCode::unavailable, "the connection was shut down", peer_);
  std::string what = "the other end closed the connection";
  if (system_error_ != 0) what = std::string("the connection broke (") + std::strerror(system_error_) + ")";
  return failure(ErrorCode::unavailable, std::move(what), peer_);
}

tl::unexpected<Error> TlsStream::handshake_failure(int ssl_error) {
  const unsigned long error = ERR_peek_error();
  const std::string reason = take_openssl_reason();
  if (pins_.expected && !pins_.seen.empty() && *pins_.expected != pins_.seen)
    return failure(ErrorCode::wrong_network,
                   "another key than the network file names: expected pin " + *pins_.expected + ", seen " + pins_.seen,
                   peer_, "Check the address, and whether the network file is the present one");
  if (ssl_error == SSL_ERROR_ZERO_RETURN || system_error_ != 0 || input_ended_) return ended();
  if (is_alert(error))
    return failure(ErrorCode::refused, "the other end ended the TLS handshake (" + reason + ")", peer_);
  if (end_ == TlsEnd::server) return failure(ErrorCode::damaged, "not a TLS 1.3 handshake (" + reason + ")", peer_);
  return failure(ErrorCode::wrong_network, "what answers does not speak TLS 1.3 (" + reason + ")", peer_,
                 "Check the address and port");
}

tl::unexpected<Error> TlsStream::read_failure(int ssl_error) {
  const std::string reason = take_openssl_reason();
  if (ssl_error == SSL_ERROR_ZERO_RETURN || system_error_ != 0 || input_ended_) return ended();
  return failure(ErrorCode::damaged, "TLS refuses what arrived (" + reason + ")", peer_);
}

}  // namespace qorgan::net
