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

// What stands about the file as a whole.
struct Counts {
  std::int64_t applied = 0;     // operations
  std::int64_t recovering = 0;  // 1 while it is being rebuilt, else 0
  std::int64_t last_entry = 0;  // the highest number that an entry was ever given
  // Rows of tables from which one could be taken away otherwise without a trace.
  std::int64_t entries = 0;
  std::int64_t warrant_uses = 0;
  std::int64_t notices = 0;
  std::int64_t notes = 0;
};

// What stands about a record in the clear.
struct RecordHead {
  std::int64_t enrolled_seq = 0;
  Id record_id{};
  Pseudonym pseudonym{};
  std::int64_t positions = 0;  // bit p set: finger position p is there
  std::int64_t epoch = 0;
  crypto::SignPublicKey access_key{};
};

// What is sealed under a record's key beside its shares.
struct Details {
  // Under which the openings of its log entries are sealed. It stays when a refresh changes the record's key, so that
  // years of openings need not be sealed anew.
  crypto::Key entries_key;
  crypto::Key view_key;
  std::string terms_json;
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

  // Of a record under its key, bound to the record and its epoch. damaged.
  Bytes seal_details(const crypto::Key& record_key, const RecordHead& head, const Details& details) const;
  Result<Details> unseal_details(const crypto::Key& record_key, const RecordHead& head, ByteView sealed) const;
  Bytes seal_share(const crypto::Key& record_key, const RecordHead& head, const Finger& finger) const;
  Result<crypto::SecretBytes> unseal_share(const crypto::Key& record_key, const RecordHead& head, int position,
                                           ByteView sealed) const;

  // The opening of an entry, under its record's entries_key or, where it speaks of no record, openings(); bound to the
  // entry. damaged.
  const crypto::Key& openings() const { return openings_; }
  Bytes seal_opening(const crypto::Key& key, const Entry& entry) const;
  Result<crypto::SecretBytes> unseal_opening(const crypto::Key& key, const Entry& entry, ByteView sealed) const;

  // A request's row but for what it is looked up by, which is bound to it. damaged.
  Bytes seal_request(const RequestRow& row) const;
  Result<RequestRow> unseal_request(const Id& request_id, RequestState state, std::int64_t updated_ms,
                                    ByteView sealed) const;

  // Tags of rows.
  crypto::Digest tag(const Operation& operation) const;
  crypto::Digest tag(const Tombstone& tombstone) const;
  crypto::Digest tag_of_flags(std::int64_t enrolled_seq, std::uint32_t flags) const;
  // Of all of the entry, its opening in the sealed form.
  crypto::Digest tag(const Entry& entry, ByteView sealed_opening) const;
  crypto::Digest tag(const WarrantUse& use) const;
  crypto::Digest tag(std::int64_t number, const Notice& notice) const;
  // Tells nothing of the name to who has not the key.
  crypto::Digest hidden_name(std::string_view name) const;
  crypto::Digest tag_of_note(std::string_view name, std::string_view text) const;
  // Of the head of a file that says it is `owner`'s.
  crypto::Digest head_tag(const Owner& owner, const Counts& counts) const;

 private:
  Owner owner_;
  KeyId id_{};
  crypto::Key wrapping_;
  crypto::Key openings_;
  crypto::Key requests_;
  crypto::Key rows_;
};

}  // namespace qorgan::store
