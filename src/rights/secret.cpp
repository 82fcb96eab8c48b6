#include "rights/secret.h"

#include <array>

#include "crypto/random.h"

namespace qorgan::rights {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kValueBytes = 16;
constexpr std::size_t kDataDigits = 26;  // 130 bits, of which the last two are zero
constexpr std::size_t kDigits = kDataDigits + 2;
constexpr std::size_t kGroupDigits = 4;

// The register that the check digits start from: another one a kind.
enum class Kind : std::uint8_t { handle = 1, secret = 2 };

using Digits = std::array<std::uint8_t, kDigits>;

std::string_view kind_word(Kind kind) {
  return kind == Kind::handle ? "handle" : "secret";
}

// The digit times x in GF(32), modulo x^5 + x^2 + 1.
std::uint8_t times_x(std::uint8_t digit) {
  return static_cast<std::uint8_t>(((digit << 1) & 31) ^ ((digit >> 4) * 0b00101));
}

// The remainder of the digits divided by (z + 1)(z + x) = z^2 + (1 + x) z + x: the code's two roots, 1 and x, are
// consecutive powers of a primitive element, so that two codewords differ in three digits at least (a word is shorter
// than the 31 at which powers repeat).
void set_check_digits(Digits& digits, Kind kind) {
  std::uint8_t high = 0;
  auto low = static_cast<std::uint8_t>(kind);
  for (std::size_t i = 0; i < kDataDigits; ++i) {
    const auto first = static_cast<std::uint8_t>(digits[i] ^ high);
    high = static_cast<std::uint8_t>(low ^ first ^ times_x(first));
    low = times_x(first);
  }
  digits[kDataDigits] = high;
  digits[kDataDigits + 1] = low;
}

Digits digits_of(std::span<const std::uint8_t, kValueBytes> value, Kind kind) {
  Digits digits{};
  for (std::size_t i = 0; i < kDataDigits; ++i) {
    for (std::size_t bit = 5 * i; bit < 5 * i + 5; ++bit) {
      const int one = bit < 8 * kValueBytes ? value[bit / 8] >> (7 - bit % 8) & 1 : 0;
      digits[i] = static_cast<std::uint8_t>(digits[i] << 1 | one);
    }
  }
  set_check_digits(digits, kind);
  return digits;
}

std::string text_of(std::span<const std::uint8_t, kValueBytes> value, Kind kind, bool grouped) {
  Digits digits = digits_of(value, kind);
  std::string text;
  text.reserve(kDigits + kDigits / kGroupDigits);
  for (std::size_t i = 0; i < kDigits; ++i) {
    if (grouped && i > 0 && i % kGroupDigits == 0) text += '-';
    text += kAlphabet[digits[i]];
  }
  crypto::wipe(digits);
  return text;
}

// -1 for a character that stands for no digit.
int digit_value(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const std::size_t at = kAlphabet.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

Status read_digits(std::string_view text, Kind kind, Digits& digits) {
  const auto wrong = [&](std::string what) {
    crypto::wipe(digits);
    return failure(ErrorCode::invalid_input, std::move(what), std::string(kind_word(kind)),
                   "Compare it with the paper, group by group");
  };
  std::size_t count = 0;
  for (const char c : text) {
    if (c == ' ' || c == '-') continue;
    const int value = digit_value(c);
    if (value < 0) return wrong("a character that stands in no handle or secret");
    if (count == kDigits) return wrong("more than seven groups of four");
    digits[count++] = static_cast<std::uint8_t>(value);
  }
  if (count != kDigits) return wrong("fewer than seven groups of four");
  return {};
}

Result<SubjectSecret> parse_value(std::string_view text, Kind kind) {
  Digits digits{};
  QORGAN_CHECK(read_digits(text, kind, digits));
  SubjectSecret value;
  const auto bytes = value.expose_mutable();
  for (std::size_t bit = 0; bit < 8 * kValueBytes; ++bit)
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] << 1 | (digits[bit / 5] >> (4 - bit % 5) & 1));
  Digits right = digits_of(bytes, kind);
  const bool fits = crypto::equal_constant_time(right, digits);
  crypto::wipe(right);
  crypto::wipe(digits);
  if (!fits)
    return failure(ErrorCode::invalid_input, "a digit is wrong: the check digits do not fit",
                   std::string(kind_word(kind)), "Compare it with the paper, group by group");
  return value;
}

protocol::RecordId as_handle(const SubjectSecret& value) {
  protocol::RecordId handle{};
  std::copy(value.expose().begin(), value.expose().end(), handle.begin());
  return handle;
}

}  // namespace

SubjectSecret make_secret() {
  SubjectSecret secret;
  crypto::fill_random(secret.expose_mutable());
  return secret;
}

std::string handle_text(const protocol::RecordId& handle) {
  return text_of(handle, Kind::handle, true);
}

std::string secret_text(const SubjectSecret& secret) {
  return text_of(secret.expose(), Kind::secret, true);
}

Result<protocol::RecordId> parse_handle(std::string_view text) {
  QORGAN_TRY(const SubjectSecret value, parse_value(text, Kind::handle));
  return as_handle(value);
}

Result<SubjectSecret> parse_secret(std::string_view text) {
  return parse_value(text, Kind::secret);
}

std::string qr_text(const protocol::RecordId& handle, const SubjectSecret& secret) {
  return "QORGAN:1:" + text_of(handle, Kind::handle, false) + ":" + text_of(secret.expose(), Kind::secret, false);
}

Result<HandleAndSecret> parse_qr_text(std::string_view text) {
  std::array<std::string_view, 4> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = i + 1 < parts.size() ? text.find(':') : text.size();
    if (end == std::string_view::npos) return failure(ErrorCode::invalid_input, "not the text of a receipt's QR code");
    parts[i] = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (parts[0] != "QORGAN" && parts[0] != "qorgan")
    return failure(ErrorCode::invalid_input, "not the text of a receipt's QR code");
  if (parts[1] != "1")
    return failure(ErrorCode::version_mismatch, "a QR code of a form that this program does not know", {},
                   "Use a newer version");
  HandleAndSecret both;
  QORGAN_TRY(both.handle, parse_handle(parts[2]));
  QORGAN_TRY(both.secret, parse_secret(parts[3]));
  return both;
}

crypto::Key view_key(const SubjectSecret& secret, const protocol::RecordId& handle) {
  return crypto::derive_key(secret.expose(), handle, "qorgan view v1");
}

crypto::SignKeyPair access_key(const SubjectSecret& secret, const protocol::RecordId& handle) {
  return crypto::sign_key_pair_from_seed(crypto::derive_key(secret.expose(), handle, "qorgan access v1"));
}

crypto::Digest view_commitment(const crypto::Key& view_key) {
  constexpr std::string_view kLabel = "qorgan view commitment v1\n";
  crypto::SecretBytes input(kLabel.size() + crypto::Key::size_bytes);
  const auto after = std::copy(kLabel.begin(), kLabel.end(), input.expose_mutable().begin());
  std::copy(view_key.expose().begin(), view_key.expose().end(), after);
  return crypto::sha256(input.expose());
}

}  // namespace qorgan::rights
