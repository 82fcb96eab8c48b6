// What a Connection holds. For this module's .cpp files alone.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "net/connection.h"
#include "net/tls_stream.h"

namespace qorgan::net {

// The largest plain text of one TLS record (RFC 8446, 5.1).
inline constexpr std::size_t kRecordBytes = 16384;

struct Connection::State {
  ~State();

  std::unique_ptr<TlsStream> stream;
  std::string address;
  bool broken = false;
  // A frame that could not be read: where the next one begins is unknown, but the other end can still be told.
  bool input_lost = false;
  // The front of what exchange() sends: its length and its first bytes, so that a short part is one record.
  std::array<std::uint8_t, kRecordBytes> front;
};

}  // namespace qorgan::net
