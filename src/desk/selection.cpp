#include "desk/selection.h"

#include "crypto/random.h"

namespace qorgan::desk {

Selections select_places(const std::vector<std::size_t>& places, std::size_t people) {
  const std::size_t each = (people + 7) / 8;
  Selections selections;
  selections.first = crypto::random_bytes(places.size() * each);
  for (std::size_t i = 0; i < places.size(); ++i)
    if (people % 8 != 0)
      selections.first[(i + 1) * each - 1] =
          static_cast<std::uint8_t>(selections.first[(i + 1) * each - 1] & ((1 << people % 8) - 1));
  selections.second = selections.first;
  for (std::size_t i = 0; i < places.size(); ++i) {
    QORGAN_ASSERT(places[i] < people);
    std::uint8_t& byte = selections.second[i * each + places[i] / 8];
    byte = static_cast<std::uint8_t>(byte ^ 1 << places[i] % 8);
  }
  return selections;
}

}  // namespace qorgan::desk
