// The shares of a request, made so that repeating the request makes the same ones.
#pragma once

#include <array>
#include <vector>

#include "crypto/secret.h"
#include "finger/template.h"
#include "mpc/shares.h"
#include "protocol/request.h"

namespace qorgan::desk {

// The two seeds of a split: HKDF-SHA-256 of the desk's secret over the request id, the finger's position and a hash of
// the template, so that the same request gives the same shares and another template never meets the same seeds.
std::array<crypto::Key, 2> split_seeds(const crypto::Key& desk_secret, const protocol::RequestId& id, int position,
                                       const finger::Template& whole);

}  // namespace qorgan::desk
