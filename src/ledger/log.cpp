#include "ledger/log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "ledger/pause.h"
#include "ledger/publisher.h"

namespace qorgan::ledger {
namespace {

// One who waits in append_all(). Its entries go into one batch.
struct Waiting {
  std::vector<Bytes> entries;
  std::size_t size_bytes = 0;
  std::optional<Result<Appended>> outcome;  // of the first
};
using WaitingPtr = std::shared_ptr<Waiting>;
using Lock = std::unique_lock<std::mutex>;

}  // namespace

struct Log::State {
  State(LogOptions given, std::unique_ptr<LogFiles> opened)
      : options(std::move(given)),
        files(std::move(opened)),
        publisher({options.folder, options.witnesses, options.cosignatures_min}, disk(), files->tiles(),
                  files->served()) {}

  Disk& disk() const { return options.disk != nullptr ? *options.disk : Disk::system(); }

  void run();
  bool wait_for_work(Lock& lock);
  std::vector<WaitingPtr> take_batch();
  Status check_health() const;
  Status write_batch(const std::vector<WaitingPtr>& batch);
  void tell(const std::vector<WaitingPtr>& batch, const Status& written);
  Status finish();
  void tidy();

  const LogOptions options;
  std::unique_ptr<LogFiles> files;  // the writer's, once it runs; but for tiles()
  Publisher publisher;

  mutable std::mutex mutex;
  std::condition_variable work;
  std::condition_variable told;
  bool stopping = false;
  std::deque<WaitingPtr> queue;
  bool is_under_way = false;  // a batch was taken that is neither readable nor given up
  std::uint64_t readable_size = 0;
  std::optional<Error> stopped;

