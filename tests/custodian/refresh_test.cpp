// Refreshes: of one custodian's own part, and of the three together.
#include "mpc/refresh.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "crypto/random.h"
#include "custodian/files.h"
#include "custodian/operator_client.h"
#include "custodian/refresh_part.h"
#include "custodian/refresher.h"
#include "net/json_fields.h"
#include "protocol/message_types.h"
#include "tests/custodian/refresh_trial.h"

namespace qorgan::custodian::test {
namespace {

using protocol::Kind;
using protocol::Request;

Deadline soon() {
  return Deadline::after_ms(50);
}
Deadline plenty() {
  return Deadline::after_ms(20'000);
}

// New shares for some of the people as custodian 0 makes them: seeds alone.
std::vector<NewShares> new_shares(const std::vector<Gallery::Person>& people) {
  std::vector<NewShares> all;
  for (const Gallery::Person& person : people) {
    NewShares shares{person->record_id, person->enrolled_seq, person->epoch + 1, {}, {}};
    for (const FingerShares& finger : *person->fingers) {
      shares.positions.push_back(finger.position());
      shares.shares.push_back(mpc::refreshed_seeds(crypto::random_key(), crypto::random_key()));
    }
    all.push_back(std::move(shares));
  }
  return all;
}

Refresh refresh_of(std::int64_t first, std::int64_t last) {
  Refresh refresh{{}, first, last};
  crypto::fill_random(refresh.id);
  return refresh;
}

store::Operation operation_of(const Refresh& refresh, std::int64_t sequence) {
  return {sequence, store::OperationKind::refresh, refresh.id, {}, refresh.first, refresh.last};
}

Bytes shares_of(const Gallery::Person& person) {
  const auto bytes = person->fingers->front().bytes();
  return {bytes.begin(), bytes.end()};
}

// --- one custodian's engine ---

TEST(EngineRefresh, PutsTheNewSharesInPlaceOfTheOldOnes) {
  RefreshTrial trial(5);
  {
    EngineAlone alone = trial.open_engine(0);
    Engine& engine = *alone.engine;
    const auto before = engine.people_to_refresh(1, 5, 5, soon());
    ASSERT_OK(before);
    ASSERT_EQ(before->size(), 5U);
    const Refresh refresh = refresh_of(2, 4);
    ASSERT_OK(engine.stage_refresh(refresh, new_shares({before->begin() + 1, before->begin() + 4})));
    EXPECT_EQ(shares_of(engine.person((*before)[2]->record_id)), shares_of((*before)[2]));
    const auto decided = engine.decide_refresh(refresh);
    ASSERT_OK(decided);
    EXPECT_EQ(*decided, 6);
    for (std::size_t i = 0; i < 5; ++i) {
      const Gallery::Person now = engine.person((*before)[i]->record_id);
      const bool refreshed = i >= 1 && i <= 3;
      EXPECT_EQ(now->epoch, refreshed ? 1 : 0);
      EXPECT_EQ(shares_of(now) != shares_of((*before)[i]), refreshed);
      EXPECT_EQ(now->subject, (*before)[i]->subject);
    }
    // Said again, it changes nothing; another refresh under its number is noticed.
    EXPECT_OK(engine.apply(operation_of(refresh, 6)));
    EXPECT_ERROR(engine.apply(operation_of(refresh_of(2, 4), 6)), ErrorCode::damaged);
  }
  // The same after a new start.
  EngineAlone alone = trial.open_engine(0);
  EXPECT_EQ(alone.engine->applied_sequence(), 6);
  EXPECT_EQ(alone.engine->gallery().everyone()[1]->epoch, 1);
}

TEST(EngineRefresh, DoesOnlyWhatItHasAgreedTo) {
  RefreshTrial trial(4);
  EngineAlone alone = trial.open_engine(0);
  Engine& engine = *alone.engine;
  const auto people = engine.gallery().everyone();
  EXPECT_ERROR(engine.apply(operation_of(refresh_of(1, 4), 5)), ErrorCode::refused);
  const Refresh first = refresh_of(1, 4);
  ASSERT_OK(engine.stage_refresh(first, new_shares(people)));
  // Another id; another range under the same id.
  EXPECT_ERROR(engine.apply(operation_of(refresh_of(1, 4), 5)), ErrorCode::refused);
  EXPECT_ERROR(engine.apply(operation_of({first.id, 1, 3}, 5)), ErrorCode::refused);
  // A later yes takes the earlier one back, whose shares are no longer there.
  const Refresh second = refresh_of(1, 4);
  ASSERT_OK(engine.stage_refresh(second, new_shares(people)));
  EXPECT_ERROR(engine.apply(operation_of(first, 5)), ErrorCode::refused);
  EXPECT_EQ(engine.gallery().everyone()[0]->epoch, 0);
  EXPECT_OK(engine.apply(operation_of(second, 5)));
  EXPECT_EQ(engine.gallery().everyone()[0]->epoch, 1);
}

TEST(EngineRefresh, ANewStartKeepsItsWordAndItsNewShares) {
  RefreshTrial trial(3);
  const Refresh refresh = refresh_of(1, 3);
  {
    EngineAlone alone = trial.open_engine(0);
    ASSERT_OK(alone.engine->stage_refresh(refresh, new_shares(alone.engine->gallery().everyone())));
  }
  Bytes in_memory;
  {
    EngineAlone alone = trial.open_engine(0);
    EXPECT_EQ(alone.engine->gallery().everyone()[0]->epoch, 0);
    ASSERT_OK(alone.engine->apply(operation_of(refresh, 4)));
    EXPECT_EQ(alone.engine->gallery().everyone()[0]->epoch, 1);
    in_memory = shares_of(alone.engine->gallery().everyone()[0]);
  }
  EXPECT_EQ(shares_of(trial.open_engine(0).engine->gallery().everyone()[0]), in_memory);
}

// Between the yes and the decision someone is erased and someone is locked.
TEST(EngineRefresh, WhoWasErasedMeanwhileStaysErasedAndFlagsStay) {
  RefreshTrial trial(3);
  EngineAlone alone = trial.open_engine(0);
  Engine& engine = *alone.engine;
  const auto people = engine.gallery().everyone();
  const Refresh refresh = refresh_of(1, 3);
  ASSERT_OK(engine.stage_refresh(refresh, new_shares(people)));
  Request erase;
  erase.id = protocol::make_request_id(unix_time_ms());
  erase.kind = Kind::erase;
  erase.desk = "desk";
  erase.operator_name = "operator";
  erase.purpose = "erasure";
  erase.subject = people[1]->subject;
  ASSERT_OK(engine.prepare(erase, {}));
  ASSERT_OK(engine.digests(erase.id, erase.digest(), 0, soon()));
  ASSERT_OK(engine.vote(erase.id, erase.digest(), plenty()));
  ASSERT_OK(engine.apply({4, store::OperationKind::erase, erase.id, people[1]->record_id, 0, 0}));
  ASSERT_OK(engine.apply(operation_of(refresh, 5)));
  EXPECT_EQ(engine.gallery().size().people, 2U);
  EXPECT_FALSE(engine.person(people[1]->record_id));
  EXPECT_EQ(engine.person(people[2]->record_id)->epoch, 1);
  // New shares for somebody who is gone are passed over, for an old epoch are not.
  EXPECT_OK(engine.stage_refresh(refresh_of(2, 2), new_shares({people[1]})));
  EXPECT_ERROR(engine.stage_refresh(refresh_of(1, 1), new_shares({people[0]})), ErrorCode::stale);
}

TEST(EngineRefresh, GivesTheSharesOfThePresentEpochAlone) {
  RefreshTrial trial(2);
  EngineAlone alone = trial.open_engine(1);
  const auto people = alone.engine->gallery().everyone();
  const auto shares = alone.engine->stored_shares(*people[0]);
  ASSERT_OK(shares);
  EXPECT_EQ(shares->size(), static_cast<std::size_t>(RefreshTrial::kFingers));
  PersonShares later;
  later.enrolled_seq = 1;
  later.epoch = 1;
  EXPECT_ERROR(alone.engine->stored_shares(later), ErrorCode::stale);
  later.enrolled_seq = 99;
  EXPECT_ERROR(alone.engine->stored_shares(later), ErrorCode::stale);
  EXPECT_ERROR(alone.engine->people_to_refresh(1, 2, 3, soon()), ErrorCode::unavailable);
}

TEST(EngineRefresh, EachEpochIsLoggedOnce) {
  RefreshTrial trial(1);
  EngineAlone alone = trial.open_engine(1);
  for (const std::int64_t epoch : {1, 1, 2, 2}) ASSERT_OK(alone.engine->log_refresh(epoch));
  ASSERT_TRUE(comes_true([&] { return alone.engine->log().published_size() == 2; }));
  for (const std::uint64_t index : {0U, 1U}) {
    const auto entry = alone.engine->log().entry(index);
    ASSERT_OK(entry);
    const auto leaf = ledger::parse_leaf({reinterpret_cast<const char*>(entry->data()), entry->size()});
    ASSERT_OK(leaf);
    EXPECT_EQ(leaf->event, ledger::Event::refresh);
    EXPECT_EQ(leaf->epoch, static_cast<std::int64_t>(index) + 1);
  }
}

TEST(Batches, HoldAsManyFingersAsTheyMay) {
  RefreshTrial trial(7);
  EngineAlone alone = trial.open_engine(1);
  const Gallery& gallery = alone.engine->gallery();
  EXPECT_EQ(gallery.enrolled_between(1, 7, 2 * RefreshTrial::kFingers).size(), 2U);
  EXPECT_EQ(gallery.enrolled_between(1, 7, 2 * RefreshTrial::kFingers + 1).size(), 2U);
  EXPECT_EQ(gallery.enrolled_between(1, 7, 1).size(), 1U);
  EXPECT_EQ(gallery.enrolled_between(6, 20, 100).size(), 2U);
  EXPECT_EQ(gallery.enrolled_between(6, 6, 100).front()->enrolled_seq, 6);
  EXPECT_TRUE(gallery.enrolled_between(8, 20, 100).empty());
}

// --- custodian 1's part, played against by hand ---

class RefreshPartTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto keys = load_custodian_keys(trial_.folder(1), trial_.network());
    ASSERT_OK(keys);
    identity_ = std::make_unique<net::TlsIdentity>(*net::load_tls_identity(trial_.folder(1) / "tls.pem"));
    peers_ = std::make_unique<Peers>(1, trial_.network(), *identity_);
    part_ = std::make_unique<RefreshPart>(*alone_.engine, *peers_);
  }
  RefreshBegin begin_of(std::int64_t first, std::int64_t last) {
    RefreshBegin begin;
    begin.refresh = refresh_of(first, last);
    begin.sequence = 3;
    begin.people = digest_of(alone_.engine->gallery().enrolled_between(first, last, SIZE_MAX));
    begin.key = own_.public_key;
    return begin;
  }
  std::size_t differences_bytes() const { return 3 * RefreshTrial::kFingers * limits::share_bytes; }

