#include <algorithm>
#include <cstdio>
#include <thread>

#include "tests/net/net_support.h"

namespace qorgan::net {
namespace {

using namespace qorgan::net::testing;

Bytes pattern(std::size_t size, int seed) {
  Bytes bytes(size);
  std::uint32_t state = static_cast<std::uint32_t>(seed) * 2654435761u + 1;
  for (std::uint8_t& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

// Three custodians in a ring: i sends to i-1 and receives from i+1. Link i runs from custodian i+1 to custodian i;
// its sender made the connection, its receiver accepted it.
struct Ring {
  std::vector<Pair> links;
  Ring() {
    for (int i = 0; i < 3; ++i) links.push_back(connect_pair());
  }
  Connection& in(int custodian) { return links[static_cast<std::size_t>(custodian)].server; }
  Connection& out(int custodian) { return links[static_cast<std::size_t>((custodian + 2) % 3)].client; }
};

template <class Step>
void in_parallel(Step step) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&step, i] { step(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST(Exchange, RingWithMegabytesBothWaysDoesNotBlock) {
  constexpr std::size_t kSize = std::size_t{1} << 20;
  Ring ring;
  in_parallel([&ring](int i) {
    Bytes got(kSize);
    for (int round = 0; round < 4; ++round) {
      const Bytes sent = pattern(kSize, 10 * round + i);
      ASSERT_OK(exchange(ring.out(i), sent, ring.in(i), got, plenty()));
      ASSERT_EQ(got, pattern(kSize, 10 * round + (i + 1) % 3));
    }
  });
}

TEST(Exchange, OneConnectionCarriesBothDirectionsAtOnce) {
  constexpr std::size_t kSize = std::size_t{8} << 20;
  Pair pair = connect_pair();
  const auto run = [](Connection& connection, int own, int other) {
    const Bytes sent = pattern(kSize, own);
    Bytes got(kSize);
    EXPECT_OK(exchange(connection, sent, connection, got, plenty()));
    EXPECT_EQ(got, pattern(kSize, other));
  };
  std::thread server([&] { run(pair.server, 1, 2); });
  run(pair.client, 2, 1);
  server.join();
}

TEST(Exchange, EveryLengthAroundRecordsAndBuffersArrives) {
  Pair pair = connect_pair();
  const std::vector<std::size_t> sizes = {1, 2, 16379, 16380, 16381, 16384, 16385, 65532, 65536, 65540, 262144};
  std::thread server([&] {
    for (const std::size_t size : sizes) {
      Bytes got(size);
      ASSERT_OK(exchange(pair.server, {}, pair.server, got, plenty()));
      ASSERT_EQ(got, pattern(size, static_cast<int>(size)));
    }
  });
  for (const std::size_t size : sizes)
    EXPECT_OK(exchange(pair.client, pattern(size, static_cast<int>(size)), pair.client, {}, plenty()));
  server.join();
}

TEST(Exchange, AnotherLengthThanExpectedIsDamagedAndNotWaitedFor) {
  for (const std::size_t sent : {std::size_t{99}, std::size_t{101}, std::size_t{300'000}}) {
    Pair pair = connect_pair();
    std::thread client([&] {
      // The other end gives up in the middle of the long one.
      static_cast<void>(exchange(pair.client, Bytes(sent), pair.client, {}, plenty()));
    });
    Bytes got(100);
    const Stopwatch watch;
    EXPECT_ERROR(exchange(pair.server, {}, pair.server, got, plenty()), ErrorCode::damaged);
    EXPECT_LT(watch.elapsed_ms(), 15'000);
    EXPECT_ERROR(pair.server.write_raw(got, plenty()), ErrorCode::unavailable);
    pair.server.shutdown();
    client.join();
  }
}

TEST(Exchange, NothingToDoReturnsAtOnce) {
  Pair pair = connect_pair();
  EXPECT_OK(exchange(pair.client, {}, pair.client, {}, Deadline::after_ms(0)));
}

TEST(Exchange, SilentPartnerGivesTimeoutWithItsName) {
  Ring ring;
  ring.in(0).set_peer_name("custodian 1");
  Bytes got(1000);
  const Stopwatch watch;
  const Status status = exchange(ring.out(0), Bytes(1000), ring.in(0), got, Deadline::after_ms(200));
  EXPECT_ERROR(status, ErrorCode::timeout);
  EXPECT_EQ(status.error().where.rfind("custodian 1 (127.0.0.1:", 0), 0u) << status.error().where;
  EXPECT_GE(watch.elapsed_ms(), 199);
}

TEST(Exchange, PartnerThatDoesNotReadGivesTimeout) {
  Ring ring;
  EXPECT_ERROR(exchange(ring.out(0), Bytes(std::size_t{32} << 20), ring.in(0), {}, Deadline::after_ms(200)),
               ErrorCode::timeout);
}

TEST(Exchange, PartnerThatGoesAwayGivesUnavailable) {
  Ring ring;
  std::thread leaver([&ring] { Connection gone = std::move(ring.out(1)); });
  Bytes got(1000);
  EXPECT_ERROR(exchange(ring.out(0), Bytes(1000), ring.in(0), got, plenty()), ErrorCode::unavailable);
  leaver.join();
}

TEST(Exchange, KeysAreRenewedInMidStream) {
  Pair pair = connect_pair();
  constexpr int kRounds = 20;
  const auto run = [](Connection& connection, int own, int other) {
    Bytes got(100'000);
    for (int round = 0; round < kRounds; ++round) {
      if (round % 3 == own) ASSERT_OK(connection.renew_keys());
      ASSERT_OK(exchange(connection, pattern(got.size(), own + round), connection, got, plenty()));
      ASSERT_EQ(got, pattern(got.size(), other + round));
    }
  };
  std::thread server([&] { run(pair.server, 1, 2); });
  run(pair.client, 2, 1);
  server.join();
}

TEST(Exchange, CountsWhatGoesOverTheWire) {
  Pair pair = connect_pair();
  const ByteCounts before = pair.client.counts();
  std::thread server([&] {
    Bytes got(100'000);
    EXPECT_OK(exchange(pair.server, {}, pair.server, got, plenty()));
  });
  EXPECT_OK(exchange(pair.client, Bytes(100'000), pair.client, {}, plenty()));
  server.join();
  EXPECT_EQ(pair.client.counts().plain_sent - before.plain_sent, 100'004u);
  // Seven records, each with 5 bytes of header, 1 of type and 16 of tag.
  EXPECT_EQ(pair.client.counts().wire_sent - before.wire_sent, 100'004u + 7 * 22);
  EXPECT_EQ(pair.server.counts().wire_received, pair.client.counts().wire_sent);
  EXPECT_EQ(pair.server.counts().plain_received, pair.client.counts().plain_sent);
}

// Not tests but measurements: net_tests --gtest_also_run_disabled_tests --gtest_filter='*Speed*'
// Best and median of several batches: other programs on the machine only ever add time.
void report(const std::string& what, std::vector<double> step_us, double step_bytes) {
  std::sort(step_us.begin(), step_us.end());
  const double median = step_us[step_us.size() / 2];
  const auto rate = [step_bytes](double us) { return 1e6 * step_bytes / us / (1 << 30); };
  std::printf("%-22s best %7.1f us, %.3f GiB/s; median %7.1f us, %.3f GiB/s\n", what.c_str(), step_us[0],
              rate(step_us[0]), median, rate(median));
}

void measure_ring(std::size_t size, int rounds) {
  Ring ring;
  std::vector<double> step_us;
  for (int batch = 0; batch < 20; ++batch) {
    const Stopwatch watch;
    in_parallel([&](int i) {
      const Bytes sent(size, 1);
      Bytes got(size);
      for (int round = 0; round < rounds; ++round) ASSERT_OK(exchange(ring.out(i), sent, ring.in(i), got, plenty()));
    });
    step_us.push_back(watch.elapsed_us() / rounds);
  }
  report(std::to_string(size) + " bytes, ring", std::move(step_us), 3.0 * static_cast<double>(size));
}

TEST(Exchange, DISABLED_SpeedOfARing) {
  measure_ring(1, 2'000);
  measure_ring(1'000, 2'000);
  measure_ring(32'768, 500);
  measure_ring(262'144, 100);
  measure_ring(1'048'576, 30);
}

TEST(Exchange, DISABLED_SpeedOfARoundTrip) {
  Pair pair = connect_pair();
  constexpr int kBatches = 50;
  constexpr int kRounds = 1'000;
  std::thread server([&] {
    Bytes byte(1);
    for (int i = 0; i < kBatches * kRounds; ++i) {
      ASSERT_OK(pair.server.read_raw(byte, plenty()));
      ASSERT_OK(pair.server.write_raw(byte, plenty()));
    }
  });
  std::vector<double> trip_us;
  Bytes byte(1);
  for (int batch = 0; batch < kBatches; ++batch) {
    const Stopwatch watch;
    for (int i = 0; i < kRounds; ++i) {
      ASSERT_OK(pair.client.write_raw(byte, plenty()));
      ASSERT_OK(pair.client.read_raw(byte, plenty()));
    }
    trip_us.push_back(watch.elapsed_us() / kRounds);
  }
  server.join();
  report("1 byte, there and back", std::move(trip_us), 2);
}

}  // namespace
}  // namespace qorgan::net
