#include "custodian/run_ends.h"

#include <gtest/gtest.h>

#include <thread>

namespace qorgan::custodian {
namespace {

Deadline plenty() {
  return Deadline::after_ms(30'000);
}

Status lost(const char* where) {
  return failure(ErrorCode::unavailable, "the connection broke", where);
}

protocol::Network network() {
  protocol::Network network;
  for (auto& custodian : network.custodians) custodian.host = "host";
  return network;
}

TEST(RunEnds, AllWell) {
  RunEnds ends;
  for (int custodian : {2, 0}) ends.put(custodian, {});
  EXPECT_FALSE(ends.all_well());
  std::thread last([&] { ends.put(1, {}); });
  EXPECT_TRUE(ends.wait_all_or_failure(plenty(), {}));
  EXPECT_TRUE(ends.all_well());
  EXPECT_TRUE(ends.outcome(network()));
  last.join();
}

TEST(RunEnds, TheFirstFailureIsTheCause) {
  RunEnds ends;
  ends.put(2, lost("first"));
  EXPECT_TRUE(ends.wait_all_or_failure(plenty(), {}));
  ends.put(0, lost("second"));
  ends.put(1, {});
  ends.wait_all(plenty());
  EXPECT_FALSE(ends.all_well());
  EXPECT_EQ(ends.outcome(network()).error().where, "first");
}

TEST(RunEnds, OneThatStaysSilentIsNamed) {
  RunEnds ends;
  ends.put(0, lost("here"));
  ends.put(2, lost("custodian 0"));
  ends.wait_all(Deadline::after_ms(10));
  const Status outcome = ends.outcome(network());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::timeout);
  EXPECT_NE(outcome.error().where.find("custodian 1"), std::string::npos);
}

TEST(RunEnds, TheDeadlineAndAStopRequestEndTheWaiting) {
  RunEnds ends;
  ends.put(0, {});
  EXPECT_FALSE(ends.wait_all_or_failure(Deadline::after_ms(10), {}));
  std::stop_source stop;
  std::thread later([&] { stop.request_stop(); });
  EXPECT_TRUE(ends.wait_all_or_failure(plenty(), stop.get_token()));
  EXPECT_FALSE(ends.all_well());
  later.join();
}

}  // namespace
}  // namespace qorgan::custodian
