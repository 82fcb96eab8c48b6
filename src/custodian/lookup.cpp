#include "custodian/lookup.h"

namespace qorgan::custodian {

Result<Bytes> select_records(const std::vector<protocol::RecordId>& order, ByteView selections, std::size_t count) {
  const std::size_t each = selection_bytes(order.size());
  if (selections.size() != count * each)
    return failure(ErrorCode::invalid_input, "selections of another length than the people compared", "lookup");
  constexpr std::size_t kIdBytes = std::tuple_size_v<protocol::RecordId>;
  Bytes answers(count * kIdBytes);
  for (std::size_t k = 0; k < count; ++k) {
    const ByteView selection = selections.subspan(k * each, each);
    for (std::size_t person = 0; person < order.size(); ++person) {
      const auto bit = static_cast<std::uint8_t>(selection[person / 8] >> (person % 8) & 1);
      const auto mask = static_cast<std::uint8_t>(-bit);
      for (std::size_t b = 0; b < kIdBytes; ++b)
        answers[k * kIdBytes + b] = static_cast<std::uint8_t>(answers[k * kIdBytes + b] ^ (order[person][b] & mask));
    }
  }
  return answers;
}

}  // namespace qorgan::custodian
