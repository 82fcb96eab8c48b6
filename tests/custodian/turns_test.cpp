#include "custodian/turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "custodian/rate.h"

namespace qorgan::custodian {
namespace {

using protocol::RequestId;

Deadline plenty() {
  return Deadline::after_ms(30'000);
}

RequestId id_of(int number) {
  RequestId id{};
  id[0] = static_cast<std::uint8_t>(number);
  id[1] = static_cast<std::uint8_t>(number >> 8);
  return id;
}

// Entries that wait on threads of their own, and write down who had a turn.
class Line {
 public:
  ~Line() { finish(); }

  // Returns when the entry is in line behind those before it.
  void add(const std::string& party, int number, std::stop_token stop = {}) {
    threads_.emplace_back([this, party, number, stop] {
      const Turns::Turn turn = turns.wait(party, id_of(number), plenty(), stop);
      const std::lock_guard lock(mutex_);
      if (!turn) return;
      served_.emplace_back(party);
      numbers_[party].push_back(number);
    });
    while (!turns.before(id_of(number))) std::this_thread::yield();
  }
  // In the order of their turns, after all have had theirs.
  std::vector<std::string> finish() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return served_;
  }

  // Of each party's entries, in the order of their turns.
  const std::map<std::string, std::vector<int>>& numbers() const { return numbers_; }

  Turns turns;

 private:
  std::mutex mutex_;
  std::vector<std::string> served_;
  std::map<std::string, std::vector<int>> numbers_;
  std::vector<std::thread> threads_;
};

TEST(Turns, OneAtATime) {
  Turns turns;
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 50; ++k) {
        const Turns::Turn turn = turns.wait("desk " + std::to_string(i % 3), id_of(100 * i + k), plenty());
        ASSERT_TRUE(turn);
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        std::this_thread::yield();
        --inside;
        ++done;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
  EXPECT_EQ(done, 400);
}

TEST(Turns, WhoComesTooLateIsToldAndHoldsUpNobody) {
  Turns turns;
  {
    std::optional<Turns::Turn> first(turns.wait("Kordai", id_of(1), plenty()));
    ASSERT_TRUE(*first);
    EXPECT_FALSE(turns.wait("Kordai", id_of(2), Deadline::after_ms(20)));
    // One that gave up between two that wait is skipped.
    auto patient =
        std::async(std::launch::async, [&] { return static_cast<bool>(turns.wait("Kordai", id_of(3), plenty())); });
    EXPECT_FALSE(turns.wait("Kordai", id_of(4), Deadline::after_ms(20)));
    EXPECT_EQ(patient.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    first.reset();
    EXPECT_TRUE(patient.get());
  }
  EXPECT_TRUE(turns.wait("Kordai", id_of(5), Deadline::after_ms(1000)));
}

TEST(Turns, AnotherPartysOnlyEntryWaitsForTheTurnUnderWayAlone) {
  Line line;
  std::optional<Turns::Turn> first(line.turns.wait("greedy", id_of(0), plenty()));
  for (int i = 1; i <= 30; ++i) line.add("greedy", i);
  line.add("modest", 31);
  EXPECT_EQ(line.turns.before(id_of(31)), 1U);
  EXPECT_EQ(line.turns.before(id_of(1)), 2U);
  EXPECT_EQ(line.turns.before(id_of(30)), 31U);
  EXPECT_EQ(line.turns.before(id_of(0)), 0U);
  EXPECT_EQ(line.turns.before(id_of(77)), std::nullopt);
  first.reset();
  const auto served = line.finish();
  ASSERT_EQ(served.size(), 31U);
  EXPECT_EQ(served.front(), "modest");
}

TEST(Turns, PartiesTakeTurns) {
  Line line;
  std::optional<Turns::Turn> first(line.turns.wait("a", id_of(0), plenty()));
  for (int i = 1; i <= 3; ++i) line.add("a", i);
  for (int i = 4; i <= 6; ++i) line.add("b", i);
  line.add("c", 7);
  first.reset();
  EXPECT_EQ(line.finish(), (std::vector<std::string>{"b", "c", "a", "b", "a", "b", "a"}));
}

TEST(Turns, AStopRequestEndsTheWaiting) {
  Line line;
  std::optional<Turns::Turn> first(line.turns.wait("a", id_of(0), plenty()));
  std::stop_source stop;
  line.add("b", 1, stop.get_token());
  line.add("b", 2);
  stop.request_stop();
  while (line.turns.before(id_of(1))) std::this_thread::yield();
  EXPECT_EQ(line.turns.before(id_of(2)), 1U);
  first.reset();
  EXPECT_EQ(line.finish(), std::vector<std::string>{"b"});
}

TEST(Turns, ShuttingDownLetsEveryoneGoWithoutATurn) {
  Line line;
  std::optional<Turns::Turn> first(line.turns.wait("a", id_of(0), plenty()));
  for (int i = 1; i <= 5; ++i) line.add("a", i);
  line.turns.shutdown();
  EXPECT_TRUE(line.finish().empty());
  EXPECT_FALSE(line.turns.wait("a", id_of(9), plenty()));
}

// Whatever comes and in whatever order: an entry at the head of its party's line is passed by every other party once at
// most, and a party's own entries keep their order.
TEST(Turns, NobodyStarves) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 chance(seed);
  for (int run = 0; run < 5; ++run) {
    Line line;
    constexpr int kParties = 5;
    std::optional<Turns::Turn> first(line.turns.wait("first", id_of(0), plenty()));
    std::map<std::string, int> waiting;
    const int entries = 40;
    for (int i = 1; i <= entries; ++i) {
      // Some parties come far more often than others.
      const std::string party(1, static_cast<char>('a' + std::min(chance() % kParties, chance() % kParties)));
      line.add(party, i);
      ++waiting[party];
    }
    std::map<std::size_t, int> places;
    for (int i = 1; i <= entries; ++i) ++places[line.turns.before(id_of(i)).value_or(0)];
    EXPECT_EQ(places.size(), static_cast<std::size_t>(entries)) << "every place is one entry's";
    first.reset();
    const auto served = line.finish();
    ASSERT_EQ(served.size(), static_cast<std::size_t>(entries));
    std::map<std::string, std::size_t> since;  // how many turns ago each waiting party had its own
    for (const std::string& party : served) {
      for (const auto& [other, left] : waiting)
        if (left > 0 && other != party) {
          ++since[other];
          EXPECT_LT(since[other], waiting.size()) << other;
        }
      since[party] = 0;
      --waiting[party];
    }
    for (const auto& [party, numbers] : line.numbers())
      EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end())) << party;
  }
}

