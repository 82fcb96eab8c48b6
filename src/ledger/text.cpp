#include "ledger/text.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"

namespace qorgan::ledger {
namespace {

constexpr char32_t kNoCharacter = 0xffffffff;

// How many bytes a character has by its first one; 0 for a byte that is never the first.
std::size_t character_bytes(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >> 5 == 0x6) return 2;
  if (first >> 4 == 0xe) return 3;
  return first >> 3 == 0x1e ? 4 : 0;
}

// Cuts one character off the front; kNoCharacter where the bytes are not UTF-8.
char32_t take_character(std::string_view& rest) {
  const auto byte = [&rest](std::size_t at) { return static_cast<unsigned char>(rest[at]); };
  const unsigned char first = byte(0);
  const std::size_t length = character_bytes(first);
  if (length == 0 || rest.size() < length) return kNoCharacter;
  char32_t character = length == 1 ? first : first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 0x2) return kNoCharacter;
    character = character << 6 | (byte(i) & 0x3fU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  if (character < kSmallest[length] || surrogate || character > 0x10ffff) return kNoCharacter;
  rest.remove_prefix(length);
  return character;
}

// The property White_Space of the Unicode Character Database, without what is a control character as well.
bool is_space(char32_t character) {
  constexpr char32_t kSpaces[] = {0x20, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};
  if (character >= 0x2000 && character <= 0x200a) return true;
  return std::find(std::begin(kSpaces), std::end(kSpaces), character) != std::end(kSpaces);
}

bool is_control(char32_t character) {
  return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (take_character(text) == kNoCharacter) return false;
  }
  return true;
}

bool is_key_name(std::string_view text) {
  if (text.empty()) return false;
  while (!text.empty()) {
    const char32_t character = take_character(text);
    if (character == kNoCharacter || character == U'+' || is_space(character) || is_control(character)) return false;
  }
  return true;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  // 2^63 - 1 has 19 digits, and no number of 19 digits overflows 64 bits.
  if (text.empty() || text.size() > 19 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + static_cast<std::uint64_t>(c - '0');
  }
  if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
  return value;
}

std::optional<Hash> parse_hash(std::string_view text) {
  Hash hash{};
  if (text.size() != 44) return std::nullopt;
  const Result<Bytes> bytes = from_base64(text);
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return hash;
}

std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::string proof_lines(const Proof& proof) {
  std::string lines;
  for (const Hash& hash : proof) lines += to_base64(hash) + "\n";
  return lines + "\n";
}

std::optional<Proof> take_proof(std::string_view& rest) {
  Proof proof;
  while (true) {
    const auto line = take_line(rest);
    if (!line) return std::nullopt;
    if (line->empty()) return proof;
    const auto hash = parse_hash(*line);
    if (!hash || proof.size() == limits::proof_hashes_max) return std::nullopt;
    proof.push_back(*hash);
  }
}

bool take_prefix(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

}  // namespace qorgan::ledger
