#include "mpc/shares.h"

#include <algorithm>
#include <string>

#include "crypto/keystream.h"
#include "crypto/random.h"

namespace qorgan::mpc {
namespace {

constexpr std::uint8_t kFormatVersion = 2;
constexpr std::size_t kHeaderBytes = 2;
constexpr int kStoredInFull = 2;
using Cells = std::array<std::uint8_t, limits::share_bytes>;

int next_index(int party) {
  return (party + 1) % kParties;
}

std::size_t stored_bytes(int index) {
  return index == kStoredInFull ? limits::share_bytes : crypto::Key::size_bytes;
}

void check_shape(const StoredShare& share) {
  QORGAN_ASSERT(share.party >= 0 && share.party < kParties);
  QORGAN_ASSERT(share.own.size() == stored_bytes(share.party));
  QORGAN_ASSERT(share.next.size() == stored_bytes(next_index(share.party)));
}

void expand_part(const crypto::SecretBytes& stored, int index, Cells& out) {
  if (index == kStoredInFull) {
    std::copy(stored.expose().begin(), stored.expose().end(), out.begin());
    return;
  }
  crypto::expand_seed(crypto::Key(stored.expose().first<crypto::Key::size_bytes>()), out);
}

// The cells of a template in the order of its shares.
Cells cells_of(const finger::Template& whole) {
  Cells cells;
  auto at = std::transform(whole.cells.begin(), whole.cells.end(), cells.begin(),
                           [](std::int8_t cell) { return static_cast<std::uint8_t>(cell); });
  at = std::copy(whole.relations.distance.begin(), whole.relations.distance.end(), at);
  at = std::copy(whole.relations.bearing.begin(), whole.relations.bearing.end(), at);
  std::copy(whole.relations.bearing_back.begin(), whole.relations.bearing_back.end(), at);
  return cells;
}

finger::Template template_of(const Cells& cells) {
  finger::Template whole;
  std::transform(cells.begin(), cells.begin() + limits::template_bytes, whole.cells.begin(),
                 [](std::uint8_t cell) { return static_cast<std::int8_t>(cell); });
  const auto relations = std::span(cells).subspan<limits::template_bytes>();
  const auto take = [&](std::size_t which, std::array<std::uint8_t, finger::kRelations>& to) {
    const auto from = relations.subspan(which * finger::kRelations, finger::kRelations);
    std::copy(from.begin(), from.end(), to.begin());
  };
  take(0, whole.relations.distance);
  take(1, whole.relations.bearing);
  take(2, whole.relations.bearing_back);
  return whole;
}

crypto::SecretBytes relations_in(const crypto::SecretBytes& stored, int index) {
  if (index != kStoredInFull) return stored.clone();
  return crypto::SecretBytes(stored.expose().subspan(limits::template_bytes));
}

void expand_relations(const crypto::SecretBytes& kept, MutableByteView out) {
  if (kept.size() == limits::relation_bytes) {
    std::copy(kept.expose().begin(), kept.expose().end(), out.begin());
    return;
  }
  Cells cells;
  crypto::expand_seed(crypto::Key(kept.expose().first<crypto::Key::size_bytes>()), cells);
  std::copy(cells.begin() + limits::template_bytes, cells.end(), out.begin());
  crypto::wipe(cells);
}

crypto::Digest digest(const crypto::SecretBytes& stored, int index) {
  crypto::SecretBytes labelled(stored.size() + 1);
  labelled.expose_mutable()[0] = static_cast<std::uint8_t>(index);
  std::copy(stored.expose().begin(), stored.expose().end(), labelled.expose_mutable().begin() + 1);
  return crypto::hmac_sha256(as_bytes("qorgan/v1/share"), labelled.expose());
}

}  // namespace

std::array<StoredShare, kParties> split(const finger::Template& whole) {
  return split_with(whole, crypto::random_key(), crypto::random_key());
}

std::array<StoredShare, kParties> split_with(const finger::Template& whole, const crypto::Key& seed_0,
                                             const crypto::Key& seed_1) {
  Cells x_0;
  Cells x_1;
  crypto::expand_seed(seed_0, x_0);
  crypto::expand_seed(seed_1, x_1);
  Cells cells = cells_of(whole);
  crypto::SecretBytes x_2(limits::share_bytes);
  for (std::size_t i = 0; i < limits::share_bytes; ++i) {
    x_2.expose_mutable()[i] = static_cast<std::uint8_t>(cells[i] - x_0[i] - x_1[i]);
  }
  crypto::wipe(cells);
  crypto::wipe(x_0);
  crypto::wipe(x_1);
  using crypto::SecretBytes;
  return {StoredShare{0, SecretBytes(ByteView(seed_0.expose())), SecretBytes(ByteView(seed_1.expose()))},
          StoredShare{1, SecretBytes(ByteView(seed_1.expose())), x_2.clone()},
          StoredShare{2, std::move(x_2), SecretBytes(ByteView(seed_0.expose()))}};
}

std::size_t serialised_bytes(int party) {
  return kHeaderBytes + stored_bytes(party) + stored_bytes(next_index(party));
}

crypto::SecretBytes serialise(const StoredShare& share) {
  check_shape(share);
  crypto::SecretBytes out(serialised_bytes(share.party));
  const auto bytes = out.expose_mutable();
  bytes[0] = kFormatVersion;
  bytes[1] = static_cast<std::uint8_t>(share.party);
  const auto after_own = std::copy(share.own.expose().begin(), share.own.expose().end(), bytes.begin() + kHeaderBytes);
  std::copy(share.next.expose().begin(), share.next.expose().end(), after_own);
  return out;
}

Result<StoredShare> parse_share(ByteView bytes, int party) {
  QORGAN_ASSERT(party >= 0 && party < kParties);
  if (bytes.empty()) return failure(ErrorCode::damaged, "The share of a template is empty");
  if (bytes[0] != kFormatVersion) {
    return failure(ErrorCode::version_mismatch, "The share of a template has format version " +
                                                    std::to_string(bytes[0]) + ", and this program reads " +
                                                    std::to_string(kFormatVersion));
  }
  if (bytes.size() != serialised_bytes(party)) {
    return failure(ErrorCode::damaged, "The share of a template is " + std::to_string(bytes.size()) +
                                           " bytes long instead of " + std::to_string(serialised_bytes(party)));
  }
  if (bytes[1] != party) return failure(ErrorCode::damaged, "The share of a template belongs to another custodian");
  const auto body = bytes.subspan(kHeaderBytes);
  return StoredShare{party, crypto::SecretBytes(body.first(stored_bytes(party))),
                     crypto::SecretBytes(body.subspan(stored_bytes(party)))};
}

void expand(const StoredShare& share, std::span<std::uint8_t, kExpandedBytes> out) {
  check_shape(share);
  Cells part;
  const auto interleave = [&](std::size_t offset) {
    for (std::size_t row = 0; row < limits::template_rows; ++row) {
      const auto cells = std::span(part).subspan(row * limits::template_width, limits::template_width);
      std::copy(cells.begin(), cells.end(), out.subspan(row * kExpandedRowBytes + offset).begin());
    }
  };
  expand_part(share.own, share.party, part);
  interleave(0);
  expand_part(share.next, next_index(share.party), part);
  interleave(limits::template_width);
  crypto::wipe(part);
}

void expand_in_the_clear(const finger::Template& whole, std::span<std::uint8_t, kExpandedBytes> out) {
  for (int row = 0; row < finger::kRows; ++row) {
    const auto cells = whole.row(row);
    const auto to = out.subspan(static_cast<std::size_t>(row) * kExpandedRowBytes, kExpandedRowBytes);
    const auto next = std::transform(cells.begin(), cells.end(), to.begin(),
                                     [](std::int8_t cell) { return static_cast<std::uint8_t>(cell); });
    std::fill(next, to.end(), std::uint8_t{0});
  }
}

RelationShare::RelationShare(const StoredShare& share) {
  check_shape(share);
  own_ = relations_in(share.own, share.party);
  next_ = relations_in(share.next, next_index(share.party));
}

void RelationShare::expand(std::span<std::uint8_t, limits::relation_bytes> own,
                           std::span<std::uint8_t, limits::relation_bytes> next) const {
  QORGAN_ASSERT(own_.size() > 0 && next_.size() > 0);
  expand_relations(own_, own);
  expand_relations(next_, next);
}

Result<finger::Template> rebuild(std::span<const StoredShare* const> shares) {
  std::array<const crypto::SecretBytes*, kParties> parts{};
  std::array<bool, kParties> given{};
  for (const StoredShare* share : shares) {
    check_shape(*share);
    if (std::exchange(given[static_cast<std::size_t>(share->party)], true)) {
      return failure(ErrorCode::invalid_input, "Two shares come from the same custodian");
    }
    for (const auto& [index, stored] :
         {std::pair{share->party, &share->own}, {next_index(share->party), &share->next}}) {
      auto& known = parts[static_cast<std::size_t>(index)];
      if (known != nullptr && !crypto::equal_constant_time(known->expose(), stored->expose())) {
        return failure(ErrorCode::damaged, "Two custodians' copies of the same share differ",
                       "share " + std::to_string(index));
      }
      known = stored;
    }
  }
  if (shares.size() < 2) return failure(ErrorCode::invalid_input, "A template takes two custodians' shares to rebuild");
  Cells sum{};
  Cells part;
  for (int index = 0; index < kParties; ++index) {
    expand_part(*parts[static_cast<std::size_t>(index)], index, part);
    for (std::size_t i = 0; i < part.size(); ++i) sum[i] = static_cast<std::uint8_t>(sum[i] + part[i]);
  }
  const finger::Template whole = template_of(sum);
  crypto::wipe(part);
  crypto::wipe(sum);
  return whole;
}

crypto::Digest digest_own(const StoredShare& share) {
  check_shape(share);
  return digest(share.own, share.party);
}

crypto::Digest digest_next(const StoredShare& share) {
  check_shape(share);
  return digest(share.next, next_index(share.party));
}

}  // namespace qorgan::mpc