  bool is_finished = false;  // the newest checkpoint is signed, its tiles are written, and it was offered
  Pause pause;
  std::string trouble;  // the last that was reported
  std::thread writer;
};

Log::Log(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Log>> Log::open(LogOptions options, Signers signers, bool create) {
  Disk& disk = options.disk != nullptr ? *options.disk : Disk::system();
  QORGAN_TRY(auto files, LogFiles::open(options.folder, options.origin, disk, std::move(signers), create,
                                        options.journal_bytes_max));
  auto state = std::make_unique<State>(std::move(options), std::move(files));
  QORGAN_CHECK(state->finish());
  state->writer = std::thread([&state = *state] { state.run(); });
  return std::unique_ptr<Log>(new Log(std::move(state)));
}

Log::~Log() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->work.notify_all();
  state_->writer.join();
}

void Log::State::run() {
  publisher.wait_asked(Deadline::after_ms(limits::log_first_ask_ms));
  Lock lock(mutex);
  while (wait_for_work(lock)) {
    const std::vector<WaitingPtr> batch = take_batch();
    lock.unlock();
    Status done = check_health();
    if (done) done = finish();
    if (!batch.empty()) {
      if (done) done = write_batch(batch);
      tell(batch, done);
      if (done) done = finish();
    }
    if (done) tidy();
    lock.lock();
    if (is_finished) is_under_way = false;
    told.notify_all();
    if (done) {
      pause.reset();
    } else {
      work.wait_for(lock, pause.next(), [this] { return stopping; });
    }
  }
}

// Also an unfinished checkpoint is work: its entries are durable, and wait to be published. False: to be stopped.
bool Log::State::wait_for_work(Lock& lock) {
  work.wait(lock, [this] { return stopping || !queue.empty() || (!is_finished && !stopped); });
  return !stopping;
}

std::vector<WaitingPtr> Log::State::take_batch() {
  std::vector<WaitingPtr> batch;
  std::size_t entries = 0;
  std::size_t size_bytes = 0;
  while (!queue.empty()) {
    const Waiting& next = *queue.front();
    const bool fits = entries + next.entries.size() <= limits::log_batch_entries_max &&
                      size_bytes + next.size_bytes <= limits::log_batch_bytes_max;
    if (!batch.empty() && !fits) break;
    entries += next.entries.size();
    size_bytes += next.size_bytes;
    batch.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  if (!batch.empty()) is_under_way = true;
  return batch;
}

Status Log::State::check_health() const {
  QORGAN_CHECK(publisher.health());
  const std::lock_guard lock(mutex);
  if (stopped) return tl::unexpected<Error>(*stopped);
  return {};
}

Status Log::State::write_batch(const std::vector<WaitingPtr>& batch) {
  std::vector<Bytes> entries;
  for (const WaitingPtr& waiting : batch)
    std::move(waiting->entries.begin(), waiting->entries.end(), std::back_inserter(entries));
  const Status written = files->append(std::move(entries));
  if (written) is_finished = false;
  if (files->is_undecided()) {
    const std::lock_guard lock(mutex);
    stopped = written.error();
  }
  return written;
}

void Log::State::tell(const std::vector<WaitingPtr>& batch, const Status& written) {
  const std::lock_guard lock(mutex);
  // The entries themselves have been moved on; how many there were has not.
  std::uint64_t index = files->newest().size;
  if (written)
    for (const WaitingPtr& waiting : batch) index -= waiting->entries.size();
  for (const WaitingPtr& waiting : batch) {
    if (written) {
      waiting->outcome = Appended{index};
      index += waiting->entries.size();
    } else {
      waiting->outcome = tl::unexpected<Error>(written.error());
    }
  }
  told.notify_all();
}

Status Log::State::finish() {
  if (is_finished) return {};
  QORGAN_TRY(std::string note, files->finish());
  {
    const std::lock_guard lock(mutex);
    readable_size = files->newest().size;
  }
  QORGAN_CHECK(publisher.offer({files->newest(), std::move(note)}));
  is_finished = true;
  return {};
}

// Whatever fails here is tried again with the next batch, and stops nothing unless the journal's state is in doubt.
void Log::State::tidy() {
  const Status done = files->tidy(publisher.published_size());
  const std::string now = done ? "" : done.error().message();
  if (now != trouble && !now.empty()) spdlog::warn("the log cannot be tidied: {}", now);
  trouble = now;
  if (!files->is_undecided()) return;
  const std::lock_guard lock(mutex);
  stopped = done.error();
}

Result<Appended> Log::append(Bytes entry, Deadline deadline) {
  std::vector<Bytes> entries;
  entries.push_back(std::move(entry));
  return append_all(std::move(entries), deadline);
}

Result<Appended> Log::append_all(std::vector<Bytes> entries, Deadline deadline) {
  const auto waiting = std::make_shared<Waiting>();
  for (const Bytes& entry : entries) {
    if (entry.empty() || entry.size() > limits::log_entry_bytes_max)
      return failure(ErrorCode::invalid_input, "an entry of a log has 1 to 65,535 bytes");
    waiting->size_bytes += entry.size();
  }
  if (entries.empty() || entries.size() > limits::log_batch_entries_max ||
      waiting->size_bytes > limits::log_batch_bytes_max)
    return failure(ErrorCode::invalid_input, "so many entries are not taken together");
  waiting->entries = std::move(entries);
  Lock lock(state_->mutex);
  state_->queue.push_back(waiting);
  state_->work.notify_one();
  if (state_->told.wait_until(lock, deadline.at(), [&] { return waiting->outcome.has_value(); }))
    return *waiting->outcome;
  const auto place = std::find(state_->queue.begin(), state_->queue.end(), waiting);
  if (place == state_->queue.end())
    return failure(ErrorCode::timeout, "the entry is not durable yet", state_->options.folder.string());
  state_->queue.erase(place);
  return failure(ErrorCode::busy, "the log did not come to take the entry", state_->options.folder.string(),
                 "Try again later");
}

Status Log::wait_settled(Deadline deadline) {
  Lock lock(state_->mutex);
  const bool settled =
      state_->told.wait_until(lock, deadline.at(), [this] { return !state_->is_under_way || state_->stopped; });
  lock.unlock();
  QORGAN_CHECK(health());
  if (!settled)
    return failure(ErrorCode::timeout, "the log is still at an entry that was given up waiting for",
                   state_->options.folder.string());
  return {};
}

Status Log::wait_published(std::uint64_t index, Deadline deadline) {
  return state_->publisher.wait_published(index, deadline);
}

std::uint64_t Log::published_size() const {
  return state_->publisher.published_size();
}

std::string Log::published_checkpoint() const {
  return state_->publisher.published().note;
}

std::optional<std::int64_t> Log::witnessed_time_s() const {
  return state_->publisher.witnessed_time_s();
}

void Log::ask_witnesses_again() {
  state_->publisher.ask_again();
}

std::uint64_t Log::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->readable_size;
}

Result<Bytes> Log::entry(std::uint64_t index) const {
  QORGAN_TRY(auto found, entries(index, index + 1));
  return std::move(found[0]);
}

Result<std::vector<Bytes>> Log::entries(std::uint64_t from, std::uint64_t to) const {
  if (from > to || to - from > limits::log_entries_read_max)
    return failure(ErrorCode::invalid_input, "so many entries are not read at once");
  const std::uint64_t own_size = size();
  if (to > own_size)
    return failure(ErrorCode::not_found, "the log has only " + std::to_string(own_size) + " entries",
                   state_->options.folder.string());
  return state_->files->tiles().entries(from, to, own_size);
}

Result<LogProof> Log::prove(std::uint64_t index) const {
  QORGAN_TRY(std::vector<LogProof> proofs, prove_all({index}));
  return std::move(proofs[0]);
}

Result<std::vector<LogProof>> Log::prove_all(const std::vector<std::uint64_t>& indices) const {
  const SignedText published = state_->publisher.published();
  const std::uint64_t published_size = published.checkpoint.size;
  const HashReader hashes = state_->files->tiles().hashes(published_size);
  std::vector<LogProof> proofs;
  proofs.reserve(indices.size());
  for (const std::uint64_t index : indices) {
    if (index >= published_size)
      return failure(ErrorCode::not_found, "the published log has only " + std::to_string(published_size) + " entries",
                     state_->options.folder.string());
    LogProof& proof = proofs.emplace_back(LogProof{{}, index, {}, published.note});
    QORGAN_TRY(proof.hashes, prove_inclusion(index, published_size, hashes));
  }
  return proofs;
}

std::string Log::missing_cosignatures() const {
  return state_->publisher.missing();
}

Status Log::health() const {
  return state_->check_health();
}

}  // namespace qorgan::ledger
