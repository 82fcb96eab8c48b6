// The service's part in refreshes (docs/protocol.md, 10).
#include <algorithm>

#include "base/limits.h"
#include "custodian/peer_messages.h"
#include "custodian/refresh_messages.h"
#include "custodian/service.h"
#include "net/json_fields.h"
#include "protocol/message_types.h"

namespace qorgan::custodian {
namespace {

using net::Message;
namespace type = protocol::type;

// The coordinator waits a little longer than those whom it asks.
Deadline in_time() {
  return Deadline::after_ms(limits::refresh_step_timeout_ms - limits::deadline_slack_ms);
}

tl::unexpected<Error> not_here() {
  return failure(ErrorCode::refused, "refreshes are begun at custodian 0", {}, "Ask its operator");
}

}  // namespace

Result<Message> Service::refresh_begin(const Message& question) {
  QORGAN_TRY(const RefreshBegin begin, read_refresh_begin(question));
  QORGAN_TRY(const crypto::ExchangePublicKey key, refresh_part_.begin(begin, in_time()));
  return refresh_key_answer(key);
}

Result<Message> Service::refresh_stage(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const auto common, net::hex_field<32>(question.head, "common"));
  QORGAN_CHECK(refresh_part_.stage(id, common, in_time()));
  Message message = plain_message(type::answer);
  message.head["sequence"] = engine_.applied_sequence();
  return message;
}

Result<Message> Service::refresh_differences(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const RefreshPart::Differences own, refresh_part_.exchange(id, question.body));
  return refresh_differences_answer(own.common, own.differences);
}

Result<Message> Service::refresh_end(const Message& question) {
  QORGAN_TRY(const std::int64_t epoch, net::int_field(question.head, "epoch", 1, INT64_MAX));
  QORGAN_CHECK(engine_.log_refresh(epoch));
  return plain_message(type::answer);
}

Result<Message> Service::refresh() {
  if (!refresher_) return not_here();
  QORGAN_CHECK(refresher_->begin());
  return refresh_progress();
}

Result<Message> Service::refresh_progress() const {
  if (!refresher_) return not_here();
  const Refresher::Progress progress = refresher_->progress();
  Message message = plain_message(type::answer);
  message.head["epoch"] = progress.plan.epoch;
  message.head["under_way"] = progress.plan.is_under_way();
  message.head["people"] = progress.plan.people;
  message.head["done"] = std::min(progress.plan.done, progress.plan.people);
  if (progress.held_up) message.head["held_up"] = net::error_message(*progress.held_up).head;
  return message;
}

}  // namespace qorgan::custodian
