// The shares of everyone enrolled, in memory, ready to be compared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "custodian/terms.h"
#include "mpc/secret_buffer.h"
#include "mpc/shares.h"
#include "protocol/request.h"

namespace qorgan::custodian {

// One finger's expanded shares in the order that the kernels read (mpc/shares.h); wiped when it goes.
class FingerShares {
 public:
  FingerShares(int position, const mpc::StoredShare& share);

  int position() const { return position_; }
  std::span<const std::uint8_t, mpc::kExpandedBytes> bytes() const {
    return std::span<const std::uint8_t, mpc::kExpandedBytes>(bytes_.data(), mpc::kExpandedBytes);
  }
  const mpc::RelationShare& relations() const { return relations_; }

 private:
  int position_ = 0;
  mpc::SecretBuffer bytes_;
  mpc::RelationShare relations_;
};

struct PersonShares {
  protocol::RecordId record_id{};
  protocol::SubjectId subject{};
  std::int64_t enrolled_seq = 0;
  std::int64_t epoch = 0;
  std::uint32_t flags = 0;  // store::kLocked, store::kWithdrawn
  crypto::SignPublicKey access_key{};
  crypto::Key view_key;
  Terms terms;
  std::shared_ptr<const std::vector<FingerShares>> fingers;  // by rising position

  bool has_any_of(const std::vector<int>& positions) const;
};

// People are immutable once added, so a comparison that has begun keeps its own view while others come and go; an
// erased person's shares are wiped when the last comparison that began before lets go of them. Thread-safe.
class Gallery {
 public:
  using Person = std::shared_ptr<const PersonShares>;

  // Sequence numbers rise (asserted).
  void add(PersonShares person);
  // False where there is no such record.
  bool remove(const protocol::RecordId& record_id);
  Person find(const protocol::SubjectId& subject) const;
  Person find_record(const protocol::RecordId& record_id) const;
  // Puts another state of the same record in its place; not found: nothing happens.
  void replace(PersonShares person);
  // Those enrolled with the sequence numbers first..last, in order: as many of them, from the first on, as have at most
  // `fingers_max` fingers together, but one where there is one.
  std::vector<Person> enrolled_between(std::int64_t first, std::int64_t last, std::size_t fingers_max) const;
  // Records to be kept until then or earlier (Terms::keep_until_ms; 0 is for good), the earliest first.
  std::vector<protocol::RecordId> overdue(std::int64_t now_ms) const;
  // Everyone, in the order of enrolment: the same order at all three custodians that have applied the same operations.
  std::vector<Person> everyone() const;

  struct Size {
    std::size_t people = 0;
    std::size_t fingers = 0;
  };
  Size size() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::int64_t, Person> by_sequence_;
  std::map<protocol::SubjectId, Person> by_subject_;
  std::map<protocol::RecordId, Person> by_record_;
  std::set<std::pair<std::int64_t, protocol::RecordId>> by_end_;  // those that are not kept for good
  std::size_t fingers_ = 0;
};

}  // namespace qorgan::custodian
