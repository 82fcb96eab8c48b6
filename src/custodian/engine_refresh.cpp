// The engine's part in refreshes: new shares beside the old ones, then in their place.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/limits.h"
#include "custodian/engine.h"
#include "custodian/fault.h"
#include "custodian/person.h"

namespace qorgan::custodian {
namespace {

constexpr const char* kAgreedNote = "refresh agreed";
constexpr const char* kLoggedNote = "refresh logged";
// Records that are written at once: others wait for the file some ten milliseconds, not half a second.
constexpr std::size_t kStagedAtOnce = 50;

std::string note_of(const Refresh& refresh) {
  return fmt::format("{} {} {}", to_hex(refresh.id), refresh.first, refresh.last);
}

store::StagedShares to_staged(const NewShares& shares) {
  store::StagedShares staged;
  staged.enrolled_seq = shares.enrolled_seq;
  staged.epoch = shares.epoch;
  for (std::size_t i = 0; i < shares.shares.size(); ++i)
    staged.fingers.push_back({shares.positions[i], mpc::serialise(shares.shares[i])});
  return staged;
}

std::shared_ptr<const std::vector<FingerShares>> to_fingers(const NewShares& shares) {
  std::vector<FingerShares> fingers;
  fingers.reserve(shares.shares.size());
  for (std::size_t i = 0; i < shares.shares.size(); ++i) fingers.emplace_back(shares.positions[i], shares.shares[i]);
  return std::make_shared<const std::vector<FingerShares>>(std::move(fingers));
}

}  // namespace

Result<std::vector<Gallery::Person>> Engine::people_to_refresh(std::int64_t first, std::int64_t last,
                                                               std::int64_t sequence, Deadline deadline) {
  std::unique_lock lock(mutex_);
  const bool caught_up =
      changed_.wait_until(lock, deadline.at(), [&] { return stopping_ || applied_sequence_ >= sequence; });
  if (!caught_up || stopping_)
    return failure(ErrorCode::unavailable, "a custodian has not caught up with the others yet", here(), "Ask again");
  return gallery_.enrolled_between(first, last, limits::refresh_fingers_max);
}

Result<std::vector<mpc::StoredShare>> Engine::stored_shares(const PersonShares& person) {
  const std::lock_guard lock(mutex_);
  const auto record = store_.load_record(person.enrolled_seq);
  if (!record && record.error().code != ErrorCode::not_found) return tl::unexpected(record.error());
  if (!record || record->epoch != person.epoch)
    return failure(ErrorCode::stale, "a record was changed in the middle of a refresh", here());
  std::vector<mpc::StoredShare> shares;
  for (const store::Finger& finger : record->fingers) {
    QORGAN_TRY(mpc::StoredShare share, mpc::parse_share(finger.share.expose(), index_));
    shares.push_back(std::move(share));
  }
  return shares;
}

Status Engine::stage_refresh(const Refresh& refresh, std::vector<NewShares> shares) {
  // Expanded before the lock is taken: it is as much work as writing them.
  std::vector<ReadyShares> ready;
  for (const NewShares& one : shares) ready.push_back({one.record_id, one.epoch, to_fingers(one)});
  QORGAN_CHECK(put_note(kAgreedNote, {}));
  fault_point("refresh.stage");
  for (std::size_t first = 0; first < shares.size(); first += kStagedAtOnce) {
    std::vector<store::StagedShares> some;
    for (std::size_t i = first; i < std::min(shares.size(), first + kStagedAtOnce); ++i)
      some.push_back(to_staged(shares[i]));
    const std::lock_guard lock(mutex_);
    QORGAN_CHECK(store_.stage_refresh(some));
  }
  const std::lock_guard lock(mutex_);
  if (stopping_) return failure(ErrorCode::unavailable, "this custodian is stopping", here(), "Ask again");
  QORGAN_CHECK(store_.put_note(kAgreedNote, note_of(refresh)));
  refresh_ready_ = refresh;
  shares_ready_ = std::move(ready);
  fault_point("refresh.staged");
  return {};
}

Result<std::int64_t> Engine::decide_refresh(const Refresh& refresh) {
  const std::lock_guard lock(mutex_);
  store::Operation operation;
  operation.sequence = applied_sequence_ + 1;
  operation.kind = store::OperationKind::refresh;
  operation.request_id = refresh.id;
  operation.first_seq = refresh.first;
  operation.last_seq = refresh.last;
  QORGAN_CHECK(apply_locked(operation));
  return operation.sequence;
}

Status Engine::apply_refresh(const store::Operation& operation) {
  const Refresh refresh{operation.request_id, operation.first_seq, operation.last_seq};
  QORGAN_TRY(const auto agreed, store_.find_note(kAgreedNote));
  if (agreed != note_of(refresh))
    return failure(ErrorCode::refused, "a refresh that this custodian has not agreed to", here());
  fault_point("apply.before");
  if (Status applied = store_.apply_refresh(operation, unix_time_ms()); !applied) {
    // It may be done but for the last cleaning of the file, which comes again with the next one.
    const auto sequence = store_.applied_sequence();
    if (!sequence || *sequence != operation.sequence) return applied;
    spdlog::error("a refresh is done but for its cleaning: {}", applied.error().message());
  }
  fault_point("apply.after");
  applied_sequence_ = operation.sequence;
  use_new_shares(refresh);
  changed_.notify_all();
  return {};
}

// One whose new shares cannot be read keeps the old ones in memory, with their epoch: comparisons then fail by the
// digest of their order, and the next start tells why.
void Engine::use_new_shares(const Refresh& refresh) {
  std::vector<ReadyShares> ready = std::exchange(shares_ready_, {});
  if (std::exchange(refresh_ready_, {}) != refresh) {
    ready.clear();
    for (const Gallery::Person& person : gallery_.enrolled_between(refresh.first, refresh.last, SIZE_MAX)) {
      auto record = store_.load_record(person->enrolled_seq);
      auto read = record ? to_person(std::move(*record), index_) : tl::unexpected(record.error());
      if (read) {
        ready.push_back({read->record_id, read->epoch, read->fingers});
      } else {
        spdlog::error("refreshed shares cannot be read: {}", read.error().message());
      }
    }
  }
  for (ReadyShares& shares : ready) {
    // Whoever was erased since is not there any more.
    const Gallery::Person person = gallery_.find_record(shares.record_id);
    if (person) gallery_.replace(with_shares(*person, shares.epoch, std::move(shares.fingers)));
  }
}

Status Engine::log_refresh(std::int64_t epoch) {
  const std::string text = std::to_string(epoch);
  QORGAN_TRY(const auto logged, find_note(kLoggedNote));
  if (logged == text) return {};
  ledger::Leaf leaf;
  leaf.time_s = unix_time_ms() / 1000;
  leaf.event = ledger::Event::refresh;
  leaf.epoch = epoch;
  QORGAN_CHECK(add_entry(leaf));
  return put_note(kLoggedNote, text);
}

Status Engine::put_note(const std::string& name, const std::string& text) {
  const std::lock_guard lock(mutex_);
  return store_.put_note(name, text);
}

Result<std::optional<std::string>> Engine::find_note(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return store_.find_note(name);
}

}  // namespace qorgan::custodian
