#include "custodian/recovery.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/clock.h"
#include "crypto/random.h"
#include "custodian/backup.h"
#include "custodian/daemon.h"
#include "custodian/history.h"
#include "custodian/mirror.h"
#include "custodian/terms.h"
#include "mpc/shares.h"
#include "tests/support/expect.h"
#include "tests/support/free_port.h"
#include "tests/support/temp_folder.h"

namespace qorgan::custodian {
namespace {

namespace fs = std::filesystem;
using store::OperationKind;

std::string terms_of(int custodian) {
  Terms terms;
  terms.party = "office";
  terms.purpose = "enrolment";
  terms.enrolled_ms = 1'000'000 + custodian;  // each by its own clock
  return terms.text();
}

// One person's record at each custodian, the same person each time.
std::array<store::Record, 3> records_of(std::uint8_t person, std::int64_t sequence, int fingers = 2) {
  std::array<store::Record, 3> records;
  for (int i = 0; i < 3; ++i) {
    store::Record& record = records[static_cast<std::size_t>(i)];
    record.record_id[0] = person;
    record.pseudonym[0] = person;
    record.enrolled_seq = sequence;
    record.access_key[3] = person;
    record.view_key.expose_mutable()[7] = person;
    record.terms_json = terms_of(i);
  }
  for (int finger = 1; finger <= fingers; ++finger) {
    finger::Template whole;
    whole.cells[5] = static_cast<std::int8_t>(person + finger);
    const auto shares = mpc::split(whole);
    for (std::size_t i = 0; i < 3; ++i) records[i].fingers.push_back({finger, mpc::serialise(shares[i])});
  }
  return records;
}

// Three custodians' folders, filled without a desk; their daemons run in this process.
class RecoveryTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    crypto::initialise();
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TMPDIR", "/dev/shm", 0);
  }

  void SetUp() override {
    NetworkPlan plan;
    plan.names = {"First", "Second", "Third"};
    plan.hosts = {"127.0.0.1", "127.0.0.1", "127.0.0.1"};
    plan.ports = {qorgan::test::free_port(), qorgan::test::free_port(), qorgan::test::free_port()};
    plan.desk_name = "desk";
    plan.relying_party = "Office";
    auto network = create_network(plan, root());
    ASSERT_OK(network);
    network_ = *network;
  }

  void TearDown() override {
    for (auto& daemon : daemons_) daemon.reset();
  }

  fs::path root() const { return temporary_.path() / "state"; }
  fs::path folder(int custodian) const { return root() / ("custodian-" + std::to_string(custodian)); }
  fs::path database(int custodian) const { return folder(custodian) / kDatabaseFile; }
  fs::path network_file() const { return root() / "network.json"; }

  Result<store::Store> open_store(int custodian) const {
    QORGAN_TRY(const CustodianKeys keys, load_custodian_keys(folder(custodian), network_));
    store::Options options;
    options.path = database(custodian);
    options.custodian = custodian;
    options.network_id = network_.id();
    options.create = false;
    return store::Store::open(options, keys.storage.clone());
  }

  // The same operations at all three but one; none runs.
  Status enrol(std::uint8_t person, std::int64_t sequence, int but = -1) {
    const auto records = records_of(person, sequence);
    for (int i = 0; i < 3; ++i) {
      if (i == but) continue;
      QORGAN_TRY(store::Store store, open_store(i));
      QORGAN_CHECK(store.apply_enrol(sequence, id_of(sequence), records[static_cast<std::size_t>(i)], 1));
    }
    return {};
  }
  Status erase(std::uint8_t person, std::int64_t sequence, int but = -1) {
    store::Id record{};
    record[0] = person;
    for (int i = 0; i < 3; ++i) {
      if (i == but) continue;
      QORGAN_TRY(store::Store store, open_store(i));
      QORGAN_CHECK(store.apply_erase(sequence, id_of(sequence), record, 1));
    }
    return {};
  }
  Status lock(std::uint8_t person, std::int64_t sequence, int but = -1) {
    store::Operation operation{sequence, OperationKind::lock, id_of(sequence), {}, 0, 0};
    operation.record_id[0] = person;
    for (int i = 0; i < 3; ++i) {
      if (i == but) continue;
      QORGAN_TRY(store::Store store, open_store(i));
      QORGAN_CHECK(store.apply_flags(operation, 1));
    }
    return {};
  }
  static store::Id id_of(std::int64_t sequence) {
    store::Id id{};
    id[15] = static_cast<std::uint8_t>(sequence);
    return id;
  }
  // 40 people, the first of them locked, the second erased.
  void fill() {
    std::array<std::vector<store::Record>, 3> people;
    for (std::uint8_t person = 1; person <= 40; ++person) {
      auto records = records_of(person, person);
      for (std::size_t i = 0; i < 3; ++i) people[i].push_back(std::move(records[i]));
    }
    for (int i = 0; i < 3; ++i) {
      auto store = open_store(i);
      ASSERT_OK(store);
      ASSERT_OK(store->apply_enrols(people[static_cast<std::size_t>(i)], 1));
    }
    ASSERT_OK(lock(1, 41));
    ASSERT_OK(erase(2, 42));
  }

