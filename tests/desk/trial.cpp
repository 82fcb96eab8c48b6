#include "tests/desk/trial.h"

#include <unistd.h>

#include <cstdlib>

#include "crypto/random.h"
#include "custodian/files.h"
#include "custodian/trial_warrant.h"
#include "finger/make_template.h"
#include "finger/synth/minutiae.h"
#include "protocol/message_types.h"
#include "rights/secret.h"
#include "tests/support/free_port.h"

namespace qorgan::desk::test {
namespace {

using protocol::Kind;

}  // namespace

// Databases in memory where the system has a folder there: every step waits for the disk otherwise.
Trial::QuickFolder::QuickFolder() {
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
}

Trial::Trial() {
  crypto::initialise();
  custodian::NetworkPlan plan;
  plan.names = {"First", "Second", "Third"};
  plan.hosts = {"127.0.0.1", "127.0.0.1", "127.0.0.1"};
  plan.ports = {qorgan::test::free_port(), qorgan::test::free_port(), qorgan::test::free_port()};
  plan.desk_name = "desk";
  plan.relying_party = "Office";
  auto network = custodian::create_network(plan, folder());
  EXPECT_OK(network);
  network_ = *network;
  identity_ = *net::load_tls_identity(desk_folder() / "tls.pem");
  for (int custodian : {0, 1, 2}) start(custodian);
}

std::filesystem::path Trial::custodian_folder(int custodian) const {
  return folder() / ("custodian-" + std::to_string(custodian));
}

Desk Trial::open_desk() const {
  auto desk = Desk::open(network_file(), desk_folder());
  EXPECT_OK(desk);
  return std::move(*desk);
}

void Trial::start(int custodian) {
  custodian::DaemonOptions options;
  options.folder = custodian_folder(custodian);
  options.network_file = network_file();
  auto daemon = custodian::Daemon::start(options);
  EXPECT_OK(daemon);
  daemons_[static_cast<std::size_t>(custodian)] = std::move(*daemon);
}

void Trial::stop(int custodian) {
  daemons_[static_cast<std::size_t>(custodian)].reset();
}

std::array<std::size_t, 3> Trial::people() const {
  return {daemons_[0]->people(), daemons_[1]->people(), daemons_[2]->people()};
}

finger::Template finger_of(int person, int impression) {
  const auto finger = finger::synth::make_minutiae(static_cast<std::uint64_t>(person) + 1000);
  const auto minutiae = finger::synth::minutiae_impression(finger, static_cast<std::uint64_t>(impression) + 1);
  const auto made = finger::make_template(minutiae);
  EXPECT_OK(made);
  return *made;
}

std::vector<Print> prints_of(int person, int impression) {
  return {{finger::Position::right_index, finger_of(person, impression)}};
}

identity::Iin iin_of(int person) {
  return identity::make_artificial_iin(static_cast<std::uint32_t>(person));
}

std::string purpose_of(Kind kind) {
  switch (kind) {
    case Kind::enrol:
      return "enrolment";
    case Kind::verify:
      return "verification";
    case Kind::identify:
      return "identification";
    default:
      return "erasure";
  }
}

Asking asking(Kind kind) {
  return {"operator", purpose_of(kind), {}};
}

Asking Trial::searching() const {
  Asking asking{"operator", purpose_of(Kind::identify), {}};
  const auto warrant = custodian::make_trial_warrant(folder(), network_, 1000);
  EXPECT_OK(warrant);
  asking.warrant = *warrant;
  return asking;
}

protocol::Request RogueDesk::request(Kind kind, std::uint8_t subject) {
  protocol::Request request;
  request.id = protocol::make_request_id(unix_time_ms());
  request.kind = kind;
  request.desk = "desk";
  request.operator_name = "operator";
  request.purpose = purpose_of(kind);
  if (request.has_subject()) request.subject.fill(subject);
  if (protocol::has_prints(kind)) request.fingers = {2};
  if (kind == Kind::enrol) request.view_commitment = rights::view_commitment(crypto::Key());
  return request;
}

net::Message RogueDesk::submission(const protocol::Request& request, const mpc::StoredShare& share) {
  net::Message message;
  message.head = {{"type", protocol::type::submit}, {"request", protocol::to_json(request)}};
  if (protocol::has_prints(request.kind)) {
    const crypto::SecretBytes bytes = mpc::serialise(share);
    // An enrolment's view key comes first: here all zero.
    if (request.kind == Kind::enrol) message.body.resize(crypto::Key::size_bytes);
    message.body.insert(message.body.end(), bytes.expose().begin(), bytes.expose().end());
  }
  return message;
}

Questions RogueDesk::submissions(const protocol::Request& request, const std::array<mpc::StoredShare, 3>& shares) {
  return {submission(request, shares[0]), submission(request, shares[1]), submission(request, shares[2])};
}

std::array<Result<net::Message>, 3> RogueDesk::submit(const Questions& questions) {
  auto answers = custodians_.ask_all(questions, Deadline::after_ms(40'000));
  for (auto& answer : answers) {
    if (!answer || !answer->head.contains("aborted")) continue;
    net::Message inner;
    inner.head = answer->head["aborted"];
    answer = tl::unexpected(net::error_of(inner).value());
  }
  return answers;
}

}  // namespace qorgan::desk::test
