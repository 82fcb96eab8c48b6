// A trace from three custodians, page after page, of whom one may lack something, or lie.
#include "rights/trace_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "rights/secret.h"
#include "rights/times.h"
#include "tests/rights/sample.h"
#include "tests/support/expect.h"

namespace qorgan::rights {
namespace {

using ledger::Event;
using net::Json;
using test::Sample;

constexpr std::int64_t kTime_s = 1'795'500'000;
constexpr std::int64_t kApart_s = 1000;  // between two uses: more than limits::trace_apart_s
constexpr std::size_t kUses = 9;

// What happened, as each custodian logs it a little earlier or later.
struct Happened {
  std::uint8_t mark = 0;  // of the request
  std::int64_t time_s = 0;
  Event event = Event::verify;
  std::int64_t hidden_until_s = 0;
  std::string party = "office";
  std::string purpose = "door";
  std::string desk = "desk";
  std::string operator_name = "operator";
  std::string kind = {};  // by the details

  ledger::RequestId request() const {
    ledger::RequestId id{};
    id[15] = mark;
    return id;
  }
};

// Answers as a custodian does, or as its lie says.
struct FakeCustodian {
  struct Item {
    std::int64_t time_s = 0;
    Json evidence;
  };
  std::vector<Item> uses;  // newest first
  std::vector<Item> searches;
  std::vector<Json> recoveries;
  std::size_t page_entries = limits::trace_entries_max;
  std::function<Result<Json>(Json answer, const SubjectRequest& request)> lie;
  std::vector<SubjectRequest> asked;

  Result<Json> answer(const SubjectRequest& request) {
    asked.push_back(request);
    Json out = {{"locked", false},
                {"withdrawn", false},
                {"fingers", {2}},
                {"parties", Json::object()},
                {"purposes", Json::object()}};
    add_list("uses", uses, request.uses_before, request, out);
    add_list("searches", searches, request.searches_before, request, out);
    out["recoveries"] = request.uses_before || request.searches_before ? Json::array() : Json(recoveries);
    if (out["recoveries"].is_null()) out["recoveries"] = Json::array();
    if (lie) return lie(std::move(out), request);
    return out;
  }

 private:
  void add_list(const std::string& name, const std::vector<Item>& items, std::optional<std::int64_t> before,
                const SubjectRequest& request, Json& out) const {
    const std::size_t count_max = std::min(page_entries, static_cast<std::size_t>(request.entries_max.value_or(1000)));
    Json& list = out[name] = Json::array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto number = static_cast<std::int64_t>(10 * (items.size() - i));
      if (number >= before.value_or(INT64_MAX) || items[i].time_s < request.since_s.value_or(0)) continue;
      if (list.size() == count_max) {
        out[name + "_before"] = number + 10;
        return;
      }
      list.push_back(items[i].evidence);
    }
  }
};

class TracePagesTest : public testing::Test {
 protected:
  TracePagesTest() {
    for (std::size_t i = 0; i < custodians_.size(); ++i) network_.custodians[i].name = sample_.keys.custodians[i].name;
    wish_.now_s = kTime_s + 1'000'000;
    request_.handle = sample_.terms.handle;
    request_.network = sample_.keys.network;
  }

