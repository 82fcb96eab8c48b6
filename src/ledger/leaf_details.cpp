#include <fmt/format.h>

#include "base/limits.h"
#include "crypto/hash.h"
#include "ledger/leaf.h"
#include "net/json_fields.h"

namespace qorgan::ledger {
namespace {

using net::Json;

Bytes with_prefix(std::string_view prefix, ByteView rest) {
  Bytes out(prefix.begin(), prefix.end());
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

tl::unexpected<Error> wrong_opening(const char* what) {
  return failure(ErrorCode::invalid_input, what, "opening");
}

}  // namespace

Hash subject_tag(const crypto::Key& view_key_of_custodian, const RequestId& request) {
  return crypto::hmac_sha256(view_key_of_custodian.expose(), with_prefix("qorgan tag v1\n", request));
}

crypto::Key view_key_of(const crypto::Key& subject_view_key, int custodian) {
  return crypto::derive_key(subject_view_key.expose(), {}, fmt::format("qorgan view of custodian {}", custodian));
}

std::string DetailsOpening::text() const {
  const Json object = {{"details", details}, {"nonce", to_hex(nonce)}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<DetailsOpening> parse_opening(std::string_view text) {
  if (text.size() > limits::leaf_opening_bytes_max) return wrong_opening("an opening is longer than any that is made");
  QORGAN_TRY(const Json object, net::parse_json_object(text));
  DetailsOpening opening;
  QORGAN_TRY(opening.details, net::text_field(object, "details", limits::leaf_details_bytes_max));
  QORGAN_TRY(opening.nonce, net::hex_field<32>(object, "nonce"));
  QORGAN_TRY(const Json details, net::parse_json_object(opening.details));
  // One text alone for the same content, so that a commitment cannot be opened in two ways.
  if (details.dump() != opening.details || opening.text() != text)
    return wrong_opening("an opening is not written in the one form that it has");
  return opening;
}

Hash details_commitment(const DetailsOpening& opening) {
  return crypto::hmac_sha256(opening.nonce, with_prefix("qorgan details v1\n", as_bytes(opening.details)));
}

}  // namespace qorgan::ledger
