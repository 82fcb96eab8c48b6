// What the text formats of logs have in common: lines, numbers, hashes, names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/merkle.h"

namespace qorgan::ledger {

// The shortest forms alone, no surrogates, nothing above U+10FFFF (RFC 3629).
bool is_utf8(std::string_view text);

// What C2SP signed-note allows as a key's name: UTF-8, not empty, no Unicode space, no '+', no control character.
bool is_key_name(std::string_view text);

// Decimal digits without leading zeroes, 0 .. 2^63 - 1; nothing for anything else.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

// Base 64 of exactly 32 bytes; nothing for anything else.
std::optional<Hash> parse_hash(std::string_view text);

// Cuts the first line off `rest` and gives it without its newline; nothing where `rest` has no newline any more.
std::optional<std::string_view> take_line(std::string_view& rest);

// Merkle proofs as tlog-proof and tlog-witness write them: a hash a line, then an empty line. take_proof() cuts them
// off the front of `rest`; nothing where a line is no hash, there are more than limits::proof_hashes_max, or none is
// empty.
std::string proof_lines(const Proof& proof);
std::optional<Proof> take_proof(std::string_view& rest);

// Cuts `prefix` off the front of `rest`; false, and `rest` as it was, where it starts otherwise.
bool take_prefix(std::string_view& rest, std::string_view prefix);

}  // namespace qorgan::ledger