  FakeCustodian::Item item(std::size_t custodian, const Happened& what) const {
    const int i = static_cast<int>(custodian);
    ledger::Leaf leaf;
    leaf.time_s = what.time_s + 20 * i;
    leaf.event = what.event;
    leaf.request = what.request();
    ledger::DetailsOpening opening;
    if (what.event == Event::aborted) {
      leaf.reason = "timeout";
    } else if (what.hidden_until_s != 0) {
      leaf.hidden_until_s = what.hidden_until_s;
      opening.details =
          Json{{"party", "police"}, {"purpose", "search"}, {"tag", to_hex(tag(i, what.request()))}}.dump();
      leaf.details = ledger::details_commitment(opening);
    } else {
      leaf.party = what.party;
      leaf.purpose = what.purpose;
      // Each has its policy from another moment on.
      if (!what.purpose.empty()) leaf.basis = "basis-" + std::to_string(i);
      if (!what.purpose.empty()) leaf.purpose_version = 1 + i;
      if (what.event == Event::refused) leaf.reason = "refused";
      Json details = to_json(Details{what.desk, what.operator_name, {2}, std::nullopt});
      details["kind"] = what.kind.empty() ? std::string(ledger::event_name(what.event)) : what.kind;
      if (what.desk.empty()) details = Json{{"by", "subject"}, {"kind", details["kind"]}};
      opening.details = details.dump();
      leaf.details = ledger::details_commitment(opening);
      if (what.event != Event::identify) leaf.tag = tag(i, what.request());
    }
    return {leaf.time_s, to_json(sample_.log(i, leaf, what.event == Event::aborted ? std::string() : opening.text()))};
  }
  ledger::Hash tag(int custodian, const ledger::RequestId& request) const {
    return ledger::subject_tag(ledger::view_key_of(view_key_, custodian), request);
  }
  // To some of the custodians; newer than what was added before.
  void add(const Happened& what, const std::set<std::size_t>& to = {0, 1, 2}) {
    for (const std::size_t i : to) {
      auto& list = what.event == Event::identify ? custodians_[i].searches : custodians_[i].uses;
      list.insert(list.begin(), item(i, what));
    }
  }
  // The youngest has mark 1.
  static Happened use(std::uint8_t mark) {
    return {mark, kTime_s + kApart_s * static_cast<std::int64_t>(kUses - mark), Event::verify};
  }
  void add_uses(std::uint8_t lacking = 0, std::size_t at = 0) {
    for (auto mark = static_cast<std::uint8_t>(kUses); mark > 0; --mark) {
      std::set<std::size_t> to = {0, 1, 2};
      if (mark == lacking) to.erase(at);
      add(use(mark), to);
    }
  }
  // Custodian `logger` logs that `recovered` was, at that place; all uses stand at place 6 of their logs.
  void recover(std::size_t logger, std::size_t recovered, std::int64_t time_s, std::uint64_t index = 10) {
    ledger::Leaf leaf;
    leaf.time_s = time_s;
    leaf.event = Event::recover;
    leaf.custodian = static_cast<int>(recovered);
    custodians_[logger].recoveries.push_back(to_json(sample_.log(static_cast<int>(logger), leaf, {}, 2, index)));
  }
  void set_pages(std::array<std::size_t, 3> entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) custodians_[i].page_entries = entries[i];
  }

  TracePages fetch() {
    for (FakeCustodian& custodian : custodians_) custodian.asked.clear();
    return fetch_trace(
        [this](std::size_t custodian, const SubjectRequest& request) { return custodians_[custodian].answer(request); },
        request_, sample_.keys, view_key_, wish_);
  }
  JoinedTrace uses() { return join_uses(network_, fetch(), wish_); }
  JoinedTrace searches() { return join_searches(network_, fetch(), wish_); }
  static std::vector<int> marks(const JoinedTrace& trace) {
    std::vector<int> all;
    for (const TraceEntry& entry : trace.entries) all.push_back((*entry.request)[15]);
    return all;
  }
  static std::vector<int> newest(std::size_t count) {
    std::vector<int> all;
    for (int mark = 1; mark <= static_cast<int>(count); ++mark) all.push_back(mark);
    return all;
  }
  void expect_whole(const JoinedTrace& trace, std::size_t count = kUses) {
    EXPECT_EQ(marks(trace), newest(count));
    EXPECT_EQ(trace.missing, std::vector<std::string>());
    EXPECT_EQ(trace.differing, std::vector<std::string>());
    for (const TraceEntry& entry : trace.entries) EXPECT_EQ(entry.proven_by.size(), 3U) << (*entry.request)[15];
  }
  // Custodian 0 is not believed, and named; the two others tell everything.
  void expect_not_believed(const TracePages& pages, const std::string& mention) {
    ASSERT_TRUE(pages[0].error);
    EXPECT_EQ(pages[0].error->code, ErrorCode::damaged) << pages[0].error->message();
    EXPECT_NE(pages[0].error->message().find("custodian 0"), std::string::npos) << pages[0].error->message();
    EXPECT_NE(pages[0].error->message().find(mention), std::string::npos) << pages[0].error->message();
    EXPECT_FALSE(pages[1].error || pages[2].error);
    const JoinedTrace joined = join_uses(network_, pages, wish_);
    EXPECT_EQ(marks(joined), newest(kUses));
    EXPECT_EQ(joined.missing, std::vector<std::string>());
  }

  const Sample sample_;
  const crypto::Key view_key_ = view_key(sample_.secret, sample_.terms.handle);
  protocol::Network network_;
  SubjectRequest request_;
  TraceWish wish_;
  std::array<FakeCustodian, 3> custodians_;
};

TEST_F(TracePagesTest, PagesThatEndAtDifferentPlacesAreJoined) {
  add_uses();
  for (const std::array<std::size_t, 3> entries :
       {std::array<std::size_t, 3>{2, 3, 5}, {9, 1, 4}, {1, 1, 1}, {9, 10, 8}, {1000, 2, 9}}) {
    SCOPED_TRACE(entries[0]);
    set_pages(entries);
    wish_.uses_max.reset();
    expect_whole(uses());
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(custodians_[i].asked.size(), (kUses + entries[i] - 1) / entries[i]) << "custodian " << i;
    for (std::size_t count = 1; count <= kUses + 1; ++count) {
      SCOPED_TRACE(count);
      wish_.uses_max = count;
      expect_whole(uses(), std::min(count, kUses));
    }
  }
}

