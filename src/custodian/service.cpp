#include "custodian/service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "custodian/comparison.h"
#include "custodian/lookup.h"
#include "custodian/memory.h"
#include "custodian/peer_messages.h"
#include "net/json_fields.h"
#include "protocol/message_types.h"

namespace qorgan::custodian {
namespace {

using net::Message;
using protocol::Kind;
namespace type = protocol::type;

Message plain_answer() {
  return plain_message(type::answer);
}

tl::unexpected<Error> unknown_question(const std::string& name) {
  return failure(ErrorCode::refused, "a question that is not this caller's to ask", name);
}

}  // namespace

Service::Service(const ServiceParts& parts)
    : engine_(*parts.engine),
      peers_(*parts.peers),
      lanes_(*parts.lanes),
      coordinator_(parts.coordinator),
      refresher_(parts.refresher),
      refresh_part_(*parts.engine, *parts.peers),
      statements_(*parts.statements),
      mirrors_(*parts.mirrors),
      recovery_source_(*parts.engine, *parts.mirrors, *parts.witness, *parts.pseudonym_key, *parts.network),
      pseudonym_key_(*parts.pseudonym_key),
      network_(*parts.network) {}

Result<Message> Service::answer(const net::Party& asker, Message question) {
  try {
    return answer_unguarded(asker, question);
  } catch (const std::exception& error) {
    spdlog::error("no room to answer {}: {}", asker.text(), error.what());
    return failure(ErrorCode::busy, "this custodian is out of memory or threads", network_.describe(engine_.index()),
                   "Try again");
  }
}

Result<Message> Service::answer_unguarded(const net::Party& asker, Message& question) {
  QORGAN_TRY(const std::string name, net::text_field(question.head, "type", 32));
  if (name == type::status) return status();
  if (asker == net::Party::custodian(engine_.index())) return answer_own(name, question);
  return asker.role == net::Role::desk ? answer_desk(asker.name, name, question)
                                       : answer_custodian(asker.index, name, question);
}

Result<Message> Service::answer_desk(const std::string& desk, const std::string& name, Message& question) {
  if (name == type::submit) return submit(desk, question);
  if (name == type::pseudonym) return evaluate_pseudonym(desk, question);
  if (name == type::lookup) return lookup(desk, question);
  if (name == type::progress) return progress(desk, question);
  if (name == type::cancel) return cancel(desk, question);
  if (name == type::explain) return explain(desk, question);
  if (name == type::absence) return absence(desk, question);
  if (name == type::notices) return notices(desk, question);
  if (name == type::notice_part) return notice_part(desk, question);
  if (name == type::acknowledge) return acknowledge(desk, question);
  return unknown_question(name);
}

Result<Message> Service::answer_custodian(int custodian, const std::string& name, const Message& question) {
  if (custodian == kCoordinator) {
    if (name == type::agree) return agree(question);
    if (name == type::open_lanes) return open_lanes(question);
    if (name == type::snapshot) return take_snapshot(question);
    if (name == type::run) return run(question);
    if (name == type::commit) return commit(question);
    if (name == type::release) return release(question);
    if (name == type::abort) return abort(question);
    if (name == type::expire) return expire(question);
    if (name == type::refresh_begin) return refresh_begin(question);
    if (name == type::refresh_stage) return refresh_stage(question);
    if (name == type::refresh_end) return refresh_end(question);
  }
  if (name == type::cosign) return cosign(custodian, question);
  if (name == type::recover_begin) return recover_begin(custodian, question);
  if (name == type::history) return recovery_source_.history(custodian, question);
  if (name == type::recover_key) return recovery_source_.key(custodian, question);
  if (name == type::recover_log) return recovery_source_.log(custodian, question);
  if (custodian == 2 && engine_.index() == 1 && name == type::compare_shares) return compare_shares(question);
  if (custodian == 2 && engine_.index() == 1 && name == type::refresh_differences) return refresh_differences(question);
  if (engine_.index() == kCoordinator && name == type::outcome) return outcome(question);
  return unknown_question(name);
}

// By this custodian's operator, whoever has its key.
Result<Message> Service::answer_own(const std::string& name, const Message& question) {
  if (name == type::backup) return back_up(question);
  if (name == type::refresh) return refresh();
  if (name == type::refresh_progress) return refresh_progress();
  return unknown_question(name);
}

// --- desks ---

Result<Message> Service::submit(const std::string& desk, Message& question) {
  QORGAN_TRY(const net::Json* json, net::object_field(question.head, "request"));
  QORGAN_TRY(const protocol::Request request, protocol::request_from_json(*json));
  if (request.asker != protocol::Asker::desk || request.desk != desk)
    return failure(ErrorCode::refused, "the request names another asker than the one that sends it", request.desk);
  QORGAN_CHECK(check_rates(request));
  Result<Message> answer = take(request, question.body);
  crypto::wipe(question.body);
  return answer;
}

// Once the request is taken in, a failure of this custodian says nothing about the request's end: it may be committed.
Result<Message> Service::take(const protocol::Request& request, ByteView payload) {
  QORGAN_CHECK(engine_.prepare(request, payload));
  Error trouble{ErrorCode::busy, "this custodian is out of memory or threads", network_.describe(engine_.index()), {}};
  try {
    Result<Message> answer = end_of(request);
    if (answer) return answer;
    trouble = answer.error();
  } catch (const std::exception& error) {
    spdlog::error("no room to answer request {}: {}", to_hex(request.id), error.what());
  }
  if (trouble.code == ErrorCode::undecided) return tl::unexpected(std::move(trouble));
  return failure(ErrorCode::undecided, "the request was taken in, but its end cannot be told (" + trouble.what + ")",
                 trouble.where, "Repeat it with --request-id " + to_hex(request.id));
}

Result<Message> Service::end_of(const protocol::Request& request) {
  if (coordinator_) coordinator_->drive(request.id);
  QORGAN_TRY(const Engine::Ticket ticket, engine_.ticket(request.id));
  const Deadline ends = Deadline::after_ms(ticket.deadline.left_ms() + limits::deadline_slack_ms);
  QORGAN_TRY(Answer ended, engine_.wait_for_end(request.id, ends));
  Message message = plain_answer();
  if (ended.aborted) {
    if (ended.is_new_refusal) count_refusal(ended.request);
    message.head["aborted"] = net::error_message(*ended.aborted).head;
    return message;
  }
  message.head["compared"] = ended.compared;
  message.head["one_bit"] = ended.one_bit;
  // Bytes and time tell how many went on from the sieve, which is more than one bit.
  message.head["work"] = {{"finger_pairs", ended.work.finger_pairs},
                          {"bytes_sent", ended.one_bit ? 0 : ended.work.bytes_sent},
                          {"duration_us", ended.one_bit ? 0 : ended.work.duration_us}};
  message.body = std::move(ended.result);
  QORGAN_CHECK(statements_.add_evidence(request, ends, message.head));
  if (ended.terms) message.head["terms"] = rights::to_json(*ended.terms);
  return message;
}

tl::unexpected<Error> Service::too_often(const char* what) const {
  return failure(ErrorCode::busy, what, network_.describe(engine_.index()), "Wait a minute");
}

// Of desks alone: what people ask for themselves, and custodians, takes nothing of it. Nothing of a request that is
// turned away here is kept or logged.
Status Service::check_rates(const protocol::Request& request) {
  const std::string& desk = request.desk;
  const std::string subject = request.has_subject() ? to_hex(request.subject) : std::string();
  if (!request_rate_.allow(desk)) return too_often("this desk asks too often");
  if (!subject.empty() && !subject_rates_.of(desk).allow(subject))
    return too_often("this desk asks about this person too often");
  if (protocol::is_comparison(request.kind) && !comparison_rate_.allow(desk))
    return too_often("this desk asks for comparisons too often");
  const bool is_refused_seldom =
      refusal_rate_.would_allow(desk) && (subject.empty() || subject_refusal_rates_.of(desk).would_allow(subject));
  if (!is_refused_seldom) return too_often("too many requests of this desk were refused");
  return {};
}

// When it is told, and not when it is judged: that a count has run out must not tell of a refusal before the log does.
void Service::count_refusal(const protocol::Request& request) {
  if (request.asker != protocol::Asker::desk) return;
  refusal_rate_.count(request.desk);
  if (request.has_subject()) subject_refusal_rates_.of(request.desk).count(to_hex(request.subject));
}

Result<Message> Service::evaluate_pseudonym(const std::string& desk, const Message& question) {
  QORGAN_TRY(const auto blinded, net::hex_field<32>(question.head, "blinded"));
  if (!pseudonym_rate_.allow(desk)) return too_often("this desk asks for pseudonyms too often");
  QORGAN_TRY(const identity::Evaluation evaluation, identity::evaluate(pseudonym_key_, blinded));
  Message message = plain_answer();
  message.head["own"] = to_hex(evaluation.part);
  message.head["next"] = to_hex(evaluation.next_part);
  return message;
}

Result<Message> Service::lookup(const std::string& desk, const Message& question) {
  // Two custodians are enough, and each that answers lets a desk ask for as many again.
  if (engine_.index() == 2)
    return failure(ErrorCode::refused, "candidates are looked up at custodians 0 and 1", "custodian 2");
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const std::int64_t count, net::int_field(question.head, "count", 1, limits::candidates_max));
  QORGAN_TRY(const auto order, engine_.use_lookups(id, desk, static_cast<int>(count)));
  Message message = plain_answer();
  QORGAN_TRY(message.body, select_records(order, question.body, static_cast<std::size_t>(count)));
  return message;
}