  Status start(int custodian) {
    DaemonOptions options;
    options.folder = folder(custodian);
    options.network_file = network_file();
    QORGAN_TRY(daemons_[static_cast<std::size_t>(custodian)], Daemon::start(options));
    return {};
  }
  void start_but(int custodian) {
    for (int i = 0; i < 3; ++i)
      if (i != custodian) ASSERT_OK(start(i));
  }
  void stop_all() {
    for (auto& daemon : daemons_) daemon.reset();
  }
  // Until everyone's first entries are published and mirrored.
  void run_all_for_a_while() {
    for (int i = 0; i < 3; ++i) ASSERT_OK(start(i));
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) {
        if (i == j) continue;
        const fs::path mirrored = mirror_folder(folder(i), j) / "checkpoint";
        const Deadline deadline = Deadline::after_ms(20'000);
        while (!fs::exists(mirrored) && !deadline.passed()) ::usleep(10'000);
        ASSERT_TRUE(fs::exists(mirrored)) << mirrored;
      }
    stop_all();
  }

  Result<RecoveryReport> recover_one(int custodian) {
    RecoveryOptions options;
    options.folder = folder(custodian);
    options.network_file = network_file();
    return recover(options);
  }

  struct Content {
    std::vector<std::string> records;
    std::vector<store::Operation> operations;
    bool operator==(const Content&) const = default;
  };
  // All that a custodian's database says of people, to the byte.
  Content content(int custodian) const {
    auto store = open_store(custodian);
    EXPECT_TRUE(store) << store.error().message();
    Content content;
    const Status loaded = store->load_all([&](store::Record&& record) -> Status {
      std::string text = to_hex(record.record_id) + to_hex(record.pseudonym) + std::to_string(record.enrolled_seq) +
                         to_hex(record.access_key) + to_hex(record.view_key.expose()) + std::to_string(record.flags);
      for (const store::Finger& finger : record.fingers)
        text += std::to_string(finger.position) + to_hex(finger.share.expose());
      content.records.push_back(text);
      return {};
    });
    EXPECT_TRUE(loaded) << loaded.error().message();
    content.operations = *store->operations_after(0, SIZE_MAX);
    return content;
  }

  void lose_all_but_keys(int custodian) {
    for (const auto& file : fs::directory_iterator(folder(custodian))) {
      const std::string name = file.path().filename().string();
      if (name != "tls.pem" && name != "sign.key" && name != "storage.key" && name != "policy")
        fs::remove_all(file.path());
    }
  }

  qorgan::test::TempFolder temporary_;
  protocol::Network network_;
  std::array<std::optional<Daemon>, 3> daemons_;
};

TEST_F(RecoveryTest, EachCustodianInTurnGetsBackWhatItHad) {
  fill();
  run_all_for_a_while();
  for (int lost = 0; lost < 3; ++lost) {
    SCOPED_TRACE(lost);
    const Content before = content(lost);
    std::ifstream key_file(folder(lost) / "pseudonym.key", std::ios::binary);
    const std::string key(std::istreambuf_iterator<char>(key_file), {});
    lose_all_but_keys(lost);
    EXPECT_FALSE(start(lost));
    start_but(lost);
    const auto recovered = recover_one(lost);
    ASSERT_OK(recovered);
    EXPECT_EQ(recovered->custodian, lost);
    EXPECT_TRUE(recovered->made_pseudonym_key);
    EXPECT_TRUE(recovered->adopted_log);
    EXPECT_GE(recovered->log_entries, 1U);
    EXPECT_TRUE(recovered->database.was_empty);
    EXPECT_EQ(recovered->database.people, 39U);
    EXPECT_EQ(recovered->database.applied, 42);
    EXPECT_EQ(content(lost), before);
    std::ifstream new_key_file(folder(lost) / "pseudonym.key", std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(new_key_file), {}), key);
    ASSERT_OK(start(lost));
    EXPECT_EQ(daemons_[static_cast<std::size_t>(lost)]->people(), 39U);
    stop_all();
  }
}

