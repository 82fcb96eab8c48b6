// Three logs against one another: honest custodians never give an alarm, whatever happens to them, and one that
// computes without logging is named.
#include "ledger/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/limits.h"
#include "crypto/random.h"
#include "tests/ledger/follow_support.h"

namespace qorgan::ledger::test {
namespace {

constexpr std::int64_t kStart_s = 1'800'000'000;
constexpr std::int64_t kGrace_s = limits::log_audit_grace_s;

RequestId request_of(int number) {
  RequestId id{};
  id[0] = static_cast<std::uint8_t>(number >> 8);
  id[1] = static_cast<std::uint8_t>(number);
  return id;
}

Leaf use(int request, std::int64_t time_s, Event event = Event::verify) {
  Leaf leaf;
  leaf.time_s = time_s;
  leaf.event = event;
  leaf.request = request_of(request);
  leaf.party = "bank-one";
  leaf.purpose = "verification";
  leaf.purpose_version = 1;
  leaf.basis = "consent";
  leaf.details = Hash{};
  if (event != Event::identify) leaf.tag = Hash{};
  return leaf;
}

Leaf end_of(int request, std::int64_t time_s, Event event) {
  Leaf leaf;
  leaf.time_s = time_s;
  leaf.event = event;
  leaf.request = request_of(request);
  leaf.reason = "busy";
  return leaf;
}

Leaf policy_at(std::int64_t time_s) {
  Leaf leaf;
  leaf.time_s = time_s;
  leaf.event = Event::policy;
  leaf.digest = Hash{7};
  return leaf;
}

class Auditing : public ::testing::Test {
 protected:
  Auditing() { reopen(); }

  void log(std::size_t custodian, const Leaf& leaf) { logs_[custodian].add(leaf.text()); }
  void log_all(const Leaf& leaf) {
    for (std::size_t i = 0; i < kAuditedLogs; ++i) log(i, leaf);
  }
  // Something that has nothing to do with requests, later than everything before.
  void go_on(std::int64_t time_s) { log_all(policy_at(time_s)); }

  void reopen() {
    auto opened = Audit::open(state_.path() / "audit.json", {logs_[0].key(), logs_[1].key(), logs_[2].key()});
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    audit_.emplace(std::move(*opened));
  }

  AuditedLogs audited() {
    AuditedLogs all;
    for (std::size_t i = 0; i < kAuditedLogs; ++i) {
      FolderLog& one = logs_[i];
      one.publish();
      all[i] = {one.key(),
                {one.cosigner_key()},
                one.entries().size(),
                [&one](std::uint64_t from, std::uint64_t to) -> Result<std::vector<Bytes>> {
                  const auto begin = one.entries().begin();
                  return std::vector<Bytes>(begin + static_cast<std::ptrdiff_t>(from),
                                            begin + static_cast<std::ptrdiff_t>(to));
                },
                [&one](std::uint64_t index) -> Result<LogProof> {
                  const TileReader reader(one.folder(), Disk::system());
                  const std::uint64_t size = one.entries().size();
                  return LogProof{
                      {}, index, prove_inclusion(index, size, reader.hashes(size)).value(), one.read("checkpoint")};
                }};
    }
    return all;
  }

  // The alarms of one run as "kind log", each with evidence that holds.
  std::vector<std::string> run(std::int64_t now_s = kStart_s + 1'000'000) {
    std::vector<std::string> found;
    const AuditedLogs all = audited();
    const Status done = audit_->run(all, now_s, [&found](const Evidence& evidence) -> Status {
      found.push_back(fmt::format("{} {}", evidence_kind_name(evidence.kind), evidence.log.name.back()));
      const auto again = parse_evidence(evidence.text());
      EXPECT_TRUE(again.has_value());
      const auto verdict = verify_evidence(again ? *again : evidence);
      EXPECT_TRUE(verdict.has_value()) << verdict.error().message();
      EXPECT_TRUE(verdict && !verdict->proves.empty());
      return {};
    });
    EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().message());
    std::sort(found.begin(), found.end());
    return found;
  }

