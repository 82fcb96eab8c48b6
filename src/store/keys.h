// What a custodian's storage key protects, and how: every row is bound to the network, the custodian and its own place.
#pragma once

#include "base/bytes.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "store/store.h"

namespace qorgan::store {

// Whose file it is.
struct Owner {
  crypto::Digest network_id{};
  std::int64_t custodian = 0;
  bool operator==(const Owner&) const = default;
};

using KeyId = std::array<std::uint8_t, 16>;

// What stands about a record outside its shares.
struct RecordHead {
  std::int64_t enrolled_seq = 0;
  Id record_id{};
  Pseudonym pseudonym{};
  std::int64_t positions = 0;  // bit p set: finger position p is there
};

// Keys derived from the storage key, which itself is not kept.
class Keys {
 public:
  Keys(const crypto::Key& storage_key, const Owner& owner);

  const Owner& owner() const { return owner_; }
  // Tells one storage key from another and gives nothing away about either.
  const KeyId& id() const { return id_; }

  // A fresh record key under the storage key, bound to the record's head; and back. damaged.
  Bytes wrap(const crypto::Key& record_key, const RecordHead& head) const;
  Result<crypto::Key> unwrap(ByteView wrapped, const RecordHead& head) const;

  // One finger's share under its record's key. damaged.
  Bytes seal_share(const crypto::Key& record_key, const Id& record_id, const Finger& finger) const;
  Result<crypto::SecretBytes> unseal_share(const crypto::Key& record_key, const Id& record_id, int position,
                                           ByteView sealed) const;

  // A request's row but for what it is looked up by, which is bound to it. damaged.
  Bytes seal_request(const RequestRow& row) const;
  Result<RequestRow> unseal_request(const Id& request_id, RequestState state, std::int64_t updated_ms,
                                    ByteView sealed) const;

  // Tags of rows that hold no secret.
  crypto::Digest tag(const Operation& operation) const;
  crypto::Digest tag(const Tombstone& tombstone) const;
  // Of the head of a file that says it is `owner`'s and has applied so many operations.
  crypto::Digest head_tag(const Owner& owner, std::int64_t applied) const;

 private:
  Bytes place_of(const RecordHead& head) const;
  Bytes place_of_share(const Id& record_id, int position) const;
  Bytes place_of_request(const Id& request_id, RequestState state, std::int64_t updated_ms) const;

  Owner owner_;
  KeyId id_{};
  crypto::Key wrapping_;
  crypto::Key requests_;
  crypto::Key rows_;
};

}  // namespace qorgan::store