Result<Message> Service::progress(const std::string& desk, const Message& question) {
  if (!coordinator_)
    return failure(ErrorCode::refused, "progress is custodian 0's to tell", network_.describe(engine_.index()));
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const Engine::Progress progress, engine_.progress(id, desk));
  Message message = plain_answer();
  if (progress.ended) {
    message.head["state"] = "ended";
  } else if (progress.pairs_all > 0) {
    message.head["state"] = "running";
    message.head["pairs_done"] = std::min(progress.pairs_done, progress.pairs_all);
    message.head["pairs_all"] = progress.pairs_all;
  } else {
    message.head["state"] = "waiting";
    message.head["before"] = coordinator_->before(id).value_or(0);
  }
  return message;
}

Result<Message> Service::cancel(const std::string& desk, const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  Message message = plain_answer();
  QORGAN_TRY(message.head["cancelled"], engine_.cancel(id, desk));
  return message;
}

Result<Message> Service::explain(const std::string& desk, const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const std::vector<policy::Check> checks, engine_.explain(id, desk));
  Message message = plain_answer();
  message.head["checks"] = net::Json::array();
  for (const policy::Check& check : checks)
    message.head["checks"].push_back({{"rule", check.rule}, {"passed", check.passed}, {"text", check.text}});
  return message;
}