TEST(Rate, LetsAMinutesWorthThroughAndThenWaits) {
  Rate rate(60);
  int allowed = 0;
  for (int i = 0; i < 200; ++i) allowed += rate.allow("Kordai") ? 1 : 0;
  // One a second is filled in while this runs.
  EXPECT_GE(allowed, 60);
  EXPECT_LE(allowed, 70);
}

TEST(Rate, CountsEachNameForItself) {
  Rate rate(10);
  for (int i = 0; i < 50; ++i) rate.allow("greedy");
  EXPECT_FALSE(rate.allow("greedy"));
  EXPECT_TRUE(rate.allow("modest"));
}

TEST(Rate, HoldsSoManyNamesAndTurnsNewOnesAwayUntilOneIsFree) {
  Rate rate(60, 100);
  const Rate::Clock::time_point start = Rate::Clock::now();
  const auto at = [&](int ms) { return start + std::chrono::milliseconds(ms); };
  // Two questions each, so that all are short of two tokens, which two seconds bring back.
  for (int i = 0; i < 100; ++i)
    for (int times = 0; times < 2; ++times) EXPECT_TRUE(rate.allow("name " + std::to_string(i), at(0)));
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(rate.allow("new " + std::to_string(i), at(1'900)));
  EXPECT_EQ(rate.names(), 100U);
  // Who is in goes on, at its own pace.
  int allowed = 0;
  for (int i = 0; i < 200; ++i) allowed += rate.allow("name 7", at(1'900)) ? 1 : 0;
  EXPECT_EQ(allowed, 59);
  // The others are full again, and make room; the greedy one is remembered.
  for (int i = 0; i < 1'000; ++i) rate.allow("new " + std::to_string(i), at(4'000));
  EXPECT_EQ(rate.names(), 100U);
  EXPECT_TRUE(rate.allow("name 7", at(4'000)));
  EXPECT_TRUE(rate.allow("name 7", at(4'000)));
  EXPECT_FALSE(rate.allow("name 7", at(4'000)));
}

// What is counted when it is over may be more than there was room for, and is then waited for.
TEST(Rate, CountsWhatItWasNotAskedFor) {
  Rate rate(60);
  const Rate::Clock::time_point start = Rate::Clock::now();
  const auto at = [&](int ms) { return start + std::chrono::milliseconds(ms); };
  for (int i = 0; i < 59; ++i) rate.count("Kordai", at(0));
  EXPECT_TRUE(rate.would_allow("Kordai", at(0)));
  for (int i = 0; i < 4; ++i) rate.count("Kordai", at(0));
  EXPECT_FALSE(rate.would_allow("Kordai", at(3'900)));
  EXPECT_FALSE(rate.allow("Kordai", at(3'900)));
  EXPECT_TRUE(rate.would_allow("Kordai", at(4'000)));
  EXPECT_TRUE(rate.would_allow("Almaty", at(0)));
  EXPECT_EQ(rate.names(), 1U) << "asking alone keeps no name";
}

TEST(Rate, AskingDoesNotLetInMoreNamesThanThereIsRoomFor) {
  Rate rate(60, 2);
  const Rate::Clock::time_point start = Rate::Clock::now();
  for (const char* name : {"one", "two", "three"}) rate.count(name, start);
  EXPECT_EQ(rate.names(), 2U);
  EXPECT_FALSE(rate.would_allow("three", start));
  EXPECT_TRUE(rate.would_allow("three", start + std::chrono::seconds(2)));
}

TEST(OwnedRates, NoOwnerTakesTheNamesOfAnother) {
  OwnedRates rates(60, 100);
  for (int i = 0; i < 1'000; ++i) {
    rates.of("greedy").allow("name " + std::to_string(i));
    rates.of("greedy").allow("name " + std::to_string(i));
  }
  EXPECT_LE(rates.of("greedy").names(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(rates.of("modest").allow("name " + std::to_string(i)));
}

}  // namespace
}  // namespace qorgan::custodian
