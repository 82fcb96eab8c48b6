// Pseudonyms from ID numbers that nobody but the desk sees: the oblivious pseudo-random function of RFC 9497,
// OPRF(ristretto255, SHA-512) in the base mode, with its key in three parts.
//
// The key is k = k_0 + k_1 + k_2 modulo the group's order. Custodian i holds k_i and k_(i+1) (indices modulo 3), so
// that each part is held by two and a part that one of them computes wrongly is noticed. One custodian learns nothing
// of the number or the pseudonym; a desk learns the pseudonyms of the numbers that it asks for and no others.
//
// crypto::initialise() comes first.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace qorgan::identity {

inline constexpr int kKeyHolders = 3;

// A group element in its only valid encoding (RFC 9496, 4.3.2), little-endian scalars likewise.
using Element = std::array<std::uint8_t, 32>;

// What custodian i holds.
struct KeyShare {
  int custodian = 0;      // 0, 1 or 2
  crypto::Key part;       // k_i, a scalar that is not zero
  crypto::Key next_part;  // k_(i+1)
};

// A fresh key, uniformly random and in no place whole.
std::array<KeyShare, kKeyHolders> make_key_shares();

// The stored form of a share, which the caller seals: version 1, custodian, k_i, k_(i+1).
inline constexpr std::size_t kKeyShareBytes = 2 + 32 + 32;
crypto::SecretBytes serialise(const KeyShare& share);
// damaged: another length or version, no such custodian, or a scalar that is zero or not below the group's order.
Result<KeyShare> parse_key_share(ByteView bytes);

// 32 bytes that stand for a person: equal for equal inputs under one key, otherwise unrelated. It may be stored and
// sent to custodians, but is shown to nobody: it has no stream operator and is wiped when it goes.
class Pseudonym {
 public:
  static constexpr std::size_t size_bytes = 32;

  explicit Pseudonym(const std::array<std::uint8_t, size_bytes>& bytes) : bytes_(bytes) {}
  Pseudonym(const Pseudonym&) = default;
  Pseudonym& operator=(const Pseudonym&) = default;
  ~Pseudonym() { crypto::wipe(bytes_); }

  const std::array<std::uint8_t, size_bytes>& bytes() const { return bytes_; }
  std::string hex() const { return to_hex(bytes_); }
  bool operator==(const Pseudonym& other) const { return crypto::equal_constant_time(bytes_, other.bytes_); }

 private:
  std::array<std::uint8_t, size_bytes> bytes_;
};

// The desk's half of one question: the input and the random blind that hides it.
class Blinding {
 public:
  // What to send to all three custodians; uniformly random whatever the input is.
  const Element& element() const { return element_; }

 private:
  Blinding(crypto::SecretBytes input, crypto::Key scalar, const Element& element)
      : input_(std::move(input)), scalar_(std::move(scalar)), element_(element) {}
  friend Result<Blinding> blind_with(ByteView input, const crypto::Key& scalar);
  friend Result<Pseudonym> combine(const Blinding&, const std::array<struct Evaluation, kKeyHolders>&);
  friend Result<std::array<std::uint8_t, 64>> combine_whole(const Blinding&,
                                                            const std::array<struct Evaluation, kKeyHolders>&);

  crypto::SecretBytes input_;
  crypto::Key scalar_;
  Element element_;
};

// RFC 9497, 3.3.1, Blind, with a fresh random scalar. `input` is 1 to limits::oprf_input_bytes_max bytes long; its
// sender makes inputs of different kinds differ (identity/iin.h). Errors: invalid_input (its length, or the one input
// in 2^252 that maps to the identity).
Result<Blinding> blind(ByteView input);

// A custodian's answer.
struct Evaluation {
  Element part{};       // k_i times the blinded element
  Element next_part{};  // k_(i+1) times it
};

// RFC 9497, 3.3.1, BlindEvaluate, with each part that this custodian holds. Errors: invalid_input where the element is
// the identity or no canonical encoding of an element.
Result<Evaluation> evaluate(const KeyShare& share, const Element& blinded);

// RFC 9497, 3.3.1, Finalize, after the two copies of each part were compared and the three parts added; evaluations[i]
// is custodian i's. The pseudonym is the first half of the function's 64 bytes.
// Errors: damaged, naming the custodians whose copies of a part differ, or the one that sent no group element.
Result<Pseudonym> combine(const Blinding& blinding, const std::array<Evaluation, kKeyHolders>& evaluations);

// The two below exist for the RFC's test vectors (appendix A.1.1).
// blind() with a given scalar. Errors: invalid_input, also for a scalar that is zero or not below the group's order.
Result<Blinding> blind_with(ByteView input, const crypto::Key& scalar);
// combine(), all 64 bytes.
Result<std::array<std::uint8_t, 64>> combine_whole(const Blinding& blinding,
                                                   const std::array<Evaluation, kKeyHolders>& evaluations);

}  // namespace qorgan::identity
