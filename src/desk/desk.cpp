#include "desk/desk.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "base/file.h"
#include "crypto/random.h"
#include "desk/ask.h"
#include "desk/check_id.h"
#include "desk/pending_secret.h"
#include "desk/search_watch.h"
#include "desk/selection.h"
#include "desk/split_request.h"
#include "net/json_fields.h"
#include "policy/warrant.h"
#include "protocol/message_types.h"
#include "rights/ask.h"
#include "rights/network_keys.h"

namespace qorgan::desk {
namespace {

using net::Message;
using protocol::kCustodians;
using protocol::Kind;
using protocol::Request;
namespace fs = std::filesystem;

Result<crypto::Key> load_secret(const fs::path& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) == 0 && (about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return failure(ErrorCode::refused, "others than the owner may read a key file", path.string(),
                   "Set its mode to 600");
  QORGAN_TRY(Bytes content, read_file(path, crypto::Key::size_bytes));
  const crypto::SecretBytes secret(std::move(content));
  if (secret.size() != crypto::Key::size_bytes)
    return failure(ErrorCode::damaged, "a key file has not the length of its key", path.string());
  return crypto::Key(secret.expose().first<crypto::Key::size_bytes>());
}

Result<std::array<CustodianWork, kCustodians>> read_work(const Answers& answers) {
  std::array<CustodianWork, kCustodians> work;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    QORGAN_TRY(const net::Json* object, net::object_field(answers[i].head, "work"));
    QORGAN_TRY(const std::int64_t pairs, net::int_field(*object, "finger_pairs", 0, INT64_MAX));
    QORGAN_TRY(const std::int64_t sent, net::int_field(*object, "bytes_sent", 0, INT64_MAX));
    QORGAN_TRY(work[i].duration_us, net::int_field(*object, "duration_us", 0, INT64_MAX));
    work[i].finger_pairs = static_cast<std::uint64_t>(pairs);
    work[i].bytes_sent = static_cast<std::uint64_t>(sent);
  }
  return work;
}

struct Accepts {
  std::size_t compared = 0;  // people
  bool one_bit = false;      // `bits` holds one for all of them together, instead of one each
  std::vector<bool> bits;
};

// Adds up the accept bits of all people compared.
Result<Accepts> read_accepts(const Answers& answers) {
  Accepts accepts;
  std::array<mpc::AcceptShares, kCustodians> shares;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    QORGAN_TRY(const std::int64_t people, net::int_field(answers[i].head, "compared", 0, limits::gallery_people_max));
    QORGAN_TRY(const bool one_bit, net::bool_field(answers[i].head, "one_bit"));
    if (i > 0 && (one_bit != accepts.one_bit || static_cast<std::size_t>(people) != accepts.compared))
      return failure(ErrorCode::damaged, "two custodians speak of different answers",
                     fmt::format("custodians 0 and {}", i));
    accepts.compared = static_cast<std::size_t>(people);
    accepts.one_bit = one_bit;
    const std::size_t count = one_bit ? 1 : accepts.compared;
    const std::size_t bytes = (count + 7) / 8;
    if (answers[i].body.size() != 2 * bytes)
      return failure(ErrorCode::damaged, "a custodian's answer is of another length than its people need",
                     fmt::format("custodian {}", i));
    const ByteView body = answers[i].body;
    shares[i] = {count, Bytes(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(bytes)),
                 Bytes(body.begin() + static_cast<std::ptrdiff_t>(bytes), body.end())};
  }
  QORGAN_TRY(accepts.bits, mpc::reconstruct(shares));
  return accepts;
}

// How many candidates may be looked up: always as many are, whoever was found.
std::size_t candidates_allowed(const Request& request) {
  const auto warrant = policy::peek_warrant(request.warrant);
  return static_cast<std::size_t>(warrant ? warrant->candidates_max : limits::candidates_max);
}