  using Alarms = std::vector<std::string>;
  FolderLog logs_[kAuditedLogs] = {FolderLog(0), FolderLog(1), FolderLog(2)};
  TempFolder state_;
  std::optional<Audit> audit_;
};

TEST_F(Auditing, AgreedUsesAreCountedByPurposeAndParty) {
  for (int i = 0; i < 5; ++i) log_all(use(i, kStart_s + i));
  Leaf other = use(100, kStart_s + 10, Event::identify);
  other.purpose = "investigation";
  other.warrant = request_of(9);
  log_all(other);
  EXPECT_EQ(run(), Alarms());
  go_on(kStart_s + 10 * kGrace_s);
  EXPECT_EQ(run(), Alarms());
  const AuditSummary summary = audit_->summary();
  EXPECT_EQ(summary.uses.size(), 2U);
  EXPECT_EQ(summary.uses.at({"verification", "bank-one"}), 5U);
  EXPECT_EQ(summary.uses.at({"investigation", "bank-one"}), 1U);
  EXPECT_EQ(summary.logs[2].entries, 7U);
  ASSERT_EQ(summary.logs[1].policies.size(), 1U);
  EXPECT_EQ(summary.logs[1].policies[0].digest, Hash{7});
}

TEST_F(Auditing, ACustodianThatComputesWithoutLoggingIsNamed) {
  log(0, use(1, kStart_s));
  log(2, use(1, kStart_s + 1));
  go_on(kStart_s + kGrace_s);
  EXPECT_EQ(run(), Alarms());
  EXPECT_EQ(audit_->summary().logs[1].lacks, 1U);
  go_on(kStart_s + kGrace_s + 1);
  EXPECT_EQ(run(), Alarms{"missing-use 1"});
  // Once.
  go_on(kStart_s + 2 * kGrace_s);
  EXPECT_EQ(run(), Alarms());
  reopen();
  EXPECT_EQ(run(), Alarms());
  // It logs it after all: that accuses nobody else.
  log(1, use(1, kStart_s + 3 * kGrace_s));
  go_on(kStart_s + 5 * kGrace_s);
  EXPECT_EQ(run(), Alarms());
}

TEST_F(Auditing, AllThatOneLogLacksIsAnAlarmEach) {
  log(1, use(1, kStart_s));
  log(1, use(2, kStart_s));
  go_on(kStart_s + 2 * kGrace_s);
  const Alarms expected{"missing-use 0", "missing-use 0", "missing-use 2", "missing-use 2"};
  EXPECT_EQ(run(), expected);
}

// It has nothing newer: nothing can be said of it.
TEST_F(Auditing, AnOfflineCustodianIsBehindAndNotAccused) {
  log_all(use(1, kStart_s));
  for (int i = 2; i < 50; ++i) {
    log(0, use(i, kStart_s + 100 * i));
    log(2, use(i, kStart_s + 100 * i));
  }
  EXPECT_EQ(run(), Alarms());
  EXPECT_EQ(audit_->summary().logs[1].lacks, 48U);
  // Back again, it logs what it missed, in its own order.
  for (int i = 49; i >= 2; --i) log(1, use(i, kStart_s + 5000));
  go_on(kStart_s + 5000 + 2 * kGrace_s);
  EXPECT_EQ(run(), Alarms());
  EXPECT_EQ(audit_->summary().logs[1].lacks, 0U);
  EXPECT_EQ(audit_->summary().uses.at({"verification", "bank-one"}), 49U);
}

// It died after it had agreed and before it could abort; the others never heard of the request.
TEST_F(Auditing, ACustodianThatDiedAccusesNobody) {
  log(0, use(1, kStart_s));
  for (const std::size_t i : {1U, 2U}) log(i, policy_at(kStart_s + 10 * kGrace_s));
  EXPECT_EQ(run(), Alarms());
  log(0, end_of(1, kStart_s + 11 * kGrace_s, Event::aborted));
  go_on(kStart_s + 20 * kGrace_s);
  EXPECT_EQ(run(), Alarms());
  EXPECT_TRUE(audit_->summary().uses.empty());
}

TEST_F(Auditing, WhatCameToNothingIsNoAlarm) {
  // Refused by one, aborted by the two others.
  log(0, use(1, kStart_s));
  log(1, end_of(1, kStart_s, Event::refused));
  log(2, use(1, kStart_s));
  log(0, end_of(1, kStart_s + 1, Event::aborted));
  log(2, end_of(1, kStart_s + 1, Event::aborted));
  // Agreed to by all, and aborted by all; refused by all; seen by one alone, who aborted.
  log_all(use(2, kStart_s));
  log_all(end_of(2, kStart_s + 2, Event::aborted));
  log_all(end_of(3, kStart_s, Event::refused));
  log(0, use(4, kStart_s));
  log(0, end_of(4, kStart_s + 3, Event::aborted));
  EXPECT_EQ(run(), Alarms());
  go_on(kStart_s + 10 * kGrace_s);
  EXPECT_EQ(run(), Alarms());
  EXPECT_TRUE(audit_->summary().uses.empty());
  EXPECT_EQ(audit_->summary().logs[0].aborted, 3U);
  EXPECT_EQ(audit_->summary().logs[1].refused, 2U);
}

TEST_F(Auditing, AnAbortThatComesLaterTakesTheCountBack) {
  log_all(use(1, kStart_s));
  EXPECT_EQ(run(), Alarms());
  EXPECT_EQ(audit_->summary().uses.at({"verification", "bank-one"}), 1U);
  log_all(end_of(1, kStart_s + 1, Event::aborted));
  EXPECT_EQ(run(), Alarms());
  EXPECT_TRUE(audit_->summary().uses.empty());
}

TEST_F(Auditing, WhatWasRefusedByOneMustEndAtTheOthers) {
  log(0, use(1, kStart_s));
  log(1, end_of(1, kStart_s, Event::refused));
  log(2, use(1, kStart_s));
  log(2, end_of(1, kStart_s + 1, Event::aborted));
  go_on(kStart_s + 2 * kGrace_s);
  EXPECT_EQ(run(), Alarms{"unended 0"});
  EXPECT_EQ(run(), Alarms());
}

TEST_F(Auditing, FieldsThatAllShareMustAgree) {
  int request = 0;
  const std::function<void(Leaf&)> changes[] = {
      [](Leaf& leaf) { leaf.event = Event::enrol; }, [](Leaf& leaf) { leaf.party = "bank-two"; },
      [](Leaf& leaf) { leaf.purpose = "other"; },    [](Leaf& leaf) { leaf.purpose_version = 2; },
      [](Leaf& leaf) { leaf.basis = "law"; },        [](Leaf& leaf) { leaf.warrant = request_of(1); },
  };
  for (const auto& change : changes) {
    Leaf leaf = use(++request, kStart_s);
    log(0, leaf);
    log(1, leaf);
    change(leaf);
    log(2, leaf);
    EXPECT_EQ(run(), Alarms{"fields-differ 2"}) << request;
    EXPECT_EQ(run(), Alarms());
  }
  // What each has of its own may differ.
  Leaf leaf = use(++request, kStart_s);
  log(0, leaf);
  leaf.time_s += 30;
  leaf.tag = Hash{1};
  leaf.details = Hash{2};
  log(1, leaf);
  log(2, leaf);
  EXPECT_EQ(run(), Alarms());
}

TEST_F(Auditing, TimesMayGoBackALittleAndNoMore) {
  log(0, policy_at(kStart_s));
  log(0, policy_at(kStart_s - limits::log_time_skew_s));
  EXPECT_EQ(run(), Alarms());
  log(0, policy_at(kStart_s - limits::log_time_skew_s - 1));
  for (int i = 0; i < 10; ++i) log(0, policy_at(kStart_s - 1000));
  const Alarms expected{"time-back 0", "time-back 0"};
  EXPECT_EQ(run(), expected);
}

// A clock that is ahead does not make its custodian late.
TEST_F(Auditing, AnEntryOfTheFutureDoesNotMeanThatTimeHasPassed) {
  log(0, use(1, kStart_s));
  log(0, policy_at(kStart_s + 10 * kGrace_s));
  log(1, policy_at(kStart_s + 10 * kGrace_s));
  EXPECT_EQ(run(kStart_s + 5), Alarms());
}

TEST_F(Auditing, AnEntryThatSaysNothingIsAnAlarmAndTheRestIsRead) {
  log_all(use(1, kStart_s));
  logs_[1].add("{\"nothing\":1}");
  logs_[1].add(use(2, kStart_s).text() + " ");
  log_all(use(3, kStart_s));
  const Alarms expected{"malformed-leaf 1", "malformed-leaf 1"};
  EXPECT_EQ(run(), expected);
  EXPECT_EQ(audit_->summary().logs[1].malformed, 2U);
  EXPECT_EQ(audit_->summary().uses.at({"verification", "bank-one"}), 2U);
}

class Hidden : public Auditing {
 protected:
  Hidden() {
    opening_.nonce.fill(3);
    opening_.details = "{\"desk\":\"one\"}";
    Leaf leaf;
    leaf.time_s = kStart_s;
    leaf.event = Event::identify;
    leaf.request = request_of(1);
    leaf.details = details_commitment(opening_);
    leaf.hidden_until_s = kUntil_s;
    log_all(leaf);
  }

