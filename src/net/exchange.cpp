#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "net/connection_state.h"
#include "net/pump.h"

namespace qorgan::net {
namespace {

constexpr std::size_t kLengthBytes = 4;

// The length and the first bytes into `front`; the rest is sent from where it lies.
std::array<ByteView, 2> to_send(ByteView data, MutableByteView front) {
  if (data.empty()) return {};
  QORGAN_ASSERT(data.size() <= std::numeric_limits<std::uint32_t>::max());
  const std::size_t first = std::min(data.size(), front.size() - kLengthBytes);
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    front[i] = static_cast<std::uint8_t>(data.size() >> (8 * (kLengthBytes - 1 - i)));
  std::copy_n(data.begin(), first, front.begin() + kLengthBytes);
  return {front.first(kLengthBytes + first), data.subspan(first)};
}

Status run(Transfer& transfer, MutableByteView into, Deadline deadline) {
  if (into.empty()) return pump(transfer, Until::all_done, deadline);
  std::array<std::uint8_t, kLengthBytes> length{};
  transfer.to_receive = length;
  QORGAN_CHECK(pump(transfer, Until::received, deadline));
  // Looked at before the rest is waited for: a part that is too short would never become full.
  if (read_u32(length) != into.size())
    return failure(ErrorCode::damaged,
                   fmt::format("{} bytes came where {} were expected", read_u32(length), into.size()),
                   transfer.in->peer());
  transfer.to_receive = into;
  return pump(transfer, Until::all_done, deadline);
}

}  // namespace

Status exchange(Connection& out, ByteView data, Connection& in, MutableByteView into, Deadline deadline) {
  QORGAN_CHECK(out.usable());
  QORGAN_CHECK(in.readable());
  Transfer transfer{out.state_->stream.get(), to_send(data, out.state_->front), in.state_->stream.get(), {}};
  const Status status = run(transfer, into, deadline);
  if (!status) out.state_->broken = in.state_->broken = true;
  return status;
}

}  // namespace qorgan::net
