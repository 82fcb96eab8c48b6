// AND gates, and counting and deciding on bits that are known here.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "mpc/arithmetic.h"
#include "mpc/gates.h"
#include "mpc/similarity.h"
#include "mpc/survivors.h"
#include "mpc/tally.h"
#include "mpc/threshold.h"
#include "tests/mpc/support.h"

namespace qorgan::mpc::test {
namespace {

// The three shares of a vector of bytes; custodian i holds shares i and i + 1.
using Triple = std::array<Bytes, kParties>;

Bytes random_bytes_of(Random& random, std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Triple share(Random& random, const Bytes& plain) {
  Triple out{random_bytes_of(random, plain.size()), random_bytes_of(random, plain.size()), plain};
  for (std::size_t i = 0; i < plain.size(); ++i) out[2][i] ^= static_cast<std::uint8_t>(out[0][i] ^ out[1][i]);
  return out;
}

// Three Gates on three threads.
class Engines {
 public:
  explicit Engines(Random& random, const Kernel& kernel = best_kernel()) {
    const std::array keys{key_from(random), key_from(random), key_from(random)};
    for (std::size_t party = 0; party < kParties; ++party) {
      rings_.push_back(std::make_unique<MemoryRing>(hub_, static_cast<int>(party)));
      keys_.push_back(
          std::make_unique<LaneKeys>(static_cast<int>(party), keys[party], keys[(party + 1) % kParties], 0));
      gates_.push_back(std::make_unique<Gates>(*keys_.back(), *rings_.back(), kernel));
    }
  }

  // Runs step(gates, party, own, next) at each custodian; `own` and `next` have `size_bytes` and are its result. Gives
  // the shares put together, and checks that copies agree.
  Bytes run(std::size_t size_bytes, const std::function<Status(Gates&, std::size_t, MutableSharedBits)>& step) {
    Triple own;
    Triple next;
    std::vector<std::future<Status>> running;
    for (std::size_t party = 0; party < kParties; ++party) {
      own[party].resize(size_bytes);
      next[party].resize(size_bytes);
      running.push_back(std::async(std::launch::async, [&, party] {
        gates_[party]->keys().begin_step();
        return step(*gates_[party], party, {own[party].data(), next[party].data()});
      }));
    }
    for (auto& future : running) EXPECT_TRUE(future.get().has_value());
    for (std::size_t party = 0; party < kParties; ++party) EXPECT_EQ(next[party], own[(party + 1) % kParties]);
    Bytes plain(size_bytes);
    for (std::size_t i = 0; i < size_bytes; ++i) {
      plain[i] = static_cast<std::uint8_t>(own[0][i] ^ own[1][i] ^ own[2][i]);
    }
    return plain;
  }

 private:
  MemoryHub hub_;
  std::vector<std::unique_ptr<MemoryRing>> rings_;
  std::vector<std::unique_ptr<LaneKeys>> keys_;
  std::vector<std::unique_ptr<Gates>> gates_;
};

SharedBits held(const Triple& shares, std::size_t party) {
  return {shares[party].data(), shares[(party + 1) % kParties].data()};
}

TEST(Gates, AndOfSharedBitsAndEachCustodiansAddend) {
  Random random(61);
  Engines engines(random);
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 4, 63, 64, 100, 4095, 4096, 4097, 10'000}) {
    const Bytes x = random_bytes_of(random, size);
    const Bytes y = random_bytes_of(random, size);
    const Triple addends{random_bytes_of(random, size), random_bytes_of(random, size), random_bytes_of(random, size)};
    const Triple x_shares = share(random, x);
    const Triple y_shares = share(random, y);
    const Bytes product = engines.run(size, [&](Gates& gates, std::size_t party, MutableSharedBits out) {
      return gates.and_into(held(x_shares, party), held(y_shares, party), size, out);
    });
    const Bytes with_addends = engines.run(size, [&](Gates& gates, std::size_t party, MutableSharedBits out) {
      const std::uint8_t* const addend = party == 1 ? nullptr : addends[party].data();
      return gates.and_into(held(x_shares, party), held(y_shares, party), size, out, addend);
    });
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_EQ(product[i], x[i] & y[i]) << size;
      ASSERT_EQ(with_addends[i], (x[i] & y[i]) ^ addends[0][i] ^ addends[2][i]) << size;
    }
  }
}

TEST(Gates, PublicConstantsChangeTheValueOnce) {
  Random random(62);
  Engines engines(random);
  const Bytes x = random_bytes_of(random, 50);
  const Bytes constant = random_bytes_of(random, 50);
  const Triple shares = share(random, x);
  const Bytes result = engines.run(50, [&](Gates& gates, std::size_t party, MutableSharedBits out) -> Status {
    std::copy_n(held(shares, party).own, 50, out.own);
    std::copy_n(held(shares, party).next, 50, out.next);
    gates.exclusive_or_public(out, constant.data(), 50);
    return {};
  });
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(result[i], x[i] ^ constant[i]);
}

TEST(Gates, TheSameInputsAreNeverSharedTheSameWayTwice) {
  Random random(63);
  Engines engines(random);
  const Bytes zero(64);
  const Triple shares = share(random, zero);
  std::array<Bytes, 2> seen;
  for (Bytes& share_0 : seen) {
    engines.run(64, [&](Gates& gates, std::size_t party, MutableSharedBits out) {
      const Status status = gates.and_into(held(shares, party), held(shares, party), 64, out);
      if (party == 0) share_0.assign(out.own, out.own + 64);
      return status;
    });
  }
  EXPECT_NE(seen[0], seen[1]);
}

struct Counted {
  std::vector<Person> persons;
  Bytes unmatched;  // kRowBitsBytes a pair
  std::vector<bool> expected;
};

void check_tally(Random& random, const Counted& counted) {
  Engines engines(random);
  const Triple shares = share(random, counted.unmatched);
  const std::size_t size = (counted.persons.size() + 7) / 8;
  const Bytes answers = engines.run(size, [&](Gates& gates, std::size_t party, MutableSharedBits out) {
    return Tally(gates).decide(counted.persons, held(shares, party), out);
  });
  for (std::size_t p = 0; p < counted.persons.size(); ++p) {
    ASSERT_EQ((answers[p / 8] >> (p % 8)) & 1, counted.expected[p] ? 1 : 0) << "person " << p;
  }
  for (std::size_t p = counted.persons.size(); p < 8 * size; ++p) EXPECT_EQ((answers[p / 8] >> (p % 8)) & 1, 0);
}

TEST(Tally, EveryCountOfOneFingerAgainstEveryThreshold) {
  Random random(64);
  Counted counted;
  const std::array<FingerPair, 1> pair{};
  for (int matched = 0; matched <= 32; ++matched) {
    for (int minimum = 0; minimum <= 33; ++minimum) {
      const std::uint64_t rows = matched == 32 ? 0xFFFFFFFF : (std::uint64_t{1} << matched) - 1;
      const auto word = std::rotl(static_cast<std::uint32_t>(rows), static_cast<int>(random() % 32));
      for (int byte = 0; byte < 4; ++byte) counted.unmatched.push_back(static_cast<std::uint8_t>(~word >> (8 * byte)));
      counted.persons.push_back({pair, minimum});
      counted.expected.push_back(matched >= minimum);
    }
  }
  check_tally(random, counted);
}

TEST(Tally, RandomRowsOfUpToTenFingers) {
  constexpr std::uint64_t kSeed = 65;
  Random random(kSeed);
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  const std::vector<FingerPair> pairs(limits::fingers_per_person_max);
  for (const std::size_t fingers_max : std::initializer_list<std::size_t>{0, 1, 2, 3, 4, 5, 8, 10}) {
    Counted counted;
    for (std::size_t p = 0; p < 37 + fingers_max; ++p) {
      const std::size_t fingers = p == 0 ? fingers_max : random() % (fingers_max + 1);
      const std::uint64_t density = random() % 5;
      int matched = 0;
      for (std::size_t byte = 0; byte < fingers * kRowBitsBytes; ++byte) {
        auto bits = static_cast<std::uint8_t>(random());
        if (density == 0) bits = 0;
        if (density == 1) bits = 0xFF;
        counted.unmatched.push_back(bits);
        matched += 8 - std::popcount(bits);
      }
      const std::array minimums{0, matched, matched + 1, rows_matched_never, static_cast<int>(random() % 322)};
      const int minimum = minimums[random() % minimums.size()];
      counted.persons.push_back({std::span(pairs).first(fingers), minimum});
      counted.expected.push_back(matched >= minimum);
    }
    check_tally(random, counted);
  }
}

// Numbers in three addends modulo 2^16.
using Addends = std::array<std::vector<std::uint16_t>, kParties>;

Addends addends_of(Random& random, std::span<const int> numbers) {
  Addends out;
  for (const int number : numbers) {
    out[0].push_back(static_cast<std::uint16_t>(random()));
    out[1].push_back(static_cast<std::uint16_t>(random()));
    out[2].push_back(static_cast<std::uint16_t>(number - out[0].back() - out[1].back()));
  }
  return out;
}

TEST(Threshold, SaysOfEveryNumberWhetherItIsNegative) {
  constexpr std::uint64_t kSeed = 67;
  Random random(kSeed);
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Engines engines(random);
  for (const std::size_t count : std::initializer_list<std::size_t>{1, 2, 7, 8, 9, 63, 500, 4096}) {
    std::vector<int> numbers{-32768, 32767, 0, -1, 1, -16384, 16383, 255, 256, -256, -257};
    while (numbers.size() < count) numbers.push_back(static_cast<std::int16_t>(random()));
    numbers.resize(count);
    std::shuffle(numbers.begin(), numbers.end(), random);
    const Addends addends = addends_of(random, numbers);
    const Bytes bits = engines.run((count + 7) / 8, [&](Gates& gates, std::size_t party, MutableSharedBits out) {
      return not_negative(gates, addends[party], out);
    });
    for (std::size_t i = 0; i < 8 * bits.size(); ++i)
      ASSERT_EQ(bits[i / 8] >> (i % 8) & 1, i < count && numbers[i] >= 0 ? 1 : 0) << i << " of " << count;
  }
}

TEST(Arithmetic, BitsBecomeNumbersAndAddUpWithTheirWeights) {
  constexpr std::uint64_t kSeed = 68;
  Random random(kSeed);
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Engines engines(random);
  constexpr std::size_t kRun = 300;
  constexpr std::size_t kSums = 5;
  const Bytes bits = random_bytes_of(random, (kRun * kSums + 7) / 8);
  const Triple shares = share(random, bits);
  const auto bit = [&](std::size_t i) { return bits[i / 8] >> (i % 8) & 1; };

  std::array<Bytes, kParties> own;
  engines.run(0, [&](Gates& gates, std::size_t party, MutableSharedBits) {
    own[party].resize(kRun * kSums);
    Bytes next(kRun * kSums);
    return bits_to_cells(gates, held(shares, party), kRun * kSums, {own[party].data(), next.data()});
  });
  for (std::size_t i = 0; i < kRun * kSums; ++i)
    ASSERT_EQ(static_cast<std::uint8_t>(own[0][i] + own[1][i] + own[2][i]), bit(i)) << i;

  std::array<std::array<std::uint16_t, kSums>, kParties> sums{};
  engines.run(0, [&](Gates& gates, std::size_t party, MutableSharedBits) -> Status {
    QORGAN_CHECK(add_bits(gates, held(shares, party), kRun, 3, sums[party]));
    return add_bits(gates, held(shares, party), kRun, 1, sums[party]);
  });
  for (std::size_t s = 0; s < kSums; ++s) {
    int expected = 0;
    for (std::size_t i = 0; i < kRun; ++i) expected += 4 * bit(s * kRun + i);
    EXPECT_EQ(static_cast<std::uint16_t>(sums[0][s] + sums[1][s] + sums[2][s]), expected);
  }
}

TEST(Survivors, AreThoseAcceptedAndSomeByLot) {
  constexpr std::uint64_t kSeed = 69;
  Random random(kSeed);
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  constexpr std::size_t kPeople = 8003;
  Bytes accepted((kPeople + 7) / 8);
  for (std::size_t i = 0; i < 50; ++i) {
    std::uint8_t& byte = accepted[random() % (accepted.size() - 1)];
    byte = static_cast<std::uint8_t>(byte | 1U << (i % 8));
  }
  const Triple shares = share(random, accepted);
  for (const int lot_bits : {0, 1, 2, 3, 5, 9, 60}) {
    Engines engines(random);
    std::array<std::vector<std::size_t>, kParties> open;
    engines.run(0, [&](Gates& gates, std::size_t party, MutableSharedBits) -> Status {
      const AcceptShares held_shares{kPeople, shares[party], shares[(party + 1) % kParties]};
      QORGAN_TRY(open[party], open_survivors(gates, held_shares, lot_bits));
      return {};
    });
    EXPECT_EQ(open[0], open[1]);
    EXPECT_EQ(open[0], open[2]);
    std::size_t kept = 0;
    for (const std::size_t p : open[0]) {
      ASSERT_LT(p, kPeople);
      kept += accepted[p / 8] >> (p % 8) & 1;
    }
    std::size_t all = 0;
    for (std::size_t p = 0; p < kPeople; ++p) all += accepted[p / 8] >> (p % 8) & 1;
    EXPECT_EQ(kept, all) << "everyone accepted goes on";
    const double expected = static_cast<double>(kPeople - all) * std::pow(0.5, lot_bits);
    EXPECT_NEAR(static_cast<double>(open[0].size() - all), expected, 6 * std::sqrt(expected) + 0.1) << lot_bits;
  }
}

}  // namespace
}  // namespace qorgan::mpc::test
