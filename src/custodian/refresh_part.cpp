#include "custodian/refresh_part.h"

#include "base/limits.h"
#include "custodian/fault.h"
#include "mpc/refresh.h"
#include "net/json_fields.h"

namespace qorgan::custodian {
namespace {

tl::unexpected<Error> copies_differ(const std::string& custodians) {
  return failure(ErrorCode::damaged, "two custodians made different copies of one refreshed share", custodians,
                 "Their operators must compare their records");
}

mpc::ShareDifferenceView part_of(ByteView differences, std::size_t finger) {
  return differences.subspan(finger * limits::share_bytes).first<limits::share_bytes>();
}

}  // namespace

Result<crypto::ExchangePublicKey> RefreshPart::begin(const RefreshBegin& begin, Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    drop();
  }
  QORGAN_TRY(const auto people,
             engine_.people_to_refresh(begin.refresh.first, begin.refresh.last, begin.sequence, deadline));
  if (people.empty() || digest_of(people) != begin.people)
    return failure(ErrorCode::stale, "the records of a refresh have changed meanwhile",
                   "custodian " + std::to_string(engine_.index()));
  const crypto::ExchangeKeyPair own = crypto::make_exchange_key_pair();
  QORGAN_TRY(const crypto::Key pair_key,
             crypto::agree_key(own, begin.key, false, exchange_context(engine_.index(), begin.refresh)));
  QORGAN_TRY(BatchPtr batch, prepare(begin, pair_key, people));
  const std::lock_guard lock(mutex_);
  // Whoever is erased from here on, forget() is told of.
  for (const Gallery::Person& person : people)
    if (!engine_.person(person->record_id))
      return failure(ErrorCode::stale, "the records of a refresh have changed meanwhile",
                     "custodian " + std::to_string(engine_.index()));
  batch_ = std::move(batch);
  return own.public_key;
}

void RefreshPart::forget(const protocol::RecordId& record) {
  const std::lock_guard lock(mutex_);
  if (!batch_) return;
  for (const NewShares& shares : batch_->shares)
    if (shares.record_id == record) return drop();
}

void RefreshPart::drop_overdue(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (batch_ && now >= batch_->ends.at()) drop();
}

void RefreshPart::drop() {
  batch_.reset();
  made_.notify_all();
}

Result<RefreshPart::BatchPtr> RefreshPart::prepare(const RefreshBegin& begin, const crypto::Key& pair_key,
                                                   const std::vector<Gallery::Person>& people) {
  auto batch = std::make_shared<Batch>();
  batch->refresh = begin.refresh;
  // The share that this custodian has in common with custodian 0.
  const int index = engine_.index() == 1 ? 1 : 0;
  for (const Gallery::Person& person : people) {
    NewShares shares{person->record_id, person->enrolled_seq, person->epoch + 1, {}, {}};
    QORGAN_TRY(std::vector<mpc::StoredShare> before, engine_.stored_shares(*person));
    QORGAN_ASSERT(before.size() == person->fingers->size());
    for (const FingerShares& finger : *person->fingers) {
      shares.positions.push_back(finger.position());
      batch->seeds.push_back(
          mpc::refreshed_seed(pair_key, index, {person->record_id, finger.position(), shares.epoch}));
    }
    std::move(before.begin(), before.end(), std::back_inserter(batch->before));
    batch->shares.push_back(std::move(shares));
  }
  batch->differences = crypto::SecretBytes(batch->before.size() * limits::share_bytes);
  for (std::size_t i = 0; i < batch->before.size(); ++i)
    mpc::share_difference(
        batch->before[i], batch->seeds[i],
        batch->differences.expose_mutable().subspan(i * limits::share_bytes).first<limits::share_bytes>());
  return batch;
}

tl::unexpected<Error> RefreshPart::not_begun() const {
  return failure(ErrorCode::stale, "a refresh that this custodian has not begun, or has ended",
                 "custodian " + std::to_string(engine_.index()));
}

Result<RefreshPart::BatchPtr> RefreshPart::current(const protocol::RequestId& id) const {
  if (!batch_ || batch_->refresh.id != id) return not_begun();
  return batch_;
}

Status RefreshPart::make(Batch& batch, ByteView differences) {
  if (batch.made) return not_begun();
  if (differences.size() != batch.differences.size())
    return failure(ErrorCode::damaged, "the differences of a refresh are of another length than its fingers need",
                   "custodians 1 and 2");
  std::vector<mpc::StoredShare> all;
  for (std::size_t i = 0; i < batch.before.size(); ++i)
    all.push_back(mpc::refreshed_share(batch.before[i], batch.seeds[i], part_of(batch.differences.expose(), i),
                                       part_of(differences, i)));
  batch.common = common_digests(all);
  std::size_t at = 0;
  for (NewShares& shares : batch.shares)
    for (std::size_t i = 0; i < shares.positions.size(); ++i) shares.shares.push_back(std::move(all[at++]));
  batch.made = true;
  made_.notify_all();
  return {};
}

Result<RefreshPart::Differences> RefreshPart::exchange(const protocol::RequestId& id, ByteView differences) {
  const std::lock_guard lock(mutex_);
  QORGAN_TRY(const BatchPtr batch, current(id));
  QORGAN_CHECK(make(*batch, differences));
  const ByteView own = batch->differences.expose();
  return Differences{batch->common.next, Bytes(own.begin(), own.end())};
}

Status RefreshPart::fetch_differences(Batch& batch, Deadline deadline) {
  QORGAN_TRY(net::Message answer,
             peers_.call_vote(1, refresh_differences_message(batch.refresh, batch.differences.expose()), deadline));
  QORGAN_TRY(const auto common, net::hex_field<32>(answer.head, "common"));
  const std::lock_guard lock(mutex_);
  const Status made = make(batch, answer.body);
  crypto::wipe(answer.body);
  QORGAN_CHECK(made);
  if (batch.common.own != common) return copies_differ("custodians 1 and 2");
  return {};
}

Status RefreshPart::stage(const protocol::RequestId& id, const crypto::Digest& common, Deadline deadline) {
  std::unique_lock lock(mutex_);
  QORGAN_TRY(const BatchPtr batch, current(id));
  if (engine_.index() == 2) {
    lock.unlock();
    QORGAN_CHECK(fetch_differences(*batch, deadline));
    lock.lock();
  }
  if (!made_.wait_until(lock, deadline.at(), [&] { return batch->made || batch_ != batch; }))
    return failure(ErrorCode::timeout, "custodian 2 did not send the differences of a refresh", "custodian 2");
  if (batch_ != batch) return not_begun();
  batch_.reset();  // given a yes once, or never
  lock.unlock();
  // What this custodian has in common with custodian 0: its own share at 1, its next share at 2.
  if (common != (engine_.index() == 1 ? batch->common.own : batch->common.next))
    return copies_differ("custodians 0 and " + std::to_string(engine_.index()));
  fault_point("refresh.made");
  return engine_.stage_refresh(batch->refresh, std::move(batch->shares));
}

}  // namespace qorgan::custodian