Result<Message> Service::absence(const std::string& desk, const Message& question) {
  AbsenceQuestion asked;
  asked.desk = desk;
  QORGAN_TRY(asked.id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(asked.operator_name, net::text_field(question.head, "operator", limits::name_bytes_max));
  QORGAN_TRY(asked.pseudonym, net::hex_field<32>(question.head, "subject"));
  QORGAN_TRY(const auto nonce, net::hex_field<32>(question.head, "nonce"));
  asked.subject = protocol::absence_subject(asked.pseudonym, nonce);
  if (asked.operator_name.empty() || !net::is_plain_text(asked.operator_name))
    return failure(ErrorCode::invalid_input, "no operator is named", "operator", "Say who asks");
  QORGAN_TRY(asked.party, party_of(desk));
  if (!pseudonym_rate_.allow(desk)) return too_often("this desk asks for pseudonyms too often");
  // Logged, and in the person's trace, like a refusal.
  if (!refusal_rate_.allow(desk) || !subject_refusal_rates_.of(desk).allow(to_hex(asked.pseudonym)))
    return too_often("this desk asks for absences too often");
  QORGAN_TRY(const std::string note, statements_.absence(asked, Deadline::after_ms(limits::agree_timeout_ms)));
  Message message = plain_answer();
  message.head["statement"] = note;
  return message;
}

Result<std::string> Service::party_of(const std::string& desk) const {
  const std::shared_ptr<const policy::Policy> policy = engine_.judge().policy();
  const policy::RelyingParty* party = policy->party_of_desk(desk);
  if (!party)
    return failure(ErrorCode::refused, "the desk is not registered with a relying party",
                   network_.describe(engine_.index()));
  return party->id;
}

Result<Message> Service::notices(const std::string& desk, const Message& question) {
  QORGAN_TRY(const auto after, net::optional_hex_field<16>(question.head, "after"));
  QORGAN_TRY(const std::string party, party_of(desk));
  QORGAN_TRY(const std::vector<store::Notice> notices, engine_.notices_for(party, after));
  Message message = plain_answer();
  message.head["notices"] = net::Json::array();
  for (const store::Notice& notice : notices)
    message.head["notices"].push_back({{"record", to_hex(notice.record_id)},
                                       {"request", to_hex(notice.request_id)},
                                       {"requests", notice.answered.size()},
                                       {"told_ms", notice.told_ms}});
  return message;
}

Result<Message> Service::notice_part(const std::string& desk, const Message& question) {
  QORGAN_TRY(const auto record, net::hex_field<16>(question.head, "record"));
  QORGAN_TRY(const std::int64_t from, net::int_field(question.head, "from", 0, INT64_MAX));
  QORGAN_TRY(const std::string party, party_of(desk));
  QORGAN_TRY(const Engine::NoticePart part, engine_.tell_notice_part(party, record, static_cast<std::size_t>(from)));
  Message message = plain_answer();
  message.head["requests"] = part.all;
  for (const store::Id& id : part.answered) message.body.insert(message.body.end(), id.begin(), id.end());
  return message;
}

Result<Message> Service::acknowledge(const std::string& desk, const Message& question) {
  QORGAN_TRY(const std::string party, party_of(desk));
  QORGAN_TRY(const auto record, net::hex_field<16>(question.head, "record"));
  QORGAN_CHECK(engine_.acknowledge_notice(party, record));
  return plain_answer();
}

Result<Message> Service::status() const {
  const Gallery::Size size = engine_.gallery().size();
  Message message = plain_answer();
  message.head["version"] = QORGAN_VERSION;
  message.head["protocol"] = limits::protocol_version;
  message.head["custodian"] = engine_.index();
  message.head["name"] = network_.custodians[static_cast<std::size_t>(engine_.index())].name;
  message.head["people"] = size.people;
  message.head["fingers"] = size.fingers;
  message.head["sequence"] = engine_.applied_sequence();
  message.head["resident_bytes"] = resident_bytes();
  message.head["log_size"] = engine_.log().published_size();
  const Status health = engine_.log_health();
  const std::string trouble = health ? engine_.log().missing_cosignatures() : health.error().message();
  if (!trouble.empty() && trouble.size() <= limits::log_trouble_bytes_max) message.head["log_trouble"] = trouble;
  if (coordinator_) message.head["others_sequence"] = coordinator_->applied_by_others();
  return message;
}

// --- custodians ---

Result<Message> Service::agree(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const auto digest, net::hex_field<32>(question.head, "digest"));
  QORGAN_TRY(const auto common, net::hex_field<32>(question.head, "common"));
  QORGAN_TRY(const std::int64_t sequence, net::int_field(question.head, "sequence", 0, INT64_MAX));
  const Deadline deadline = Deadline::after_ms(limits::agree_timeout_ms);
  QORGAN_TRY(const CommonDigests mine, engine_.digests(id, digest, sequence, deadline));
  // What this custodian has in common with custodian 0: its own share at 1, its next share at 2.
  if (common != (engine_.index() == 1 ? mine.own : mine.next))
    return failure(ErrorCode::damaged, "two custodians were given different copies of one share",
                   "custodians 0 and " + std::to_string(engine_.index()), "Take the print again");
  if (engine_.index() == 2) QORGAN_CHECK(peers_.call_vote(1, compare_shares_message(id, digest, mine.own), deadline));
  QORGAN_CHECK(engine_.vote(id, digest, deadline));
  QORGAN_TRY(const Engine::Ticket ticket, engine_.ticket(id));
  Message message = vote_answer(engine_.applied_sequence(), ticket.leave_out);
  message.head["one_bit"] = ticket.one_bit;
  return message;
}

