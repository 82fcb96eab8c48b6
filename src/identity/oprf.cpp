#include "identity/oprf.h"

#include <sodium.h>

#include <algorithm>
#include <string_view>

#include "base/limits.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace qorgan::identity {
namespace {

static_assert(crypto_core_ristretto255_BYTES == std::tuple_size_v<Element>);
static_assert(crypto_core_ristretto255_SCALARBYTES == crypto::Key::size_bytes);

constexpr std::uint8_t kShareVersion = 1;

// RFC 9497, 3.1 and 4.1: "OPRFV1-" || I2OSP(mode, 1) || "-" || the suite's identifier, behind "HashToGroup-".
constexpr std::string_view kHashToGroupTag{"HashToGroup-OPRFV1-\0-ristretto255-SHA512", 40};

constexpr std::size_t kHashBytes = 64;
constexpr std::size_t kHashBlockBytes = 128;

int next_of(int custodian) {
  return (custodian + 1) % kKeyHolders;
}
int previous_of(int custodian) {
  return (custodian + kKeyHolders - 1) % kKeyHolders;
}

// Grows a buffer of secret bytes whose whole length is known beforehand.
class Writer {
 public:
  explicit Writer(std::size_t size) : bytes_(size) {}
  Writer& add(ByteView bytes) {
    QORGAN_ASSERT(bytes.size() <= bytes_.size() - at_);
    std::copy(bytes.begin(), bytes.end(), bytes_.expose_mutable().begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += bytes.size();
    return *this;
  }
  Writer& add_byte(std::uint8_t byte) { return add({&byte, 1}); }
  Writer& add_u16(std::size_t value) {
    return add_byte(static_cast<std::uint8_t>(value >> 8)).add_byte(static_cast<std::uint8_t>(value));
  }
  Writer& skip(std::size_t size) {
    QORGAN_ASSERT(size <= bytes_.size() - at_);
    at_ += size;
    return *this;
  }
  crypto::SecretBytes finish() {
    QORGAN_ASSERT(at_ == bytes_.size());
    return std::move(bytes_);
  }

 private:
  crypto::SecretBytes bytes_;
  std::size_t at_ = 0;
};

crypto::Secret<kHashBytes> secret_sha512(const crypto::SecretBytes& message) {
  auto digest = crypto::sha512(message.expose());
  crypto::Secret<kHashBytes> out{std::span<const std::uint8_t, kHashBytes>(digest)};
  crypto::wipe(digest);
  return out;
}

// RFC 9380, 5.3.1, expand_message_xmd with SHA-512 for 64 bytes, which is one block of output.
crypto::Secret<kHashBytes> expand_message(ByteView message) {
  constexpr std::size_t tag_bytes = kHashToGroupTag.size() + 1;
  const auto tag_size = static_cast<std::uint8_t>(kHashToGroupTag.size());
  // b_0 = H(Z_pad || msg || I2OSP(64, 2) || I2OSP(0, 1) || DST_prime)
  Writer first(kHashBlockBytes + message.size() + 3 + tag_bytes);
  first.skip(kHashBlockBytes).add(message).add_u16(kHashBytes).add_byte(0).add(as_bytes(kHashToGroupTag));
  const auto b_0 = secret_sha512(first.add_byte(tag_size).finish());
  // b_1 = H(b_0 || I2OSP(1, 1) || DST_prime)
  Writer second(kHashBytes + 1 + tag_bytes);
  second.add(b_0.expose()).add_byte(1).add(as_bytes(kHashToGroupTag)).add_byte(tag_size);
  return secret_sha512(second.finish());
}

bool is_zero(ByteView bytes) {
  return sodium_is_zero(bytes.data(), bytes.size()) == 1;
}

// Libsodium accepts any 32 bytes as a scalar; here each scalar has one encoding.
bool is_scalar(const crypto::Key& scalar) {
  crypto::Secret<64> wide;
  std::copy(scalar.expose().begin(), scalar.expose().end(), wide.expose_mutable().begin());
  crypto::Key reduced;
  crypto_core_ristretto255_scalar_reduce(reduced.expose_mutable().data(), wide.expose().data());
  return reduced == scalar && !is_zero(scalar.expose());
}

crypto::Key random_scalar() {
  while (true) {
    crypto::Secret<64> wide;
    crypto::fill_random(wide.expose_mutable());
    crypto::Key scalar;
    crypto_core_ristretto255_scalar_reduce(scalar.expose_mutable().data(), wide.expose().data());
    if (!is_zero(scalar.expose())) return scalar;
  }
}

bool is_element(const Element& element) {
  return crypto_core_ristretto255_is_valid_point(element.data()) == 1 && !is_zero(element);
}

// Of an element that is valid and a scalar that is not zero, so that the product is not the identity.
Element multiply(const crypto::Key& scalar, const Element& element) {
  Element out{};
  QORGAN_ASSERT(crypto_scalarmult_ristretto255(out.data(), scalar.expose().data(), element.data()) == 0);
  return out;
}

std::string name_of(int custodian) {
  return "custodian " + std::to_string(custodian);
}

Status check_elements(const std::array<Evaluation, kKeyHolders>& evaluations) {
  for (int i = 0; i < kKeyHolders; ++i) {
    const Evaluation& evaluation = evaluations[static_cast<std::size_t>(i)];
    if (!is_element(evaluation.part) || !is_element(evaluation.next_part)) {
      return failure(ErrorCode::damaged, "an evaluation is no group element", name_of(i));
    }
  }
  return {};
}

// Custodians i and i-1 both hold part i.
Status check_copies(const std::array<Evaluation, kKeyHolders>& evaluations) {
  std::string differing;
  for (int i = 0; i < kKeyHolders; ++i) {
    const Element& own = evaluations[static_cast<std::size_t>(i)].part;
    const Element& copy = evaluations[static_cast<std::size_t>(previous_of(i))].next_part;
    if (own == copy) continue;
    if (!differing.empty()) differing += "; ";
    differing += name_of(previous_of(i)) + " and " + name_of(i);
  }
  if (differing.empty()) return {};
  return failure(ErrorCode::damaged, "custodians disagree on a part of a pseudonym", differing,
                 "Ask the custodians named to check their key shares");
}

Result<Element> add_parts(const std::array<Evaluation, kKeyHolders>& evaluations) {
  Element sum{};
  for (const Evaluation& evaluation : evaluations) {
    Element next{};
    QORGAN_ASSERT(crypto_core_ristretto255_add(next.data(), sum.data(), evaluation.part.data()) == 0);
    sum = next;
  }
  if (is_zero(sum)) return failure(ErrorCode::damaged, "the custodians' evaluations cancel out");
  return sum;
}

}  // namespace

std::array<KeyShare, kKeyHolders> make_key_shares() {
  std::array<crypto::Key, kKeyHolders> parts;
  crypto::Key sum;
  do {
    crypto::wipe(sum.expose_mutable());
    for (crypto::Key& part : parts) {
      part = random_scalar();
      crypto_core_ristretto255_scalar_add(sum.expose_mutable().data(), sum.expose().data(), part.expose().data());
    }
  } while (is_zero(sum.expose()));
  std::array<KeyShare, kKeyHolders> shares;
  for (int i = 0; i < kKeyHolders; ++i) {
    shares[static_cast<std::size_t>(i)] = {i, parts[static_cast<std::size_t>(i)].clone(),
                                           parts[static_cast<std::size_t>(next_of(i))].clone()};
  }
  return shares;
}

crypto::SecretBytes serialise(const KeyShare& share) {
  QORGAN_ASSERT(share.custodian >= 0 && share.custodian < kKeyHolders);
  Writer writer(kKeyShareBytes);
  writer.add_byte(kShareVersion).add_byte(static_cast<std::uint8_t>(share.custodian));
  return writer.add(share.part.expose()).add(share.next_part.expose()).finish();
}

Result<KeyShare> parse_key_share(ByteView bytes) {
  const auto damaged = [](const char* what) { return failure(ErrorCode::damaged, what, "pseudonym key share"); };
  if (bytes.size() != kKeyShareBytes) return damaged("it has another length");
  if (bytes[0] != kShareVersion) return damaged("it is of a version that this program does not know");
  if (bytes[1] >= kKeyHolders) return damaged("it names no custodian");
  KeyShare share{bytes[1], crypto::Key(bytes.subspan<2, 32>()), crypto::Key(bytes.subspan<34, 32>())};
  if (!is_scalar(share.part) || !is_scalar(share.next_part)) return damaged("a part is no scalar");
  return share;
}

Result<Blinding> blind(ByteView input) {
  return blind_with(input, random_scalar());
}

Result<Blinding> blind_with(ByteView input, const crypto::Key& scalar) {
  if (input.empty() || input.size() > limits::oprf_input_bytes_max) {
    return failure(ErrorCode::invalid_input, "the input of a pseudonym is empty or too long");
  }
  if (!is_scalar(scalar)) return failure(ErrorCode::invalid_input, "the blind is no scalar");
  Element element{};
  QORGAN_ASSERT(crypto_core_ristretto255_from_hash(element.data(), expand_message(input).expose().data()) == 0);
  if (is_zero(element)) return failure(ErrorCode::invalid_input, "this input has no pseudonym");
  Element blinded = multiply(scalar, element);
  crypto::wipe(element);
  return Blinding(crypto::SecretBytes(input), scalar.clone(), blinded);
}

Result<Evaluation> evaluate(const KeyShare& share, const Element& blinded) {
  if (!is_element(blinded)) return failure(ErrorCode::invalid_input, "the blinded number is no group element");
  return Evaluation{multiply(share.part, blinded), multiply(share.next_part, blinded)};
}

Result<std::array<std::uint8_t, 64>> combine_whole(const Blinding& blinding,
                                                   const std::array<Evaluation, kKeyHolders>& evaluations) {
  QORGAN_CHECK(check_elements(evaluations));
  QORGAN_CHECK(check_copies(evaluations));
  QORGAN_TRY(const Element evaluated, add_parts(evaluations));
  crypto::Key inverse;
  QORGAN_ASSERT(
      crypto_core_ristretto255_scalar_invert(inverse.expose_mutable().data(), blinding.scalar_.expose().data()) == 0);
  Element unblinded = multiply(inverse, evaluated);
  // RFC 9497, 3.3.1: each of the two strings behind its length, then the word.
  constexpr std::string_view word = "Finalize";
  const ByteView input = blinding.input_.expose();
  Writer writer(2 + input.size() + 2 + unblinded.size() + word.size());
  writer.add_u16(input.size()).add(input).add_u16(unblinded.size()).add(unblinded).add(as_bytes(word));
  crypto::wipe(unblinded);
  return crypto::sha512(writer.finish().expose());
}

Result<Pseudonym> combine(const Blinding& blinding, const std::array<Evaluation, kKeyHolders>& evaluations) {
  QORGAN_TRY(auto whole, combine_whole(blinding, evaluations));
  std::array<std::uint8_t, Pseudonym::size_bytes> half{};
  std::copy_n(whole.begin(), half.size(), half.begin());
  Pseudonym pseudonym(half);
  crypto::wipe(half);
  crypto::wipe(whole);
  return pseudonym;
}

}  // namespace qorgan::identity
