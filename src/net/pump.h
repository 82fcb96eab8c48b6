// Moving bytes both ways at once. For this module's .cpp files alone.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/tls_stream.h"

namespace qorgan::net {

// What one pump() moves. The views shrink as it goes.
struct Transfer {
  TlsStream* out = nullptr;
  std::array<ByteView, 2> to_send;  // one after the other
  TlsStream* in = nullptr;
  MutableByteView to_receive;

  bool sent() const { return to_send[0].empty() && to_send[1].empty() && (out == nullptr || !out->has_unsent()); }
  bool received() const { return to_receive.empty(); }
};

enum class Until { all_done, received };

// Errors: timeout, naming the end that was waited for, and those of the streams.
Status pump(Transfer& transfer, Until until, Deadline deadline);
Status pump_handshake(TlsStream& stream, Deadline deadline);
// Reads and forgets what the other end still sends, until it closes or the deadline passes.
void drain(TlsStream& stream, Deadline deadline);
// Until something can be read, or timeout.
Status wait_for_input(TlsStream& stream, Deadline deadline);

}  // namespace qorgan::net
