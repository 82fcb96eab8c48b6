// How long a custodian's file takes to open, to load, and to change. TMPDIR says which disk is measured.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/limits.h"
#include "crypto/random.h"
#include "store/store.h"

namespace qorgan::store {
namespace {

// What custodian 1 keeps of one finger: two bytes of heading, a seed, all that is split.
constexpr std::size_t kShareBytes = 2 + 32 + limits::share_bytes;
constexpr int kFingers = 2;
// As many in one transaction as a custodian takes.
constexpr std::int64_t kBatch = 500;

Id random_id() {
  Id id{};
  crypto::fill_random(id);
  return id;
}

std::vector<Finger> random_fingers() {
  std::vector<Finger> fingers;
  for (int position = 1; position <= kFingers; ++position)
    fingers.push_back({position, crypto::SecretBytes(crypto::random_bytes(kShareBytes))});
  return fingers;
}

Record random_record(std::int64_t sequence) {
  Record record;
  record.record_id = random_id();
  crypto::fill_random(record.pseudonym);
  record.enrolled_seq = sequence;
  crypto::fill_random(record.access_key);
  record.view_key = crypto::random_key();
  record.terms_json = std::string(200, 't');
  record.fingers = random_fingers();
  return record;
}

void require(const Status& status, benchmark::State& state) {
  if (!status) state.SkipWithError(status.error().message().c_str());
}

// A file of so many people, removed at the end.
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
      for (; batch.size() < static_cast<std::size_t>(kBatch) && done < count; ++done) batch.push_back(random_record(0));
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

// Everybody's enrolment in batches, into a new file.
void enrol_all(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(People(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// Everybody's shares, staged and used batch by batch.
void refresh_all(benchmark::State& state) {
  const People& file = people(state.range(0));
  Store store = file.open();
  Operation operation;
  operation.kind = OperationKind::refresh;
  operation.sequence = store.applied_sequence().value();
  for (auto _ : state) {
    for (std::int64_t first = 1; first <= state.range(0); first += kBatch) {
      operation.first_seq = first;
      operation.last_seq = std::min(state.range(0), first + kBatch - 1);
      state.PauseTiming();
      std::vector<StagedShares> staged;
      for (std::int64_t i = first; i <= operation.last_seq; ++i)
        staged.push_back({i, store.load_record(i)->epoch + 1, random_fingers()});
      state.ResumeTiming();
      require(store.stage_refresh(staged), state);
      ++operation.sequence;
      require(store.apply_refresh(operation, 0), state);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// A use of a record that is written for the log, in the transaction of its request.
void add_entry(benchmark::State& state) {
  const People& file = people(state.range(0));
  Store store = file.open();
  Entry entry;
  entry.record_seq = 1;
  entry.leaf = std::string(400, 'l');
  entry.opening = crypto::SecretBytes(300);
  for (auto _ : state) {
    const auto number = store.add_entry(entry);
    if (!number) state.SkipWithError(number.error().message().c_str());
  }
}

BENCHMARK(open_and_check)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(load)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(enrol_and_erase)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(add_entry)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(refresh_all)->Arg(100'000)->Unit(benchmark::kSecond)->Iterations(1);
BENCHMARK(enrol_all)->Arg(100'000)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace qorgan::store
