// What one custodian writes into its log, judges by its policy, and tells the subject.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "base/limits.h"
#include "custodian/peer_messages.h"
#include "policy/warrant.h"
#include "tests/custodian/engine_trial.h"

namespace qorgan::custodian {
namespace {

using namespace test;
using ledger::Event;

class EngineLogTest : public EngineTrial {
 protected:
  // The log as everybody reads it.
  std::vector<ledger::Leaf> leaves() {
    std::vector<ledger::Leaf> all;
    for (std::uint64_t i = 0; i < engine_->log().size(); ++i) {
      const auto entry = engine_->log().entry(i);
      EXPECT_TRUE(entry);
      const auto leaf = ledger::parse_leaf({reinterpret_cast<const char*>(entry->data()), entry->size()});
      EXPECT_TRUE(leaf) << leaf.error().message();
      all.push_back(*leaf);
    }
    return all;
  }
  std::vector<Event> events_of(const Request& asked) {
    std::vector<Event> events;
    for (const ledger::Leaf& leaf : leaves())
      if (leaf.request == asked.id) events.push_back(leaf.event);
    return events;
  }
  // Waits until the log has that many entries of a request.
  void expect_events(const Request& asked, const std::vector<Event>& expected) {
    const Deadline deadline = plenty();
    while (events_of(asked).size() < expected.size() && !deadline.passed()) std::this_thread::yield();
    EXPECT_EQ(events_of(asked), expected);
  }
  // Into the store of a custodian that does not run: uses of a record that were logged long ago.
  void add_uses(std::int64_t record_seq, std::size_t count) {
    const std::filesystem::path own = state() / "custodian-1";
    const auto keys = load_custodian_keys(own, network_);
    ASSERT_OK(keys);
    store::Options options;
    options.path = own / kDatabaseFile;
    options.custodian = 1;
    options.network_id = network_.id();
    auto store = store::Store::open(options, keys->storage.clone());
    ASSERT_OK(store);
    for (std::size_t i = 0; i < count; ++i) {
      ledger::Leaf leaf;
      leaf.time_s = unix_time_ms() / 1000;
      leaf.event = Event::verify;
      leaf.request = protocol::make_request_id(unix_time_ms());
      leaf.party = "office";
      leaf.purpose = leaf.basis = "door";
      leaf.purpose_version = 1;
      leaf.tag = leaf.details = ledger::Hash{};
      store::Entry entry = plain_entry(leaf, unix_time_ms());
      entry.record_seq = record_seq;
      const auto number = store->add_entry(entry);
      ASSERT_OK(number);
      ASSERT_OK(store->set_entry_index(*number, static_cast<std::int64_t>(1'000'000 + i)));
    }
  }
  // Of the subject: a lock and the like, as the web has checked it.
  Request own(Kind kind, const Request& enrolment) {
    Request made;
    made.id = protocol::make_request_id(unix_time_ms());
    made.kind = kind;
    made.asker = kind == Kind::expire ? protocol::Asker::custodian : protocol::Asker::subject;
    made.record = enrolment.record_id();
    if (kind != Kind::expire) made.signed_request = "checked before";
    return made;
  }
  Status apply(const Request& asked, OperationKind kind, const Request& enrolment, std::int64_t sequence) {
    QORGAN_CHECK(prepare(asked));
    QORGAN_CHECK(vote(asked));
    return engine_->apply({sequence, kind, asked.id, enrolment.record_id(), 0, 0});
  }
};

TEST_F(EngineLogTest, NothingIsGivenForARecoveryBeforeItsEntryIsPublishedNorAfterItsEnd) {
  const auto recoveries = [&] {
    return std::ranges::count_if(leaves(), [](const ledger::Leaf& leaf) { return leaf.event == Event::recover; });
  };
  recorder_.reset();  // nothing gets into the log
  EXPECT_ERROR(engine_->log_recovery(2, "first", soon()), ErrorCode::timeout);
  EXPECT_EQ(engine_->knows_recovery(2, "first"), false);
  recorder_ = std::make_unique<Recorder>(*engine_);
  ASSERT_OK(engine_->log_recovery(2, "first", plenty()));
  EXPECT_EQ(engine_->knows_recovery(2, "first"), true);
  EXPECT_EQ(engine_->knows_recovery(0, "first"), false);
  open(1);
  EXPECT_EQ(engine_->knows_recovery(2, "first"), true);
  EXPECT_EQ(recoveries(), 1);

  ASSERT_OK(engine_->end_recovery(2));
  EXPECT_EQ(engine_->knows_recovery(2, "first"), false);
  ASSERT_OK(engine_->log_recovery(2, "first", plenty()));
  EXPECT_EQ(engine_->knows_recovery(2, "first"), true);
  EXPECT_EQ(recoveries(), 2);

  // As it was written a day ago.
  const auto note = engine_->find_note("recovery-2");
  ASSERT_TRUE(note && *note);
  std::istringstream fields(**note);
  std::string id;
  std::int64_t begun_ms = 0;
  std::int64_t entry = 0;
  fields >> id >> begun_ms >> entry;
  begun_ms -= limits::recovery_kept_ms + 1;
  ASSERT_OK(engine_->put_note("recovery-2", id + " " + std::to_string(begun_ms) + " " + std::to_string(entry)));
  EXPECT_EQ(engine_->knows_recovery(2, "first"), false);
}

TEST_F(EngineLogTest, AVoteIsGivenAfterItsEntryIsPublished) {
  const Request anna = request(Kind::enrol);
  ASSERT_OK(prepare(anna));
  EXPECT_EQ(events_of(anna), std::vector<Event>{});
  ASSERT_OK(vote(anna));
  EXPECT_EQ(events_of(anna), std::vector{Event::enrol});
  EXPECT_EQ(engine_->log().published_size(), engine_->log().size());
}

TEST_F(EngineLogTest, AnEntrySaysTheGroundsAndNamesNobody) {
  const Request anna = enrol(1, 1);
  const Request asked = request(Kind::verify);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  const std::vector<ledger::Leaf> all = leaves();
  const ledger::Leaf& leaf = all.back();
  EXPECT_EQ(leaf.event, Event::verify);
  EXPECT_EQ(leaf.party, "office");
  EXPECT_EQ(leaf.purpose, "verification");
  EXPECT_FALSE(leaf.basis.empty());
  ASSERT_TRUE(leaf.tag && leaf.details);
  EXPECT_EQ(*leaf.tag, ledger::subject_tag(ledger::view_key_of(view_key(), 1), asked.id));
  EXPECT_NE(*leaf.tag, ledger::subject_tag(ledger::view_key_of(view_key(), 2), asked.id));
  const std::vector<std::string> secrets{"operator", "desk\"", to_hex(asked.subject), to_hex(anna.record_id())};
  for (const std::string& secret : secrets) EXPECT_EQ(leaf.text().find(secret), std::string::npos) << secret;
}

TEST_F(EngineLogTest, ARefusalIsLoggedAndSaysWho) {
  Request asked = request(Kind::verify);
  enrol(1, 1);
  asked.purpose = "curiosity";
  ASSERT_OK(prepare(asked));
  const Status refused = vote(asked);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::refused);
  EXPECT_NE(refused.error().where.find("custodian 1"), std::string::npos) << refused.error().message();
  expect_events(asked, {Event::refused});
  EXPECT_EQ(phase(asked), Phase::aborted);
  const auto checks = engine_->explain(asked.id, "desk");
  ASSERT_OK(checks);
  EXPECT_TRUE(std::any_of(checks->begin(), checks->end(),
                          [](const policy::Check& check) { return check.rule == "purpose" && !check.passed; }));
  EXPECT_ERROR(engine_->explain(asked.id, "another desk"), ErrorCode::not_found);
}

// What the records say is told to a desk after the log says that the desk was told.
TEST_F(EngineLogTest, WhoIsEnrolledIsToldAfterItIsLogged) {
  const Request anna = enrol(1, 1);
  const std::vector<std::pair<Request, ErrorCode>> cases = {{request(Kind::enrol, 1), ErrorCode::already_exists},
                                                            {request(Kind::verify, 2), ErrorCode::not_found},
                                                            {request(Kind::erase, 2), ErrorCode::not_found},
                                                            {request(Kind::verify, 1, {7}), ErrorCode::not_found}};
  for (const auto& [asked, code] : cases) {
    SCOPED_TRACE(protocol::kind_name(asked.kind));
    ASSERT_OK(prepare(asked));
    EXPECT_ERROR(vote(asked), code);
    EXPECT_EQ(engine_->log().published_size(), engine_->log().size());
    const std::vector<ledger::Leaf> all = leaves();
    ASSERT_EQ(events_of(asked), std::vector{Event::refused});
    EXPECT_EQ(all.back().reason, error_code_name(code));
    EXPECT_EQ(all.back().party, "office");
    ASSERT_TRUE(all.back().tag && all.back().details);
    const bool is_annas = asked.subject == anna.subject;
    EXPECT_EQ(*all.back().tag == ledger::subject_tag(ledger::view_key_of(view_key(), 1), asked.id), is_annas);
    const auto ended = engine_->wait_for_end(asked.id, plenty());
    ASSERT_OK(ended);
    EXPECT_EQ(ended->aborted->code, code);
  }
  // The person sees who tried, and why it came to nothing.
  const auto trace = engine_->trace(anna.record_id(), TracePage{});
  ASSERT_OK(trace);
  std::vector<Event> told;
  for (const LoggedEntry& use : trace->uses) told.push_back(use.event);
  EXPECT_EQ(told, (std::vector{Event::refused, Event::refused, Event::enrol}));
  EXPECT_NE(trace->uses.front().opening.find("operator"), std::string::npos);
}

// A log that takes nothing: nobody is told anything, however they ask.
TEST_F(EngineLogTest, ARefusalThatIsNotInTheLogIsNotTold) {
  recorder_.reset();
  const Request asked = request(Kind::verify, 2);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(engine_->digests(asked.id, asked.digest(), 0, soon()));
  EXPECT_ERROR(engine_->vote(asked.id, asked.digest(), soon()), ErrorCode::timeout);
  EXPECT_ERROR(engine_->vote(asked.id, asked.digest(), soon()), ErrorCode::timeout);
  EXPECT_TRUE(engine_->digests(asked.id, asked.digest(), 0, soon())) << "says nothing of the records";
  EXPECT_ERROR(engine_->wait_for_end(asked.id, soon()), ErrorCode::undecided);
  EXPECT_ERROR(engine_->explain(asked.id, "desk"), ErrorCode::busy);
  EXPECT_EQ(engine_->decision_of(asked.id)->phase, Phase::prepared);
  // It was written down, and outlives this process.
  open(1);
  const auto ended = engine_->wait_for_end(asked.id, plenty());
  ASSERT_OK(ended);
  EXPECT_EQ(ended->aborted->code, ErrorCode::not_found);
  expect_events(asked, {Event::refused});
}

// A log that takes nothing: whatever a desk asks, one that was refused is answered as one that was agreed to and given
// up, or is under way.
TEST_F(EngineLogTest, ARefusalIsNotToldApartBeforeItIsPublished) {
  const Request anna = enrol(1, 1);
  recorder_.reset();
  const Request refused = request(Kind::verify, 2);
  const Request given_up = request(Kind::verify, 1);
  std::vector<std::string> told;
  for (const Request& asked : {refused, given_up}) {
    ASSERT_OK(prepare(asked));
    ASSERT_OK(engine_->digests(asked.id, asked.digest(), 0, soon()));
    const Status voted = engine_->vote(asked.id, asked.digest(), soon());
    ASSERT_FALSE(voted);
    told.push_back(voted.error().message());
  }
  EXPECT_EQ(told[0], told[1]);
  const Request under_way = request(Kind::verify, 1);
  ASSERT_OK(prepare(under_way));
  ASSERT_OK(engine_->abort(given_up.id, kAway));
  for (const Request& asked : {refused, given_up, under_way}) {
    EXPECT_FALSE(engine_->progress(asked.id, "desk")->ended);
    const auto end = engine_->wait_for_end(asked.id, soon());
    ASSERT_FALSE(end);
    EXPECT_ERROR(end, ErrorCode::undecided);
    EXPECT_EQ(end.error().what, "the request is not decided yet");
    EXPECT_EQ(engine_->cancel(asked.id, "desk"), true);
  }
  recorder_ = std::make_unique<Recorder>(*engine_);
  for (const auto& [asked, code] : {std::pair(refused, ErrorCode::not_found), std::pair(given_up, kAway.code)}) {
    const auto end = engine_->wait_for_end(asked.id, plenty());
    ASSERT_OK(end);
    EXPECT_EQ(end->aborted->code, code);
    EXPECT_EQ(end->is_new_refusal, code == ErrorCode::not_found);
    EXPECT_TRUE(engine_->progress(asked.id, "desk")->ended);
    EXPECT_EQ(engine_->cancel(asked.id, "desk"), false);
    EXPECT_FALSE(engine_->wait_for_end(asked.id, plenty())->is_new_refusal) << "counted once";
  }
  expect_events(given_up, {Event::verify, Event::aborted});
}

// Places in the queue tell nothing either.
TEST_F(EngineLogTest, ARefusalKeepsItsPlaceUntilItIsPublished) {
  recorder_.reset();
  for (int i = 0; i < limits::requests_of_desk_max; ++i) {
    const Request asked = request(Kind::erase, 2);
    ASSERT_OK(prepare(asked));
    EXPECT_ERROR(engine_->vote(asked.id, asked.digest(), Deadline::after_ms(0)), ErrorCode::timeout);
  }
  EXPECT_ERROR(prepare(request(Kind::erase, 2)), ErrorCode::busy);
  recorder_ = std::make_unique<Recorder>(*engine_);
  const Deadline deadline = plenty();
  Status taken = prepare(request(Kind::erase, 2));
  while (!taken && !deadline.passed()) {
    std::this_thread::yield();
    taken = prepare(request(Kind::erase, 2));
  }
  EXPECT_OK(taken);
}

// Its end is in the log: so is what ended.
TEST_F(EngineLogTest, WhatWasAgreedToAndGivenUpIsLoggedWholeAfterANewStart) {
  enrol(1, 1);
  recorder_.reset();
  const Request given_up = request(Kind::verify);
  const Request left = request(Kind::erase);
  for (const Request& asked : {given_up, left}) {
    ASSERT_OK(prepare(asked));
    EXPECT_ERROR(engine_->vote(asked.id, asked.digest(), soon()), ErrorCode::timeout);
  }
  ASSERT_OK(engine_->abort(given_up.id, kAway));
  open(1);
  expect_events(given_up, {Event::verify, Event::aborted});
  EXPECT_EQ(events_of(left), std::vector<Event>{});
}

// An hour later the coordinator knows by its entries that a comparison was answered.
TEST_F(EngineLogTest, AnAnsweredComparisonIsNotSaidToHaveComeToNothing) {
  open(0);
  enrol(1, 1);
  const Request answered = ready(Kind::verify, 1);
  ASSERT_OK(engine_->take_comparison(answered.id));
  ASSERT_OK(engine_->store_result(answered.id, Bytes(2), 1, {}));
  ASSERT_OK(engine_->commit_comparison(answered.id));
  const Request given_up = ready(Kind::verify, 1);
  ASSERT_OK(engine_->abort(given_up.id, kAway));
  expect_events(given_up, {Event::verify, Event::aborted});
  close();
  {
    auto store = open_store(0);
    ASSERT_OK(store);
    ASSERT_OK(store->purge_requests(INT64_MAX));
  }
  open(0);
  EXPECT_ERROR(engine_->ticket(answered.id), ErrorCode::not_found);
  EXPECT_EQ(engine_->decision_of(answered.id)->phase, Phase::committed);
  // Young ids count as being on their way.
  EXPECT_EQ(engine_->decision_of(given_up.id)->phase, Phase::prepared);
}

// Subjects and custodians themselves fill no log with what came to nothing.
TEST_F(EngineLogTest, WhatIsGoneIsNoEntryForWhoHeldIt) {
  const Request anna = enrol(1, 1);
  ASSERT_OK(apply(own(Kind::erase, anna), OperationKind::erase, anna, 2));
  const Request late = own(Kind::lock, anna);
  ASSERT_OK(prepare(late));
  EXPECT_ERROR(vote(late), ErrorCode::not_found);
  expect_events(late, {});
}

TEST_F(EngineLogTest, WhoMayNotAskLearnsNothingOfTheRecords) {
  enrol(1, 1);
  for (const int subject : {1, 2}) {
    Request asked = request(Kind::verify, static_cast<std::uint8_t>(subject));
    asked.purpose = "curiosity";
    ASSERT_OK(prepare(asked));
    EXPECT_ERROR(vote(asked), ErrorCode::refused);
    EXPECT_TRUE(leaves().back().tag) << "tagged, whether there is somebody or not";
  }
}

TEST_F(EngineLogTest, AQuestionForAnAbsenceIsLoggedBeforeItIsAnswered) {
  const Request anna = enrol(1, 1);
  const auto ask = [&](std::uint8_t subject) {
    AbsenceQuestion question;
    question.id = protocol::make_request_id(unix_time_ms());
    question.desk = "desk";
    question.operator_name = "operator";
    question.party = "office";
    question.pseudonym.fill(subject);
    return question;
  };
  for (const auto& [subject, held] : {std::pair(1, true), std::pair(2, false)}) {
    const AbsenceQuestion question = ask(static_cast<std::uint8_t>(subject));
    const auto looked = engine_->look_for(question, plenty());
    ASSERT_OK(looked);
    EXPECT_EQ(looked->held, held);
    EXPECT_EQ(looked->sequence, 1);
    EXPECT_EQ(engine_->log().published_size(), engine_->log().size());
    const ledger::Leaf leaf = leaves().back();
    EXPECT_EQ(leaf.event, Event::absence);
    EXPECT_EQ(leaf.request, question.id);
    EXPECT_EQ(leaf.party, "office");
    EXPECT_EQ(leaf.tag == ledger::subject_tag(ledger::view_key_of(view_key(), 1), question.id), held);
  }
  const auto trace = engine_->trace(anna.record_id(), TracePage{});
  ASSERT_OK(trace);
  ASSERT_EQ(trace->uses.size(), 2U);
  EXPECT_EQ(trace->uses.front().event, Event::absence);
  EXPECT_NE(trace->uses.front().opening.find("operator"), std::string::npos);
  // Under an id of its own, made now.
  AbsenceQuestion again = ask(2);
  again.id = anna.id;
  EXPECT_ERROR(engine_->look_for(again, plenty()), ErrorCode::stale);
  AbsenceQuestion twice = ask(2);
  ASSERT_OK(engine_->look_for(twice, plenty()));
  EXPECT_ERROR(engine_->look_for(twice, plenty()), ErrorCode::stale);
  EXPECT_EQ(std::ranges::count_if(leaves(), [&](const ledger::Leaf& leaf) { return leaf.request == twice.id; }), 1);
  again.id = protocol::make_request_id(unix_time_ms() - 2 * limits::request_age_ms_max);
  EXPECT_ERROR(engine_->look_for(again, plenty()), ErrorCode::stale);
  recorder_.reset();
  EXPECT_ERROR(engine_->look_for(ask(2), soon()), ErrorCode::timeout);
}

// An entry that is no agreement does not stand for one of the same id.
TEST_F(EngineLogTest, AnotherEntryOfTheSameIdIsNoVote) {
  enrol(1, 1);
  const Request asked = request(Kind::verify);
  AbsenceQuestion question;
  question.id = asked.id;
  question.desk = question.operator_name = question.party = "office";
  ASSERT_OK(engine_->look_for(question, plenty()));
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  EXPECT_EQ(events_of(asked), (std::vector{Event::absence, Event::verify}));
}

TEST_F(EngineLogTest, WhatCameToNothingSaysSo) {
  enrol(1, 1);
  const Request asked = request(Kind::verify);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  ASSERT_OK(engine_->abort(asked.id, {ErrorCode::unavailable, "a custodian is away", {}, {}}));
  expect_events(asked, {Event::verify, Event::aborted});
  const Request never = request(Kind::verify);
  ASSERT_OK(prepare(never));
  ASSERT_OK(engine_->abort(never.id, {ErrorCode::unavailable, "a custodian is away", {}, {}}));
  expect_events(never, {});
}

// Stopped at once after the vote: the next start finds the entry, ends the comparison that lost its probe, and says so.
TEST_F(EngineLogTest, AfterAStopTheEndIsLogged) {
  enrol(1, 1);
  const Request asked = request(Kind::verify);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  open(1);
  expect_events(asked, {Event::verify, Event::aborted});
  open(1);
  expect_events(asked, {Event::verify, Event::aborted});
}

TEST_F(EngineLogTest, ADatabaseThatWasSetBackIsNoticed) {
  enrol(1, 1);
  close();
  const std::filesystem::path file = state() / "custodian-1" / kDatabaseFile;
  std::filesystem::copy_file(file, file.string() + ".old");
  open(1);
  enrol(2, 2);
  close();
  std::filesystem::remove(file.string() + "-wal");
  std::filesystem::copy_file(file.string() + ".old", file, std::filesystem::copy_options::overwrite_existing);
  const auto opened = try_open(1);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::damaged);
  EXPECT_NE(opened.error().message().find("set back"), std::string::npos) << opened.error().message();
}