TEST_F(TracePagesTest, NoMoreIsAskedForThanIsWished) {
  add_uses();
  set_pages({2, 3, 5});
  wish_.uses_max = 1;
  EXPECT_TRUE(is_enough(fetch(), wish_));
  for (const FakeCustodian& custodian : custodians_) EXPECT_EQ(custodian.asked.size(), 1U);
  wish_.uses_max = 2;  // the second may stand at another place with a custodian that has told two
  EXPECT_TRUE(is_enough(fetch(), wish_));
  for (const FakeCustodian& custodian : custodians_) EXPECT_EQ(custodian.asked.size(), 2U);
}

TEST_F(TracePagesTest, EachPageIsAskedForFromWhereTheOneBeforeEnded) {
  add_uses();
  add({100, kTime_s, Event::identify});
  request_.right = Right::lock;
  wish_.page_entries = 4;
  expect_whole(uses());
  std::set<protocol::RequestId> ids;
  for (const FakeCustodian& custodian : custodians_) {
    ASSERT_EQ(custodian.asked.size(), 3U);
    for (const SubjectRequest& asked : custodian.asked) {
      EXPECT_EQ(asked.right, Right::trace);
      EXPECT_EQ(asked.handle, request_.handle);
      EXPECT_EQ(asked.entries_max, 4);
      EXPECT_FALSE(asked.since_s);
      ids.insert(asked.id);
    }
    EXPECT_FALSE(custodian.asked[0].uses_before || custodian.asked[0].searches_before);
    EXPECT_EQ(custodian.asked[1].uses_before, 60);
    EXPECT_EQ(custodian.asked[2].uses_before, 20);
    // Of them all were told.
    EXPECT_EQ(custodian.asked[1].searches_before, 0);
    EXPECT_EQ(custodian.asked[2].searches_before, 0);
  }
  EXPECT_EQ(ids.size(), 9U) << "an id may be used once";
}

TEST_F(TracePagesTest, NothingOlderThanWishedIsShownAndNothingElseIsMissing) {
  add_uses();
  set_pages({2, 3, 5});
  for (const int later_s : {-10, 0, 20, 21}) {
    wish_.since_s = use(4).time_s + later_s;
    const JoinedTrace joined = uses();
    EXPECT_EQ(joined.missing, std::vector<std::string>());
    // By the middle one of the times that the three say.
    EXPECT_EQ(marks(joined), newest(later_s <= 20 ? 4 : 3)) << later_s;
    for (const TraceEntry& entry : joined.entries) EXPECT_EQ(entry.proven_by.size(), 3U);
    EXPECT_EQ(custodians_[0].asked[0].since_s, *wish_.since_s - limits::trace_apart_s);
  }
  wish_.since_s = 100;
  expect_whole(uses());
  EXPECT_EQ(custodians_[0].asked[0].since_s, 0);
}

TEST_F(TracePagesTest, OneThatLacksAnEntryIsNamed) {
  for (const std::size_t at : {0U, 1U, 2U}) {
    for (std::uint8_t lacking = 1; lacking <= kUses; ++lacking) {
      for (FakeCustodian& custodian : custodians_) custodian.uses.clear();
      add_uses(lacking, at);
      set_pages({2, 3, 5});
      for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{4}, kUses}) {
        SCOPED_TRACE(testing::Message() << "custodian " << at << ", use " << int{lacking} << ", at most " << count);
        wish_.uses_max = count == 0 ? std::nullopt : std::optional(count);
        const JoinedTrace joined = uses();
        EXPECT_EQ(marks(joined), newest(count == 0 ? kUses : count));
        if (count != 0 && lacking > count) {
          EXPECT_EQ(joined.missing, std::vector<std::string>());
          continue;
        }
        ASSERT_EQ(joined.missing.size(), 1U);
        EXPECT_EQ(joined.missing[0].find("custodian " + std::to_string(at)), 0U) << joined.missing[0];
        EXPECT_NE(joined.missing[0].find(to_hex(use(lacking).request())), std::string::npos);
        EXPECT_EQ(joined.entries[lacking - 1U].proven_by.size(), 2U);
      }
    }
  }
}