  RefreshTrial trial_{3};
  EngineAlone alone_ = trial_.open_engine(1);
  crypto::ExchangeKeyPair own_ = crypto::make_exchange_key_pair();
  std::unique_ptr<net::TlsIdentity> identity_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<RefreshPart> part_;
};

TEST_F(RefreshPartTest, AgreesToWhatItsNeighboursMadeAsWell) {
  const RefreshBegin begin = begin_of(1, 3);
  const auto key = part_->begin(begin, soon());
  ASSERT_OK(key);
  const auto exchanged = part_->exchange(begin.refresh.id, Bytes(differences_bytes()));
  ASSERT_OK(exchanged);
  EXPECT_EQ(exchanged->differences.size(), differences_bytes());
  // What custodian 0 makes of the same key.
  const auto pair_key = crypto::agree_key(own_, *key, true, exchange_context(1, begin.refresh));
  ASSERT_OK(pair_key);
  std::vector<mpc::StoredShare> seeds;
  for (const Gallery::Person& person : alone_.engine->gallery().everyone())
    for (const FingerShares& finger : *person->fingers)
      seeds.push_back(mpc::refreshed_seeds(
          crypto::random_key(), mpc::refreshed_seed(*pair_key, 1, {person->record_id, finger.position(), 1})));
  ASSERT_OK(part_->stage(begin.refresh.id, common_digests(seeds).next, plenty()));
  EXPECT_OK(alone_.engine->apply(operation_of(begin.refresh, 4)));
  // A yes is given once.
  EXPECT_ERROR(part_->stage(begin.refresh.id, common_digests(seeds).next, soon()), ErrorCode::stale);
}

TEST_F(RefreshPartTest, RefusesCopiesThatDiffer) {
  const RefreshBegin begin = begin_of(1, 3);
  ASSERT_OK(part_->begin(begin, soon()));
  ASSERT_OK(part_->exchange(begin.refresh.id, Bytes(differences_bytes())));
  EXPECT_ERROR(part_->stage(begin.refresh.id, crypto::Digest{}, soon()), ErrorCode::damaged);
  EXPECT_ERROR(alone_.engine->apply(operation_of(begin.refresh, 4)), ErrorCode::refused);
}

TEST_F(RefreshPartTest, KeepsNothingOfABatchWhoseCoordinatorHasVanished) {
  const auto is_kept = [&](const RefreshBegin& begin) {
    return qorgan::test::code_of(part_->exchange(begin.refresh.id, {})) ==
           error_code_name(ErrorCode::damaged);  // another length
  };
  RefreshBegin begin = begin_of(1, 3);
  ASSERT_OK(part_->begin(begin, soon()));
  const auto now = std::chrono::steady_clock::now();
  part_->drop_overdue(now);
  EXPECT_TRUE(is_kept(begin));
  part_->drop_overdue(now + std::chrono::milliseconds(2 * limits::refresh_step_timeout_ms + 1));
  EXPECT_FALSE(is_kept(begin));

  begin = begin_of(1, 2);
  ASSERT_OK(part_->begin(begin, soon()));
  const auto people = alone_.engine->gallery().enrolled_between(1, 3, SIZE_MAX);
  part_->forget(people[2]->record_id);
  EXPECT_TRUE(is_kept(begin));
  part_->forget(people[1]->record_id);
  EXPECT_FALSE(is_kept(begin));
}

TEST_F(RefreshPartTest, RefusesOtherPeopleThanItsOwn) {
  RefreshBegin begin = begin_of(1, 3);
  begin.people[0] ^= 1;
  EXPECT_ERROR(part_->begin(begin, soon()), ErrorCode::stale);
  EXPECT_ERROR(part_->begin(begin_of(4, 9), soon()), ErrorCode::stale);  // nobody
  begin = begin_of(1, 3);
  begin.sequence = 4;
  EXPECT_ERROR(part_->begin(begin, soon()), ErrorCode::unavailable);
  begin = begin_of(1, 3);
  begin.key = {};
  EXPECT_ERROR(part_->begin(begin, soon()), ErrorCode::damaged);
}

TEST_F(RefreshPartTest, RefusesWhatWasNotBegunAndWhatDoesNotCome) {
  const RefreshBegin begin = begin_of(1, 3);
  EXPECT_ERROR(part_->stage(begin.refresh.id, {}, soon()), ErrorCode::stale);
  EXPECT_ERROR(part_->exchange(begin.refresh.id, Bytes(differences_bytes())), ErrorCode::stale);
  ASSERT_OK(part_->begin(begin, soon()));
  EXPECT_ERROR(part_->stage(begin.refresh.id, {}, soon()), ErrorCode::timeout);
  for (const std::size_t wrong : {std::size_t{0}, differences_bytes() - 1, differences_bytes() + 1})
    EXPECT_ERROR(part_->exchange(begin.refresh.id, Bytes(wrong)), ErrorCode::damaged);
  ASSERT_OK(part_->exchange(begin.refresh.id, Bytes(differences_bytes())));
  EXPECT_ERROR(part_->exchange(begin.refresh.id, Bytes(differences_bytes())), ErrorCode::stale);
  // Another batch begins; the first is forgotten.
  ASSERT_OK(part_->begin(begin_of(1, 2), soon()));
  EXPECT_ERROR(part_->stage(begin.refresh.id, {}, soon()), ErrorCode::stale);
}

TEST(RefreshMessages, CutOrWrongOnesAreRefused) {
  RefreshBegin begin;
  begin.refresh = refresh_of(3, 9);
  begin.sequence = 12;
  const net::Message message = refresh_begin_message(begin);
  const auto read = read_refresh_begin(message);
  ASSERT_OK(read);
  EXPECT_EQ(read->refresh, begin.refresh);
  EXPECT_EQ(read->sequence, 12);
  for (const auto& [field, wrong] : std::vector<std::pair<std::string, net::Json>>{
           {"id", "00"}, {"first", 0}, {"first", 10}, {"last", 2}, {"sequence", 8}, {"people", 1}, {"key", "zz"}}) {
    net::Message changed = message;
    changed.head[field] = wrong;
    EXPECT_ERROR(read_refresh_begin(changed), ErrorCode::invalid_input);
    changed.head.erase(field);
    EXPECT_ERROR(read_refresh_begin(changed), ErrorCode::invalid_input);
  }
}

TEST(RefreshPlan, ComesBackFromItsText) {
  const RefreshPlan plan{3, 401, 900, 880, 390, 0};
  EXPECT_EQ(parse_refresh_plan(plan.text()).value(), plan);
  EXPECT_TRUE(plan.is_under_way());
  EXPECT_FALSE(RefreshPlan{}.is_under_way());
  EXPECT_FALSE(parse_refresh_plan("{}"));
  EXPECT_FALSE(parse_refresh_plan(plan.text().substr(0, 20)));
}

// --- three custodians that run ---

class Together : public testing::Test {
 protected:
  net::Json ask(const char* type, int custodian = 0) {
    auto client = OperatorClient::open(trial_.folder(custodian), trial_.network_file());
    EXPECT_OK(client);
    net::Message question;
    question.head["type"] = type;
    const auto answer = client->call(question, plenty());
    EXPECT_OK(answer);
    return answer ? answer->head : net::Json::object();
  }
  bool is_done() { return !ask(protocol::type::refresh_progress)["under_way"].get<bool>(); }