TEST_F(EngineLogTest, AWarrantIsUsedAsOftenAsItSaysAndNoMore) {
  enrol(1, 1);
  auto two = make_trial_warrant(state(), network_, 2);
  ASSERT_OK(two);
  warrant_ = *two;
  const auto search = [&] {
    const Request asked = request(Kind::identify);
    EXPECT_TRUE(prepare(asked));
    return std::pair(asked, vote(asked));
  };
  const auto [first, first_vote] = search();
  ASSERT_OK(first_vote);
  const auto [second, second_vote] = search();
  ASSERT_OK(second_vote);
  EXPECT_ERROR(search().second, ErrorCode::refused);
  // What came to nothing is not counted; and a new start forgets no use.
  ASSERT_OK(engine_->abort(second.id, kAway));
  const auto [third, third_vote] = search();
  ASSERT_OK(third_vote);
  ASSERT_OK(engine_->take_snapshot(third.id, 1, soon()));
  ASSERT_OK(engine_->take_comparison(third.id));
  ASSERT_OK(engine_->store_result(third.id, {0, 0}, 1, {}));
  ASSERT_OK(engine_->commit_comparison(third.id));
  // The first is aborted by a new start, which does not know whether it had begun: it counts.
  open(1);
  EXPECT_ERROR(search().second, ErrorCode::refused);
}

