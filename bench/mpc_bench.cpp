// How long the private match takes: its inner loops one by one, and three custodians in one process without a network.
#include <benchmark/benchmark.h>
#include <time.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "crypto/keystream.h"
#include "crypto/random.h"
#include "mpc/match.h"
#include "mpc/reference.h"
#include "mpc/shares.h"

namespace qorgan::mpc {
namespace {

// Of the sieve.
constexpr std::size_t kRowPairs = std::size_t{limits::template_rows} * limits::sieve_rows;

const Kernel& kernel_of(const benchmark::State& state) {
  const auto kernels = supported_kernels();
  return *kernels[std::min(static_cast<std::size_t>(state.range(0)), kernels.size() - 1)];
}

SecretBuffer random_buffer(std::size_t size) {
  SecretBuffer buffer(size);
  crypto::expand_seed(crypto::random_key(), buffer.part(0, size));
  return buffer;
}

void report_pairs(benchmark::State& state, std::size_t pairs_an_iteration) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(pairs_an_iteration));
}

void dots_of_sum(benchmark::State& state) {
  const Kernel& kernel = kernel_of(state);
  const auto operand = random_buffer(limits::template_bytes);
  const auto gallery = random_buffer(kExpandedBytes);
  auto out = random_buffer(kRowPairs);
  for (auto _ : state) {
    kernel.dots_of_sum(operand.data(), gallery.data(), limits::sieve_rows, 7, out.data(), limits::template_rows);
    benchmark::DoNotOptimize(out.data()[0]);
  }
  state.SetLabel(std::string(kernel.name));
  report_pairs(state, 1);
}
BENCHMARK(dots_of_sum)->DenseRange(0, 2);

void dots_of_both(benchmark::State& state) {
  const Kernel& kernel = kernel_of(state);
  const auto operands = random_buffer(2 * limits::template_bytes);
  const auto gallery = random_buffer(kExpandedBytes);
  auto out = random_buffer(kRowPairs);
  for (auto _ : state) {
    kernel.dots_of_both(operands.data(), operands.data() + limits::template_bytes, gallery.data(), limits::sieve_rows,
                        7, out.data(), limits::template_rows);
    benchmark::DoNotOptimize(out.data()[0]);
  }
  state.SetLabel(std::string(kernel.name));
  report_pairs(state, 1);
}
BENCHMARK(dots_of_both)->DenseRange(0, 2);

// A tile of eight pairs, as the match slices it.
void slice(benchmark::State& state) {
  const Kernel& kernel = kernel_of(state);
  constexpr std::size_t kPairs = 8;
  const auto bytes = random_buffer(kPairs * kRowPairs);
  auto planes = random_buffer(kPairs * kRowPairs);
  for (auto _ : state) {
    for (std::size_t row = 0; row < limits::template_rows; ++row) {
      kernel.slice(bytes.data() + row * kPairs * limits::template_rows, kPairs * limits::template_rows,
                   planes.data() + row * kPairs * 4, kPairs * kRowPairs / 8);
    }
    benchmark::DoNotOptimize(planes.data()[0]);
  }
  state.SetLabel(std::string(kernel.name));
  report_pairs(state, kPairs);
}
BENCHMARK(slice)->DenseRange(0, 2);

// The seven gates of a row pair (six of the carry, one of the OR) for 32 pairs, operands in the first-level cache.
void and_gates(benchmark::State& state) {
  const Kernel& kernel = kernel_of(state);
  constexpr std::size_t kBytes = 4096;
  std::array<SecretBuffer, 6> in;
  for (auto& buffer : in) buffer = random_buffer(kBytes);
  auto out = random_buffer(kBytes);
  for (auto _ : state) {
    for (int gate = 0; gate < 7; ++gate) {
      kernel.and_gates({in[0].data(), in[1].data(), in[2].data(), in[3].data(), in[4].data(), in[5].data()}, kBytes,
                       out.data());
      benchmark::DoNotOptimize(out.data()[0]);
    }
  }
  state.SetLabel(std::string(kernel.name));
  report_pairs(state, kBytes / (kRowPairs / 8));
}
BENCHMARK(and_gates)->DenseRange(0, 2);

// All the keystream that one custodian needs for a pair: 16 bits a row pair to share and 14 for the gates' masks.
void keystream(benchmark::State& state) {
  crypto::Keystream stream(crypto::random_key(), 0);
  std::array<std::uint8_t, 4096> out{};
  constexpr std::size_t kPairBytes = (16 + 14) * kRowPairs / 8;
  std::uint64_t step = 0;
  for (auto _ : state) {
    stream.begin_step(++step);
    for (std::size_t i = 0; i < kPairBytes; ++i) {
      stream.fill(out);
      benchmark::DoNotOptimize(out[0]);
    }
  }
  report_pairs(state, out.size());
}
BENCHMARK(keystream)->Unit(benchmark::kMillisecond);

void reference_score(benchmark::State& state) {
  finger::Template probe;
  finger::Template gallery;
  for (auto _ : state) benchmark::DoNotOptimize(coarse_score(probe, gallery));
  report_pairs(state, 1);
}
BENCHMARK(reference_score);

