// What a handshake is told of the other end's key, and what it found. For this module's .cpp files alone.
#pragma once

#include <optional>

#include "net/identity.h"

namespace qorgan::net {

struct PinCheck {
  std::optional<Pin> expected;  // none: any key will do for the handshake, and the caller looks at `seen`
  Pin seen;                     // empty until a certificate came
};

}  // namespace qorgan::net
