// A port of loopback that nobody listens on at present.
#pragma once

#include <cstdint>

namespace qorgan::test {

std::uint16_t free_port();

}  // namespace qorgan::test