// The receipt out of the three answers to an enrolment, verified. None where the custodians no longer know what the
// person was told.
Result<std::optional<rights::EnrolmentReceipt>> receipt_of(const protocol::Network& network, const Answers& answers) {
  const rights::NetworkKeys keys = rights::keys_of(network);
  std::array<rights::Evidence, kCustodians> evidence;
  std::optional<rights::Terms> terms;
  for (std::size_t i = 0; i < kCustodians; ++i) {
    QORGAN_TRY(evidence[i], rights::evidence_field(answers[i].head, "evidence"));
    QORGAN_TRY(evidence[i].proof, rights::only_known(evidence[i].proof, keys));
    if (terms || !answers[i].head.contains("terms")) continue;
    QORGAN_TRY(const net::Json* object, net::object_field(answers[i].head, "terms"));
    QORGAN_TRY(terms, rights::terms_from_json(*object));
  }
  if (!terms) return std::optional<rights::EnrolmentReceipt>();
  for (std::size_t i = 0; i < kCustodians; ++i) terms->custodians[i] = network.custodians[i].name;
  QORGAN_TRY(rights::EnrolmentReceipt receipt, rights::make_receipt(keys, *terms, evidence));
  return std::optional(std::move(receipt));
}

}  // namespace

struct Desk::State {
  protocol::Network network;
  net::TlsIdentity tls;
  crypto::Key secret;
  std::string name;
  fs::path folder;
  std::unique_ptr<Custodians> custodians;

  Result<protocol::SubjectId> pseudonym(const identity::Iin& iin);
  Result<Request> make_request(Kind kind, const std::vector<Print>& prints, const Asking& asking) const;
  std::array<Bytes, kCustodians> split(const Request& request, const std::vector<Print>& prints) const;
  // `view_key` goes to each custodian beside an enrolment's shares; else null.
  Result<Answers> submit(const Request& request, const std::vector<Print>& prints, std::stop_token stop = {},
                         const crypto::Key* view_key = nullptr);
  Result<Enrolled> enrol(Request request, const identity::Iin& iin, const std::vector<Print>& prints);
  Result<std::vector<protocol::RecordId>> look_up(const Request& request, std::vector<std::size_t> places,
                                                  std::size_t people);
  Result<std::vector<ErasureNotice>> notices_from(int custodian);
};

Result<Desk> Desk::open(const fs::path& network_file, const fs::path& folder) {
  QORGAN_TRY(protocol::Network network, protocol::load_network(network_file));
  QORGAN_TRY(net::TlsIdentity tls, net::load_tls_identity(folder / "tls.pem"));
  QORGAN_TRY(crypto::Key secret, load_secret(folder / "desk.key"));
  const auto entry = std::find_if(network.desks.begin(), network.desks.end(),
                                  [&](const protocol::DeskEntry& desk) { return desk.tls_pin == tls.pin(); });
  if (entry == network.desks.end())
    return failure(ErrorCode::wrong_network, "the network file does not list the key of this desk",
                   (folder / "tls.pem").string(), "Use the network file that was made with this desk");
  std::string name = entry->name;
  std::unique_ptr<State> state(
      new State{std::move(network), std::move(tls), std::move(secret), std::move(name), folder, nullptr});
  state->custodians = std::make_unique<Custodians>(state->network, state->tls, state->name);
  return Desk(std::move(state));
}

Desk::Desk(std::unique_ptr<State> state) : state_(std::move(state)) {}
Desk::~Desk() = default;
Desk::Desk(Desk&&) noexcept = default;
Desk& Desk::operator=(Desk&&) noexcept = default;

const std::string& Desk::name() const {
  return state_->name;
}

Result<protocol::SubjectId> Desk::State::pseudonym(const identity::Iin& iin) {
  const crypto::SecretBytes input = identity::pseudonym_input(iin);
  QORGAN_TRY(const identity::Blinding blinding, identity::blind(input.expose()));
  Message question;
  question.head = {{"type", protocol::type::pseudonym}, {"blinded", to_hex(blinding.element())}};
  const auto answers =
      custodians->ask_all({question, question, question}, Deadline::after_ms(limits::contact_timeout_ms));
  std::array<identity::Evaluation, kCustodians> evaluations;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) return tl::unexpected(answers[i].error());
    QORGAN_TRY(evaluations[i].part, net::hex_field<32>(answers[i]->head, "own"));
    QORGAN_TRY(evaluations[i].next_part, net::hex_field<32>(answers[i]->head, "next"));
  }
  QORGAN_TRY(const identity::Pseudonym whole, identity::combine(blinding, evaluations));
  return whole.bytes();
}

