#include "desk/ask.h"

#include <fmt/format.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/limits.h"
#include "protocol/message_types.h"
#include "protocol/peer.h"

namespace qorgan::desk {
namespace {

using net::Message;
using protocol::kCustodians;

// Failures after which the request may still have arrived, so that only repeating it tells.
bool may_have_arrived(ErrorCode code) {
  return code == ErrorCode::unavailable || code == ErrorCode::timeout || code == ErrorCode::undecided ||
         code == ErrorCode::internal;
}

// Where each custodian stands with a request.
struct Progress {
  std::array<std::optional<Message>, kCustodians> committed;
  std::optional<Error> aborted;  // by decision: nothing was done
  std::optional<Error> refused;  // by one custodian before it took the request in; it cannot be agreed on then
  std::optional<Error> lost;     // the last failure after which nothing is known
  int rounds = 0;
  bool lost_before = false;

  // In the first round a custodian that refuses has not taken the request in, and without it nothing is decided. Later
  // it may have been, and the answer lost.
  bool may_be_committed() const { return committed[0] || committed[1] || committed[2] || (rounds > 1 && lost_before); }
  bool complete() const { return committed[0] && committed[1] && committed[2]; }
};

void take_answer(Progress& progress, std::size_t custodian, Result<Message> answer) {
  if (!answer) {
    const bool unknown = may_have_arrived(answer.error().code);
    (unknown ? progress.lost : progress.refused) = answer.error();
    progress.lost_before = progress.lost_before || unknown;
    return;
  }
  const auto aborted = answer->head.find("aborted");
  if (aborted == answer->head.end()) {
    progress.committed[custodian] = std::move(*answer);
    return;
  }
  // The coordinator's reason is the cause; what the others say may be its consequence.
  if (progress.aborted) return;
  Message inner;
  if (aborted->is_object()) inner.head = *aborted;
  progress.aborted = net::error_of(inner).value_or(
      Error{ErrorCode::damaged, "a custodian gave the request up without a readable reason", {}, {}});
}

Error undecided(const protocol::Network& network, const protocol::Request& request, const Progress& progress) {
  std::string waiting;
  for (int i = 0; i < kCustodians; ++i)
    if (!progress.committed[static_cast<std::size_t>(i)])
      waiting += (waiting.empty() ? "" : ", ") + network.describe(i);
  std::string what = "the request is not confirmed by all three custodians";
  if (progress.lost) what += " (" + progress.lost->what + ")";
  return {ErrorCode::undecided, what, "still missing: " + waiting,
          "Repeat it with --request-id " + to_hex(request.id) + ": it will not be done twice"};
}

// One round of questions, all at once. Nobody waits longer than the end needs: once a custodian has refused, the others
// are not waited for, and once one has said that the request is off, they get a moment to say the same.
class Round {
 public:
  explicit Round(std::stop_token stop) : on_stop_(std::move(stop), [this] { over_.request_stop(); }) {}

  std::stop_token token() const { return over_.get_token(); }
  void begin() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  void end(const Result<Message>& answer) {
    const std::lock_guard lock(mutex_);
    --under_way_;
    refused_ = refused_ || (!answer && !may_have_arrived(answer.error().code));
    aborted_ = aborted_ || (answer && answer->head.contains("aborted"));
    changed_.notify_all();
  }
  void wait(bool may_be_committed) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return under_way_ == 0 || aborted_ || (refused_ && !may_be_committed); });
    const bool at_once = refused_ && !may_be_committed;
    if (!at_once)
      changed_.wait_for(lock, std::chrono::milliseconds(limits::abort_grace_ms), [&] { return under_way_ == 0; });
    lock.unlock();
    over_.request_stop();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int under_way_ = 0;
  bool refused_ = false;
  bool aborted_ = false;
  std::stop_source over_;
  std::stop_callback<std::function<void()>> on_stop_;
};

// False where `stop` was requested first.
bool pause(std::stop_token stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop, std::chrono::milliseconds(limits::repeat_pause_ms), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

Custodians::Custodians(const protocol::Network& network, const net::TlsIdentity& identity, const std::string& desk)
    : network_(network) {
  for (int i = 0; i < kCustodians; ++i)
    for (Clients* clients : {&clients_, &aside_})
      (*clients)[static_cast<std::size_t>(i)] = std::make_unique<net::Client>(
          protocol::peer_of(network, i), identity, protocol::own_hello(network, net::Party::desk(desk)));
}

Result<Message> Custodians::ask(int custodian, const Message& question, Deadline deadline, std::stop_token stop) {
  return ask(clients_, custodian, question, deadline, std::move(stop));
}

Result<Message> Custodians::ask_aside(int custodian, const Message& question, Deadline deadline, std::stop_token stop) {
  return ask(aside_, custodian, question, deadline, std::move(stop));
}

Result<Message> Custodians::ask(const Clients& clients, int custodian, const Message& question, Deadline deadline,
                                std::stop_token stop) {
  Result<Message> answer = clients[static_cast<std::size_t>(custodian)]->call(question, deadline, std::move(stop));
  if (!answer && answer.error().where.empty()) answer.error().where = network_.describe(custodian);
  return answer;
}

std::array<Result<Message>, kCustodians> Custodians::ask_all(const Questions& questions, Deadline deadline) {
  std::array<Result<Message>, kCustodians> answers;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kCustodians; ++i)
      threads.emplace_back([&, i] { answers[i] = ask(static_cast<int>(i), questions[i], deadline); });
  }
  return answers;
}

Status Custodians::reach_all() {
  Message question;
  question.head = {{"type", protocol::type::status}};
  for (const Result<Message>& answer :
       ask_all({question, question, question}, Deadline::after_ms(limits::contact_timeout_ms)))
    if (!answer) return tl::unexpected(answer.error());
  return {};
}

Result<Answers> Custodians::take_to_the_end(const protocol::Request& request, const Questions& questions,
                                            std::stop_token stop) {
  // A custodian that waits as long itself must have the time to say so.
  const Deadline deadline = Deadline::after_ms(request.time_allowed_ms() + limits::connect_timeout_ms);
  Progress progress;
  while (true) {
    progress.lost.reset();
    ++progress.rounds;
    std::array<Result<Message>, kCustodians> answers;
    {
      Round round(stop);
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kCustodians; ++i) {
        if (progress.committed[i]) continue;
        round.begin();
        threads.emplace_back([&, i] {
          answers[i] = ask(static_cast<int>(i), questions[i], deadline, round.token());
          round.end(answers[i]);
        });
      }
      round.wait(progress.may_be_committed());
    }
    for (std::size_t i = 0; i < kCustodians; ++i)
      if (!progress.committed[i]) take_answer(progress, i, std::move(answers[i]));

    if (progress.complete())
      return Answers{std::move(*progress.committed[0]), std::move(*progress.committed[1]),
                     std::move(*progress.committed[2])};
    // A refusal is the end only where no custodian can have taken the request further.
    if (progress.refused && !progress.may_be_committed()) return tl::unexpected(*progress.refused);
    if (progress.refused) progress.lost = std::exchange(progress.refused, std::nullopt);
    if (progress.aborted) return tl::unexpected(*progress.aborted);
    // A custodian that starts again needs a moment; asking without a pause would only keep it busy.
    if (deadline.left_ms() <= limits::repeat_pause_ms || !pause(stop))
      return tl::unexpected(undecided(network_, request, progress));
  }
}

}  // namespace qorgan::desk