Result<Message> Service::compare_shares(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const auto common, net::hex_field<32>(question.head, "common"));
  QORGAN_TRY(const auto digest, net::hex_field<32>(question.head, "digest"));
  QORGAN_TRY(const CommonDigests mine, engine_.digests(id, digest, 0, Deadline::after_ms(limits::agree_timeout_ms)));
  if (common != mine.next)
    return failure(ErrorCode::damaged, "two custodians were given different copies of one share", "custodians 1 and 2",
                   "Take the print again");
  return plain_answer();
}

Result<Message> Service::open_lanes(const Message& question) {
  QORGAN_TRY(const std::string name, net::text_field(question.head, "kind", 16));
  QORGAN_TRY(const Kind kind, protocol::kind_from_name(name));
  QORGAN_TRY(const auto session, net::hex_field<16>(question.head, "session"));
  if (!protocol::is_comparison(kind)) return failure(ErrorCode::invalid_input, "no lanes for this kind", name);
  const Deadline deadline = Deadline::after_ms(limits::handshake_timeout_ms);
  const std::vector<Lane*> group = lanes_.group(kind);
  QORGAN_TRY(const std::int64_t count, net::int_field(question.head, "lanes", 1, limits::search_lanes_max));
  if (static_cast<std::size_t>(count) != group.size())
    return failure(ErrorCode::invalid_input, "two custodians cut their searches among different numbers of lanes",
                   network_.describe(engine_.index()), "Give all three the same network file");
  // A comparison of before may still be waiting there for one who is gone.
  for (Lane* lane : group) lane->interrupt();
  const Lanes::Hold hold = lanes_.hold(kind, deadline);
  if (!hold)
    return failure(ErrorCode::unavailable, "another comparison has not ended yet", network_.describe(engine_.index()),
                   "Ask again");
  QORGAN_CHECK(Lanes::open(group, session, deadline));
  return plain_answer();
}

