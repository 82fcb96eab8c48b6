// A history on its way to a custodian that is being recovered: what is read is written again to the same bytes. The
// first byte is the number of decisions.
#include <algorithm>

#include "custodian/history.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace qorgan;
  if (size == 0) return 0;
  net::Message message;
  message.head["count"] = data[0];
  message.body.assign(data + 1, data + size);
  const auto history = custodian::read_history(message, 0);
  if (!history) return 0;
  QORGAN_ASSERT(history->operations.size() == data[0]);
  const net::Message again = custodian::history_answer(*history, 0);
  QORGAN_ASSERT(again.body == message.body);
  return 0;
}