// What was counted in a day outlives the process; what was refused was never counted; nobody's name is written.
TEST_F(EngineLogTest, QuotasOutliveARestart) {
  enrol(1, 1);
  const auto notes = [&] {
    close();
    std::ifstream file(state() / "custodian-1" / kDatabaseFile, std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    open(1);
    return content;
  };
  const auto ask = [&](const std::string& purpose) {
    Request asked = request(Kind::verify);
    asked.operator_name = "Zylikha the operator";
    asked.purpose = purpose;
    EXPECT_TRUE(prepare(asked));
    static_cast<void>(vote(asked));
    const auto checks = engine_->explain(asked.id, "desk");
    EXPECT_TRUE(checks);
    for (const policy::Check& check : *checks)
      if (check.rule == "quota-operator-day") return check.text.substr(0, check.text.find(" of "));
    return std::string();
  };
  EXPECT_EQ(ask("verification"), "request 1");
  ask("curiosity");
  EXPECT_EQ(ask("verification"), "request 2");
  const std::string content = notes();
  EXPECT_NE(content.find("usage/operator/"), std::string::npos);
  EXPECT_EQ(content.find("Zylikha"), std::string::npos);
  EXPECT_EQ(ask("verification"), "request 3");
  open(1);
  EXPECT_EQ(ask("verification"), "request 4");
}

TEST_F(EngineLogTest, WithoutAWarrantThereIsNoSearch) {
  enrol(1, 1);
  warrant_.clear();
  const Request asked = request(Kind::identify);
  ASSERT_OK(prepare(asked));
  EXPECT_ERROR(vote(asked), ErrorCode::refused);
  expect_events(asked, {Event::refused});
}

TEST_F(EngineLogTest, ALockedRecordIsLeftOutAndAnUnlockedOneIsNot) {
  const Request anna = enrol(1, 1);
  ASSERT_OK(apply(own(Kind::lock, anna), OperationKind::lock, anna, 2));
  const Request refused = request(Kind::verify);
  ASSERT_OK(prepare(refused));
  EXPECT_ERROR(vote(refused), ErrorCode::refused);
  open(1);
  EXPECT_EQ(engine_->person(anna.record_id())->flags, store::kLocked);
  ASSERT_OK(apply(own(Kind::unlock, anna), OperationKind::unlock, anna, 3));
  const Request asked = request(Kind::verify);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  // Locked between the vote and the comparison.
  ASSERT_OK(apply(own(Kind::lock, anna), OperationKind::lock, anna, 4));
  EXPECT_ERROR(engine_->take_snapshot(asked.id, 4, plenty()), ErrorCode::refused);
}

// Its own policy overrides a lock for a search under a warrant; another custodian's does not.
TEST_F(EngineLogTest, WhomAnotherPolicyLeavesOutIsLeftOutHereToo) {
  const Request anna = enrol(1, 1);
  enrol(2, 2);
  ASSERT_OK(apply(own(Kind::lock, anna), OperationKind::lock, anna, 3));
  const Request search = request(Kind::identify);
  ASSERT_OK(prepare(search));
  ASSERT_OK(vote(search));
  EXPECT_EQ(engine_->ticket(search.id)->leave_out, (LeaveOut{false, false}));
  const auto people = [&](const LeaveOut& also) {
    const auto snapshot = engine_->take_snapshot(search.id, 3, plenty(), also);
    EXPECT_TRUE(snapshot);
    return snapshot ? snapshot->people : 99;
  };
  EXPECT_EQ(people({false, false}), 2U);
  EXPECT_EQ(people({true, false}), 1U);
  EXPECT_EQ(people({false, true}), 2U);
  // What the others would allow opens nothing that its own policy keeps shut.
  ASSERT_OK(apply(own(Kind::unlock, anna), OperationKind::unlock, anna, 4));
  const Request asked = request(Kind::verify);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(vote(asked));
  EXPECT_TRUE(engine_->ticket(asked.id)->leave_out.locked);
  ASSERT_OK(apply(own(Kind::lock, anna), OperationKind::lock, anna, 5));
  EXPECT_ERROR(engine_->take_snapshot(asked.id, 5, plenty(), {false, false}), ErrorCode::refused);
}

TEST(LeaveOut, TheStricterCountsAndTravelsWhole) {
  for (const bool a : {false, true})
    for (const bool b : {false, true})
      for (const bool c : {false, true})
        for (const bool d : {false, true}) {
          const LeaveOut both = LeaveOut{a, b}.stricter({c, d});
          EXPECT_EQ(both, (LeaveOut{a || c, b || d}));
          EXPECT_EQ(read_leave_out(vote_answer(1, both)).value(), both);
          EXPECT_EQ(read_leave_out(snapshot_message({}, 1, both)).value(), both);
        }
  // One that says nothing has not voted.
  EXPECT_FALSE(read_leave_out(plain_message("answer")));
}

TEST_F(EngineLogTest, WithdrawnConsentEndsWhatRestsOnIt) {
  const Request anna = enrol(1, 1);
  ASSERT_OK(apply(own(Kind::withdraw, anna), OperationKind::withdraw, anna, 2));
  const Request refused = request(Kind::verify);
  ASSERT_OK(prepare(refused));
  EXPECT_ERROR(vote(refused), ErrorCode::refused);
}

TEST_F(EngineLogTest, ATraceTellsEveryUseAndErasingDestroysWhatItTells) {
  const Request anna = enrol(1, 1);
  const Request asked = ready(Kind::verify, 1);
  ASSERT_OK(engine_->take_comparison(asked.id));
  ASSERT_OK(engine_->store_result(asked.id, {0, 0}, 1, {}));
  ASSERT_OK(engine_->commit_comparison(asked.id));
  const Request search = ready(Kind::identify, 1);
  const auto trace = engine_->trace(anna.record_id(), TracePage{});
  ASSERT_OK(trace);
  ASSERT_EQ(trace->uses.size(), 2U);
  EXPECT_EQ(trace->uses[0].event, Event::verify);
  EXPECT_EQ(trace->uses[1].event, Event::enrol);
  for (const LoggedEntry& use : trace->uses) {
    const auto leaf = ledger::parse_leaf(use.leaf);
    const auto opening = ledger::parse_opening(use.opening);
    ASSERT_TRUE(leaf && opening);
    EXPECT_EQ(leaf->details, ledger::details_commitment(*opening));
    EXPECT_NE(opening->details.find("operator"), std::string::npos);
  }
  ASSERT_EQ(trace->searches.size(), 1U);
  EXPECT_TRUE(trace->searches[0].opening.empty());

  const Request erasure = own(Kind::erase, anna);
  ASSERT_OK(apply(erasure, OperationKind::erase, anna, 2));
  expect_events(erasure, {Event::erase, Event::erased});
  EXPECT_ERROR(engine_->trace(anna.record_id(), TracePage{}), ErrorCode::not_found);
  // The entries stay in the log for ever; what would open them is gone.
  for (const Request& before : {anna, asked}) {
    const auto entries = engine_->logged_entries(before.id, plenty());
    ASSERT_OK(entries);
    for (const LoggedEntry& entry : *entries) EXPECT_TRUE(entry.opening.empty());
  }
  // Whom an answer was given to is to be told, once.
  const auto notices = engine_->notices_for("office", {});
  ASSERT_OK(notices);
  ASSERT_EQ(notices->size(), 1U);
  const auto told = engine_->tell_notice_part("office", anna.record_id(), 0);
  ASSERT_OK(told);
  EXPECT_EQ(told->answered, std::vector{asked.id});
  ASSERT_OK(engine_->acknowledge_notice("office", anna.record_id()));
  EXPECT_EQ(engine_->notices_for("office", {})->size(), 0U);
  expect_events(erasure, {Event::erase, Event::erased, Event::notified, Event::notified});
}

// A door with more uses of one person than one part holds.
TEST_F(EngineLogTest, ANoticeNamesEveryRequestAndIsAcknowledgedWhenAllAreTold) {
  const Request anna = enrol(1, 1);
  constexpr std::size_t kUses = 2 * limits::notice_part_requests_max + 500;
  close();
  add_uses(1, kUses);
  open(1);
  const Request erasure = own(Kind::erase, anna);
  ASSERT_OK(apply(erasure, OperationKind::erase, anna, 2));
  expect_events(erasure, {Event::erase, Event::erased});
  const protocol::RecordId record = anna.record_id();
  ASSERT_EQ(engine_->notices_for("office", {})->size(), 1U);
  EXPECT_EQ(engine_->notices_for("office", record)->size(), 0U);
  EXPECT_ERROR(engine_->acknowledge_notice("office", record), ErrorCode::refused);
  EXPECT_ERROR(engine_->tell_notice_part("office", record, limits::notice_part_requests_max), ErrorCode::stale);
  EXPECT_ERROR(engine_->tell_notice_part("another", record, 0), ErrorCode::not_found);
  std::set<store::Id> named;
  for (std::size_t from = 0; from < kUses;) {
    EXPECT_ERROR(engine_->acknowledge_notice("office", record), ErrorCode::refused);
    EXPECT_EQ(engine_->notices_of(erasure.id)->front().told_ms, 0) << "not told as long as a part is missing";
    const auto part = engine_->tell_notice_part("office", record, from);
    ASSERT_OK(part);
    EXPECT_EQ(part->all, kUses);
    ASSERT_FALSE(part->answered.empty());
    named.insert(part->answered.begin(), part->answered.end());
    from += part->answered.size();
  }
  EXPECT_EQ(named.size(), kUses);
  EXPECT_NE(engine_->notices_of(erasure.id)->front().told_ms, 0);
  expect_events(erasure, {Event::erase, Event::erased, Event::notified});
  ASSERT_OK(engine_->acknowledge_notice("office", record));
  ASSERT_OK(engine_->acknowledge_notice("office", record));
  expect_events(erasure, {Event::erase, Event::erased, Event::notified, Event::notified});
}

TEST_F(EngineLogTest, ARecordEndsByItselfOnlyWhenItsTimeIsOver) {
  const Request anna = enrol(1, 1);
  EXPECT_TRUE(engine_->overdue(INT64_MAX).empty());  // kept until it is withdrawn
  const Request early = own(Kind::expire, anna);
  ASSERT_OK(prepare(early));
  EXPECT_ERROR(vote(early), ErrorCode::refused);
}

// With another custodian whose clock the test sets; this one's is given in.
class HiddenTest : public EngineLogTest {
 protected:
  void SetUp() override {
    now_s_ = unix_time_ms() / 1000;
    until_s_ = now_s_ + 48 * 3600;
    witness_time_s_ = now_s_;
    EngineLogTest::SetUp();
    anna_ = enrol(1, 1);
    auto hidden = make_trial_warrant(state(), network_, 10, until_s_);
    ASSERT_OK(hidden);
    warrant_ = *hidden;
  }
  void expect_left(std::int64_t own_time_s, std::size_t closed, std::size_t waiting) {
    const auto left = engine_->open_hidden(own_time_s * 1000);
    ASSERT_OK(left);
    EXPECT_EQ(left->closed, closed);
    EXPECT_EQ(left->waiting, waiting);
  }
  void wait_witnessed(std::int64_t time_s) {
    witness_time_s_ = time_s;
    engine_->log().ask_witnesses_again();
    const Deadline deadline = plenty();
    while (engine_->log().witnessed_time_s() != time_s && !deadline.passed()) std::this_thread::yield();
    ASSERT_EQ(engine_->log().witnessed_time_s(), time_s);
  }
  std::size_t openings() {
    const auto all = leaves();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const auto& leaf) { return leaf.event == Event::opened; }));
  }
  void expect_openings(std::size_t expected) {
    const Deadline deadline = plenty();
    while (openings() < expected && !deadline.passed()) std::this_thread::yield();
    EXPECT_EQ(openings(), expected);
  }
  // Not that it came to nothing, as with the custodian's restart.
  std::size_t searches_told() {
    const auto trace = engine_->trace(anna_.record_id(), TracePage{});
    EXPECT_TRUE(trace);
    if (!trace) return 99;
    return static_cast<std::size_t>(std::count_if(trace->searches.begin(), trace->searches.end(),
                                                  [](const auto& told) { return told.event == Event::identify; }));
  }

  Request anna_;
  std::int64_t now_s_ = 0;
  std::int64_t until_s_ = 0;
};

