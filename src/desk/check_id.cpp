#include "desk/check_id.h"

#include <algorithm>

#include "crypto/hash.h"

namespace qorgan::desk {

protocol::RequestId check_id_of(const crypto::Key& desk_secret, const protocol::RequestId& enrolment) {
  const ByteView label = as_bytes("qorgan duplicate check v2\n");
  Bytes input(label.begin(), label.end());
  input.insert(input.end(), enrolment.begin(), enrolment.end());
  const crypto::Digest digest = crypto::hmac_sha256(desk_secret.expose(), input);
  constexpr std::ptrdiff_t kTimeBytes = 6;
  // The same millisecond in both would link them. Not more than what the entries' own times, in seconds, hide anyway:
  // an id that looks old is refused early.
  constexpr std::int64_t kEarlierMax = 1000;
  protocol::RequestId id{};
  std::copy_n(digest.begin(), id.size() - kTimeBytes, id.begin() + kTimeBytes);
  const std::int64_t enrolled_ms = protocol::created_ms(enrolment);
  const auto earlier_ms = static_cast<std::int64_t>(read_u32(ByteView(digest).last(4)) % kEarlierMax);
  std::int64_t time_ms = std::max<std::int64_t>(enrolled_ms - earlier_ms, 0);
  for (std::ptrdiff_t i = kTimeBytes - 1; i >= 0; --i, time_ms >>= 8)
    id[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(time_ms & 0xff);
  return id;
}

}  // namespace qorgan::desk
