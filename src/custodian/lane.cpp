#include "custodian/lane.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "crypto/key_exchange.h"
#include "protocol/peer.h"

namespace qorgan::custodian {
namespace {

// Both ends send a fresh key; the end that connected comes first.
Result<crypto::Key> exchange_keys(net::Connection& connection, bool connected, const LaneSession& session, int lane,
                                  const crypto::ExchangeKeyPair& own, Deadline deadline) {
  crypto::ExchangePublicKey other{};
  QORGAN_CHECK(connection.read_raw(other, deadline));
  return crypto::agree_key(own, other, connected, fmt::format("qorgan lane v1 {} {}", lane, to_hex(session)));
}

}  // namespace

Status Lane::open(const LaneSession& session, Deadline deadline) {
  Status opened = open_wanted(session, deadline);
  const std::lock_guard lock(mutex_);
  wanted_.reset();
  return opened;
}

Status Lane::open_wanted(const LaneSession& session, Deadline deadline) {
  close();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping");
    if (waiting_session_ != session) waiting_.reset();
    waiting_session_ = session;
    wanted_ = session;
  }
  QORGAN_TRY(net::Connection out, dial(session, deadline));
  QORGAN_TRY(net::Connection in, await(session, deadline));
  {
    const std::lock_guard lock(mutex_);
    stoppers_ = {out.stopper(), in.stopper()};
    if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping");
  }
  const crypto::ExchangeKeyPair out_key = crypto::make_exchange_key_pair();
  const crypto::ExchangeKeyPair in_key = crypto::make_exchange_key_pair();
  QORGAN_CHECK(out.write_raw(out_key.public_key, deadline));
  QORGAN_CHECK(in.write_raw(in_key.public_key, deadline));
  QORGAN_TRY(crypto::Key own, exchange_keys(out, true, session, number_, out_key, deadline));
  QORGAN_TRY(crypto::Key next, exchange_keys(in, false, session, number_, in_key, deadline));
  out_.emplace(std::move(out));
  in_.emplace(std::move(in));
  session_ = session;
  matcher_.emplace(mpc::LaneKeys(index_, own, next, static_cast<std::uint32_t>(number_)), *this);
  return {};
}

Result<net::Connection> Lane::dial(const LaneSession& session, Deadline deadline) {
  net::Hello hello = protocol::own_hello(network_, net::Party::custodian(index_));
  hello.purpose = net::Purpose::lane;
  hello.lane = static_cast<std::uint32_t>(number_);
  const net::Peer previous = protocol::peer_of(network_, protocol::previous_of(index_));
  QORGAN_TRY(net::Greeted greeted, net::connect_to_peer(previous, identity_, hello, deadline));
  QORGAN_CHECK(greeted.connection.write_raw(session, deadline));
  return std::move(greeted.connection);
}

Result<net::Connection> Lane::await(const LaneSession& session, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const bool there = delivered_.wait_until(lock, deadline.at(), [&] { return stopping_ || waiting_.has_value(); });
  if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping");
  if (!there || waiting_session_ != session)
    return failure(ErrorCode::unavailable, "a custodian did not connect for the comparison",
                   network_.describe(protocol::next_of(index_)), "See that it runs, and ask again");
  net::Connection connection = std::move(*waiting_);
  waiting_.reset();
  return connection;
}

void Lane::deliver(const LaneSession& session, net::Connection connection) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || (wanted_ && *wanted_ != session)) return;
  waiting_session_ = session;
  waiting_.emplace(std::move(connection));
  delivered_.notify_all();
}

void Lane::close() {
  if (out_) bytes_sent_before_ += out_->counts().wire_sent;
  matcher_.reset();
  out_.reset();
  in_.reset();
  const std::lock_guard lock(mutex_);
  stoppers_.clear();
}

void Lane::interrupt() {
  const std::lock_guard lock(mutex_);
  for (const net::ConnectionStopper& stopper : stoppers_) stopper.stop();
}

void Lane::shutdown() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (const net::ConnectionStopper& stopper : stoppers_) stopper.stop();
  delivered_.notify_all();
}

bool Lane::is_open(const LaneSession& session) const {
  return matcher_ && session_ == session;
}

bool Lane::is_quiet() const {
  return matcher_ && out_->is_quiet() && in_->is_quiet();
}

std::uint64_t Lane::bytes_sent() const {
  return bytes_sent_before_ + (out_ ? out_->counts().wire_sent : 0);
}

Status Lane::exchange(ByteView to_previous, MutableByteView from_next) {
  return net::exchange(*out_, to_previous, *in_, from_next, Deadline::after_ms(limits::lane_step_timeout_ms));
}

}  // namespace qorgan::custodian