TEST_F(RecoveryTest, AnOldCopyIsGoneOnFrom) {
  for (std::uint8_t person = 1; person <= 10; ++person) ASSERT_OK(enrol(person, person));
  run_all_for_a_while();
  const BackupOptions backup{folder(1), network_file(), temporary_.path() / "backup"};
  ASSERT_OK(back_up(backup));
  EXPECT_ERROR(back_up(backup), ErrorCode::already_exists);
  // Gone from the two others, but in the copy; new at them, and not in it.
  ASSERT_OK(erase(3, 11));
  ASSERT_OK(enrol(50, 12));
  ASSERT_OK(lock(4, 13));
  const Content newest = content(1);
  ASSERT_OK(restore(backup));
  EXPECT_EQ(content(1).operations.size(), 10U);
  start_but(1);
  const auto recovered = recover_one(1);
  ASSERT_OK(recovered);
  EXPECT_FALSE(recovered->database.was_empty);
  EXPECT_FALSE(recovered->adopted_log);
  EXPECT_EQ(recovered->database.taken_up, 3);
  EXPECT_EQ(content(1).operations, newest.operations);
  EXPECT_EQ(content(1), newest);
  // The database that was set aside had what has been erased.
  EXPECT_FALSE(fs::exists(database(1).string() + ".old"));
  ASSERT_OK(start(1));
}

TEST_F(RecoveryTest, ADatabaseBehindItsLogDoesNotServe) {
  fill();
  const BackupOptions backup{folder(2), network_file(), temporary_.path() / "backup"};
  ASSERT_OK(back_up(backup));
  run_all_for_a_while();  // the log says more than the copy: that a policy is in force
  ASSERT_OK(restore(backup));
  const Status started = start(2);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().remedy.find("recover this custodian"), std::string::npos) << started.error().message();
  start_but(2);
  ASSERT_OK(recover_one(2));
  ASSERT_OK(start(2));
}

TEST_F(RecoveryTest, RefreshedSharesAreFetchedAnew) {
  ASSERT_OK(enrol(1, 1));
  ASSERT_OK(enrol(2, 2));
  const BackupOptions backup{folder(0), network_file(), temporary_.path() / "backup"};
  ASSERT_OK(back_up(backup));
  const auto fresh_1 = records_of(1, 1);
  const auto fresh_2 = records_of(2, 2);
  for (int i = 0; i < 3; ++i) {
    auto store = open_store(i);
    ASSERT_OK(store);
    std::vector<store::StagedShares> staged(2);
    const auto* fresh = &fresh_1;
    for (std::size_t person = 0; person < 2; ++person, fresh = &fresh_2) {
      staged[person].enrolled_seq = static_cast<std::int64_t>(person) + 1;
      staged[person].epoch = 1;
      for (const store::Finger& finger : (*fresh)[static_cast<std::size_t>(i)].fingers)
        staged[person].fingers.push_back({finger.position, finger.share.clone()});
    }
    ASSERT_OK(store->stage_refresh(staged));
    ASSERT_OK(store->apply_refresh({3, OperationKind::refresh, id_of(3), {}, 1, 2}, 1));
  }
  const Content newest = content(0);
  run_all_for_a_while();
  ASSERT_OK(restore(backup));
  start_but(0);
  const auto recovered = recover_one(0);
  ASSERT_OK(recovered);
  EXPECT_TRUE(recovered->database.was_empty);
  EXPECT_EQ(content(0), newest);
  EXPECT_FALSE(fs::exists(database(0).string() + ".old"));
}