TEST_F(TracePagesTest, WhatLiesBeyondTheLastPageOfOneThatFailsIsNotMissing) {
  add_uses();
  set_pages({2, 3, 5});
  custodians_[1].lie = [](Json answer, const SubjectRequest& request) -> Result<Json> {
    if (request.uses_before) return failure(ErrorCode::unavailable, "it went away");
    return answer;
  };
  for (const std::size_t count : {std::size_t{0}, std::size_t{5}}) {
    wish_.uses_max = count == 0 ? std::nullopt : std::optional(count);
    const TracePages pages = fetch();
    ASSERT_TRUE(pages[1].error && pages[1].trace);
    EXPECT_EQ(pages[1].error->code, ErrorCode::unavailable);
    const JoinedTrace joined = join_uses(network_, pages, wish_);
    EXPECT_EQ(marks(joined), newest(count == 0 ? kUses : count));
    EXPECT_EQ(joined.missing, std::vector<std::string>());
    for (const TraceEntry& entry : joined.entries)
      EXPECT_EQ(entry.proven_by.size(), (*entry.request)[15] <= 3 ? 3U : 2U);
  }
  for (FakeCustodian& custodian : custodians_)
    custodian.lie = [](const Json&, const SubjectRequest&) -> Result<Json> {
      return failure(ErrorCode::unavailable, "none is there");
    };
  const TracePages pages = fetch();
  for (const CustodianPages& one : pages) EXPECT_TRUE(one.error && !one.trace);
  EXPECT_EQ(join_uses(network_, pages, wish_).entries.size(), 0U);
}

TEST_F(TracePagesTest, WhatIsNewerThanAnotherMayKnowIsNotMissing) {
  add({1, kTime_s}, {0, 2});
  wish_.now_s = kTime_s + limits::trace_apart_s;
  EXPECT_EQ(uses().missing, std::vector<std::string>());
  wish_.now_s = kTime_s + limits::trace_apart_s + 41;  // custodian 2 logged it 40 seconds later
  EXPECT_EQ(uses().missing.size(), 1U);
}

TEST_F(TracePagesTest, WhatOneHasOpenedAndAnotherOpensInAMomentIsNotMissing) {
  Happened hidden = use(1);
  hidden.hidden_until_s = hidden.time_s + 86'400;
  add(hidden, {0, 2});
  wish_.now_s = hidden.hidden_until_s + limits::trace_apart_s;
  const JoinedTrace joined = uses();
  EXPECT_EQ(joined.missing, std::vector<std::string>());
  ASSERT_EQ(joined.entries.size(), 1U);
  EXPECT_EQ(joined.entries[0].party, "police");
  EXPECT_EQ(joined.entries[0].hidden_until_s, hidden.hidden_until_s);
  ++wish_.now_s;
  EXPECT_EQ(uses().missing.size(), 1U);
}

