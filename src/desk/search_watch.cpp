#include "desk/search_watch.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/limits.h"
#include "net/json_fields.h"
#include "protocol/message_types.h"

namespace qorgan::desk {
namespace {

// Until one of them is requested, or so long.
void rest(const std::stop_token& stop, std::int64_t milliseconds) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop, std::chrono::milliseconds(milliseconds), [] { return false; });
}

Result<SearchProgress> read_progress(const net::Message& answer) {
  SearchProgress progress;
  QORGAN_TRY(const std::string state, net::text_field(answer.head, "state", 16));
  const auto number = [&](const char* name) { return net::int_field(answer.head, name, 0, INT64_MAX); };
  if (state == "running") {
    progress.running = true;
    QORGAN_TRY(progress.pairs_done, number("pairs_done"));
    QORGAN_TRY(progress.pairs_all, number("pairs_all"));
    return progress;
  }
  if (state != "waiting") return failure(ErrorCode::damaged, "a state that is not known here", state);
  QORGAN_TRY(progress.before, number("before"));
  return progress;
}

}  // namespace

SearchWatch::SearchWatch(Custodians& custodians, const protocol::RequestId& id, const SearchOptions& options)
    : custodians_(custodians), id_(id), options_(options) {
  if (options_.on_progress) threads_.emplace_back([this] { poll(); });
  if (options_.cancel.stop_possible()) threads_.emplace_back([this] { cancel_when_asked(); });
}

SearchWatch::~SearchWatch() {
  polls_over_.request_stop();
  over_.request_stop();
}

net::Message SearchWatch::question(const char* type) const {
  net::Message message;
  message.head = {{"type", type}, {"id", to_hex(id_)}};
  return message;
}

void SearchWatch::poll() {
  const std::stop_token over = polls_over_.get_token();
  while (!over.stop_requested()) {
    rest(over, limits::progress_interval_ms);
    if (!over.stop_requested()) report_progress();
  }
}

// What is not heard this time is asked again; the search itself tells what has gone wrong with it.
void SearchWatch::report_progress() {
  const auto answer = custodians_.ask_aside(0, question(protocol::type::progress),
                                            Deadline::after_ms(limits::contact_timeout_ms), polls_over_.get_token());
  if (!answer) return;
  const Result<SearchProgress> progress = read_progress(*answer);
  if (progress && !polls_over_.stop_requested()) options_.on_progress(*progress);
}

void SearchWatch::cancel_when_asked() {
  std::stop_source asked;
  const std::stop_callback on_over(over_.get_token(), [&] { asked.request_stop(); });
  const std::stop_callback on_cancel(options_.cancel, [&] { asked.request_stop(); });
  while (!asked.stop_requested()) rest(asked.get_token(), limits::identify_timeout_ms);
  if (over_.stop_requested()) return;
  polls_over_.request_stop();
  // The coordinator first, if it answers soon: of a custodian that stops before it knows why, it would see a failure.
  std::stop_source coordinator_told;
  std::vector<std::jthread> each;
  each.emplace_back([&] {
    cancel_at(0);
    coordinator_told.request_stop();
  });
  for (int custodian = 1; custodian < protocol::kCustodians; ++custodian)
    each.emplace_back([&, custodian] {
      rest(coordinator_told.get_token(), limits::repeat_pause_ms);
      cancel_at(custodian);
    });
  rest(over_.get_token(), limits::cancel_timeout_ms);
  given_up_.request_stop();
}

// The request may be on its way there still, so an id that is not known is asked after again.
void SearchWatch::cancel_at(int custodian) {
  const std::stop_token over = over_.get_token();
  while (!over.stop_requested() && !given_up_.stop_requested()) {
    const auto answer = custodians_.ask_aside(custodian, question(protocol::type::cancel),
                                              Deadline::after_ms(limits::contact_timeout_ms), over);
    if (answer) return;
    rest(over, limits::repeat_pause_ms);
  }
}

}  // namespace qorgan::desk
