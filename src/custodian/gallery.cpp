#include "custodian/gallery.h"

namespace qorgan::custodian {

FingerShares::FingerShares(int position, const mpc::StoredShare& share)
    : position_(position), bytes_(mpc::kExpandedBytes), relations_(share) {
  mpc::expand(share, std::span<std::uint8_t, mpc::kExpandedBytes>(bytes_.data(), mpc::kExpandedBytes));
}

void Gallery::add(PersonShares person) {
  const auto shared = std::make_shared<const PersonShares>(std::move(person));
  const std::lock_guard lock(mutex_);
  QORGAN_ASSERT(by_sequence_.empty() || by_sequence_.rbegin()->first < shared->enrolled_seq);
  QORGAN_ASSERT(!by_subject_.contains(shared->subject));
  by_sequence_.emplace_hint(by_sequence_.end(), shared->enrolled_seq, shared);
  by_subject_.emplace(shared->subject, shared);
  by_record_.emplace(shared->record_id, shared);
  fingers_ += shared->fingers.size();
}

bool Gallery::remove(const protocol::RecordId& record_id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_record_.find(record_id);
  if (found == by_record_.end()) return false;
  const Person person = found->second;
  fingers_ -= person->fingers.size();
  by_sequence_.erase(person->enrolled_seq);
  by_subject_.erase(person->subject);
  by_record_.erase(found);
  return true;
}

Gallery::Person Gallery::find(const protocol::SubjectId& subject) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_subject_.find(subject);
  return found == by_subject_.end() ? nullptr : found->second;
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
