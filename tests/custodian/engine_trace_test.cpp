// The pages in which a person is told what was done with their data: together they are the whole, each once, in order.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "custodian/entries.h"
#include "tests/custodian/engine_trial.h"

namespace qorgan::custodian {
namespace {

using namespace test;
using ledger::Event;

constexpr std::size_t kRowsAtOnce = 64;  // as in engine_trace.cpp: pages end within, at and beyond such a part

// An entry as a trace tells it: enough to know it again.
struct Told {
  protocol::RequestId request{};
  Event event = Event::verify;
  bool is_open = false;  // its details are told

  bool operator==(const Told&) const = default;
};
using List = std::vector<Told>;

std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << ledger::event_name(told.event) << ' ' << to_hex(told.request).substr(0, 12)
             << (told.is_open ? "+" : "");
}

List told(const std::vector<LoggedEntry>& entries) {
  List list;
  for (const LoggedEntry& entry : entries) {
    const auto leaf = ledger::parse_leaf(entry.leaf);
    EXPECT_OK(leaf);
    if (!leaf) continue;
    EXPECT_EQ(leaf->event, entry.event);
    list.push_back({leaf->request.value_or(protocol::RequestId()), leaf->event, !entry.opening.empty()});
  }
  return list;
}

// An entry that a test has written.
struct Written {
  protocol::RequestId request{};
  std::int64_t time_ms = 0;
};
using AllWritten = std::vector<Written>;

// All pages of a trace, one after another.
struct Walk {
  List uses;
  List searches;
  std::vector<std::size_t> use_pages;  // how many each held
  std::vector<std::size_t> search_pages;
};

class TraceTest : public EngineTrial {
 protected:
  void SetUp() override {
    now_ms_ = unix_time_ms();
    until_s_ = now_ms_ / 1000 + 48 * 3600;
    witness_time_s_ = now_ms_ / 1000;
    EngineTrial::SetUp();
    anna_ = enrol(1, 1);
  }

  Judgement judgement(bool is_hidden) const {
    Judgement judgement;
    judgement.party = "office";
    judgement.purpose = "door";
    judgement.purpose_version = 1;
    judgement.basis = "consent";
    if (is_hidden) judgement.hidden_until_s = until_s_;
    return judgement;
  }
  // Each a second after the one before; all are in the log from publish() on.
  Written use(bool is_hidden = false) {
    return write(agreed_entry(1, request(Kind::verify), judgement(is_hidden), {1, &key_}, next_ms()));
  }
  AllWritten uses(std::size_t count) {
    AllWritten all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(use());
    return all;
  }
  Written somebody_elses_use(std::int64_t record_seq, bool is_hidden) {
    return write(agreed_entry(1, request(Kind::verify, 2), judgement(is_hidden), {record_seq, &other_key_}, next_ms()));
  }
  Written search(bool is_hidden = false) { return search_at(next_ms(), is_hidden); }
  Written search_at(std::int64_t time_ms, bool is_hidden) {
    return write(agreed_entry(1, request(Kind::identify), judgement(is_hidden), {}, time_ms));
  }
  Written abort(const Written& of, std::int64_t record_seq) {
    Request asked;
    asked.id = of.request;
    return write(aborted_entry(asked, record_seq, ErrorCode::timeout, next_ms()));
  }
  std::int64_t next_ms() { return now_ms_ + 1000 * ++count_; }
  Written write(store::Entry entry) {
    const Written written{entry.request_id, entry.time_ms};
    waiting_.push_back(std::move(entry));
    return written;
  }
  // As if the custodian had agreed to them while it ran: one that starts forgets what it did not come to log.
  void publish() {
    std::vector<Bytes> leaves;
    for (const store::Entry& entry : waiting_) {
      const ByteView leaf = as_bytes(entry.leaf);
      leaves.emplace_back(leaf.begin(), leaf.end());
    }
    const auto appended = engine_->log().append_all(std::move(leaves), plenty());
    ASSERT_OK(appended);
    close();
    {
      auto store = open_store(1);
      ASSERT_OK(store);
      std::vector<std::int64_t> numbers;
      for (const store::Entry& entry : waiting_) {
        const auto number = store->add_entry(entry);
        ASSERT_OK(number);
        numbers.push_back(*number);
      }
      ASSERT_OK(store->set_entry_indices(numbers, static_cast<std::int64_t>(appended->index)));
    }
    waiting_.clear();
    open(1);
  }
  // By every clock that is asked.
  void open_what_is_hidden() {
    witness_time_s_ = until_s_;
    const Deadline deadline = plenty();
    while (!deadline.passed()) {
      const auto left = engine_->open_hidden(until_s_ * 1000);
      ASSERT_OK(left);
      if (left->closed == 0) return;
      std::this_thread::yield();
    }
    FAIL() << "the other custodian's clock is not seen";
  }

