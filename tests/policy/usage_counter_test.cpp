#include "policy/usage_counter.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/limits.h"

namespace qorgan::policy {
namespace {

constexpr std::int64_t kMinute_ms = 60'000;
constexpr std::int64_t kDay_ms = 86'400'000;

TEST(UsageCounter, CountsDeskAndOperatorApart) {
  UsageCounter counter;
  EXPECT_EQ(counter.take("till", "bank", "A", 0).desk_minute, 0);
  const Usage second = counter.take("till", "bank", "B", 1);
  EXPECT_EQ(second.desk_minute, 1);
  EXPECT_EQ(second.desk_day, 1);
  EXPECT_EQ(second.operator_minute, 0);
  // The same operator at another desk of the bank; somebody of that name elsewhere.
  EXPECT_EQ(counter.take("till 2", "bank", "A", 2).operator_minute, 1);
  EXPECT_EQ(counter.take("counter", "office", "A", 3).operator_day, 0);
}

// No window of that length holds more than what the counter says.
TEST(UsageCounter, AMinuteIsNeverShorterThanAMinute) {
  for (std::int64_t start_ms : {0, 1, 4'999, 5'000, 123'457}) {
    UsageCounter counter;
    counter.take("till", "bank", "A", start_ms);
    EXPECT_EQ(counter.take("till", "bank", "B", start_ms + kMinute_ms - 1).desk_minute, 1) << start_ms;
    EXPECT_EQ(counter.take("till", "bank", "A", start_ms + kMinute_ms + 5'000).operator_minute, 0) << start_ms;
    EXPECT_EQ(counter.take("till", "bank", "C", start_ms + kMinute_ms + 5'000).desk_day, 3) << start_ms;
  }
}

TEST(UsageCounter, ADayIsNeverShorterThanADay) {
  UsageCounter counter;
  counter.take("till", "bank", "A", 1'234'567);
  EXPECT_EQ(counter.take("till", "bank", "A", 1'234'567 + kDay_ms - 1).operator_day, 1);
  EXPECT_EQ(counter.take("till", "bank", "A", 1'234'567 + kDay_ms - 1 + kDay_ms + 3'600'000).operator_day, 0);
}

TEST(UsageCounter, WhatIsGivenBackDoesNotCount) {
  UsageCounter counter;
  counter.take("till", "bank", "A", 10);
  counter.take("till", "bank", "A", 6'000);
  counter.give_back("till", "bank", "A", 10);
  const Usage usage = counter.take("till", "bank", "A", 6'001);
  EXPECT_EQ(usage.desk_minute, 1);
  EXPECT_EQ(usage.operator_day, 1);
  // Long afterwards there is nothing to take back.
  counter.take("till", "bank", "A", 3 * kDay_ms);
  counter.give_back("till", "bank", "A", 6'000);
  EXPECT_EQ(counter.take("till", "bank", "A", 3 * kDay_ms).desk_day, 1);
}

TEST(UsageCounter, AClockThatGoesBackOpensNothing) {
  UsageCounter counter;
  counter.take("till", "bank", "A", 10 * kDay_ms);
  EXPECT_EQ(counter.take("till", "bank", "A", 0).desk_minute, 1);
  EXPECT_EQ(counter.take("till", "bank", "A", 10 * kDay_ms).desk_minute, 2);
}

TEST(UsageCounter, NamesThatAreMadeUpShareOneCount) {
  UsageCounter counter;
  for (std::size_t i = 0; i < limits::quota_operators_of_party_max; ++i)
    EXPECT_EQ(counter.take("till", "bank", "operator " + std::to_string(i), 0).operator_minute, 0);
  EXPECT_EQ(counter.take("till", "bank", "one more", 0).operator_minute, 0);
  EXPECT_EQ(counter.take("till", "bank", "and another", 0).operator_minute, 1);
  // Those who were there before keep their own.
  EXPECT_EQ(counter.take("till", "bank", "operator 0", 0).operator_minute, 1);
  // After a day without a question they make room.
  counter.take("till", "bank", "late", 3 * kDay_ms);
  EXPECT_EQ(counter.take("till", "bank", "later", 3 * kDay_ms).operator_day, 0);
}

TEST(UsageCounter, ADayGoesOnAfterANewStart) {
  constexpr std::int64_t kHour_ms = 3'600'000;
  constexpr std::int64_t kNow_ms = 500'000 * kHour_ms;
  UsageCounter before;
  for (int i = 0; i < 3; ++i) before.take("till", "bank", "A", kNow_ms - 20 * kHour_ms);
  for (int i = 0; i < 2; ++i) before.take("till", "bank", "A", kNow_ms);
  before.take("till", "bank", "A", kNow_ms);
  before.give_back("till", "bank", "A", kNow_ms);
  const std::vector<DayCounts> kept = before.day_counts("till", "bank", "A");
  ASSERT_EQ(kept.size(), 2U);
  for (const std::int64_t later_ms : {std::int64_t{0}, kHour_ms, 6 * kHour_ms, 25 * kHour_ms}) {
    UsageCounter after;
    for (const DayCounts& counts : kept) after.restore(counts, kNow_ms + later_ms);
    const Usage usage = after.take("till", "bank", "A", kNow_ms + later_ms);
    EXPECT_EQ(usage.operator_day, later_ms < 5 * kHour_ms ? 5 : later_ms < kDay_ms ? 2 : 0) << later_ms;
    EXPECT_EQ(usage.desk_day, usage.operator_day);
    EXPECT_EQ(usage.operator_minute, 0);
    EXPECT_EQ(after.take("till", "bank", "B", kNow_ms + later_ms).operator_day, 0);
  }
  // A clock that was set back opens nothing.
  UsageCounter back;
  for (const DayCounts& counts : kept) back.restore(counts, kNow_ms - 100 * kDay_ms);
  EXPECT_EQ(back.take("till", "bank", "A", kNow_ms - 100 * kDay_ms).desk_day, 5);
}

TEST(UsageCounter, SharedCountsComeBackAsShared) {
  UsageCounter before;
  for (std::size_t i = 0; i <= limits::quota_operators_of_party_max; ++i)
    before.take("till", "bank", "operator " + std::to_string(i), 0);
  const std::string last = "operator " + std::to_string(limits::quota_operators_of_party_max);
  const std::vector<DayCounts> kept = before.day_counts("till", "bank", last);
  EXPECT_EQ(kept[1].name, "");
  EXPECT_EQ(kept[1].party, "bank");
  UsageCounter after;
  after.restore(kept[1], 0);
  EXPECT_EQ(after.day_counts("till", "bank", "nobody")[1], kept[1]);
}

TEST(UsageCounter, NobodyGoesAboveAQuotaAtTheSameTime) {
  UsageCounter counter;
  constexpr int kQuota = 100;
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 200; ++j) {
        if (counter.take("till", "bank", "A", 0).desk_minute < kQuota) {
          ++allowed;
        } else {
          counter.give_back("till", "bank", "A", 0);
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(allowed, kQuota);
  EXPECT_EQ(counter.take("till", "bank", "A", 0).desk_minute, kQuota);
}

}  // namespace
}  // namespace qorgan::policy
