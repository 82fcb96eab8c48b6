// One custodian's engine with its log and policy, over files that outlive it, without the other two.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "crypto/random.h"
#include "custodian/engine.h"
#include "custodian/files.h"
#include "custodian/recorder.h"
#include "custodian/trial_warrant.h"
#include "ledger/witness.h"
#include "protocol/log_keys.h"
#include "rights/secret.h"
#include "tests/support/expect.h"
#include "tests/support/temp_folder.h"

namespace qorgan::custodian::test {

using protocol::Kind;
using protocol::Request;
using store::OperationKind;

inline Deadline soon() {
  return Deadline::after_ms(30);
}
inline Deadline plenty() {
  return Deadline::after_ms(30'000);
}

// One custodian's engine over a file that outlives it.
class EngineTrial : public testing::Test {
 protected:
  void SetUp() override {
    crypto::initialise();
    folder_.emplace();
    open(1);
  }

  void TearDown() override { close(); }

  void close() {
    if (engine_) engine_->stop();
    recorder_.reset();
    engine_.reset();
  }

  std::filesystem::path state() const { return folder_->path() / "state"; }

  // Everything but the other custodians: the log is published without their cosignatures.
  void open(int index) {
    close();
    if (!std::filesystem::exists(state())) {
      NetworkPlan plan;
      plan.names = {"First", "Second", "Third"};
      plan.hosts = {"127.0.0.1", "127.0.0.1", "127.0.0.1"};
      plan.ports = {7310, 7311, 7312};
      plan.desk_name = "desk";
      plan.relying_party = "Office";
      auto made = create_network(plan, state());
      ASSERT_OK(made);
      network_ = *made;
      auto warrant = make_trial_warrant(state(), network_, 100);
      ASSERT_OK(warrant);
      warrant_ = *warrant;
    }
    const auto opened = try_open(index);
    ASSERT_OK(opened);
  }

  Status try_open(int index) {
    const std::filesystem::path own = state() / ("custodian-" + std::to_string(index));
    QORGAN_TRY(const CustodianKeys keys, load_custodian_keys(own, network_));
    QORGAN_TRY(store::Store store, open_store(index));
    ledger::LogOptions log_options;
    log_options.folder = own / kLogFolder;
    log_options.origin = protocol::log_origin(network_, index);
    log_options.cosignatures_min = cosignatures_min_;
    log_options.disk = disk_;
    if (witness_time_s_ > 0) {
      QORGAN_TRY(ledger::LogWitness witness, witness_of(index));
      log_options.witnesses.push_back(std::move(witness));
    }
    auto signer =
        std::make_shared<crypto::KeySigner>(crypto::SignKeyPair{keys.sign.secret.clone(), keys.sign.public_key});
    QORGAN_TRY(auto log, ledger::Log::open(std::move(log_options), {signer}, false));
    QORGAN_TRY(policy::Policy policy, load_own_policy(own, network_, index));
    auto judge = std::make_shared<Judge>(network_, std::make_shared<const policy::Policy>(std::move(policy)));
    QORGAN_TRY(engine_, Engine::open(index, {std::move(store), std::move(log), std::move(judge)}));
    recorder_ = std::make_unique<Recorder>(*engine_, append_timeout_ms_);
    return {};
  }

  // Of a custodian that does not run.
  Result<store::Store> open_store(int index) {
    const std::filesystem::path own = state() / ("custodian-" + std::to_string(index));
    QORGAN_TRY(const CustodianKeys keys, load_custodian_keys(own, network_));
    store::Options options;
    options.path = own / kDatabaseFile;
    options.custodian = index;
    options.network_id = network_.id();
    return store::Store::open(options, keys.storage.clone());
  }

  // The next custodian, in this process, with a clock of its own.
  Result<ledger::LogWitness> witness_of(int index) {
    const int other = (index + 1) % 3;
    const std::filesystem::path folder = state() / ("custodian-" + std::to_string(other));
    QORGAN_TRY(const CustodianKeys keys, load_custodian_keys(folder, network_));
    ledger::WitnessOptions options;
    options.folder = folder / kWitnessFolder;
    options.name = protocol::log_origin(network_, other);
    options.logs = {protocol::log_key(network_, index)};
    options.now_s = [this] { return witness_time_s_.load(); };
    auto signer =
        std::make_shared<crypto::KeySigner>(crypto::SignKeyPair{keys.sign.secret.clone(), keys.sign.public_key});
    QORGAN_TRY(auto opened, ledger::Witness::open(std::move(options), std::move(signer)));
    const std::shared_ptr<ledger::Witness> witness = std::move(opened);
    return ledger::LogWitness{protocol::cosigner_key(network_, other),
                              [this, witness](const ledger::AddCheckpoint& question) -> Result<ledger::WitnessAnswer> {
                                if (witness_is_away_) return failure(ErrorCode::unavailable, "the witness is away");
                                return witness->add_checkpoint(question.text());
                              }};
  }

  Request request(Kind kind, std::uint8_t subject = 1, std::vector<int> fingers = {2}) const {
    Request made;
    made.id = protocol::make_request_id(unix_time_ms());
    made.kind = kind;
    made.desk = "desk";
    made.operator_name = "operator";
    made.purpose = kind == Kind::enrol      ? "enrolment"
                   : kind == Kind::verify   ? "verification"
                   : kind == Kind::identify ? "identification"
                                            : "erasure";
    if (made.has_subject()) made.subject.fill(subject);
    if (protocol::has_prints(kind)) made.fingers = std::move(fingers);
    if (kind == Kind::identify) made.warrant = warrant_;
    if (kind == Kind::enrol) {
      made.access_key[0] = subject;
      made.view_commitment = rights::view_commitment(view_key());
    }
    return made;
  }
  crypto::SecretBytes shares(const Request& asked, int mark = 0) const {
    std::vector<mpc::StoredShare> all;
    for (const int finger : asked.fingers) {
      finger::Template whole;
      whole.cells[0] = static_cast<std::int8_t>(finger + mark);
      crypto::Key first;
      crypto::Key second;
      first.expose_mutable()[0] = 1;
      second.expose_mutable()[0] = 2;
      all.push_back(std::move(mpc::split_with(whole, first, second)[static_cast<std::size_t>(engine_->index())]));
    }
    const crypto::SecretBytes list = serialise_list(all);
    if (asked.kind != Kind::enrol) return list.clone();
    const crypto::Key key = view_key();
    Bytes payload(key.expose().begin(), key.expose().end());
    payload.insert(payload.end(), list.expose().begin(), list.expose().end());
    return crypto::SecretBytes(std::move(payload));
  }
  static crypto::Key view_key() {
    crypto::Key key;
    key.expose_mutable()[5] = 7;
    return key;
  }
  Status prepare(const Request& asked) { return engine_->prepare(asked, shares(asked).expose()); }
  Status vote(const Request& asked) {
    QORGAN_CHECK(engine_->digests(asked.id, asked.digest(), 0, soon()));
    return engine_->vote(asked.id, asked.digest(), plenty());
  }
  static store::Operation operation(const Request& asked, std::int64_t sequence) {
    return {sequence, asked.kind == Kind::enrol ? OperationKind::enrol : OperationKind::erase,
            asked.id, asked.record_id(),
            0,        0};
  }
  const Error kAway{ErrorCode::unavailable, "a custodian is away", {}, {}};

  // From the desk's request to its effect.
  Request enrol(std::uint8_t subject, std::int64_t sequence, std::vector<int> fingers = {2}) {
    const Request made = request(Kind::enrol, subject, std::move(fingers));
    EXPECT_TRUE(prepare(made) && vote(made) && engine_->apply(operation(made, sequence)));
    return made;
  }
  // To the point where it can run.
  Request ready(Kind kind, std::int64_t sequence) {
    const Request made = request(kind);
    EXPECT_TRUE(prepare(made) && vote(made) && engine_->take_snapshot(made.id, sequence, soon()));
    return made;
  }
  Phase phase(const Request& asked) {
    const auto ticket = engine_->ticket(asked.id);
    EXPECT_TRUE(ticket);
    return ticket ? ticket->phase : Phase::aborted;
  }

  // In memory where the system has a folder there: every step waits for the disk otherwise.
  static void SetUpTestSuite() {
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  }

  // Of the log, for the next open(): a disk of the test's; a witness whose clock says that, where it is not 0, and that
  // may go away; how many cosignatures it wants; and how long the recorder waits for an entry.
  ledger::Disk* disk_ = nullptr;
  std::atomic<std::int64_t> witness_time_s_ = 0;
  std::atomic<bool> witness_is_away_ = false;
  int cosignatures_min_ = 0;
  int append_timeout_ms_ = limits::recorder_append_timeout_ms;
  std::optional<qorgan::test::TempFolder> folder_;
  protocol::Network network_;
  std::string warrant_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Recorder> recorder_;
};

}  // namespace qorgan::custodian::test