Result<Request> Desk::State::make_request(Kind kind, const std::vector<Print>& prints, const Asking& asking) const {
  Request request;
  request.id = asking.request_id ? *asking.request_id : protocol::make_request_id(unix_time_ms());
  request.kind = kind;
  request.desk = name;
  request.operator_name = asking.operator_name;
  request.purpose = asking.purpose;
  if (kind == Kind::identify) request.warrant = asking.warrant;
  if (protocol::has_prints(kind) && prints.empty())
    return failure(ErrorCode::invalid_input, "no finger was given", {}, "Give at least one finger");
  for (const Print& print : prints) request.fingers.push_back(static_cast<int>(print.position));
  std::sort(request.fingers.begin(), request.fingers.end());
  const auto twice = std::adjacent_find(request.fingers.begin(), request.fingers.end());
  if (twice != request.fingers.end())
    return failure(ErrorCode::invalid_input, "a finger is named twice",
                   std::string(finger::position_name(static_cast<finger::Position>(*twice))), "Name each finger once");
  return request;
}

std::array<Bytes, kCustodians> Desk::State::split(const Request& request, const std::vector<Print>& prints) const {
  std::array<Bytes, kCustodians> bodies;
  for (const int position : request.fingers) {
    const auto print = std::find_if(prints.begin(), prints.end(), [&](const Print& candidate) {
      return static_cast<int>(candidate.position) == position;
    });
    QORGAN_ASSERT(print != prints.end());
    const auto seeds = split_seeds(secret, request.id, position, print->made);
    const auto shares = mpc::split_with(print->made, seeds[0], seeds[1]);
    for (std::size_t i = 0; i < kCustodians; ++i) {
      const crypto::SecretBytes share = mpc::serialise(shares[i]);
      bodies[i].insert(bodies[i].end(), share.expose().begin(), share.expose().end());
    }
  }
  return bodies;
}

Result<Answers> Desk::State::submit(const Request& request, const std::vector<Print>& prints, std::stop_token stop,
                                    const crypto::Key* view_key) {
  std::array<Bytes, kCustodians> bodies = split(request, prints);
  if (view_key)
    for (Bytes& body : bodies) {
      Bytes whole(view_key->expose().begin(), view_key->expose().end());
      whole.insert(whole.end(), body.begin(), body.end());
      crypto::wipe(body);
      body = std::move(whole);
    }
  Questions questions;
  for (std::size_t i = 0; i < kCustodians; ++i) {
    questions[i].head = {{"type", protocol::type::submit}, {"request", protocol::to_json(request)}};
    questions[i].body = std::move(bodies[i]);
  }
  Result<Answers> answers = custodians->take_to_the_end(request, questions, std::move(stop));
  for (Message& question : questions) crypto::wipe(question.body);
  return answers;
}

namespace {

// Of an enrolment's failure. What a custodian tells of itself, and an answer that cannot be read, does not say it.
bool means_nothing_done(ErrorCode code) {
  return code != ErrorCode::undecided && code != ErrorCode::internal && code != ErrorCode::damaged &&
         code != ErrorCode::unavailable && code != ErrorCode::timeout;
}

}  // namespace

Result<Enrolled> Desk::enrol(const identity::Iin& iin, const std::vector<Print>& prints, const Asking& asking) {
  QORGAN_TRY(Request request, state_->make_request(Kind::enrol, prints, asking));
  return state_->enrol(std::move(request), iin, prints);
}

Result<CheckedEnrolment> Desk::enrol_checked(const identity::Iin& iin, const std::vector<Print>& prints,
                                             const Asking& asking, const DuplicateCheck& check) {
  QORGAN_TRY(Request request, state_->make_request(Kind::enrol, prints, asking));
  const Asking searching{asking.operator_name, check.purpose, check_id_of(state_->secret, request.id), {}};
  Result<Identified> searched = identify(prints, searching, check.search);
  if (!searched) {
    Error error = searched.error();
    error.what = "nobody was enrolled, as the search for a first enrolment failed: " + error.what;
    if (error.code == ErrorCode::undecided) error.remedy = "Repeat it with --request-id " + to_hex(request.id);
    return tl::unexpected(std::move(error));
  }
  CheckedEnrolment ended{std::move(*searched), {}};
  if (ended.check.found) return ended;
  if (check.search.cancel.stop_requested())
    return failure(ErrorCode::refused, "nobody was enrolled, as the desk gave up", {}, "Ask anew");
  QORGAN_TRY(ended.enrolled, state_->enrol(std::move(request), iin, prints));
  return ended;
}

