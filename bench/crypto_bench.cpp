// How fast keystreams and seals are.
#include <benchmark/benchmark.h>

#include "crypto/keystream.h"
#include "crypto/random.h"
#include "crypto/seal.h"

namespace qorgan::crypto {
namespace {

// One step of the private match: a new counter block, then so many bytes.
void keystream_step(benchmark::State& state) {
  initialise();
  Keystream keystream(random_key(), 0);
  Bytes out(static_cast<std::size_t>(state.range(0)));
  std::uint64_t step = 0;
  for (auto _ : state) {
    keystream.begin_step(++step);
    keystream.fill(out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void expand_one_seed(benchmark::State& state) {
  initialise();
  const Key seed = random_key();
  Bytes out(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    expand_seed(seed, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void unseal_one(benchmark::State& state) {
  initialise();
  const Key key = random_key();
  const Bytes sealed = seal(key, random_bytes(static_cast<std::size_t>(state.range(0))), {});
  for (auto _ : state) benchmark::DoNotOptimize(unseal(key, sealed, {}));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(keystream_step)->Arg(64)->Arg(4096)->Arg(1 << 18);
BENCHMARK(expand_one_seed)->Arg(4096);
BENCHMARK(unseal_one)->Arg(4130);

}  // namespace
}  // namespace qorgan::crypto
