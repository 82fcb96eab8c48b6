#include "custodian/coordinator_holds.h"

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/expect.h"

namespace qorgan::custodian {
namespace {

using protocol::SubjectId;

Deadline plenty() {
  return Deadline::after_ms(10'000);
}

SubjectId subject(std::uint8_t number) {
  SubjectId id{};
  id.fill(number);
  return id;
}

// Changes of one person that wait, each on a thread of its own, and write down who was let in.
class Line {
 public:
  ~Line() { finish(); }

  // Returns when the change is in line behind those before it.
  void add(const std::string& desk) {
    threads_.emplace_back([this, desk] {
      const auto hold = holds.wait(subject(1), desk, plenty());
      const std::lock_guard lock(mutex_);
      if (hold) served_.push_back(desk);
    });
    const Deadline end = plenty();
    while (holds.waiting(subject(1)) < threads_.size() && !end.passed()) std::this_thread::yield();
  }
  std::vector<std::string> finish() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return served_;
  }

  Holds holds;

 private:
  std::mutex mutex_;
  std::vector<std::string> served_;
  std::vector<std::thread> threads_;
};

TEST(Holds, OneChangeAtATimeOfEachPerson) {
  Holds holds;
  auto first = holds.wait(subject(1), "Kordai", plenty());
  ASSERT_OK(first);
  EXPECT_OK(holds.wait(subject(2), "Kordai", Deadline::after_ms(0)));
  EXPECT_ERROR(holds.wait(subject(1), "Almaty", Deadline::after_ms(5)), ErrorCode::busy);
  first->give_back();
  EXPECT_OK(holds.wait(subject(1), "Almaty", Deadline::after_ms(0)));
  // Given back already: it does not give back another one's when it goes.
  auto second = holds.wait(subject(1), "Almaty", Deadline::after_ms(0));
  ASSERT_OK(second);
  { const auto gone = std::move(*first); }
  EXPECT_ERROR(holds.wait(subject(1), "Kordai", Deadline::after_ms(0)), ErrorCode::busy);
}

TEST(Holds, ThePersonGoesBeforeAnyDesk) {
  Line line;
  auto under_way = line.holds.wait(subject(1), "Kordai", plenty());
  ASSERT_OK(under_way);
  line.add("Kordai");
  line.add("Almaty");
  line.add("");
  line.add("Astana");
  line.add("");
  under_way->give_back();
  EXPECT_EQ(line.finish(), (std::vector<std::string>{"", "", "Kordai", "Almaty", "Astana"}));
}

TEST(Holds, ADeskHasOneChangeWaitingForAPerson) {
  Line line;
  auto under_way = line.holds.wait(subject(1), "Kordai", plenty());
  ASSERT_OK(under_way);
  line.add("Kordai");
  for (int i = 0; i < 40; ++i) EXPECT_ERROR(line.holds.wait(subject(1), "Kordai", plenty()), ErrorCode::busy);
  EXPECT_EQ(line.holds.waiting(subject(1)), 1U);
  auto other = line.holds.wait(subject(2), "Kordai", plenty());
  EXPECT_OK(other);
  under_way->give_back();
  EXPECT_EQ(line.finish(), std::vector<std::string>{"Kordai"});
}

TEST(Holds, ShuttingDownLetsEveryoneGo) {
  Line line;
  auto under_way = line.holds.wait(subject(1), "Kordai", plenty());
  ASSERT_OK(under_way);
  line.add("Almaty");
  line.add("");
  line.holds.shutdown();
  EXPECT_TRUE(line.finish().empty());
}

}  // namespace
}  // namespace qorgan::custodian
