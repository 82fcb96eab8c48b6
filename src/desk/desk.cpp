#include "desk/desk.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <thread>

#include "base/file.h"
#include "crypto/random.h"
#include "desk/ask.h"
#include "desk/search_watch.h"
#include "desk/selection.h"
#include "desk/split_request.h"
#include "net/json_fields.h"
#include "protocol/message_types.h"

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

// Adds up the accept bits of all people compared.
Result<std::vector<bool>> read_accepts(const Answers& answers) {
  std::array<mpc::AcceptShares, kCustodians> shares;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    QORGAN_TRY(const std::int64_t people, net::int_field(answers[i].head, "compared", 0, limits::gallery_people_max));
    const std::size_t bytes = (static_cast<std::size_t>(people) + 7) / 8;
    if (answers[i].body.size() != 2 * bytes)
      return failure(ErrorCode::damaged, "a custodian's answer is of another length than its people need",
                     fmt::format("custodian {}", i));
    const ByteView body = answers[i].body;
    shares[i] = {static_cast<std::size_t>(people),
                 Bytes(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(bytes)),
                 Bytes(body.begin() + static_cast<std::ptrdiff_t>(bytes), body.end())};
  }
  return mpc::reconstruct(shares);
}

}  // namespace

struct Desk::State {
  protocol::Network network;
  net::TlsIdentity tls;
  crypto::Key secret;
  std::string name;
  std::unique_ptr<Custodians> custodians;

  Result<protocol::SubjectId> pseudonym(const identity::Iin& iin);
  Result<Request> make_request(Kind kind, const std::vector<Print>& prints, const Asking& asking) const;
  std::array<Bytes, kCustodians> split(const Request& request, const std::vector<Print>& prints) const;
  Result<Answers> submit(const Request& request, const std::vector<Print>& prints, std::stop_token stop = {});
  Result<std::vector<protocol::RecordId>> look_up(const Request& request, std::vector<std::size_t> places,
                                                  std::size_t people);
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
      new State{std::move(network), std::move(tls), std::move(secret), std::move(name), nullptr});
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

Result<Answers> Desk::State::submit(const Request& request, const std::vector<Print>& prints, std::stop_token stop) {
  std::array<Bytes, kCustodians> bodies = split(request, prints);
  Questions questions;
  for (std::size_t i = 0; i < kCustodians; ++i) {
    questions[i].head = {{"type", protocol::type::submit}, {"request", protocol::to_json(request)}};
    questions[i].body = std::move(bodies[i]);
  }
  Result<Answers> answers = custodians->take_to_the_end(request, questions, std::move(stop));
  for (Message& question : questions) crypto::wipe(question.body);
  return answers;
}

Result<Enrolled> Desk::enrol(const identity::Iin& iin, const std::vector<Print>& prints, const Asking& asking) {
  QORGAN_TRY(Request request, state_->make_request(Kind::enrol, prints, asking));
  QORGAN_TRY(request.subject, state_->pseudonym(iin));
  QORGAN_CHECK(state_->submit(request, prints));
  return Enrolled{request.id, request.record_id()};
}

Result<Verified> Desk::verify(const identity::Iin& iin, const std::vector<Print>& prints, const Asking& asking) {
  QORGAN_TRY(Request request, state_->make_request(Kind::verify, prints, asking));
  QORGAN_TRY(request.subject, state_->pseudonym(iin));
  QORGAN_TRY(const Answers answers, state_->submit(request, prints));
  QORGAN_TRY(const std::vector<bool> accepts, read_accepts(answers));
  if (accepts.size() != 1)
    return failure(ErrorCode::damaged, "the custodians compared another number of people than one");
  QORGAN_TRY(const auto work, read_work(answers));
  return Verified{request.id, accepts[0], work};
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
  QORGAN_TRY(const std::vector<bool> accepts, read_accepts(answers));
  Identified identified;
  identified.request_id = request.id;
  identified.compared = accepts.size();
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < accepts.size(); ++place)
    if (accepts[place]) places.push_back(place);
  identified.candidates = places.size();
  QORGAN_TRY(identified.work, read_work(answers));
  QORGAN_TRY(identified.records, state_->look_up(request, std::move(places), accepts.size()));
  return identified;
}

// Always as many lookups, so that custodians cannot tell how many candidates there are.
Result<std::vector<protocol::RecordId>> Desk::State::look_up(const Request& request, std::vector<std::size_t> places,
                                                             std::size_t people) {
  std::vector<protocol::RecordId> records;
  if (people == 0) return records;
  const std::size_t wanted = std::min<std::size_t>(places.size(), limits::candidates_max);
  places.resize(limits::candidates_max, 0);
  const Selections selections = select_places(places, people);
  const auto question = [&](const Bytes& selection) {
    Message message;
    message.head = {{"type", protocol::type::lookup}, {"id", to_hex(request.id)}, {"count", limits::candidates_max}};
    message.body = selection;
    return message;
  };
  const Deadline deadline = Deadline::after_ms(limits::verify_timeout_ms);
  QORGAN_TRY(const Message first, custodians->ask(0, question(selections.first), deadline));
  QORGAN_TRY(const Message second, custodians->ask(1, question(selections.second), deadline));
  constexpr std::size_t kIdBytes = std::tuple_size_v<protocol::RecordId>;
  if (first.body.size() != limits::candidates_max * kIdBytes || second.body.size() != first.body.size())
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
  QORGAN_CHECK(state_->submit(request, {}));
  return Erased{request.id};
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
      return {};
    };
    if (Status done = read(); !done) all[i].error = done.error();
  }
  return all;
}

}  // namespace qorgan::desk