  Trace page(const TracePage& asked) {
    auto trace = engine_->trace(anna_.record_id(), asked);
    EXPECT_OK(trace);
    return trace ? std::move(*trace) : Trace();
  }
  Trace page_of(std::size_t entries_max) {
    TracePage asked;
    asked.entries_max = entries_max;
    return page(asked);
  }
  // The page after that one.
  static TracePage after(const Trace& trace, TracePage asked) {
    asked.uses_before = trace.uses_before.value_or(0);
    asked.searches_before = trace.searches_before.value_or(0);
    return asked;
  }
  Walk walk(TracePage asked) {
    Walk walk;
    while (true) {
      const Trace trace = page(asked);
      const List uses = told(trace.uses);
      const List searches = told(trace.searches);
      walk.uses.insert(walk.uses.end(), uses.begin(), uses.end());
      walk.searches.insert(walk.searches.end(), searches.begin(), searches.end());
      if (asked.uses_before > 0) walk.use_pages.push_back(uses.size());
      if (asked.searches_before > 0)
        walk.search_pages.push_back(static_cast<std::size_t>(std::count_if(
            searches.begin(), searches.end(), [](const Told& one) { return one.event != Event::aborted; })));
      for (const auto& [next, before] :
           {std::pair(trace.uses_before, asked.uses_before), std::pair(trace.searches_before, asked.searches_before)})
        if (next && *next >= before) {
          ADD_FAILURE() << "a page does not go on";
          return walk;
        }
      if (!trace.uses_before && !trace.searches_before) return walk;
      asked = after(trace, asked);
    }
  }
  Walk walk_by(std::size_t entries_max) {
    TracePage asked;
    asked.entries_max = entries_max;
    return walk(asked);
  }
  // Newest first, with details, above the enrolment.
  List with_enrolment(const AllWritten& uses) const {
    List all;
    for (const Written& use : uses) all.push_back({use.request, Event::verify, true});
    std::reverse(all.begin(), all.end());
    all.push_back({anna_.id, Event::enrol, true});
    return all;
  }