TEST_F(TracePagesTest, UsesOfOneMomentMayStandInAnotherOrderWithEach) {
  for (const std::int64_t apart_s : {std::int64_t{0}, std::int64_t{30}, limits::trace_apart_s - 20}) {
    for (FakeCustodian& custodian : custodians_) custodian.uses.clear();
    add(use(9));
    add({2, kTime_s + 50'000});
    add({1, kTime_s + 50'000 + apart_s});
    std::swap(custodians_[1].uses[0], custodians_[1].uses[1]);
    for (const std::array<std::size_t, 3> entries : {std::array<std::size_t, 3>{1, 1, 1}, {1, 1, 2}, {2, 1, 3}}) {
      set_pages(entries);
      for (std::size_t count = 1; count <= 3; ++count) {
        SCOPED_TRACE(testing::Message() << apart_s << " s, pages of " << entries[2] << ", at most " << count);
        wish_.uses_max = count;
        const JoinedTrace joined = uses();
        EXPECT_EQ(joined.entries.size(), count);
        EXPECT_EQ(joined.missing, std::vector<std::string>());
        for (const TraceEntry& entry : joined.entries) EXPECT_EQ(entry.proven_by.size(), 3U);
      }
    }
  }
}

TEST_F(TracePagesTest, WhatCameToNothingByTheWordOfAllThatTellOfItIsNotMissing) {
  add({100, kTime_s - 1, Event::enrol});
  add(use(2), {0, 1});
  add({2, use(2).time_s + 30, Event::aborted}, {0, 1});
  EXPECT_EQ(uses().missing, std::vector<std::string>());
  // By the word of one alone it is.
  add(use(1), {0, 1});
  add({1, use(1).time_s + 30, Event::aborted}, {0});
  const JoinedTrace joined = uses();
  ASSERT_EQ(joined.missing.size(), 1U);
  EXPECT_NE(joined.missing[0].find(to_hex(use(1).request()) + " (verify)"), std::string::npos);
}

TEST_F(TracePagesTest, SearchesOfTheMomentOfEnrolmentMayBeBeforeItWithOne) {
  add({50, kTime_s, Event::enrol});
  add({51, kTime_s + limits::trace_apart_s - 20, Event::identify}, {0, 1});
  EXPECT_EQ(searches().missing, std::vector<std::string>());
  add({52, kTime_s + limits::trace_apart_s + 1, Event::identify}, {0, 1});
  EXPECT_EQ(searches().missing.size(), 1U);
}

TEST_F(TracePagesTest, SearchesHavePagesOfTheirOwn) {
  for (std::uint8_t mark = kUses; mark > 0; --mark) {
    Happened search = use(mark);
    search.event = Event::identify;
    add(search);
  }
  add({100, kTime_s, Event::enrol});
  set_pages({2, 3, 5});
  expect_whole(searches());
  EXPECT_EQ(uses().entries.size(), 1U);
  for (std::size_t count = 1; count <= kUses; ++count) {
    wish_.uses_max = count;
    expect_whole(searches(), count);
  }
}

// --- one that lies ---

TEST_F(TracePagesTest, WhatIsToldTwiceIsShownOnce) {
  add_uses();
  set_pages({2, 3, 5});
  auto& list = custodians_[0].uses;
  for (std::size_t i = 0; i < 2 * kUses; i += 2) list.insert(list.begin() + static_cast<std::ptrdiff_t>(i), list[i]);
  list.push_back(list.front());
  expect_whole(uses());
  for (std::size_t count = 1; count <= kUses; ++count) {
    wish_.uses_max = count;
    EXPECT_EQ(marks(uses()), newest(count));
  }
}

TEST_F(TracePagesTest, OneThatTellsTheOldestFirstHidesNothing) {
  add_uses();
  set_pages({2, 3, 5});
  std::reverse(custodians_[0].uses.begin(), custodians_[0].uses.end());
  expect_whole(uses());
  wish_.uses_max = 3;
  const JoinedTrace joined = uses();
  EXPECT_EQ(marks(joined), newest(3));
  ASSERT_EQ(joined.missing.size(), 3U);
  for (const std::string& one : joined.missing) EXPECT_EQ(one.find("custodian 0"), 0U) << one;
}

// With an entry in its log that says so: nobody looks for a use of today in 1970, nor for an old one on top.
TEST_F(TracePagesTest, OneThatLogsAWrongTimeMovesNothing) {
  constexpr std::int64_t kLastTime_s = 253'402'300'799;
  for (const std::int64_t wrong_s : {std::int64_t{0}, std::int64_t{1}, kTime_s - 86'400, kLastTime_s}) {
    for (const std::size_t liar : {0U, 1U, 2U}) {
      SCOPED_TRACE(testing::Message() << "custodian " << liar << " says " << wrong_s);
      for (FakeCustodian& custodian : custodians_) custodian.uses.clear();
      add_uses();
      for (const std::size_t i : {1U, 7U}) {
        Happened moved = use(static_cast<std::uint8_t>(i + 1));
        moved.time_s = wrong_s - (wrong_s == kLastTime_s ? 20 * static_cast<std::int64_t>(liar) : 0);
        custodians_[liar].uses[i] = item(liar, moved);
      }
      wish_ = {};
      wish_.now_s = kTime_s + 1'000'000;
      const JoinedTrace joined = uses();
      EXPECT_EQ(marks(joined), newest(kUses));
      EXPECT_EQ(joined.missing, std::vector<std::string>());
      ASSERT_EQ(joined.differing.size(), 2U);
      for (const std::string& one : joined.differing) EXPECT_NE(one.find("in the time of"), std::string::npos) << one;
      wish_.since_s = use(kUses).time_s;
      EXPECT_EQ(marks(uses()), newest(kUses));
      wish_.since_s.reset();
      wish_.uses_max = 3;
      EXPECT_EQ(marks(uses()), newest(3));
    }
  }
}

TEST_F(TracePagesTest, PagesThatDoNotGoOnAreNotBelieved) {
  add_uses();
  for (const std::int64_t step : {0, 1, 1000}) {
    custodians_[0].lie = [step](Json answer, const SubjectRequest& request) -> Result<Json> {
      answer["uses_before"] = request.uses_before.value_or(50) + (request.uses_before ? step : 0);
      return answer;
    };
    expect_not_believed(fetch(), "does not go on");
    EXPECT_EQ(custodians_[0].asked.size(), 2U);
  }
}

TEST_F(TracePagesTest, WhatWasNotAskedForIsNotBelieved) {
  add_uses();
  add({100, kTime_s, Event::identify});
  custodians_[0].page_entries = 2;
  const Json search = custodians_[0].searches[0].evidence;
  custodians_[0].lie = [&](Json answer, const SubjectRequest& request) -> Result<Json> {
    if (request.searches_before == 0) answer["searches"].push_back(search);
    return answer;
  };
  expect_not_believed(fetch(), "was not asked for");
  custodians_[0].lie = [&](Json answer, const SubjectRequest& request) -> Result<Json> {
    if (request.searches_before == 0) answer["searches_before"] = 1;
    return answer;
  };
  expect_not_believed(fetch(), "was not asked for");
}

TEST_F(TracePagesTest, PagesWithoutEndEnd) {
  add_uses();
  custodians_[0].uses.clear();
  custodians_[0].lie = [](Json answer, const SubjectRequest& request) -> Result<Json> {
    answer["uses_before"] = request.uses_before.value_or(INT64_MAX) - 1;
    return answer;
  };
  for (const std::optional<std::size_t> count : {std::optional<std::size_t>(), std::optional<std::size_t>(kUses)}) {
    wish_.uses_max = count;
    for (const int pages_max : {limits::trace_pages_max, 7}) {
      wish_.pages_max = pages_max;
      const TracePages pages = fetch();
      ASSERT_TRUE(pages[0].error && pages[0].is_cut);
      EXPECT_EQ(pages[0].error->code, ErrorCode::refused);
      EXPECT_NE(pages[0].error->message().find("--pages"), std::string::npos);
      EXPECT_FALSE(pages[1].error || pages[2].error);
      EXPECT_EQ(marks(join_uses(network_, pages, wish_)), newest(kUses));
      EXPECT_EQ(custodians_[0].asked.size(), static_cast<std::size_t>(pages_max));
    }
  }
}

TEST_F(TracePagesTest, WhatIsNoAnswerIsNotBelieved) {
  add_uses();
  const auto expect_damaged = [&](const std::string& field, const Json& value) {
    SCOPED_TRACE(field + ": " + value.dump().substr(0, 40));
    custodians_[0].lie = [&](Json answer, const SubjectRequest&) -> Result<Json> {
      answer[field] = value;
      return answer;
    };
    expect_not_believed(fetch(), "custodian 0");
    EXPECT_EQ(custodians_[0].asked.size(), 1U);
  };
  for (const char* field : {"uses_before", "searches_before"})
    for (const Json& value : {Json(-1), Json(0), Json(INT64_MIN), Json(UINT64_MAX), Json(std::uint64_t{1} << 63),
                              Json(1.5), Json(1e300), Json("7"), Json(true), Json::array({1}), Json::object()})
      expect_damaged(field, value);
  const Json good = custodians_[0].uses[0].evidence;
  for (const char* field : {"uses", "searches"}) {
    for (const Json& value :
         {Json(), Json(1), Json("x"), Json::object(), Json::array({1}), Json::array({Json::object()}),
          Json(std::vector<Json>(2 * limits::trace_entries_max + 1, good))})
      expect_damaged(field, value);
    for (const char* part : {"leaf", "proof", "opening"})
      for (const Json& value : {Json(7), Json("x"), Json(std::string(limits::evidence_bytes_max + 1, 'x'))}) {
        Json changed = good;
        changed[part] = value;
        expect_damaged(field, Json::array({changed}));
      }
  }
  for (const char* field : {"locked", "withdrawn", "fingers", "parties", "purposes"}) expect_damaged(field, Json(7));
}

TEST_F(TracePagesTest, AnothersUseIsNotBelieved) {
  add_uses();
  ledger::Leaf leaf;
  leaf.time_s = kTime_s;
  leaf.event = Event::absence;
  leaf.request = use(1).request();
  leaf.party = "office";
  leaf.tag = tag(1, *leaf.request);  // by custodian 1's key, in custodian 0's log
  ledger::DetailsOpening opening;
  opening.details = Details{"desk", "operator", {}, std::nullopt}.text();
  leaf.details = ledger::details_commitment(opening);
  custodians_[0].uses.insert(custodians_[0].uses.begin(), {kTime_s, to_json(sample_.log(0, leaf, opening.text()))});
  expect_not_believed(fetch(), "somebody else");
}

TEST_F(TracePagesTest, OneWithoutTagIsNotBelieved) {
  add_uses();
  for (const Event event : {Event::verify, Event::refused, Event::lock}) {
    ledger::Leaf leaf;
    leaf.time_s = kTime_s;
    leaf.event = event;
    leaf.request = use(1).request();
    leaf.party = "office";
    leaf.purpose = leaf.basis = "door";
    leaf.purpose_version = 1;
    if (event == Event::refused) leaf.reason = "refused";
    ledger::DetailsOpening opening;
    opening.details = Details{"desk", "operator", {}, std::nullopt}.text();
    leaf.details = ledger::details_commitment(opening);
    auto& list = custodians_[0].uses;
    list.insert(list.begin(), {kTime_s, to_json(sample_.log(0, leaf, opening.text()))});
    expect_not_believed(fetch(), "custodian 0");
    list.erase(list.begin());
  }
}

// Whose an abort is, the use says that it ended, perhaps on a later page.
TEST_F(TracePagesTest, AnAbortStandsWithItsUse) {
  add_uses();
  add({1, use(1).time_s + 30, Event::aborted});
  set_pages({1, 2, 3});
  EXPECT_EQ(uses().entries.size(), kUses + 1);
  // One that is somebody else's.
  add({77, use(1).time_s + 60, Event::aborted}, {0});
  const TracePages pages = fetch();
  ASSERT_TRUE(pages[0].error);
  EXPECT_EQ(pages[0].error->code, ErrorCode::damaged);
  EXPECT_EQ(join_uses(network_, pages, wish_).entries.size(), kUses + 1);
  // What it belongs to may be older than what is wished.
  wish_.since_s = use(1).time_s + 50 + limits::trace_apart_s;
  EXPECT_FALSE(fetch()[0].error);
  EXPECT_TRUE(uses().entries.empty());
}

TEST_F(TracePagesTest, OfManyMoreThanWishedTheNewestAreKept) {
  add_uses();
  wish_.page_entries = 1;
  wish_.pages_max = 4;
  const TracePages pages = fetch();
  for (const CustodianPages& one : pages) EXPECT_TRUE(one.is_cut && one.error && one.trace);
  const JoinedTrace joined = join_uses(network_, pages, wish_);
  EXPECT_EQ(marks(joined), newest(4));
  EXPECT_EQ(joined.missing, std::vector<std::string>());
  wish_.pages_max = static_cast<int>(kUses);
  expect_whole(uses());
}

// --- what they say differently ---

TEST_F(TracePagesTest, EveryDifferenceIsAnAlarmThatNamesWhoSaysWhat) {
  struct Case {
    std::string field;
    std::string value;
    std::function<void(Happened&)> change;
  };
  const std::vector<Case> cases = {
      {"party", "police", [](Happened& one) { one.party = "police"; }},
      {"purpose", "search", [](Happened& one) { one.purpose = "search"; }},
      {"desk", "another", [](Happened& one) { one.desk = "another"; }},
      {"operator", "", [](Happened& one) { one.operator_name = ""; }},
      {"event", "lock", [](Happened& one) { one.kind = "lock"; }},
      {"event", "lock", [](Happened& one) { one.event = Event::lock; }},
      {"time", "2026-11-24", [](Happened& one) { one.time_s += 2 * limits::trace_apart_s; }}};
  for (const Case& one : cases) {
    for (const std::size_t liar : {0U, 1U, 2U}) {
      SCOPED_TRACE(testing::Message() << one.field << " of custodian " << liar);
      for (FakeCustodian& custodian : custodians_) custodian.uses.clear();
      add_uses();
      Happened changed = use(3);
      one.change(changed);
      custodians_[liar].uses[2] = item(liar, changed);
      const JoinedTrace joined = uses();
      ASSERT_EQ(joined.differing.size(), 1U);
      const std::string& alarm = joined.differing[0];
      for (const std::string& part : {"in the " + one.field + " of request " + to_hex(use(3).request()),
                                      network_.describe(static_cast<int>(liar)) + " says \"",
                                      one.field == "time" ? std::string() : '"' + one.value + '"'})
        EXPECT_NE(alarm.find(part), std::string::npos) << alarm;
      std::size_t marked = 0;
      for (const TraceEntry& entry : joined.entries) marked += entry.differing.size();
      EXPECT_EQ(marked, 1U);
    }
  }
}

TEST_F(TracePagesTest, TextAndJsonShowWhatDiffers) {
  add(use(1));
  Happened changed = use(1);
  changed.party = "police";
  custodians_[1].uses[0] = item(1, changed);
  const JoinedTrace joined = uses();
  for (const Language language : {Language::kk, Language::ru, Language::en})
    EXPECT_NE(trace_text(joined.entries, {}, language).find("\"police\""), std::string::npos);
  const Json json = trace_json(joined.entries)["uses"][0]["differing"][0];
  EXPECT_EQ(json["field"], "party");
  EXPECT_EQ(json["said"][1]["custodian"], 1);
  EXPECT_EQ(json["said"][1]["value"], "police");
}

TEST_F(TracePagesTest, WhatMayHonestlyDifferIsNoAlarm) {
  add({100, kTime_s, Event::enrol});
  // Clocks, and versions and grounds (item() gives each its own).
  Happened late = use(5);
  late.time_s += limits::trace_apart_s - 40;
  add(use(5), {0, 1});
  custodians_[2].uses.insert(custodians_[2].uses.begin(), item(2, late));
  // One alone refused, without grounds, and the two others were told later that it came to nothing.
  add(use(4), {0, 1});
  Happened refused = use(4);
  refused.event = Event::refused;
  refused.kind = "verify";
  refused.party = refused.purpose = "";
  add(refused, {2});
  add({4, use(4).time_s + 1, Event::aborted}, {0});
  add({4, use(4).time_s + 900, Event::aborted}, {1});
  // What a person asked for, to which each policy gives a purpose.
  for (const std::size_t i : {0U, 1U, 2U}) {
    Happened lock = use(3);
    lock.event = Event::lock;
    lock.desk = "";
    lock.purpose = "own-" + std::to_string(i);
    add(lock, {i});
  }
  // One has lost what opens the details.
  add(use(2));
  custodians_[1].uses[0].evidence.erase("opening");
  const JoinedTrace joined = uses();
  EXPECT_EQ(joined.differing, std::vector<std::string>());
  EXPECT_EQ(joined.missing, std::vector<std::string>());
}

TEST_F(TracePagesTest, ARefusalWithOtherGroundsDiffers) {
  add({100, kTime_s, Event::enrol});
  add(use(4), {0, 1});
  Happened refused = use(4);
  refused.event = Event::refused;
  refused.kind = "identify";
  refused.operator_name = "another";
  add(refused, {2});
  add({4, use(4).time_s + 1, Event::aborted}, {0, 1});
  EXPECT_EQ(uses().differing.size(), 2U);
}

// --- one that was rebuilt ---

TEST_F(TracePagesTest, OneThatWasRebuiltNeedNotTellOfOlderUses) {
  add_uses();
  custodians_[1].uses.resize(3);
  recover(1, 1, use(3).time_s - 100);
  recover(0, 1, use(3).time_s - 200);
  recover(2, 1, use(3).time_s - 200);
  set_pages({2, 3, 5});
  const JoinedTrace joined = uses();
  EXPECT_EQ(marks(joined), newest(kUses));
  EXPECT_EQ(joined.missing, std::vector<std::string>());
  for (const TraceEntry& entry : joined.entries) {
    ASSERT_EQ(entry.rebuilt.size(), (*entry.request)[15] > 3 ? 1U : 0U);
    if (entry.rebuilt.empty()) continue;
    EXPECT_EQ(entry.rebuilt[0].name, network_.custodians[1].name);
    EXPECT_EQ(entry.rebuilt[0].time_s, use(3).time_s - 200);
  }
  EXPECT_EQ(trace_json(joined.entries)["uses"][kUses - 1]["rebuilt"][0]["name"], network_.custodians[1].name);
  for (const Language language : {Language::kk, Language::ru, Language::en})
    EXPECT_NE(trace_text(joined.entries, {}, language).find(local_date_text(use(3).time_s - 200, language)),
              std::string::npos);
}

TEST_F(TracePagesTest, AMarkThatIsNotConfirmedExcusesNothing) {
  const std::int64_t time_s = use(1).time_s;
  const auto missing = [&](const std::function<void()>& marks) {
    for (FakeCustodian& custodian : custodians_) {
      custodian.uses.clear();
      custodian.recoveries.clear();
    }
    add_uses();
    custodians_[1].uses.resize(3);
    marks();
    return uses().missing.size();
  };
  const std::size_t all = kUses - 3;
  EXPECT_EQ(missing([] {}), all);
  EXPECT_EQ(missing([&] { recover(1, 1, time_s); }), all) << "its own word alone";
  EXPECT_EQ(missing([&] {
              recover(1, 1, time_s);
              recover(0, 1, time_s);
            }),
            all)
      << "by one of the two others alone";
  EXPECT_EQ(missing([&] {
              recover(0, 1, time_s);
              recover(2, 1, time_s);
            }),
            all)
      << "it does not say so itself";
  EXPECT_EQ(missing([&] {
              recover(1, 1, time_s);
              recover(0, 2, time_s);
              recover(2, 1, time_s);
            }),
            all)
      << "another was";
  EXPECT_EQ(missing([&] {
              recover(1, 1, time_s + limits::trace_recovery_s + limits::trace_apart_s + 1);
              recover(0, 1, time_s);
              recover(2, 1, time_s);
            }),
            all)
      << "at another time";
  // Whatever times it says: what stands behind the mark in the others' logs is not excused.
  EXPECT_EQ(missing([&] {
              recover(1, 1, time_s);
              recover(0, 1, time_s, 3);
              recover(2, 1, time_s);
            }),
            all)
      << "the uses stand behind it";
  EXPECT_EQ(missing([&] {
              recover(1, 1, time_s);
              recover(0, 1, time_s);
              recover(2, 1, time_s);
            }),
            0U);
}

TEST_F(TracePagesTest, WhatIsNoRecoveryIsNotBelieved) {
  add_uses();
  recover(0, 0, kTime_s);
  const Json good = custodians_[0].recoveries[0];
  for (const Json& value :
       {Json(), Json(7), Json::object(), Json::array({1}), Json::array({custodians_[0].uses[0].evidence}),
        Json(std::vector<Json>(limits::trace_recoveries_max + 1, good))}) {
    custodians_[0].lie = [&](Json answer, const SubjectRequest&) -> Result<Json> {
      answer["recoveries"] = value;
      return answer;
    };
    expect_not_believed(fetch(), "custodian 0");
  }
}

}  // namespace
}  // namespace qorgan::rights