TEST_F(RecoveryTest, ADamagedDatabaseIsReplaced) {
  fill();
  run_all_for_a_while();
  const Content before = content(1);
  {
    std::fstream file(database(1), std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 1; page < 6; ++page) {
      file.seekp(4096 * page);
      file.write("damage damage damage", 20);
    }
  }
  start_but(1);
  ASSERT_OK(recover_one(1));
  EXPECT_EQ(content(1), before);
}

TEST_F(RecoveryTest, ADamagedMirrorIsNotBelieved) {
  fill();
  run_all_for_a_while();
  const auto damage = [&](int holder) {
    for (const auto& file : fs::recursive_directory_iterator(mirror_folder(folder(holder), 1) / "tile/entries")) {
      if (!file.is_regular_file()) continue;
      std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekg(40);
      const char was = static_cast<char>(bytes.get());
      bytes.seekp(40);
      bytes.put(static_cast<char>(was ^ 1));
    }
  };
  const fs::path log = folder(1) / kLogFolder;
  start_but(1);
  damage(0);
  fs::remove_all(log);
  ASSERT_OK(recover_one(1));
  ASSERT_TRUE(fs::exists(log / "journal"));
  damage(2);
  fs::remove_all(log);
  EXPECT_ERROR(recover_one(1), ErrorCode::damaged);
  EXPECT_FALSE(fs::exists(log));
}

TEST_F(RecoveryTest, ItIsRepeatedWithoutHarm) {
  fill();
  run_all_for_a_while();
  const Content before = content(1);
  start_but(1);
  for (int i = 0; i < 2; ++i) {
    const auto recovered = recover_one(1);
    ASSERT_OK(recovered);
    EXPECT_FALSE(recovered->database.was_empty);
    EXPECT_EQ(recovered->database.taken_up, 0);
    EXPECT_EQ(content(1), before);
  }
  ASSERT_OK(start(1));
}

TEST_F(RecoveryTest, NotWhileTheCustodianRuns) {
  for (int i = 0; i < 3; ++i) ASSERT_OK(start(i));
  EXPECT_ERROR(recover_one(1), ErrorCode::busy);
  EXPECT_ERROR(restore({folder(1), network_file(), database(1)}), ErrorCode::busy);
}

TEST_F(RecoveryTest, NotWithoutBothOthers) {
  fill();
  run_all_for_a_while();
  ASSERT_OK(start(2));
  fs::remove(database(1));
  EXPECT_ERROR(recover_one(1), ErrorCode::unavailable);
  EXPECT_FALSE(fs::exists(database(1)));
}

TEST_F(RecoveryTest, NotWhereTheTwoOthersKeepDifferentRecords) {
  fill();
  run_all_for_a_while();
  // The same decision with another person behind it at custodian 2.
  auto records = records_of(99, 43);
  for (const int i : {0, 2}) {
    auto store = open_store(i);
    ASSERT_OK(store);
    if (i == 2) records[2].pseudonym[1] = 1;
    ASSERT_OK(store->apply_enrol(43, id_of(43), records[static_cast<std::size_t>(i)], 1));
  }
  fs::remove(database(1));
  start_but(1);
  EXPECT_ERROR(recover_one(1), ErrorCode::damaged);
  // And it does not serve with the half of it.
  EXPECT_FALSE(start(1));
}

TEST_F(RecoveryTest, AForeignOrDamagedCopyIsNotRestored) {
  fill();
  const Content before = content(1);
  const fs::path copy = temporary_.path() / "backup";
  ASSERT_OK(back_up({folder(0), network_file(), copy}));
  EXPECT_FALSE(restore({folder(1), network_file(), copy}));
  EXPECT_ERROR(restore({folder(1), network_file(), temporary_.path() / "nothing"}), ErrorCode::not_found);
  std::ofstream(copy, std::ios::trunc) << "no database";
  EXPECT_ERROR(restore({folder(1), network_file(), copy}), ErrorCode::damaged);
  EXPECT_EQ(content(1), before);
  EXPECT_FALSE(fs::exists(database(1).string() + ".restored"));
}