  const crypto::Key key_ = view_key();
  const crypto::Key other_key_;
  Request anna_;
  std::int64_t now_ms_ = 0;
  std::int64_t until_s_ = 0;
  std::int64_t count_ = 0;
  std::vector<store::Entry> waiting_;
};

TEST_F(TraceTest, PagesOfEverySizeAreTogetherTheWhole) {
  const AllWritten entries = uses(2 * kRowsAtOnce + 1);
  publish();
  const List all = with_enrolment(entries);
  for (const std::size_t entries_max : {std::size_t{1}, kRowsAtOnce - 1, kRowsAtOnce, kRowsAtOnce + 1, all.size() - 2,
                                        all.size() - 1, all.size(), all.size() + 1, limits::trace_entries_max}) {
    SCOPED_TRACE(entries_max);
    const Walk walked = walk_by(entries_max);
    EXPECT_EQ(walked.uses, all);
    // Each is full, as long as there is more.
    std::vector<std::size_t> pages(all.size() / entries_max, entries_max);
    if (all.size() % entries_max != 0) pages.push_back(all.size() % entries_max);
    EXPECT_EQ(walked.use_pages, pages);
  }
}

TEST_F(TraceTest, PagesOfSearchesAreTogetherTheWhole) {
  List all;
  for (std::size_t i = 0; i < kRowsAtOnce + 1; ++i) all.insert(all.begin(), {search().request, Event::identify, false});
  publish();
  for (const std::size_t entries_max : {std::size_t{1}, kRowsAtOnce - 1, kRowsAtOnce, all.size(), all.size() + 1}) {
    SCOPED_TRACE(entries_max);
    const Walk walked = walk_by(entries_max);
    EXPECT_EQ(walked.searches, all);
    EXPECT_EQ(walked.uses.size(), 1U) << "the enrolment";
  }
}

TEST_F(TraceTest, OneListIsToldWithoutTheOther) {
  use();
  search();
  publish();
  TracePage asked;
  asked.uses_before = 0;
  Trace trace = page(asked);
  EXPECT_EQ(trace.uses.size(), 0U);
  EXPECT_EQ(trace.searches.size(), 1U);
  EXPECT_FALSE(trace.uses_before || trace.searches_before);
  asked = {};
  asked.searches_before = 0;
  trace = page(asked);
  EXPECT_EQ(trace.uses.size(), 2U);
  EXPECT_EQ(trace.searches.size(), 0U);
  EXPECT_FALSE(trace.uses_before || trace.searches_before);
  // From before everything on.
  asked.uses_before = asked.searches_before = 1;
  trace = page(asked);
  EXPECT_TRUE(trace.uses.empty() && trace.searches.empty());
  EXPECT_FALSE(trace.uses_before || trace.searches_before);
}

TEST_F(TraceTest, WhatComesBetweenPagesNeitherRepeatsNorHidesAnything) {
  const AllWritten entries = {use(), use(), search(), use(), search(), use()};
  publish();
  const Walk before = walk_by(limits::trace_entries_max);
  TracePage asked;
  asked.entries_max = 2;
  const Trace first = page(asked);
  // As a desk asks for them while the person reads.
  const Request later = ready(Kind::verify, 1);
  const Request later_search = ready(Kind::identify, 1);
  const Walk rest = walk(after(first, asked));
  List joined = told(first.uses);
  joined.insert(joined.end(), rest.uses.begin(), rest.uses.end());
  EXPECT_EQ(joined, before.uses);
  EXPECT_EQ(told(first.searches), before.searches);
  EXPECT_EQ(rest.searches, List());
  // Who begins anew sees them first.
  const Walk anew = walk_by(2);
  ASSERT_EQ(anew.uses.size(), before.uses.size() + 1);
  EXPECT_EQ(anew.uses.front(), (Told{later.id, Event::verify, true}));
  ASSERT_EQ(anew.searches.size(), before.searches.size() + 1);
  EXPECT_EQ(anew.searches.front(), (Told{later_search.id, Event::identify, false}));
}

TEST_F(TraceTest, NothingOlderThanWishedIsTold) {
  constexpr std::size_t kCount = kRowsAtOnce + 6;
  const AllWritten entries = uses(kCount);
  publish();
  const List all = with_enrolment(entries);
  const auto since = [&](std::int64_t since_ms, std::size_t entries_max) {
    TracePage asked;
    asked.since_ms = since_ms;
    asked.entries_max = entries_max;
    return walk(asked);
  };
  const auto newest = [&](std::size_t count) {
    return List(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
  };
  for (const std::size_t entries_max : {std::size_t{1}, std::size_t{3}, kRowsAtOnce, limits::trace_entries_max}) {
    SCOPED_TRACE(entries_max);
    EXPECT_EQ(since(1, entries_max).uses, all);
    EXPECT_EQ(since(entries[0].time_ms, entries_max).uses, newest(kCount)) << "without the enrolment";
    EXPECT_EQ(since(entries[6].time_ms, entries_max).uses, newest(kCount - 6));
    EXPECT_EQ(since(entries[6].time_ms + 1, entries_max).uses, newest(kCount - 7));
    EXPECT_EQ(since(entries[kCount - 1].time_ms + 1, entries_max).uses, List());
  }
  // Where a page ends at the oldest, that there is no more is known with the next.
  EXPECT_EQ(since(entries[6].time_ms, kRowsAtOnce).use_pages, (std::vector<std::size_t>{kRowsAtOnce, 0}));
}

TEST_F(TraceTest, SearchesOfBeforeTheEnrolmentAreNotThePersons) {
  search_at(now_ms_ - 60'000, false);
  const AllWritten entries = {search(), search()};
  publish();
  const List both = {{entries[1].request, Event::identify, false}, {entries[0].request, Event::identify, false}};
  for (const std::size_t entries_max : {1, 2, 3}) EXPECT_EQ(walk_by(entries_max).searches, both) << entries_max;
  TracePage asked;
  asked.since_ms = entries[1].time_ms;
  EXPECT_EQ(walk(asked).searches, List{both[0]});
}

TEST_F(TraceTest, AnothersUsesAreNotThePersons) {
  const Request bolat = enrol(2, 2);
  const AllWritten entries = {use(), somebody_elses_use(2, false), use()};
  publish();
  EXPECT_EQ(walk_by(1).uses, with_enrolment({entries[0], entries[2]}));
  const auto trace = engine_->trace(bolat.record_id(), TracePage{});
  ASSERT_OK(trace);
  EXPECT_EQ(told(trace->uses), (List{{entries[1].request, Event::verify, true}, {bolat.id, Event::enrol, true}}));
}

TEST_F(TraceTest, WhatIsHiddenIsToldAtItsPlaceOnceItIsOpened) {
  AllWritten entries = {use(), use(true), somebody_elses_use(0, true), use()};
  entries.push_back(abort(entries[1], 1));
  entries.push_back(use());
  entries.push_back(search());
  entries.push_back(search(true));
  entries.push_back(abort(entries[7], 0));
  entries.push_back(search());
  publish();
  const auto one = [&](std::size_t i, Event event, bool is_open) { return Told{entries[i].request, event, is_open}; };
  const List closed = with_enrolment({entries[0], entries[3], entries[5]});
  const List closed_searches = {one(9, Event::identify, false), one(6, Event::identify, false)};
  for (const std::size_t entries_max : {std::size_t{1}, std::size_t{2}, limits::trace_entries_max}) {
    const Walk walked = walk_by(entries_max);
    EXPECT_EQ(walked.uses, closed) << entries_max;
    EXPECT_EQ(walked.searches, closed_searches) << entries_max;
  }
  TracePage asked;
  asked.entries_max = 1;
  const Trace first = page(asked);
  open_what_is_hidden();
  const List opened = {one(5, Event::verify, true), one(1, Event::aborted, false), one(3, Event::verify, true),
                       one(1, Event::verify, true), one(0, Event::verify, true),   {anna_.id, Event::enrol, true}};
  // What was hidden is in the log with all that it says.
  const List opened_searches = {one(9, Event::identify, false), one(7, Event::identify, true),
                                one(7, Event::aborted, false), one(6, Event::identify, false)};
  for (std::size_t entries_max = 1; entries_max <= opened.size() + 1; ++entries_max) {
    const Walk walked = walk_by(entries_max);
    EXPECT_EQ(walked.uses, opened) << entries_max;
    EXPECT_EQ(walked.searches, opened_searches) << entries_max;
  }
  // Also by whom had begun to read before.
  EXPECT_EQ(told(first.uses), List{opened[0]});
  EXPECT_EQ(walk(after(first, asked)).uses, List(opened.begin() + 1, opened.end()));
}

// A page looks at so many hidden entries, of whomever, and no more.
TEST_F(TraceTest, BehindManyHiddenEntriesThePagesGoOn) {
  const AllWritten entries = {use(), search()};
  for (std::size_t i = 0; i < limits::trace_entries_max; ++i) search(true);
  for (std::size_t i = 0; i < limits::trace_entries_max + 1; ++i) somebody_elses_use(0, true);
  publish();
  const Walk walked = walk_by(10);
  EXPECT_EQ(walked.uses, with_enrolment({entries[0]}));
  EXPECT_EQ(walked.use_pages, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(walked.searches, (List{{entries[1].request, Event::identify, false}}));
  EXPECT_EQ(walked.search_pages, (std::vector<std::size_t>{0, 1}));
}

TEST_F(TraceTest, AnAbortedSearchIsToldWithItsEndWhichCountsTowardsNoPage) {
  const Written first = search();
  const Written second = search();
  const Written third = search();
  // Their ends come later, and in another order.
  abort(third, 0);
  abort(first, 0);
  publish();
  const List all = {{third.request, Event::identify, false},
                    {third.request, Event::aborted, false},
                    {second.request, Event::identify, false},
                    {first.request, Event::identify, false},
                    {first.request, Event::aborted, false}};
  for (const std::size_t entries_max : {1, 2, 3}) {
    SCOPED_TRACE(entries_max);
    const Walk walked = walk_by(entries_max);
    EXPECT_EQ(walked.searches, all);
    EXPECT_EQ(walked.search_pages.front(), entries_max);
  }
}

TEST_F(TraceTest, AnAbortedUseIsTwoEntries) {
  const Written first = use();
  abort(first, 1);
  publish();
  const List all = {
      {first.request, Event::aborted, false}, {first.request, Event::verify, true}, {anna_.id, Event::enrol, true}};
  for (const std::size_t entries_max : {1, 2, 3}) EXPECT_EQ(walk_by(entries_max).uses, all) << entries_max;
}

TEST_F(TraceTest, WhatIsNotPublishedIsNotToldYet) {
  const AllWritten entries = {use(), use(), search()};
  publish();
  const Walk before = walk_by(1);
  recorder_.reset();
  const Request asked = request(Kind::verify);
  ASSERT_OK(prepare(asked));
  ASSERT_OK(engine_->digests(asked.id, asked.digest(), 0, soon()));
  EXPECT_ERROR(engine_->vote(asked.id, asked.digest(), soon()), ErrorCode::timeout);
  const Request searched = request(Kind::identify);
  ASSERT_OK(prepare(searched));
  ASSERT_OK(engine_->digests(searched.id, searched.digest(), 0, soon()));
  EXPECT_ERROR(engine_->vote(searched.id, searched.digest(), soon()), ErrorCode::timeout);
  for (const std::size_t entries_max : {std::size_t{1}, std::size_t{2}, limits::trace_entries_max}) {
    const Walk meanwhile = walk_by(entries_max);
    EXPECT_EQ(meanwhile.uses, before.uses) << entries_max;
    EXPECT_EQ(meanwhile.searches, before.searches) << entries_max;
  }
  recorder_ = std::make_unique<Recorder>(*engine_);
  ASSERT_OK(engine_->logged_entries(asked.id, plenty()));
  ASSERT_OK(engine_->logged_entries(searched.id, plenty()));
  const Walk afterwards = walk_by(1);
  EXPECT_EQ(afterwards.uses.front(), (Told{asked.id, Event::verify, true}));
  EXPECT_EQ(afterwards.searches.front(), (Told{searched.id, Event::identify, false}));
  // Nor that a search came to nothing.
  recorder_.reset();
  ASSERT_OK(engine_->abort(searched.id, kAway));
  EXPECT_EQ(walk_by(1).searches, afterwards.searches);
  recorder_ = std::make_unique<Recorder>(*engine_);
  ASSERT_OK(engine_->logged_entries(searched.id, plenty()));
  List ended = afterwards.searches;
  ended.insert(ended.begin() + 1, {searched.id, Event::aborted, false});
  EXPECT_EQ(walk_by(1).searches, ended);
}

TEST_F(TraceTest, WhatNobodyHasCosignedIsNotToldYet) {
  use();
  search();
  publish();
  cosignatures_min_ = 1;
  open(1);
  ASSERT_OK(engine_->log().wait_published(engine_->log().size() - 1, plenty()));
  const Request running = ready(Kind::identify, 1);
  const Walk before = walk_by(1);
  EXPECT_EQ(before.uses.size(), 2U);
  witness_is_away_ = true;
  const auto expect_not_told = [&](const Request& asked, std::uint64_t size) {
    const Deadline deadline = plenty();
    while (engine_->log().size() == size && !deadline.passed()) std::this_thread::yield();
    EXPECT_ERROR(engine_->logged_entries(asked.id, soon()), ErrorCode::timeout);
    const Walk meanwhile = walk_by(1);
    EXPECT_EQ(meanwhile.uses, before.uses);
    EXPECT_EQ(meanwhile.searches, before.searches);
  };
  for (const Kind kind : {Kind::verify, Kind::identify}) {
    const Request asked = request(kind);
    const std::uint64_t size = engine_->log().size();
    ASSERT_OK(prepare(asked));
    ASSERT_OK(engine_->digests(asked.id, asked.digest(), 0, soon()));
    EXPECT_ERROR(engine_->vote(asked.id, asked.digest(), soon()), ErrorCode::timeout);
    expect_not_told(asked, size);
  }
  const std::uint64_t size = engine_->log().size();
  ASSERT_OK(engine_->abort(running.id, kAway));
  expect_not_told(running, size);
}

// The marks by which it is known from where on a custodian that was rebuilt can tell of uses.
TEST_F(TraceTest, RecoveriesAreToldWithTheFirstPageAlone) {
  use();
  use();
  publish();
  for (const int recovered : {0, 2, 1}) {
    ledger::Leaf leaf;
    leaf.time_s = next_ms() / 1000;
    leaf.event = Event::recover;
    leaf.custodian = recovered;
    waiting_.push_back(plain_entry(leaf, next_ms()));
  }
  publish();
  TracePage asked;
  asked.entries_max = 1;
  const Trace first = page(asked);
  std::vector<int> recovered;
  for (const LoggedEntry& entry : first.recoveries) {
    const auto leaf = ledger::parse_leaf(entry.leaf);
    ASSERT_OK(leaf);
    EXPECT_EQ(leaf->event, Event::recover);
    recovered.push_back(leaf->custodian.value_or(-1));
  }
  EXPECT_EQ(recovered, (std::vector<int>{1, 2, 0})) << "the newest first";
  EXPECT_TRUE(page(after(first, asked)).recoveries.empty());
  for (std::size_t i = 0; i < limits::trace_recoveries_max; ++i) {
    ledger::Leaf leaf;
    leaf.time_s = next_ms() / 1000;
    leaf.event = Event::recover;
    leaf.custodian = 0;
    waiting_.push_back(plain_entry(leaf, next_ms()));
  }
  publish();
  EXPECT_EQ(page(asked).recoveries.size(), limits::trace_recoveries_max);
}

class TraceErasureTest : public TraceTest {
 protected:
  Request erasure() const {
    Request made;
    made.id = protocol::make_request_id(unix_time_ms());
    made.kind = Kind::erase;
    made.asker = protocol::Asker::subject;
    made.record = anna_.record_id();
    made.signed_request = "checked before";
    return made;
  }
  Status erase(const Request& asked) {
    return engine_->apply({2, OperationKind::erase, asked.id, anna_.record_id(), 0, 0});
  }
};

TEST_F(TraceErasureTest, NothingIsToldOfARecordThatIsErasedBetweenPages) {
  uses(3);
  publish();
  TracePage asked;
  asked.entries_max = 2;
  const Trace first = page(asked);
  ASSERT_TRUE(first.uses_before);
  const Request erased = erasure();
  ASSERT_OK(prepare(erased));
  ASSERT_OK(vote(erased));
  ASSERT_OK(erase(erased));
  EXPECT_ERROR(engine_->trace(anna_.record_id(), after(first, asked)), ErrorCode::not_found);
  EXPECT_ERROR(engine_->trace(anna_.record_id(), asked), ErrorCode::not_found);
}

// Whoever reads while it is erased is told everything, or nothing.
TEST_F(TraceErasureTest, NothingIsToldHalf) {
  const AllWritten entries = uses(4 * kRowsAtOnce);
  publish();
  const Request erased = erasure();
  ASSERT_OK(prepare(erased));
  ASSERT_OK(vote(erased));
  List all = with_enrolment(entries);
  all.insert(all.begin(), {erased.id, Event::erase, true});
  std::atomic<bool> has_read = false;
  const std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto trace = engine_->trace(anna_.record_id(), TracePage{});
      if (trace) {
        EXPECT_EQ(told(trace->uses), all);
      } else {
        EXPECT_ERROR(trace, ErrorCode::not_found);
      }
      has_read = true;
      has_read.notify_all();
    }
  });
  has_read.wait(false);
  EXPECT_OK(erase(erased));
  EXPECT_ERROR(engine_->trace(anna_.record_id(), TracePage{}), ErrorCode::not_found);
}

}  // namespace
}  // namespace qorgan::custodian