  // Three batches.
  static constexpr int kPeople = 2 * static_cast<int>(limits::refresh_fingers_max) / RefreshTrial::kFingers + 10;
  RefreshTrial trial_{kPeople};
};

TEST_F(Together, EveryoneGetsNewSharesOfTheSameTemplates) {
  for (const int custodian : {0, 1, 2}) trial_.start(custodian);
  std::array<std::filesystem::path, 3> backups;
  for (std::size_t i = 0; i < 3; ++i) {
    backups[i] = trial_.folder(static_cast<int>(i)) / "old.sqlite";
  }
  for (const int custodian : {0, 1, 2}) trial_.stop(custodian);
  for (const int custodian : {0, 1, 2})
    EXPECT_OK(trial_.open_store(custodian).back_up(backups[static_cast<std::size_t>(custodian)]));
  for (const int custodian : {0, 1, 2}) trial_.start(custodian);

  EXPECT_EQ(ask(protocol::type::refresh)["epoch"], 1);
  ASSERT_TRUE(comes_true([&] { return is_done(); }));
  EXPECT_EQ(ask(protocol::type::refresh_progress)["done"], kPeople);
  for (const int custodian : {0, 1, 2}) trial_.stop(custodian);

  std::vector<store::Store> now;
  std::vector<store::Store> then;
  for (const int custodian : {0, 1, 2}) {
    now.push_back(trial_.open_store(custodian));
    then.push_back(trial_.open_store(custodian, backups[static_cast<std::size_t>(custodian)]));
  }
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) {
      if (a == b) continue;
      const auto together = trial_.rebuild(now[static_cast<std::size_t>(a)], a, now[static_cast<std::size_t>(b)], b);
      ASSERT_EQ(together.size(), static_cast<std::size_t>(kPeople * RefreshTrial::kFingers));
      const auto apart = trial_.rebuild(then[static_cast<std::size_t>(a)], a, now[static_cast<std::size_t>(b)], b);
      for (std::size_t i = 0; i < together.size(); i += 37) {
        EXPECT_EQ(together[i], template_of(static_cast<std::int64_t>(i / 2) + 1, static_cast<int>(i % 2)));
        EXPECT_FALSE(apart[i]) << "the old file of " << a << " with the new one of " << b;
      }
    }
  }
}

