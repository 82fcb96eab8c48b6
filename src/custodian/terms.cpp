#include "custodian/terms.h"

#include "base/limits.h"
#include "net/json_fields.h"

namespace qorgan::custodian {
namespace {

Result<Terms> read(std::string_view text) {
  QORGAN_TRY(const net::Json json, net::parse_json_object(text));
  Terms terms;
  QORGAN_TRY(terms.party, net::text_field(json, "party", limits::name_bytes_max));
  QORGAN_TRY(terms.purpose, net::text_field(json, "purpose", limits::name_bytes_max));
  QORGAN_TRY(terms.purpose_version, net::int_field(json, "purpose_version", 0, INT64_MAX));
  QORGAN_TRY(terms.basis, net::text_field(json, "basis", limits::name_bytes_max));
  QORGAN_TRY(terms.by_consent, net::bool_field(json, "by_consent"));
  QORGAN_TRY(terms.enrolled_ms, net::int_field(json, "enrolled_ms", 0, INT64_MAX));
  QORGAN_TRY(terms.keep_until_ms, net::int_field(json, "keep_until_ms", 0, INT64_MAX));
  QORGAN_TRY(terms.enrolment_opening, net::text_field(json, "enrolment_opening", limits::leaf_opening_bytes_max));
  return terms;
}

}  // namespace

std::string Terms::text() const {
  return net::Json({{"party", party},
                    {"purpose", purpose},
                    {"purpose_version", purpose_version},
                    {"basis", basis},
                    {"by_consent", by_consent},
                    {"enrolled_ms", enrolled_ms},
                    {"keep_until_ms", keep_until_ms},
                    {"enrolment_opening", enrolment_opening}})
      .dump();
}

Result<Terms> parse_terms(std::string_view text) {
  Result<Terms> terms = read(text);
  if (!terms) return failure(ErrorCode::damaged, "the terms of a record cannot be read: " + terms.error().what);
  return terms;
}

}  // namespace qorgan::custodian
