#include "desk/ask.h"

#include <fmt/format.h>

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
  return code == ErrorCode::unavailable || code == ErrorCode::timeout || code == ErrorCode::undecided;
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

}  // namespace

Custodians::Custodians(const protocol::Network& network, const net::TlsIdentity& identity, const std::string& desk)
    : network_(network) {
  for (int i = 0; i < kCustodians; ++i)
    clients_[static_cast<std::size_t>(i)] = std::make_unique<net::Client>(
        protocol::peer_of(network, i), identity, protocol::own_hello(network, net::Party::desk(desk)));
}

Result<Message> Custodians::ask(int custodian, const Message& question, Deadline deadline) {
  Result<Message> answer = clients_[static_cast<std::size_t>(custodian)]->call(question, deadline);
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

Result<Answers> Custodians::take_to_the_end(const protocol::Request& request, const Questions& questions) {
  const int timeout_ms =
      request.kind == protocol::Kind::identify ? limits::identify_timeout_ms : limits::verify_timeout_ms;
  // A custodian that waits as long itself must have the time to say so.
  const Deadline deadline = Deadline::after_ms(timeout_ms + limits::connect_timeout_ms);
  Progress progress;
  while (true) {
    progress.lost.reset();
    ++progress.rounds;
    std::array<Result<Message>, kCustodians> answers;
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < kCustodians; ++i)
        if (!progress.committed[i])
          threads.emplace_back([&, i] { answers[i] = ask(static_cast<int>(i), questions[i], deadline); });
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
    if (deadline.left_ms() <= limits::repeat_pause_ms) return tl::unexpected(undecided(network_, request, progress));
    // A custodian that starts again needs a moment; asking without a pause would only keep it busy.
    std::this_thread::sleep_for(std::chrono::milliseconds(limits::repeat_pause_ms));
  }
}

}  // namespace qorgan::desk
