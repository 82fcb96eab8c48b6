#include "tests/custodian/refresh_trial.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "crypto/random.h"
#include "custodian/files.h"
#include "custodian/terms.h"
#include "protocol/log_keys.h"
#include "tests/support/free_port.h"

namespace qorgan::custodian::test {
namespace {

store::Record record_of(int person) {
  store::Record record;
  record.record_id[0] = static_cast<std::uint8_t>(person);
  record.record_id[1] = static_cast<std::uint8_t>(person >> 8);
  record.pseudonym[0] = static_cast<std::uint8_t>(person);
  record.pseudonym[1] = static_cast<std::uint8_t>(person >> 8);
  record.access_key.fill(1);
  Terms terms;
  terms.party = "office";
  terms.purpose = "enrolment";
  terms.by_consent = true;
  record.terms_json = terms.text();
  return record;
}

std::array<store::Record, 3> records_of(int person) {
  std::array<store::Record, 3> records{record_of(person), record_of(person), record_of(person)};
  for (int finger = 0; finger < RefreshTrial::kFingers; ++finger) {
    const auto shares = mpc::split(template_of(person, finger));
    for (std::size_t i = 0; i < records.size(); ++i)
      records[i].fingers.push_back({2 + finger, mpc::serialise(shares[i])});
  }
  return records;
}

}  // namespace

EngineAlone::~EngineAlone() {
  if (engine) engine->stop();
  recorder.reset();
}

// Databases in memory where the system has a folder there: every step waits for the disk otherwise.
RefreshTrial::QuickFolder::QuickFolder() {
  if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
}

RefreshTrial::RefreshTrial(int people) {
  crypto::initialise();
  NetworkPlan plan;
  plan.names = {"First", "Second", "Third"};
  plan.hosts = {"127.0.0.1", "127.0.0.1", "127.0.0.1"};
  plan.ports = {qorgan::test::free_port(), qorgan::test::free_port(), qorgan::test::free_port()};
  plan.desk_name = "desk";
  plan.relying_party = "Office";
  auto network = create_network(plan, temporary_.path() / "state");
  EXPECT_OK(network);
  network_ = *network;
  std::array<std::vector<store::Record>, 3> all;
  for (int person = 1; person <= people; ++person) {
    auto records = records_of(person);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].push_back(std::move(records[i]));
  }
  for (int custodian = 0; custodian < 3; ++custodian)
    EXPECT_OK(open_store(custodian).apply_enrols(all[static_cast<std::size_t>(custodian)], unix_time_ms()));
}

std::filesystem::path RefreshTrial::folder(int custodian) const {
  return temporary_.path() / "state" / ("custodian-" + std::to_string(custodian));
}

void RefreshTrial::start(int custodian, const std::filesystem::path& network_file) {
  DaemonOptions options;
  options.folder = folder(custodian);
  options.network_file = network_file;
  auto daemon = Daemon::start(options);
  ASSERT_OK(daemon);
  daemons_[static_cast<std::size_t>(custodian)] = std::move(*daemon);
}

void RefreshTrial::stop(int custodian) {
  daemons_[static_cast<std::size_t>(custodian)].reset();
}

EngineAlone RefreshTrial::open_engine(int custodian) const {
  EngineAlone alone;
  const auto keys = load_custodian_keys(folder(custodian), network_);
  EXPECT_OK(keys);
  ledger::LogOptions options;
  options.folder = folder(custodian) / kLogFolder;
  options.origin = protocol::log_origin(network_, custodian);
  options.cosignatures_min = 0;
  auto signer =
      std::make_shared<crypto::KeySigner>(crypto::SignKeyPair{keys->sign.secret.clone(), keys->sign.public_key});
  auto log = ledger::Log::open(std::move(options), {signer}, false);
  EXPECT_OK(log);
  auto policy = load_own_policy(folder(custodian), network_, custodian);
  EXPECT_OK(policy);
  auto judge = std::make_shared<Judge>(network_, std::make_shared<const policy::Policy>(std::move(*policy)));
  auto engine = Engine::open(custodian, {open_store(custodian), std::move(*log), std::move(judge)});
  EXPECT_OK(engine);
  alone.engine = std::move(*engine);
  alone.recorder = std::make_unique<Recorder>(*alone.engine);
  return alone;
}

store::Store RefreshTrial::open_store(int custodian, const std::filesystem::path& file) const {
  const auto keys = load_custodian_keys(folder(custodian), network_);
  EXPECT_OK(keys);
  store::Options options;
  options.path = file.empty() ? folder(custodian) / kDatabaseFile : file;
  options.custodian = custodian;
  options.network_id = network_.id();
  auto store = store::Store::open(options, keys->storage.clone());
  EXPECT_OK(store);
  return std::move(*store);
}

std::vector<std::optional<finger::Template>> RefreshTrial::rebuild(store::Store& a, int custodian_a, store::Store& b,
                                                                   int custodian_b) const {
  const auto shares_of = [](store::Store& store, int custodian) {
    std::vector<mpc::StoredShare> all;
    EXPECT_OK(store.load_all([&](store::Record&& record) -> Status {
      for (const store::Finger& finger : record.fingers) {
        QORGAN_TRY(mpc::StoredShare share, mpc::parse_share(finger.share.expose(), custodian));
        all.push_back(std::move(share));
      }
      return {};
    }));
    return all;
  };
  const auto of_a = shares_of(a, custodian_a);
  const auto of_b = shares_of(b, custodian_b);
  EXPECT_EQ(of_a.size(), of_b.size());
  std::vector<std::optional<finger::Template>> templates;
  for (std::size_t i = 0; i < std::min(of_a.size(), of_b.size()); ++i) {
    const auto whole = mpc::rebuild(std::array{&of_a[i], &of_b[i]});
    templates.push_back(whole ? std::optional(*whole) : std::nullopt);
  }
  return templates;
}

finger::Template template_of(std::int64_t person, int finger) {
  finger::Template whole;
  for (std::size_t i = 0; i < whole.cells.size(); ++i)
    whole.cells[i] = static_cast<std::int8_t>((person * 31 + finger * 7 + static_cast<std::int64_t>(i)) % 120 - 60);
  return whole;
}

bool comes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

}  // namespace qorgan::custodian::test