Result<Enrolled> Desk::State::enrol(Request request, const identity::Iin& iin, const std::vector<Print>& prints) {
  QORGAN_TRY(request.subject, pseudonym(iin));
  PendingSecret pending(folder, request.id);
  QORGAN_TRY(rights::SubjectSecret subject_secret, pending.open());
  const crypto::Key view_key = rights::view_key(subject_secret, request.record_id());
  request.access_key = rights::access_key(subject_secret, request.record_id()).public_key;
  request.view_commitment = rights::view_commitment(view_key);
  const auto answers = submit(request, prints, {}, &view_key);
  if (!answers) {
    // What may have been done, now or by an earlier try, is repeated with the same secret.
    if (means_nothing_done(answers.error().code) && pending.is_fresh()) pending.forget();
    return tl::unexpected(answers.error());
  }
  Enrolled enrolled{request.id, request.record_id(), std::move(subject_secret), {}};
  QORGAN_TRY(enrolled.receipt, receipt_of(network, *answers));
  pending.forget();
  return enrolled;
}

Result<Verified> Desk::verify(const identity::Iin& iin, const std::vector<Print>& prints, const Asking& asking) {
  QORGAN_TRY(Request request, state_->make_request(Kind::verify, prints, asking));
  QORGAN_TRY(request.subject, state_->pseudonym(iin));
  QORGAN_TRY(const Answers answers, state_->submit(request, prints));
  QORGAN_TRY(const Accepts accepts, read_accepts(answers));
  if (accepts.compared != 1)
    return failure(ErrorCode::damaged, "the custodians compared another number of people than one");
  QORGAN_TRY(const auto work, read_work(answers));
  return Verified{request.id, accepts.bits[0], work};
}

Result<Identified> Desk::identify(const std::vector<Print>& prints, const Asking& asking,
                                  const SearchOptions& options) {
  QORGAN_TRY(Request request, state_->make_request(Kind::identify, prints, asking));
  if (options.timeout_ms && (*options.timeout_ms < 1 || *options.timeout_ms > limits::identify_timeout_ms))
    return failure(ErrorCode::invalid_input, "a search cannot be allowed that time",
                   fmt::format("{} ms", *options.timeout_ms),
                   fmt::format("Allow it 1 to {} ms", limits::identify_timeout_ms));
  request.timeout_ms = options.timeout_ms;
  QORGAN_CHECK(state_->custodians->reach_all());
  Result<Answers> submitted;
  {
    const SearchWatch watch(*state_->custodians, request.id, options);
    submitted = state_->submit(request, prints, watch.given_up());
  }
  QORGAN_TRY(const Answers answers, std::move(submitted));
  QORGAN_TRY(const Accepts accepts, read_accepts(answers));
  Identified identified;
  identified.request_id = request.id;
  identified.compared = accepts.compared;
  identified.one_bit = accepts.one_bit;
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < accepts.bits.size(); ++place)
    if (accepts.bits[place]) places.push_back(place);
  identified.found = !places.empty();
  QORGAN_TRY(identified.work, read_work(answers));
  if (identified.one_bit) return identified;
  identified.candidates = places.size();
  QORGAN_TRY(identified.records, state_->look_up(request, std::move(places), accepts.compared));
  return identified;
}

// Always as many lookups, so that custodians cannot tell how many candidates there are.
Result<std::vector<protocol::RecordId>> Desk::State::look_up(const Request& request, std::vector<std::size_t> places,
                                                             std::size_t people) {
  std::vector<protocol::RecordId> records;
  if (people == 0) return records;
  const std::size_t count = candidates_allowed(request);
  const std::size_t wanted = std::min(places.size(), count);
  places.resize(count, 0);
  const Selections selections = select_places(places, people);
  const auto question = [&](const Bytes& selection) {
    Message message;
    message.head = {{"type", protocol::type::lookup}, {"id", to_hex(request.id)}, {"count", count}};
    message.body = selection;
    return message;
  };
  const Deadline deadline = Deadline::after_ms(limits::verify_timeout_ms);
  QORGAN_TRY(const Message first, custodians->ask(0, question(selections.first), deadline));
  QORGAN_TRY(const Message second, custodians->ask(1, question(selections.second), deadline));
  constexpr std::size_t kIdBytes = std::tuple_size_v<protocol::RecordId>;
  if (first.body.size() != count * kIdBytes || second.body.size() != first.body.size())
    return failure(ErrorCode::damaged, "a custodian's answer to the lookups has another length");
  for (std::size_t i = 0; i < wanted; ++i) {
    protocol::RecordId record{};
    for (std::size_t b = 0; b < kIdBytes; ++b)
      record[b] = static_cast<std::uint8_t>(first.body[i * kIdBytes + b] ^ second.body[i * kIdBytes + b]);
    records.push_back(record);
  }
  return records;
}

