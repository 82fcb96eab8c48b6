// How long a custodian's file takes to open, to load, and to change. TMPDIR says which disk is measured.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>

#include "base/limits.h"
#include "crypto/random.h"
#include "store/store.h"

namespace qorgan::store {
namespace {

// What custodian 1 keeps of one finger: two bytes of heading, a seed, a whole template.
constexpr std::size_t kShareBytes = 2 + 32 + limits::template_bytes;

Id random_id() {
  Id id{};
  crypto::fill_random(id);
  return id;
}

Record random_record(std::int64_t sequence) {
  Record record{random_id(), {}, sequence, {}};
  crypto::fill_random(record.pseudonym);
  record.fingers.push_back({1, crypto::SecretBytes(crypto::random_bytes(kShareBytes))});
  return record;
}

void require(const Status& status, benchmark::State& state) {
  if (!status) state.SkipWithError(status.error().message().c_str());
}

// A file of so many people with one finger each, removed at the end.
class People {
 public:
  explicit People(std::int64_t count) : key_(crypto::random_key()) {
    crypto::initialise();
    std::string name = (std::filesystem::temp_directory_path() / "qorgan-bench-XXXXXX").string();
    QORGAN_ASSERT(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    Store store = open();
    for (std::int64_t done = 0; done < count;) {
      std::vector<Record> batch;
      for (; batch.size() < 1000 && done < count; ++done) batch.push_back(random_record(0));
      QORGAN_ASSERT(store.apply_enrols(batch, 0).has_value());
    }
  }
  ~People() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  People(const People&) = delete;
  People& operator=(const People&) = delete;

  Store open() const {
    Options options;
    options.path = folder_ / "custodian.sqlite";
    options.custodian = 1;
    auto store = Store::open(options, key_.clone());
    QORGAN_ASSERT(store.has_value());
    return std::move(*store);
  }

 private:
  crypto::Key key_;
  std::filesystem::path folder_;
};

// Kept from one benchmark to the next: making it takes longer than any of them.
const People& people(std::int64_t count) {
  static std::unique_ptr<People> made;
  static std::int64_t made_count = -1;
  if (made_count != count) {
    made.reset();
    made = std::make_unique<People>(count);
    made_count = count;
  }
  return *made;
}

void open_and_check(benchmark::State& state) {
  const People& file = people(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(file.open());
}

void load(benchmark::State& state) {
  const People& file = people(state.range(0));
  Store store = file.open();
  for (auto _ : state) {
    std::int64_t count = 0;
    require(store.load_all([&](Record&& record) -> Status {
      benchmark::DoNotOptimize(record);
      ++count;
      return {};
    }),
            state);
    if (count != state.range(0)) state.SkipWithError("records are missing");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// One durable enrolment and one durable erasure, its log emptied, among so many people.
void enrol_and_erase(benchmark::State& state) {
  const People& file = people(state.range(0));
  Store store = file.open();
  std::int64_t sequence = store.applied_sequence().value();
  for (auto _ : state) {
    const Record record = random_record(++sequence);
    require(store.apply_enrol(sequence, random_id(), record, 0), state);
    require(store.apply_erase(++sequence, random_id(), record.record_id, 0), state);
  }
}

BENCHMARK(open_and_check)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(load)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(enrol_and_erase)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace qorgan::store
