#include "ledger/publisher.h"

#include <algorithm>
#include <utility>

#include "ledger/log_files.h"

namespace qorgan::ledger {
namespace {

// What was found published, where enough of the witnesses have cosigned it; else an empty one.
SignedText checked(const std::string& served, const PublisherOptions& options) {
  std::vector<VerifierKey> keys;
  for (const LogWitness& witness : options.witnesses) keys.push_back(witness.key);
  const auto note = parse_note(served);
  if (!note) return {};
  const auto checkpoint = parse_checkpoint(note->text);
  const auto verified = verify_note(*note, keys);
  const std::size_t count = verified ? verified->size() : 0;
  if (!checkpoint || count < static_cast<std::size_t>(options.cosignatures_min)) return {};
  return {*checkpoint, served};
}

// Of a verified one.
std::int64_t cosignature_time_s(const NoteSignature& cosignature) {
  return static_cast<std::int64_t>(read_u64(cosignature.signature));
}

}  // namespace

template <class Counts>
std::string Publisher::why_not(const Counts& counts) const {
  std::string why;
  const auto add = [&](const std::string& who, const std::optional<Error>& error) {
    const std::string said = error ? error->message() : "has not answered yet";
    why += (why.empty() ? "" : "; ") + who + ": " + said;
  };
  if (write_error_) add(kCheckpointFile, write_error_);
  for (const auto& seat : seats_)
    if (counts(*seat)) add(seat->client.key().name, seat->error);
  return why;
}

Publisher::Publisher(PublisherOptions options, Disk& disk, const TileReader& tiles, const std::string& served)
    : options_(std::move(options)), disk_(disk), published_(checked(served, options_)) {
  for (const LogWitness& witness : options_.witnesses) seats_.push_back(std::make_unique<Seat>(witness, tiles));
  for (const auto& seat : seats_) seat->thread = std::thread([this, &seat = *seat] { serve(seat); });
}

Publisher::~Publisher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (const auto& seat : seats_) seat->thread.join();
}

Status Publisher::offer(SignedText newest) {
  const std::lock_guard lock(mutex_);
  newest_ = std::move(newest);
  if (is_published_ || cosignature_count_ == 0) aim_at_newest();
  work_.notify_all();
  return options_.cosignatures_min == 0 ? publish() : Status{};
}

void Publisher::wait_asked(Deadline deadline) {
  Lock lock(mutex_);
  told_.wait_until(lock, deadline.at(), [this] {
    return stopping_ || std::all_of(seats_.begin(), seats_.end(), [](const auto& seat) { return seat->was_asked; });
  });
}

Status Publisher::wait_published(std::uint64_t index, Deadline deadline) {
  Lock lock(mutex_);
  const auto is_there = [&] { return published_.checkpoint.size > index; };
  told_.wait_until(lock, deadline.at(), [&] { return is_there() || set_back_; });
  if (is_there()) return {};
  if (set_back_) return tl::unexpected<Error>(*set_back_);
  return failure(
      ErrorCode::timeout, "the entry is logged, but not cosigned by enough witnesses yet",
      why_not([this](const Seat& seat) { return seat.error || seat.cosigned_size != target_.checkpoint.size; }));
}

std::uint64_t Publisher::published_size() const {
  const std::lock_guard lock(mutex_);
  return published_.checkpoint.size;
}

SignedText Publisher::published() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

std::optional<std::int64_t> Publisher::witnessed_time_s() const {
  const std::lock_guard lock(mutex_);
  std::optional<std::int64_t> latest;
  for (const auto& seat : seats_) latest = std::max(latest, seat->cosigned_time_s);
  return latest;
}

void Publisher::ask_again() {
  const std::lock_guard lock(mutex_);
  for (const auto& seat : seats_) seat->is_to_ask_again = true;
  work_.notify_all();
}

std::string Publisher::missing() const {
  const std::lock_guard lock(mutex_);
  return why_not([](const Seat& seat) { return seat.error.has_value(); });
}

Status Publisher::health() const {
  const std::lock_guard lock(mutex_);
  if (set_back_) return tl::unexpected<Error>(*set_back_);
  return {};
}

void Publisher::serve(Seat& seat) {
  Lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stopping_ || has_work(seat); });
    if (stopping_) return;
    const Status done = is_due() ? publish() : ask(seat, lock);
    if (done) {
      seat.pause.reset();
    } else {
      work_.wait_for(lock, seat.pause.next(), [this] { return stopping_; });
    }
  }
}

bool Publisher::has_work(const Seat& seat) const {
  if (!newest_ || set_back_) return false;
  return is_due() || seat.is_to_ask_again || seat.cosigned_size != target_.checkpoint.size;
}

// Enough have cosigned what is not published yet.
bool Publisher::is_due() const {
  return !is_published_ && cosignature_count_ >= options_.cosignatures_min;
}

Status Publisher::ask(Seat& seat, Lock& lock) {
  if (!is_published_ && cosignature_count_ == 0) target_ = *newest_;
  const SignedText asked = target_;
  seat.is_to_ask_again = false;
  lock.unlock();
  const auto cosignature = seat.client.cosign(asked.checkpoint, asked.note);
  lock.lock();
  Status done;
  if (cosignature) {
    done = take(seat, asked, *cosignature);
  } else {
    stop_if_set_back(seat, asked, cosignature.error());
    done = tl::unexpected<Error>(cosignature.error());
  }
  seat.error = done ? std::nullopt : std::optional(done.error());
  seat.was_asked = true;
  told_.notify_all();
  return done;
}

// One that comes late still counts where its checkpoint is the published one: whoever reads it sees one witness more.
Status Publisher::take(Seat& seat, const SignedText& asked, const NoteSignature& cosignature) {
  seat.cosigned_time_s = std::max(seat.cosigned_time_s, std::optional(cosignature_time_s(cosignature)));
  // Asked for its time alone; its signature stands there already.
  if (std::exchange(seat.cosigned_size, asked.checkpoint.size) == asked.checkpoint.size) return {};
  if (asked.checkpoint == target_.checkpoint && !is_published_) {
    cosignatures_ += cosignature.line();
    ++cosignature_count_;
    return is_due() ? publish() : Status{};
  }
  if (asked.checkpoint == published_.checkpoint) return write({asked.checkpoint, published_.note + cosignature.line()});
  return {};
}

Status Publisher::publish() {
  QORGAN_CHECK(write({target_.checkpoint, target_.note + cosignatures_}));
  is_published_ = true;
  if (newest_->checkpoint.size > target_.checkpoint.size) aim_at_newest();
  told_.notify_all();
  work_.notify_all();
  return is_due() ? publish() : Status{};
}

void Publisher::aim_at_newest() {
  target_ = *newest_;
  cosignatures_.clear();
  cosignature_count_ = 0;
  is_published_ = false;
}

// With the mutex held: a checkpoint must never be replaced by an older one.
Status Publisher::write(SignedText published) {
  const Status written = disk_.write(options_.folder / kCheckpointFile, as_bytes(published.note), false);
  write_error_ = written ? std::nullopt : std::optional(written.error());
  if (written) published_ = std::move(published);
  return written;
}

// Others may have shown the witness a newer checkpoint of this log than was asked for, but none that it never signed.
void Publisher::stop_if_set_back(const Seat& seat, const SignedText& asked, const Error& error) {
  if (error.code != ErrorCode::stale) return;
  const std::uint64_t known_size = seat.client.known_size();
  if (known_size > asked.checkpoint.size && known_size <= newest_->checkpoint.size) return;
  set_back_ = error;
  set_back_->code = ErrorCode::damaged;
}

}  // namespace qorgan::ledger
