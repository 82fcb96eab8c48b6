#include "net/server.h"

namespace qorgan::net {
namespace {

Status send_answer(Connection& connection, const Result<Message>& answer) {
  const Deadline deadline = Deadline::after_ms(limits::message_timeout_ms);
  if (!answer) return connection.send(error_message(answer.error()), deadline);
  const Status sent = connection.send(*answer, deadline);
  if (sent || sent.error().code != ErrorCode::invalid_input) return sent;
  return connection.send(
      error_message({ErrorCode::internal, "the answer cannot be sent: " + sent.error().what, "", ""}), deadline);
}

// Nothing where the other end has gone between two requests.
Result<std::optional<Message>> next_request(Connection& connection, int idle_timeout_ms) {
  const Status input = connection.wait_for_input(Deadline::after_ms(idle_timeout_ms));
  if (!input && input.error().code == ErrorCode::timeout) return std::optional<Message>();
  QORGAN_CHECK(input);
  const std::uint64_t before = connection.counts().plain_received;
  Result<Message> request = connection.receive(Deadline::after_ms(limits::message_timeout_ms));
  if (request) return std::optional<Message>(std::move(*request));
  if (request.error().code == ErrorCode::unavailable && connection.counts().plain_received == before)
    return std::optional<Message>();
  return tl::unexpected<Error>(std::move(request).error());
}

}  // namespace

Status serve_requests(Connection& connection, const RequestHandler& handler, int idle_timeout_ms) {
  for (;;) {
    const Result<std::optional<Message>> request = next_request(connection, idle_timeout_ms);
    if (!request) {
      connection.refuse(request.error(), Deadline::after_ms(limits::refusal_linger_ms));
      return tl::unexpected<Error>(request.error());
    }
    if (!*request) return {};
    QORGAN_CHECK(send_answer(connection, handler(**request)));
  }
}

}  // namespace qorgan::net
