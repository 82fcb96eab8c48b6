// What a person holds: the handle of their record, a secret of 128 bits, and what is derived from the two. Nobody else
// keeps the secret; it stands on the receipt's paper.
//
// Both are written alike: 26 digits of Crockford's Base 32 (0-9 A-Z without I, L, O, U) and two check digits, seven
// groups of four. The check digits are those of a Reed-Solomon code over GF(32) of distance 3: any one or two wrong
// digits are noticed, and so any two that changed places. A handle does not pass for a secret, nor the reverse.
#pragma once

#include <string>
#include <string_view>

#include "crypto/hash.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "protocol/request.h"

namespace qorgan::rights {

using SubjectSecret = crypto::Secret<16>;

SubjectSecret make_secret();

// "7ZZZ-...": for people. The secret's text is for the paper alone; its caller wipes it.
std::string handle_text(const protocol::RecordId& handle);
std::string secret_text(const SubjectSecret& secret);
// Forgiving: either case, spaces and hyphens anywhere, O for 0, I and L for 1. Errors: invalid_input (another
// character, another length, check digits that do not fit); the secret itself is never part of an error.
Result<protocol::RecordId> parse_handle(std::string_view text);
Result<SubjectSecret> parse_secret(std::string_view text);

// What the QR code of the paper holds: "QORGAN:1:HANDLE:SECRET", without hyphens.
std::string qr_text(const protocol::RecordId& handle, const SubjectSecret& secret);
struct HandleAndSecret {
  protocol::RecordId handle{};
  SubjectSecret secret;
};
// Errors: as above, and version_mismatch for another number than 1.
Result<HandleAndSecret> parse_qr_text(std::string_view text);

// HKDF-SHA-256 of the secret, salt: the handle, info "qorgan view v1". From it comes the key with which each custodian
// tags what it logs about the person (ledger::view_key_of).
crypto::Key view_key(const SubjectSecret& secret, const protocol::RecordId& handle);
// Ed25519 from the seed HKDF-SHA-256(..., info "qorgan access v1"): signs the person's requests.
crypto::SignKeyPair access_key(const SubjectSecret& secret, const protocol::RecordId& handle);
// SHA-256("qorgan view commitment v1\n" || view key): tells whether a view key is the right one, and nothing of it.
crypto::Digest view_commitment(const crypto::Key& view_key);

}  // namespace qorgan::rights