TEST_F(RecoveryTest, ABackupIsMadeWhileTheCustodianRuns) {
  fill();
  for (int i = 0; i < 3; ++i) ASSERT_OK(start(i));
  const fs::path copy = temporary_.path() / "backup";
  ASSERT_OK(back_up({folder(1), network_file(), copy}));
  EXPECT_ERROR(back_up({folder(1), network_file(), copy}), ErrorCode::already_exists);
  stop_all();
  const Content before = content(1);
  ASSERT_OK(restore({folder(1), network_file(), copy}));
  EXPECT_EQ(content(1), before);
}

// --- the form in which it travels ---

store::History history_of(int holder) {
  store::History history;
  const auto index = static_cast<std::size_t>(holder);
  history.records.push_back(std::move(records_of(1, 1)[index]));
  history.operations = {{1, OperationKind::enrol, {1}, history.records[0].record_id, 0, 0},
                        {2, OperationKind::enrol, {2}, {9}, 0, 0},
                        {3, OperationKind::erase, {3}, {9}, 0, 0},
                        {4, OperationKind::refresh, {4}, {}, 1, 2}};
  history.tombstones = {{{9}, 2, 3}};
  return history;
}

TEST(History, EachGetsTheTwoSharesThatItHadAndNoOther) {
  auto records = records_of(5, 1, 3);
  for (int asker = 0; asker < 3; ++asker) {
    std::array<store::History, 2> given;
    for (const int side : {0, 1}) {
      const int holder = side == 0 ? protocol::previous_of(asker) : protocol::next_of(asker);
      store::History& history = given[static_cast<std::size_t>(side)];
      history.operations = {{1, OperationKind::enrol, {1}, records[0].record_id, 0, 0}};
      const store::Record& from = records[static_cast<std::size_t>(holder)];
      store::Record copy;
      copy.record_id = from.record_id;
      copy.enrolled_seq = 1;
      copy.pseudonym = from.pseudonym;
      copy.access_key = from.access_key;
      copy.view_key = from.view_key.clone();
      copy.terms_json = from.terms_json;
      for (const store::Finger& finger : from.fingers) copy.fingers.push_back({finger.position, finger.share.clone()});
      history.records.push_back(std::move(copy));
      ASSERT_TRUE(keep_part_only(history, asker, holder));
      const auto back = read_history(history_answer(history, 1), 0);
      ASSERT_TRUE(back);
      // The third share, which would rebuild the print together with the asker's two, is nowhere in it.
      const int third = (asker + 2) % 3;
      const auto whole = mpc::parse_share(from.fingers[0].share.expose(), holder);
      const ByteView secret = (third == holder ? whole->own : whole->next).expose();
      const Bytes body = history_answer(history, 1).body;
      EXPECT_EQ(std::search(body.begin(), body.end(), secret.begin(), secret.begin() + 32), body.end());
    }
    const auto joined = join_histories(std::move(given[0]), std::move(given[1]), asker);
    ASSERT_TRUE(joined) << joined.error().message();
    const store::Record& own = records[static_cast<std::size_t>(asker)];
    ASSERT_EQ(joined->records.size(), 1U);
    for (std::size_t i = 0; i < own.fingers.size(); ++i)
      EXPECT_EQ(to_hex(joined->records[0].fingers[i].share.expose()), to_hex(own.fingers[i].share.expose()));
  }
}

// An opening is of its holder's entry alone: neither travels nor is believed where it comes all the same.
TEST(History, NobodysOpeningComesIntoAnothersRecord) {
  const auto with_opening = [](int holder) {
    store::History history = history_of(holder);
    Terms terms = *parse_terms(history.records[0].terms_json);
    terms.enrolment_opening = "opening of custodian " + std::to_string(holder);
    history.records[0].terms_json = terms.text();
    return history;
  };
  std::array<store::History, 2> given = {with_opening(2), with_opening(1)};
  for (const int side : {0, 1}) {
    store::History& history = given[static_cast<std::size_t>(side)];
    const std::string whole = history.records[0].terms_json;
    ASSERT_TRUE(keep_part_only(history, 0, 2 - side));
    EXPECT_EQ(history.records[0].terms_json.find("opening of"), std::string::npos);
    history.records[0].terms_json = whole;
  }
  const auto joined = join_histories(std::move(given[0]), std::move(given[1]), 0);
  ASSERT_TRUE(joined) << joined.error().message();
  EXPECT_EQ(parse_terms(joined->records[0].terms_json)->enrolment_opening, "");
  EXPECT_EQ(parse_terms(joined->records[0].terms_json)->party, "office");
}