Result<Erased> Desk::erase(const identity::Iin& iin, const Asking& asking) {
  QORGAN_TRY(Request request, state_->make_request(Kind::erase, {}, asking));
  QORGAN_TRY(request.subject, state_->pseudonym(iin));
  QORGAN_TRY(Answers answers, state_->submit(request, {}));
  std::array<net::Json, kCustodians> heads;
  for (std::size_t i = 0; i < kCustodians; ++i) heads[i] = std::move(answers[i].head);
  QORGAN_TRY(const auto record, net::hex_field<16>(heads[0], "record"));
  QORGAN_TRY(rights::ErasureCertificate certificate,
             rights::certificate_of(state_->network, record, request.id, heads));
  return Erased{request.id, std::move(certificate)};
}

Result<Desk::ProvenAbsence> Desk::prove_absence(const identity::Iin& iin, const std::string& operator_name) {
  QORGAN_TRY(const protocol::SubjectId pseudonym, state_->pseudonym(iin));
  const rights::NetworkKeys keys = rights::keys_of(state_->network);
  ProvenAbsence proven;
  crypto::fill_random(proven.nonce);
  Message question;
  question.head = {{"type", protocol::type::absence},
                   {"id", to_hex(protocol::make_request_id(unix_time_ms()))},
                   {"operator", operator_name},
                   {"subject", to_hex(pseudonym)},
                   {"nonce", to_hex(proven.nonce)}};
  const auto answers =
      state_->custodians->ask_all({question, question, question}, Deadline::after_ms(limits::verify_timeout_ms));
  proven.absence.network = keys.network;
  proven.absence.subject = protocol::absence_subject(pseudonym, proven.nonce);
  proven.absence.custodians = keys.custodians;
  for (std::size_t i = 0; i < kCustodians; ++i) {
    if (!answers[i]) return tl::unexpected(answers[i].error());
    QORGAN_TRY(proven.absence.statements[i],
               rights::lines_field(answers[i]->head, "statement", limits::receipt_bytes_max));
  }
  QORGAN_CHECK(rights::verify_absence(proven.absence, &keys));
  return proven;
}

// What one custodian tells: every notice with all the requests that it names.
Result<std::vector<ErasureNotice>> Desk::State::notices_from(int custodian) {
  const auto ask = [&](net::Json head) {
    Message question;
    question.head = std::move(head);
    return custodians->ask(custodian, question, Deadline::after_ms(limits::contact_timeout_ms));
  };
  std::vector<ErasureNotice> notices;
  while (notices.size() < limits::notices_max) {
    net::Json page = {{"type", protocol::type::notices}};
    if (!notices.empty()) page["after"] = to_hex(notices.back().record_id);
    QORGAN_TRY(const Message answer, ask(std::move(page)));
    QORGAN_TRY(const net::Json* list, net::array_field(answer.head, "notices", limits::notices_per_page_max));
    if (list->empty()) break;
    for (const net::Json& object : *list) {
      ErasureNotice notice;
      QORGAN_TRY(notice.record_id, net::hex_field<16>(object, "record"));
      QORGAN_TRY(notice.request_id, net::hex_field<16>(object, "request"));
      notices.push_back(std::move(notice));
    }
  }
  for (ErasureNotice& notice : notices) {
    std::int64_t all = 0;
    do {
      QORGAN_TRY(const Message part, ask({{"type", protocol::type::notice_part},
                                          {"record", to_hex(notice.record_id)},
                                          {"from", notice.answered.size()}}));
      QORGAN_TRY(all, net::int_field(part.head, "requests", 0, limits::stored_answered_max));
      constexpr std::size_t kIdBytes = protocol::RequestId().size();
      if (part.body.size() % kIdBytes != 0 || (part.body.empty() && std::cmp_less(notice.answered.size(), all)))
        return failure(ErrorCode::damaged, "a notice that cannot be read", network.describe(custodian));
      for (std::size_t at = 0; at < part.body.size(); at += kIdBytes) {
        protocol::RequestId& id = notice.answered.emplace_back();
        std::copy_n(part.body.begin() + static_cast<std::ptrdiff_t>(at), kIdBytes, id.begin());
      }
    } while (std::cmp_less(notice.answered.size(), all));
  }
  return notices;
}

