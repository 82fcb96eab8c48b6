#include "custodian/gallery.h"

#include <algorithm>

namespace qorgan::custodian {

FingerShares::FingerShares(int position, const mpc::StoredShare& share)
    : position_(position), bytes_(mpc::kExpandedBytes), relations_(share) {
  mpc::expand(share, std::span<std::uint8_t, mpc::kExpandedBytes>(bytes_.data(), mpc::kExpandedBytes));
}

bool PersonShares::has_any_of(const std::vector<int>& positions) const {
  return std::any_of(fingers->begin(), fingers->end(), [&](const FingerShares& finger) {
    return std::binary_search(positions.begin(), positions.end(), finger.position());
  });
}

void Gallery::add(PersonShares person) {
  const auto shared = std::make_shared<const PersonShares>(std::move(person));
  const std::lock_guard lock(mutex_);
  QORGAN_ASSERT(by_sequence_.empty() || by_sequence_.rbegin()->first < shared->enrolled_seq);
  QORGAN_ASSERT(!by_subject_.contains(shared->subject));
  by_sequence_.emplace_hint(by_sequence_.end(), shared->enrolled_seq, shared);
  by_subject_.emplace(shared->subject, shared);
  by_record_.emplace(shared->record_id, shared);
  if (shared->terms.keep_until_ms != 0) by_end_.emplace(shared->terms.keep_until_ms, shared->record_id);
  fingers_ += shared->fingers->size();
}

bool Gallery::remove(const protocol::RecordId& record_id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_record_.find(record_id);
  if (found == by_record_.end()) return false;
  const Person person = found->second;
  fingers_ -= person->fingers->size();
  by_sequence_.erase(person->enrolled_seq);
  by_subject_.erase(person->subject);
  by_end_.erase({person->terms.keep_until_ms, record_id});
  by_record_.erase(found);
  return true;
}

Gallery::Person Gallery::find(const protocol::SubjectId& subject) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_subject_.find(subject);
  return found == by_subject_.end() ? nullptr : found->second;
}

Gallery::Person Gallery::find_record(const protocol::RecordId& record_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_record_.find(record_id);
  return found == by_record_.end() ? nullptr : found->second;
}

void Gallery::replace(PersonShares person) {
  const auto shared = std::make_shared<const PersonShares>(std::move(person));
  const std::lock_guard lock(mutex_);
  const auto found = by_record_.find(shared->record_id);
  if (found == by_record_.end()) return;
  QORGAN_ASSERT(found->second->enrolled_seq == shared->enrolled_seq && found->second->subject == shared->subject);
  by_end_.erase({found->second->terms.keep_until_ms, shared->record_id});
  if (shared->terms.keep_until_ms != 0) by_end_.emplace(shared->terms.keep_until_ms, shared->record_id);
  fingers_ += shared->fingers->size() - found->second->fingers->size();
  found->second = shared;
  by_sequence_[shared->enrolled_seq] = shared;
  by_subject_[shared->subject] = shared;
}

std::vector<Gallery::Person> Gallery::enrolled_between(std::int64_t first, std::int64_t last,
                                                       std::size_t fingers_max) const {
  const std::lock_guard lock(mutex_);
  std::vector<Person> people;
  std::size_t fingers = 0;
  for (auto at = by_sequence_.lower_bound(first); at != by_sequence_.end() && at->first <= last; ++at) {
    fingers += at->second->fingers->size();
    if (!people.empty() && fingers > fingers_max) break;
    people.push_back(at->second);
  }
  return people;
}

std::vector<protocol::RecordId> Gallery::overdue(std::int64_t now_ms) const {
  const std::lock_guard lock(mutex_);
  std::vector<protocol::RecordId> records;
  for (auto at = by_end_.begin(); at != by_end_.end() && at->first <= now_ms; ++at) records.push_back(at->second);
  return records;
}

std::vector<Gallery::Person> Gallery::everyone() const {
  const std::lock_guard lock(mutex_);
  std::vector<Person> people;
  people.reserve(by_sequence_.size());
  for (const auto& [sequence, person] : by_sequence_) people.push_back(person);
  return people;
}

Gallery::Size Gallery::size() const {
  const std::lock_guard lock(mutex_);
  return {by_sequence_.size(), fingers_};
}

}  // namespace qorgan::custodian