Result<Message> Service::take_snapshot(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const std::int64_t sequence, net::int_field(question.head, "sequence", 0, INT64_MAX));
  QORGAN_TRY(const LeaveOut joint, read_leave_out(question));
  QORGAN_TRY(const Engine::Snapshot snapshot,
             engine_.take_snapshot(id, sequence, Deadline::after_ms(limits::agree_timeout_ms), joint));
  return snapshot_answer(snapshot);
}

Result<Message> Service::run(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const Engine::Ticket ticket, engine_.ticket(id));
  const std::vector<Lane*> group = lanes_.group(ticket.request.kind);
  const Lanes::Hold hold = lanes_.hold(ticket.request.kind, Deadline::after_ms(limits::handshake_timeout_ms));
  QORGAN_TRY(const auto session, net::hex_field<16>(question.head, "session"));
  if (!hold || !Lanes::are_open(group, session))
    return failure(ErrorCode::unavailable, "no connection stands for the comparison",
                   network_.describe(engine_.index()), "Ask again");
  if (Status ran = run_comparison(engine_, id, group); !ran) {
    // Its probe is used up. Desks are told even if the coordinator can no longer be reached.
    QORGAN_CHECK(engine_.give_up_soon(id, ran.error()));
    return tl::unexpected(ran.error());
  }
  return plain_answer();
}

Result<Message> Service::commit(const Message& question) {
  QORGAN_TRY(const store::Operation operation, read_commit(question));
  QORGAN_CHECK(engine_.apply(operation));
  if (operation.kind == store::OperationKind::erase) refresh_part_.forget(operation.record_id);
  return plain_answer();
}

Result<Message> Service::release(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_CHECK(engine_.commit_comparison(id));
  return plain_answer();
}

Result<Message> Service::abort(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_CHECK(engine_.abort(id, read_abort_reason(question)));
  return plain_answer();
}

Result<Message> Service::outcome(const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "id"));
  QORGAN_TRY(const Engine::Decision decision, engine_.decision_of(id));
  return decision_answer(decision);
}

Result<Message> Service::expire(const Message& question) {
  QORGAN_TRY(const net::Json* json, net::object_field(question.head, "request"));
  QORGAN_TRY(const protocol::Request request, protocol::request_from_json(*json));
  if (request.asker != protocol::Asker::custodian)
    return failure(ErrorCode::refused, "the coordinator asks in another's name", "custodian 0");
  QORGAN_CHECK(engine_.prepare(request, {}));
  return plain_answer();
}

// One that goes on with its log serves again, and needs no more help.
Result<Message> Service::cosign(int custodian, const Message& question) {
  QORGAN_TRY(const MirrorUpdate update, read_cosign(question));
  const MirrorAnswer answer = mirrors_[static_cast<std::size_t>(custodian)]->take(update);
  constexpr int kCosigned = 200;
  if (answer.witness.status == kCosigned) QORGAN_CHECK(engine_.end_recovery(custodian));
  return cosign_answer(answer);
}

// Each new id is logged; asking again under a known one costs nothing.
Result<Message> Service::recover_begin(int custodian, const Message& question) {
  QORGAN_TRY(const auto id, net::hex_field<16>(question.head, "recovery"));
  QORGAN_TRY(const bool is_known, engine_.knows_recovery(custodian, to_hex(id)));
  if (!is_known && !recovery_rate_.allow(std::to_string(custodian))) return too_often("recoveries are begun too often");
  return recovery_source_.begin(custodian, question);
}

// The file is this custodian's operator's to name: who holds this custodian's TLS key can read all that it has anyway.
Result<Message> Service::back_up(const Message& question) {
  QORGAN_TRY(const std::string path, net::text_field(question.head, "path", limits::path_bytes_max));
  if (!std::filesystem::path(path).is_absolute())
    return failure(ErrorCode::invalid_input, "the path of a backup must be absolute", path);
  QORGAN_CHECK(engine_.back_up(path));
  spdlog::info("a backup was written: {}", path);
  return plain_answer();
}

}  // namespace qorgan::custodian
