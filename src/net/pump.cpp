#include "net/pump.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace qorgan::net {
namespace {

struct Wait {
  TlsStream* stream;
  short events;
};

timespec time_left(Deadline deadline) {
  const auto left = deadline.at() - std::chrono::steady_clock::now();
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
  if (nanoseconds <= 0) return {0, 0};
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {static_cast<std::time_t>(nanoseconds / kSecond), static_cast<long>(nanoseconds % kSecond)};
}

tl::unexpected<Error> too_late(const TlsStream& stream) {
  return failure(ErrorCode::timeout, "no answer within the time allowed", stream.peer());
}

// Returns when one of the streams may be able to go on.
Status wait(std::array<Wait, 2> waits, Deadline deadline) {
  std::array<pollfd, 2> descriptors{};
  nfds_t count = 0;
  const TlsStream* late = nullptr;
  for (const Wait& wait : waits) {
    if (wait.stream == nullptr || wait.events == 0) continue;
    descriptors[count++] = {wait.stream->socket().descriptor(), wait.events, 0};
    late = wait.stream;
  }
  QORGAN_ASSERT(count > 0);
  // Checked apart from the time left: a peer that sends a byte now and then is always ready.
  if (deadline.passed()) return too_late(*late);
  const timespec left = time_left(deadline);
  const int ready = ::ppoll(descriptors.data(), count, &left, nullptr);
  if (ready > 0 || (ready < 0 && errno == EINTR)) return {};
  if (ready == 0) return too_late(*late);
  return failure(ErrorCode::internal, std::string("waiting for a connection failed (") + std::strerror(errno) + ")",
                 late->peer());
}

short input_events(const TlsStream& stream) {
  return stream.has_unsent() ? POLLIN | POLLOUT : POLLIN;
}

// Whether anything moved.
Result<bool> send_some(Transfer& transfer) {
  if (transfer.out == nullptr) return false;
  QORGAN_TRY(const bool flushed, transfer.out->flush());
  ByteView& next = transfer.to_send[transfer.to_send[0].empty() ? 1 : 0];
  if (!flushed || next.empty()) return false;
  QORGAN_TRY(const std::size_t taken, transfer.out->write(next));
  next = next.subspan(taken);
  QORGAN_CHECK(transfer.out->flush());
  return true;
}

Result<bool> receive_some(Transfer& transfer) {
  if (transfer.received()) return false;
  QORGAN_TRY(const std::size_t got, transfer.in->read(transfer.to_receive));
  transfer.to_receive = transfer.to_receive.subspan(got);
  // TLS itself may have to answer something.
  if (transfer.in->has_unsent()) QORGAN_CHECK(transfer.in->flush());
  return got > 0;
}

bool is_over(const Transfer& transfer, Until until) {
  return transfer.received() && (until == Until::received || transfer.sent());
}

}  // namespace

Status pump(Transfer& transfer, Until until, Deadline deadline) {
  for (;;) {
    QORGAN_TRY(const bool sent, send_some(transfer));
    QORGAN_TRY(const bool received, receive_some(transfer));
    if (is_over(transfer, until)) return {};
    if ((sent || received) && !deadline.passed()) continue;
    const Wait out{transfer.sent() ? nullptr : transfer.out, POLLOUT};
    const Wait in{transfer.received() ? nullptr : transfer.in,
                  transfer.received() ? short{0} : input_events(*transfer.in)};
    QORGAN_CHECK(wait({out, in}, deadline));
  }
}

Status pump_handshake(TlsStream& stream, Deadline deadline) {
  for (;;) {
    QORGAN_TRY(const bool done, stream.handshake());
    if (done) return {};
    QORGAN_CHECK(wait({Wait{&stream, input_events(stream)}, Wait{nullptr, 0}}, deadline));
  }
}

Status wait_for_input(TlsStream& stream, Deadline deadline) {
  while (!stream.has_input()) {
    QORGAN_CHECK(wait({Wait{&stream, POLLIN}, Wait{nullptr, 0}}, deadline));
  }
  return {};
}

void drain(TlsStream& stream, Deadline deadline) {
  std::array<std::uint8_t, 4096> forgotten{};
  for (;;) {
    const ssize_t got = ::recv(stream.socket().descriptor(), forgotten.data(), forgotten.size(), 0);
    if (got == 0 || deadline.passed()) return;
    if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return;
    if (got < 0 && !wait({Wait{&stream, POLLIN}, Wait{nullptr, 0}}, deadline)) return;
  }
}

}  // namespace qorgan::net
