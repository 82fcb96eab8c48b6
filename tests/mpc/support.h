// What the tests of the private match share: templates, shares from a seed, a ring in memory, three custodians.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <queue>
#include <random>
#include <vector>

#include "finger/template.h"
#include "mpc/match.h"
#include "mpc/shares.h"

namespace qorgan::mpc::test {

using Random = std::mt19937_64;

void fill_row(std::span<std::int8_t, finger::kWidth> row, std::span<const std::int8_t> signs, double direction_rad);
finger::Template random_template(Random& random, int rows_used);
// The same finger again: rows in another order, each sign flipped and each direction turned with the given strength,
// some rows replaced.
finger::Template noisy_copy(Random& random, const finger::Template& original, double flip, int rows_replaced);
// Pairs of all sorts: unrelated, noisy, equal, empty, with few rows.
std::pair<finger::Template, finger::Template> random_pair(Random& random);

crypto::Key key_from(Random& random);
// What split() gives, its seeds drawn from `random`.
std::array<StoredShare, kParties> split_from(Random& random, const finger::Template& whole);

// Three ring ends joined by queues. When one end closes, the exchanges that wait on it return.
class MemoryHub {
 public:
  Status send(int from, ByteView message);
  Status receive(int to, MutableByteView message);
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::queue<Bytes>, kParties> arrived_;
  bool closed_ = false;
};

class MemoryRing final : public Ring {
 public:
  MemoryRing(MemoryHub& hub, int party) : hub_(hub), party_(party) {}
  Status exchange(ByteView to_previous, MutableByteView from_next) override;

  // The exchange of this number fails and closes the hub.
  std::optional<std::size_t> fails_at;
  bool records = false;
  Bytes received;
  std::vector<std::size_t> lengths;  // sent, received, sent, received ...
  std::size_t exchanges = 0;

 private:
  MemoryHub& hub_;
  int party_;
};

// Three custodians' ends of one lane in one process.
class Custodians {
 public:
  explicit Custodians(Random& random, const Kernel& kernel = best_kernel());
  // Key i is that of custodians i and i - 1.
  explicit Custodians(const std::array<crypto::Key, kParties>& keys, const Kernel& kernel = best_kernel());

  MemoryRing& ring(int party) { return rings_[static_cast<std::size_t>(party)]; }
  // Runs step(party) on three threads; one that fails closes the ring. Fails the test when they hang.
  std::array<Result<AcceptShares>, kParties> run(const std::function<Result<AcceptShares>(int)>& step);
  Matcher& matcher(int party) { return matchers_[static_cast<std::size_t>(party)]; }

 private:
  MemoryHub hub_;
  std::array<MemoryRing, kParties> rings_;
  std::vector<Matcher> matchers_;
};

// A person of the tests, in the clear.
struct ClearPerson {
  std::vector<std::pair<const finger::Template*, const finger::Template*>> pairs;  // probe, gallery
  int rows_matched_min = 0;
  int score_min = 0;
};

// All three custodians' shares of a list of people.
class SharedPeople {
 public:
  SharedPeople(Random& random, std::span<const ClearPerson> people);
  std::span<const Person> of(int party) const { return persons_[static_cast<std::size_t>(party)]; }

 private:
  struct Holdings {
    std::vector<PreparedProbe> probes;
    std::vector<std::array<std::uint8_t, kExpandedBytes>> galleries;
    std::vector<RelationShare> relations;
    std::vector<FingerPair> pairs;
  };
  std::array<Holdings, kParties> held_;
  std::array<std::vector<Person>, kParties> persons_;
};

// One of the three kinds of match, at one custodian.
using Match = std::function<Result<AcceptShares>(Matcher& matcher, std::span<const Person> persons)>;
Result<AcceptShares> by_sieve(Matcher& matcher, std::span<const Person> persons);
Result<AcceptShares> by_score(Matcher& matcher, std::span<const Person> persons);
// Both, a quarter of the people drawn by lot.
Result<AcceptShares> by_search(Matcher& matcher, std::span<const Person> persons);

struct Kind {
  const char* name;
  Result<AcceptShares> (*match)(Matcher& matcher, std::span<const Person> persons);
};
inline constexpr std::array kKinds{Kind{"Sieve", by_sieve}, Kind{"Score", by_score}, Kind{"Search", by_search}};
inline std::string name_of(const testing::TestParamInfo<Kind>& kind) {
  return kind.param.name;
}

// In the clear, by the sieve score.
std::vector<bool> expected_answers(std::span<const ClearPerson> people);
// The whole private match of `people`; fails the test on an error.
std::vector<bool> match_privately(Random& random, std::span<const ClearPerson> people,
                                  const Kernel& kernel = best_kernel(), const Match& match = by_sieve);

// Pearson's statistic of how often each value occurred, against the uniform distribution, in standard deviations from
// its mean.
double chi_square_deviations(std::span<const std::uint32_t> counts);
// By chance fewer than one position in 10^9 deviates further, with 16 values or more.
inline constexpr double kDeviationsMax = 12;

}  // namespace qorgan::mpc::test
