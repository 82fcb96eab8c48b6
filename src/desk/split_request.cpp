#include "desk/split_request.h"

#include <fmt/format.h>

#include "crypto/hash.h"

namespace qorgan::desk {

std::array<crypto::Key, 2> split_seeds(const crypto::Key& desk_secret, const protocol::RequestId& id, int position,
                                       const finger::Template& whole) {
  crypto::SecretBytes cells(whole.cells.size());
  for (std::size_t i = 0; i < whole.cells.size(); ++i)
    cells.expose_mutable()[i] = static_cast<std::uint8_t>(whole.cells[i]);
  // Keyed, so that the salt itself says nothing of the template.
  const crypto::Digest salt = crypto::hmac_sha256(desk_secret.expose(), cells.expose());
  const auto seed = [&](int number) {
    return crypto::derive_key(desk_secret.expose(), salt,
                              fmt::format("qorgan split v1 {} {} {}", to_hex(id), position, number));
  };
  return {seed(0), seed(1)};
}

}  // namespace qorgan::desk