void prepare_probe(benchmark::State& state) {
  const auto shares = split(finger::Template{});
  for (auto _ : state) {
    const PreparedProbe probe(shares[0]);
    benchmark::DoNotOptimize(probe.own());
  }
}
BENCHMARK(prepare_probe);

// Three custodians' messages, copied from the sender's memory to the receiver's and nowhere between.
class Hub {
 public:
  void exchange(int party, ByteView to_previous, MutableByteView from_next) {
    auto& sent = offered_[static_cast<std::size_t>((party + 2) % kParties)];
    auto& awaited = offered_[static_cast<std::size_t>(party)];
    if (!to_previous.empty()) offer(sent, &to_previous);
    if (!from_next.empty()) {
      await(awaited, true);
      std::copy(awaited->begin(), awaited->end(), from_next.begin());
      offer(awaited, nullptr);
    }
    if (!to_previous.empty()) await(sent, false);
  }

 private:
  void offer(const ByteView*& place, const ByteView* message) {
    const std::lock_guard lock(mutex_);
    place = message;
    changed_.notify_all();
  }
  void await(const ByteView*& place, bool offered) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return (place != nullptr) == offered; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<const ByteView*, kParties> offered_{};
};

class HubRing final : public Ring {
 public:
  HubRing(Hub& hub, int party) : hub_(hub), party_(party) {}
  Status exchange(ByteView to_previous, MutableByteView from_next) override {
    hub_.exchange(party_, to_previous, from_next);
    sent_bytes += to_previous.size();
    ++exchanges;
    return {};
  }
  std::size_t sent_bytes = 0;
  std::size_t exchanges = 0;

 private:
  Hub& hub_;
  int party_;
};

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Custodian {
  Custodian(Hub& hub, int party, const crypto::Key& with_previous, const crypto::Key& with_next, const Kernel& kernel,
            std::size_t people)
      : relations(split(finger::Template{})[static_cast<std::size_t>(party)]),
        ring(hub, party),
        matcher(LaneKeys(party, with_previous, with_next, 0), ring, kernel),
        probe(split(finger::Template{})[static_cast<std::size_t>(party)]),
        galleries(random_buffer(people * kExpandedBytes)) {
    for (std::size_t i = 0; i < people; ++i)
      pairs.push_back({&probe, galleries.data() + i * kExpandedBytes, &relations});
    for (const FingerPair& pair : pairs) persons.push_back({{&pair, 1}, 10});
  }

  RelationShare relations;
  HubRing ring;
  Matcher matcher;
  PreparedProbe probe;
  SecretBuffer galleries;
  std::vector<FingerPair> pairs;
  std::vector<Person> persons;
  double seconds = 0;
};

// One probe against a gallery that does not fit the caches. cpu_us: processor time a pair and custodian; sent_bytes: a
// pair and custodian, of which custodians differ by their roles alone.
void three_custodians(benchmark::State& state, bool fine) {
  const Kernel& kernel = kernel_of(state);
  const auto people = static_cast<std::size_t>(state.range(1));
  Hub hub;
  const std::array keys{crypto::random_key(), crypto::random_key(), crypto::random_key()};
  std::array<std::unique_ptr<Custodian>, kParties> custodians;
  for (std::size_t i = 0; i < kParties; ++i) {
    custodians[i] = std::make_unique<Custodian>(hub, static_cast<int>(i), keys[i], keys[(i + 1) % 3], kernel, people);
  }
  for (auto _ : state) {
    std::array<std::thread, kParties> threads;
    for (std::size_t i = 0; i < kParties; ++i) {
      threads[i] = std::thread([fine, &custodian = *custodians[i]] {
        const double before = thread_seconds();
        const auto done =
            fine ? custodian.matcher.compare(custodian.persons) : custodian.matcher.sieve(custodian.persons);
        if (!done) std::abort();
        custodian.seconds += thread_seconds() - before;
      });
    }
    for (auto& thread : threads) thread.join();
  }
  double seconds = 0;
  double sent = 0;
  for (const auto& custodian : custodians) {
    seconds += custodian->seconds;
    sent += static_cast<double>(custodian->ring.sent_bytes);
  }
  const double shares = static_cast<double>(state.iterations()) * static_cast<double>(people) * kParties;
  state.counters["cpu_us"] = 1e6 * seconds / shares;
  state.counters["sent_bytes"] = sent / shares;
  state.counters["exchanges"] =
      static_cast<double>(custodians[0]->ring.exchanges) / static_cast<double>(state.iterations());
  state.SetLabel(std::string(kernel.name));
  report_pairs(state, people);
}
BENCHMARK_CAPTURE(three_custodians, sieve, false)
    ->Args({0, 512})
    ->Args({1, 4096})
    ->Args({2, 1})
    ->Args({2, 256})
    ->Args({2, 8192})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(three_custodians, score, true)
    ->Args({0, 30})
    ->Args({1, 300})
    ->Args({2, 1})
    ->Args({2, 300})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace qorgan::mpc