TEST_F(HiddenTest, OpensWhenTwoClocksHavePassedTheDate) {
  ready(Kind::identify, 1);
  expect_left(now_s_, 1, 0);
  // This custodian's clock jumps.
  expect_left(until_s_ + 3600, 1, 1);
  EXPECT_EQ(searches_told(), 0U);
  open(1);
  expect_left(until_s_ + 3600, 1, 1);
  // The other one's.
  wait_witnessed(until_s_ + 60);
  expect_left(now_s_, 1, 0);
  expect_left(until_s_ - 1, 1, 0);
  EXPECT_EQ(searches_told(), 0U);
  EXPECT_EQ(openings(), 0U);
  // Both have come to it.
  expect_left(until_s_, 0, 0);
  expect_openings(1);
  EXPECT_EQ(searches_told(), 1U);
  // Once, whatever the clocks do afterwards.
  expect_left(now_s_ - 86'400, 0, 0);
  expect_left(until_s_ + 86'400, 0, 0);
  open(1);
  expect_left(until_s_ + 86'400, 0, 0);
  expect_openings(1);
  EXPECT_EQ(searches_told(), 1U);
}

// A log at rest is cosigned anew when a date has come: nobody else need ask for anything.
TEST_F(HiddenTest, OpensAlsoWhereNothingElseIsLogged) {
  ready(Kind::identify, 1);
  witness_time_s_ = until_s_;
  const Deadline deadline = plenty();
  while (!deadline.passed()) {
    const auto left = engine_->open_hidden(until_s_ * 1000);
    ASSERT_OK(left);
    if (left->closed == 0) break;
    std::this_thread::yield();
  }
  expect_openings(1);
}

TEST_F(HiddenTest, TheEarliestOpensFirst) {
  ready(Kind::identify, 1);
  auto later = make_trial_warrant(state(), network_, 10, until_s_ + 86'400);
  ASSERT_OK(later);
  warrant_ = *later;
  ready(Kind::identify, 1);
  wait_witnessed(until_s_ + 2 * 86'400);
  expect_left(until_s_, 1, 0);
  expect_left(until_s_ + 86'400, 0, 0);
  expect_openings(2);
}

// Looked for every two seconds, under the lock that requests wait for.
TEST_F(HiddenTest, NothingIsReadWhereNothingIsDue) {
  close();
  std::chrono::duration<double, std::micro> walk{};
  {
    const std::filesystem::path folder = state() / "custodian-1";
    const auto keys = load_custodian_keys(folder, network_);
    ASSERT_OK(keys);
    store::Options options;
    options.path = folder / kDatabaseFile;
    options.custodian = 1;
    options.network_id = network_.id();
    auto store = store::Store::open(options, keys->storage.clone());
    ASSERT_OK(store);
    for (std::int64_t i = 0; i < 2'000; ++i) {
      ledger::Leaf leaf;
      leaf.time_s = now_s_;
      leaf.event = Event::identify;
      leaf.request.emplace();
      crypto::fill_random(*leaf.request);
      leaf.details.emplace();
      leaf.hidden_until_s = until_s_ + i;
      store::Entry entry = plain_entry(leaf, now_s_ * 1000);
      entry.opening = crypto::SecretBytes(as_bytes("an opening"));
      const auto number = store->add_entry(entry);
      ASSERT_OK(number);
      ASSERT_OK(store->set_entry_index(*number, 1'000 + i));
    }
    const auto began = std::chrono::steady_clock::now();
    ASSERT_EQ(store->entries_of_event(stored_event(Event::identify, true), 0, INT64_MAX, SIZE_MAX)->size(), 2'000U);
    walk = std::chrono::steady_clock::now() - began;
  }
  ASSERT_OK(try_open(1));
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 1'000; ++i) expect_left(now_s_, 2'000, 0);
  const std::chrono::duration<double, std::micro> look = (std::chrono::steady_clock::now() - began) / 1'000;
  RecordProperty("walk_us", std::to_string(walk.count()));
  RecordProperty("look_us", std::to_string(look.count()));
  EXPECT_LT(look * 20, walk);
  // Each opens on its own date.
  wait_witnessed(until_s_ + 86'400);
  expect_left(until_s_ + 9, 1'990, 0);
}

// A disk whose fdatasync stands still while it is told to, and then does, or fails.
class StallingDisk final : public ledger::Disk {
 public:
  void stall() { stalls_ = true; }
  void go_on(bool works) {
    works_ = works;
    stalls_ = false;
    stalls_.notify_all();
  }
  bool is_waited_for() const { return waits_; }

  Result<std::unique_ptr<ledger::AppendFile>> open_append(const std::filesystem::path& path) override {
    QORGAN_TRY(auto file, disk_.open_append(path));
    return std::make_unique<File>(*this, std::move(file));
  }
  Status truncate(const std::filesystem::path& path, std::uint64_t size_bytes) override {
    return disk_.truncate(path, size_bytes);
  }
  Status write(const std::filesystem::path& path, ByteView content, bool durable) override {
    return disk_.write(path, content, durable);
  }
  Status sync(const std::filesystem::path& path) override { return disk_.sync(path); }
  Status remove(const std::filesystem::path& path) override { return disk_.remove(path); }
  Result<Bytes> read(const std::filesystem::path& path, std::size_t size_bytes_max) override {
    return disk_.read(path, size_bytes_max);
  }
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) override { return disk_.list(folder); }

 private:
  class File final : public ledger::AppendFile {
   public:
    File(StallingDisk& disk, std::unique_ptr<ledger::AppendFile> file) : disk_(disk), file_(std::move(file)) {}
    Status append(ByteView bytes) override { return file_->append(bytes); }
    Status sync() override {
      disk_.waits_ = disk_.stalls_.load();
      disk_.stalls_.wait(true);
      disk_.waits_ = false;
      if (!disk_.works_) return failure(ErrorCode::unavailable, "the disk gives up");
      return file_->sync();
    }
    Result<std::uint64_t> size_bytes() const override { return file_->size_bytes(); }

   private:
    StallingDisk& disk_;
    std::unique_ptr<ledger::AppendFile> file_;
  };

  ledger::Disk& disk_ = ledger::Disk::system();
  std::atomic<bool> stalls_ = false;
  std::atomic<bool> waits_ = false;
  std::atomic<bool> works_ = true;
};

class StallTest : public EngineLogTest {
 protected:
  void SetUp() override {
    disk_ = &stalling_;
    append_timeout_ms_ = 20;
    EngineLogTest::SetUp();
  }
  void TearDown() override {
    stalling_.go_on(true);
    EngineLogTest::TearDown();
  }
  void add(std::int64_t epoch) {
    ledger::Leaf leaf;
    leaf.time_s = unix_time_ms() / 1000;
    leaf.event = Event::refresh;
    leaf.epoch = epoch;
    ASSERT_OK(engine_->add_entry(leaf));
  }
  std::vector<std::int64_t> epochs() {
    std::vector<std::int64_t> all;
    for (const ledger::Leaf& leaf : leaves())
      if (leaf.event == Event::refresh) all.push_back(*leaf.epoch);
    return all;
  }
  template <class Condition>
  void wait_until(const Condition& holds) {
    const Deadline deadline = plenty();
    while (!holds() && !deadline.passed()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(holds());
  }
  void expect_all_logged_once(std::int64_t count) {
    std::vector<std::int64_t> expected;
    for (std::int64_t epoch = 1; epoch <= count; ++epoch) expected.push_back(epoch);
    wait_until([&] { return epochs().size() >= expected.size(); });
    EXPECT_EQ(epochs(), expected);
    // And the store knows it all.
    close();
    disk_ = nullptr;
    ASSERT_OK(try_open(1));
    EXPECT_EQ(epochs(), expected);
  }

  StallingDisk stalling_;
};

TEST_F(StallTest, GoesOnWithoutANewStartWhenTheDiskDoes) {
  add(1);
  wait_until([&] { return epochs().size() == 1; });
  stalling_.stall();
  add(2);
  wait_until([&] { return stalling_.is_waited_for(); });
  add(3);
  // Whoever asks is told meanwhile.
  wait_until([&] { return !engine_->log_health(); });
  EXPECT_EQ(engine_->log_health().error().code, ErrorCode::timeout);
  EXPECT_EQ(epochs().size(), 1U);
  stalling_.go_on(true);
  wait_until([&] { return engine_->log_health().has_value(); });
  add(4);
  expect_all_logged_once(4);
}

TEST_F(StallTest, WhatDidNotGetThereIsLoggedAfterAll) {
  add(1);
  wait_until([&] { return epochs().size() == 1; });
  stalling_.stall();
  add(2);
  wait_until([&] { return !engine_->log_health(); });
  stalling_.go_on(false);
  // The entry was taken back from the journal; tried again until the disk works.
  wait_until([&] { return engine_->log_health().has_value(); });
  EXPECT_EQ(epochs().size(), 1U);
  stalling_.go_on(true);
  add(3);
  expect_all_logged_once(3);
}

TEST_F(StallTest, ARequestThatWasGivenUpMeanwhileSaysSo) {
  const Request anna = enrol(1, 1);
  stalling_.stall();
  const Request asked = request(Kind::verify);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(engine_->digests(asked.id, asked.digest(), 0, soon()));
  EXPECT_ERROR(engine_->vote(asked.id, asked.digest(), soon()), ErrorCode::timeout);
  ASSERT_OK(engine_->abort(asked.id, kAway));
  wait_until([&] { return !engine_->log_health(); });
  stalling_.go_on(true);
  expect_events(asked, {Event::verify, Event::aborted});
  EXPECT_EQ(events_of(anna), std::vector{Event::enrol});
}

}  // namespace
}  // namespace qorgan::custodian