TEST_F(Together, OneThatIsAwayHoldsItUpAndItGoesOn) {
  for (const int custodian : {0, 1}) trial_.start(custodian);
  ask(protocol::type::refresh);
  ASSERT_TRUE(comes_true([&] { return ask(protocol::type::refresh_progress).contains("held_up"); }));
  EXPECT_EQ(ask(protocol::type::refresh_progress)["done"], 0);
  // The coordinator's memory of it outlives the coordinator.
  trial_.stop(0);
  trial_.start(0);
  EXPECT_FALSE(is_done());
  trial_.start(2);
  ASSERT_TRUE(comes_true([&] { return is_done(); }));
  // And another one begins anew, from everyone.
  EXPECT_EQ(ask(protocol::type::refresh)["epoch"], 2);
  ASSERT_TRUE(comes_true([&] { return is_done(); }));
  for (const int custodian : {0, 1, 2}) trial_.stop(custodian);
  for (const int custodian : {0, 1, 2}) {
    auto store = trial_.open_store(custodian);
    EXPECT_EQ(store.load_record(kPeople)->epoch, 2);
  }
}

TEST_F(Together, OneBeginsByItselfWhereTheNetworkFileSaysSo) {
  protocol::Network network = trial_.network();
  network.refresh_days = 30;
  const std::filesystem::path file = trial_.folder(0) / "refresh.json";
  ASSERT_OK(protocol::save_network(network, file));
  EXPECT_EQ(protocol::load_network(file)->refresh_days, 30);
  for (const int custodian : {0, 1, 2}) trial_.start(custodian, file);
  ASSERT_TRUE(comes_true([&] { return ask(protocol::type::refresh_progress)["epoch"] == 1 && is_done(); }));
  EXPECT_EQ(ask(protocol::type::refresh_progress)["done"], kPeople);
}

TEST_F(Together, RefreshesAreBegunAtTheCoordinatorByItsOperator) {
  for (const int custodian : {0, 1}) trial_.start(custodian);
  auto other = OperatorClient::open(trial_.folder(1), trial_.network_file());
  ASSERT_OK(other);
  net::Message question;
  question.head["type"] = protocol::type::refresh;
  EXPECT_ERROR(other->call(question, plenty()), ErrorCode::refused);
  // What custodians ask one another is nothing that an operator may ask.
  question.head["type"] = protocol::type::refresh_end;
  question.head["epoch"] = 7;
  EXPECT_ERROR(other->call(question, plenty()), ErrorCode::refused);
}

}  // namespace
}  // namespace qorgan::custodian::test
