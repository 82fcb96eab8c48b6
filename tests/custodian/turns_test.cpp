#include "custodian/turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "custodian/rate.h"

namespace qorgan::custodian {
namespace {

Deadline plenty() {
  return Deadline::after_ms(30'000);
}

TEST(Turns, OneAtATime) {
  Turns turns;
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        const Turns::Turn turn = turns.wait(plenty());
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
    const Turns::Turn first = turns.wait(plenty());
    ASSERT_TRUE(first);
    EXPECT_FALSE(turns.wait(Deadline::after_ms(20)));
    // One that gave up between two that wait is skipped.
    auto patient = std::async(std::launch::async, [&] { return static_cast<bool>(turns.wait(plenty())); });
    EXPECT_FALSE(turns.wait(Deadline::after_ms(20)));
    EXPECT_EQ(patient.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
    {
      Turns::Turn moved = std::move(const_cast<Turns::Turn&>(first));
      EXPECT_TRUE(moved);
    }
    EXPECT_TRUE(patient.get());
  }
  EXPECT_TRUE(turns.wait(Deadline::after_ms(1000)));
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

}  // namespace
}  // namespace qorgan::custodian