  Leaf opened(const DetailsOpening& opening, std::int64_t time_s) const {
    Leaf leaf;
    leaf.time_s = time_s;
    leaf.event = Event::opened;
    leaf.entry = 0;
    leaf.opening = opening.text();
    return leaf;
  }

  static constexpr std::int64_t kUntil_s = kStart_s + 100'000;
  DetailsOpening opening_;
};

TEST_F(Hidden, IsCountedUntilItIsOpened) {
  EXPECT_EQ(run(kStart_s), Alarms());
  for (const LogSummary& log : audit_->summary().logs) EXPECT_EQ(log.hidden_closed, 1U);
  EXPECT_EQ(audit_->summary().uses.at({"", ""}), 1U);
  log_all(opened(opening_, kUntil_s));
  EXPECT_EQ(run(), Alarms());
  for (const LogSummary& log : audit_->summary().logs) EXPECT_EQ(log.hidden_closed, 0U);
}

TEST_F(Hidden, MustBeOpenedByItsDate) {
  EXPECT_EQ(run(kUntil_s + limits::log_open_grace_s), Alarms());
  log(0, opened(opening_, kUntil_s));
  log(1, policy_at(kUntil_s + kGrace_s + 1));
  EXPECT_EQ(run(kUntil_s + kGrace_s + 1), Alarms{"not-opened 1"});
  // The third has logged nothing since, but the days of grace are over.
  EXPECT_EQ(run(kUntil_s + limits::log_open_grace_s + 1), Alarms{"not-opened 2"});
  EXPECT_EQ(run(kUntil_s + limits::log_open_grace_s + 2), Alarms());
}

TEST_F(Hidden, MustBeOpenedTruly) {
  DetailsOpening other = opening_;
  other.details = "{\"desk\":\"two\"}";
  log(2, opened(other, kUntil_s));
  EXPECT_EQ(run(kStart_s), Alarms{"false-opening 2"});
  EXPECT_EQ(audit_->summary().logs[2].hidden_closed, 1U);
}

// Killed between two runs, or before a run could save: the same in the end, nothing twice and nothing lost.
TEST_F(Auditing, ARunThatIsKilledIsDoneAgain) {
  const auto seed = crypto::random_below(1U << 30);
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::uint64_t uses = 0;
  for (int step = 0; step < 40; ++step) {
    const int request = step + 1;
    const std::int64_t time_s = kStart_s + 1000 * step;
    if (step % 4 == 3) {
      log(0, use(request, time_s));
      log(1, use(request, time_s));
    } else {
      log_all(use(request, time_s));
      ++uses;
    }
    if (random() % 2 == 0) reopen();
    // A run that cannot make its alarms durable saves nothing.
    const AuditedLogs all = audited();
    const Status failed = audit_->run(all, kStart_s + 1'000'000, [](const Evidence&) -> Status {
      return failure(ErrorCode::storage_full, "no room");
    });
    if (!failed) {
      reopen();
      EXPECT_EQ(run(), Alarms{"missing-use 2"}) << step;
    }
  }
  go_on(kStart_s + 1'000'000 - 1);
  reopen();
  EXPECT_EQ(run(), Alarms{"missing-use 2"});
  EXPECT_EQ(audit_->summary().uses.at({"verification", "bank-one"}), uses);
}

TEST_F(Auditing, AStateOfOtherLogsOrADamagedOneIsRefused) {
  log_all(use(1, kStart_s));
  EXPECT_EQ(run(), Alarms());
  const auto file = state_.path() / "audit.json";
  const auto other = Audit::open(file, {logs_[1].key(), logs_[0].key(), logs_[2].key()});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::wrong_network);
  for (const char* bad : {"", "{", "{\"v\":2}", "{\"v\":1,\"logs\":[]}"}) {
    ASSERT_TRUE(Disk::system().write(file, as_bytes(bad), false).has_value());
    const auto damaged = Audit::open(file, {logs_[0].key(), logs_[1].key(), logs_[2].key()});
    ASSERT_FALSE(damaged.has_value()) << bad;
    EXPECT_EQ(damaged.error().code, ErrorCode::damaged);
  }
}

}  // namespace
}  // namespace qorgan::ledger::test