TEST(History, ComesOutAsItWentIn) {
  store::History history = history_of(2);
  ASSERT_TRUE(keep_part_only(history, 0, 2));
  const net::Message message = history_answer(history, 9);
  const auto back = read_history(message, 0);
  ASSERT_TRUE(back) << back.error().message();
  const store::History expected = history_of(2);
  EXPECT_EQ(back->operations, expected.operations);
  ASSERT_EQ(back->records.size(), 1U);
  EXPECT_EQ(back->records[0].pseudonym, expected.records[0].pseudonym);
  EXPECT_EQ(back->records[0].terms_json, expected.records[0].terms_json);
  EXPECT_EQ(to_hex(back->records[0].fingers[1].share.expose()), to_hex(history.records[0].fingers[1].share.expose()));
  ASSERT_EQ(back->tombstones.size(), 1U);
  EXPECT_EQ(back->tombstones[0].erased_seq, 3);
}

TEST(History, WhatIsCutShortOrTooLongIsRefused) {
  const net::Message whole = history_answer(history_of(0), 4);
  for (std::size_t size = 0; size < whole.body.size(); ++size) {
    net::Message cut = whole;
    cut.body.resize(size);
    EXPECT_FALSE(read_history(cut, 0)) << size;
  }
  net::Message longer = whole;
  longer.body.push_back(0);
  EXPECT_FALSE(read_history(longer, 0));
  net::Message strange = whole;
  strange.body[0] = 99;
  EXPECT_FALSE(read_history(strange, 0));
  strange = whole;
  strange.head["count"] = -1;
  EXPECT_FALSE(read_history(strange, 0));
}

// Whoever joins compares: each of these differs in one thing.
TEST(History, WhatTheTwoDoNotAgreeOnIsRefused) {
  const auto part = [](int holder) {
    store::History history = history_of(holder);
    EXPECT_TRUE(keep_part_only(history, 0, holder));
    return history;
  };
  ASSERT_TRUE(join_histories(part(2), part(1), 0));
  const std::vector<std::function<void(store::History&)>> changes = {
      [](store::History& history) { history.operations[2].request_id[0] ^= 1; },
      [](store::History& history) { history.records[0].pseudonym[0] ^= 1; },
      [](store::History& history) { history.records[0].access_key[0] ^= 1; },
      [](store::History& history) { history.records[0].view_key.expose_mutable()[0] ^= 1; },
      [](store::History& history) { history.records[0].epoch = 1; },
      [](store::History& history) { history.records[0].flags = store::kLocked; },
      [](store::History& history) { history.records[0].terms_json.resize(1); },
      [](store::History& history) { history.records[0].fingers.pop_back(); },
      [](store::History& history) { history.records[0].fingers[0].position = 9; },
      [](store::History& history) { history.records[0].fingers[0].share = crypto::SecretBytes(std::size_t{31}); },
      [](store::History& history) { history.tombstones[0].erased_seq = 4; },
      [](store::History& history) {
        history.records.clear();
        history.tombstones.insert(history.tombstones.begin(), {{1}, 1, 3});
      },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    store::History changed = part(1);
    changes[i](changed);
    EXPECT_FALSE(join_histories(part(2), std::move(changed), 0)) << i;
    store::History other = part(2);
    changes[i](other);
    EXPECT_FALSE(join_histories(std::move(other), part(1), 0)) << i;
  }
}

TEST(History, TheShorterOfTwoIsAsFarAsTheyAgree) {
  store::History first = history_of(2);
  store::History second = history_of(1);
  ASSERT_TRUE(keep_part_only(first, 0, 2));
  ASSERT_TRUE(keep_part_only(second, 0, 1));
  second.operations.resize(2);
  const auto joined = join_histories(std::move(first), std::move(second), 0);
  ASSERT_TRUE(joined) << joined.error().message();
  EXPECT_EQ(joined->operations.size(), 2U);
}

}  // namespace
}  // namespace qorgan::custodian
