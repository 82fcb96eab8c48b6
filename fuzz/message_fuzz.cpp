// A frame from the network: read whole, or refused. What is read can be written again and means the same.
#include <cstddef>
#include <cstdint>
#include <span>

#include "net/hello.h"
#include "net/message.h"

using qorgan::Bytes;
using qorgan::ByteView;
using qorgan::Result;
using qorgan::net::Message;

namespace {

void check_again(const Message& message) {
  const Result<Bytes> written = qorgan::net::encode_message(message, {SIZE_MAX, SIZE_MAX});
  QORGAN_ASSERT(written.has_value());
  // Rewritten numbers and escapes can be longer than they were.
  const Result<Message> read = qorgan::net::decode_message(*written, {SIZE_MAX, SIZE_MAX});
  QORGAN_ASSERT(read.has_value() && read->body == message.body && read->head == message.head);
}

void read_as_hello(const Message& message) {
  qorgan::net::Hello own;
  own.party = qorgan::net::Party::custodian(0);
  const auto hello = qorgan::net::read_hello(message, own, qorgan::net::Party::desk("Kordai"));
  if (hello) QORGAN_ASSERT(hello->party.name == "Kordai" && hello->network == own.network);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Result<Message> message = qorgan::net::decode_message(ByteView(data, size));
  if (!message) return 0;
  check_again(*message);
  read_as_hello(*message);
  return 0;
}
