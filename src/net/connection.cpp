#include "net/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "net/connection_state.h"
#include "net/pump.h"

namespace qorgan::net {
namespace {

// A message is received into memory that grows by this, so that a header's claim alone allocates nothing much.
constexpr std::size_t kGrowthBytes = std::size_t{64} << 10;

Result<std::unique_ptr<TlsStream>> start_client(const Address& address, const TlsIdentity& identity,
                                                const Pin& expected, Deadline deadline) {
  QORGAN_TRY(std::shared_ptr<Socket> socket, connect_socket(address, deadline));
  return TlsStream::create(identity, std::move(socket), TlsEnd::client, expected, address.text());
}

}  // namespace

ConnectionStopper::ConnectionStopper(std::shared_ptr<Socket> socket) : socket_(std::move(socket)) {}

void ConnectionStopper::stop() const {
  socket_->shutdown();
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Connection::State::~State() {
  if (!broken) stream->close();
  // A stopper may still hold the socket.
  stream->socket().close();
}

Result<Connection> Connection::shake_hands(std::unique_ptr<TlsStream> stream, Deadline deadline) {
  auto state = std::make_unique<State>();
  state->stream = std::move(stream);
  state->address = state->stream->peer();
  state->broken = true;
  QORGAN_CHECK(pump_handshake(*state->stream, deadline));
  state->broken = false;
  return Connection(std::move(state));
}

Result<Connection> Connection::connect(const Address& address, const TlsIdentity& identity, const Pin& expected,
                                       Deadline deadline) {
  QORGAN_TRY(auto stream, start_client(address, identity, expected, deadline));
  return shake_hands(std::move(stream), deadline);
}

Result<Connection> Connection::accept(std::shared_ptr<Socket> socket, const TlsIdentity& identity, Deadline deadline) {
  QORGAN_TRY(const Address address, socket->peer_address());
  QORGAN_TRY(auto stream, TlsStream::create(identity, std::move(socket), TlsEnd::server, std::nullopt, address.text()));
  return shake_hands(std::move(stream), deadline);
}

Status Connection::usable() const {
  QORGAN_ASSERT(state_ != nullptr);
  if (state_->broken)
    return failure(ErrorCode::unavailable, "the connection has ended after an earlier failure", state_->stream->peer());
  return {};
}

Status Connection::readable() const {
  QORGAN_CHECK(usable());
  if (state_->input_lost)
    return failure(ErrorCode::unavailable, "the connection can no longer be read after a damaged message", peer());
  return {};
}

Status Connection::keep(Status status) {
  if (!status) state_->broken = true;
  return status;
}

Status Connection::write_raw(ByteView data, Deadline deadline) {
  QORGAN_CHECK(usable());
  Transfer transfer{state_->stream.get(), {data, {}}, nullptr, {}};
  return keep(pump(transfer, Until::all_done, deadline));
}

Status Connection::read_raw(MutableByteView data, Deadline deadline) {
  QORGAN_CHECK(readable());
  Transfer transfer{nullptr, {}, state_->stream.get(), data};
  return keep(pump(transfer, Until::all_done, deadline));
}

Status Connection::send(const Message& message, Deadline deadline, const MessageLimits& max) {
  QORGAN_CHECK(usable());
  QORGAN_TRY(const Bytes start, encode_frame_start(message, max));
  Transfer transfer{state_->stream.get(), {start, message.body}, nullptr, {}};
  return keep(pump(transfer, Until::all_done, deadline));
}

Result<Bytes> Connection::read_growing(std::size_t size_bytes, Deadline deadline) {
  Bytes bytes;
  while (bytes.size() < size_bytes) {
    const std::size_t done = bytes.size();
    bytes.resize(std::min(size_bytes, done + std::max(done, kGrowthBytes)));
    QORGAN_CHECK(read_raw(MutableByteView(bytes).subspan(done), deadline));
  }
  return bytes;
}

Result<Message> Connection::receive_frame(Deadline deadline, const MessageLimits& max) {
  std::array<std::uint8_t, frame_header_bytes> header{};
  QORGAN_CHECK(read_raw(header, deadline));
  QORGAN_TRY(const FrameSizes sizes, parse_frame_header(header, max));
  QORGAN_TRY(const Bytes head, read_growing(sizes.head_bytes, deadline));
  Message message;
  QORGAN_TRY(message.head, decode_head(head));
  QORGAN_TRY(message.body, read_growing(sizes.body_bytes, deadline));
  return message;
}

Result<Message> Connection::receive(Deadline deadline, const MessageLimits& max) {
  QORGAN_CHECK(readable());
  Result<Message> message = receive_frame(deadline, max);
  if (message) return message;
  state_->input_lost = true;
  if (message.error().where.empty()) message.error().where = peer();
  return message;
}

Status Connection::wait_for_input(Deadline deadline) {
  QORGAN_CHECK(readable());
  return net::wait_for_input(*state_->stream, deadline);
}

bool Connection::is_quiet() const {
  return readable().has_value() && !state_->stream->has_input();
}

void Connection::shutdown() {
  state_->stream->socket().shutdown();
}

ConnectionStopper Connection::stopper() const {
  return ConnectionStopper(state_->stream->shared_socket());
}

void Connection::refuse(const Error& reason, Deadline deadline) {
  // The peer may be gone already; it is refused either way.
  if (!send(error_message(reason), deadline)) return;
  state_->stream->close();
  state_->broken = true;
  state_->stream->socket().shutdown_sending();
  drain(*state_->stream, deadline.earlier(Deadline::after_ms(limits::refusal_linger_ms)));
}

const Pin& Connection::peer_pin() const {
  return state_->stream->peer_pin();
}

const std::string& Connection::peer() const {
  return state_->stream->peer();
}

void Connection::set_peer_name(const std::string& name) {
  state_->stream->set_peer(fmt::format("{} ({})", name, state_->address));
}

ByteCounts Connection::counts() const {
  return state_->stream->counts();
}

Status Connection::renew_keys() {
  QORGAN_CHECK(usable());
  return keep(state_->stream->renew_keys());
}

}  // namespace qorgan::net