// One that was recovered may know of less than the others.
Result<std::vector<ErasureNotice>> Desk::notices() {
  std::map<protocol::RecordId, ErasureNotice> notices;
  for (int custodian = 0; custodian < kCustodians; ++custodian) {
    QORGAN_TRY(std::vector<ErasureNotice> told, state_->notices_from(custodian));
    for (ErasureNotice& notice : told) {
      const auto [known, is_new] = notices.try_emplace(notice.record_id, notice);
      if (is_new) continue;
      std::vector<protocol::RequestId>& answered = known->second.answered;
      const std::set<protocol::RequestId> there(answered.begin(), answered.end());
      for (const protocol::RequestId& id : notice.answered)
        if (!there.contains(id)) answered.push_back(id);
    }
  }
  std::vector<ErasureNotice> all;
  for (auto& [record, notice] : notices) all.push_back(std::move(notice));
  return all;
}

Status Desk::acknowledge(const protocol::RecordId& record) {
  Message question;
  question.head = {{"type", protocol::type::acknowledge}, {"record", to_hex(record)}};
  for (const Result<Message>& answer :
       state_->custodians->ask_all({question, question, question}, Deadline::after_ms(limits::contact_timeout_ms)))
    if (!answer) return tl::unexpected(answer.error());
  return {};
}

std::array<Result<std::vector<Reason>>, kCustodians> Desk::explain(const protocol::RequestId& id) {
  Message question;
  question.head = {{"type", protocol::type::explain}, {"id", to_hex(id)}};
  const auto answers =
      state_->custodians->ask_all({question, question, question}, Deadline::after_ms(limits::contact_timeout_ms));
  std::array<Result<std::vector<Reason>>, kCustodians> reasons;
  for (std::size_t i = 0; i < kCustodians; ++i) {
    const auto read = [&]() -> Result<std::vector<Reason>> {
      if (!answers[i]) return tl::unexpected(answers[i].error());
      QORGAN_TRY(const net::Json* list, net::array_field(answers[i]->head, "checks", limits::policy_checks_max));
      std::vector<Reason> all;
      for (const net::Json& object : *list) {
        Reason reason;
        QORGAN_TRY(reason.rule, net::text_field(object, "rule", limits::name_bytes_max));
        QORGAN_TRY(reason.passed, net::bool_field(object, "passed"));
        QORGAN_TRY(reason.text, net::text_field(object, "text", limits::error_text_bytes_max));
        all.push_back(std::move(reason));
      }
      return all;
    };
    reasons[i] = read();
  }
  return reasons;
}

std::array<CustodianStatus, kCustodians> Desk::status() {
  Message question;
  question.head = {{"type", protocol::type::status}};
  const auto answers =
      state_->custodians->ask_all({question, question, question}, Deadline::after_ms(limits::contact_timeout_ms));
  std::array<CustodianStatus, kCustodians> all;
  for (std::size_t i = 0; i < kCustodians; ++i) {
    const protocol::CustodianEntry& entry = state_->network.custodians[i];
    all[i].name = entry.name;
    all[i].address = fmt::format("{}:{}", entry.host, entry.port);
    const auto read = [&]() -> Status {
      if (!answers[i]) return tl::unexpected(answers[i].error());
      const net::Json& head = answers[i]->head;
      QORGAN_TRY(all[i].version, net::text_field(head, "version", limits::name_bytes_max));
      QORGAN_TRY(all[i].people, net::int_field(head, "people", 0, INT64_MAX));
      QORGAN_TRY(all[i].fingers, net::int_field(head, "fingers", 0, INT64_MAX));
      QORGAN_TRY(all[i].sequence, net::int_field(head, "sequence", 0, INT64_MAX));
      QORGAN_TRY(all[i].resident_bytes, net::int_field(head, "resident_bytes", 0, INT64_MAX));
      QORGAN_TRY(const auto trouble, net::optional_text_field(head, "log_trouble", limits::log_trouble_bytes_max));
      all[i].log_trouble = trouble.value_or("");
      return {};
    };
    if (Status done = read(); !done) all[i].error = done.error();
  }
  return all;
}

}  // namespace qorgan::desk
