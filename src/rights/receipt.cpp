#include "rights/receipt.h"

#include "base/limits.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

using net::Json;

constexpr std::int64_t kVersion = 1;

Json words_json(const policy::Words& words) {
  return {{"kk", words.kk}, {"ru", words.ru}, {"en", words.en}};
}

Result<policy::Words> words_field(const Json& object, std::string_view name) {
  QORGAN_TRY(const Json* value, net::object_field(object, name));
  policy::Words words;
  QORGAN_TRY(words.kk, net::text_field(*value, "kk", limits::words_bytes_max));
  QORGAN_TRY(words.ru, net::text_field(*value, "ru", limits::words_bytes_max));
  QORGAN_TRY(words.en, net::text_field(*value, "en", limits::words_bytes_max));
  return words;
}

// The part of a receipt's JSON that the terms are.
Json terms_json(const Terms& terms) {
  Json object = {
      {"network", to_hex(terms.network)},
      {"handle", to_hex(terms.handle)},
      {"party", {{"id", terms.party}, {"name", terms.party_name}}},
      {"purpose",
       {{"id", terms.purpose},
        {"version", terms.purpose_version},
        {"name", words_json(terms.purpose_name)},
        {"words", words_json(terms.purpose_words)}}},
      {"basis",
       {{"id", terms.basis}, {"words", words_json(terms.basis_words)}, {"source", words_json(terms.basis_source)}}}};
  if (terms.until_s != 0) object["until"] = utc_text(terms.until_s);
  return object;
}

Result<Terms> read_terms(const Json& object) {
  Terms terms;
  QORGAN_TRY(terms.network, net::hex_field<32>(object, "network"));
  QORGAN_TRY(terms.handle, net::hex_field<16>(object, "handle"));
  QORGAN_TRY(const Json* party, net::object_field(object, "party"));
  QORGAN_TRY(terms.party, net::text_field(*party, "id", limits::name_bytes_max));
  QORGAN_TRY(terms.party_name, net::text_field(*party, "name", limits::name_bytes_max));
  QORGAN_TRY(const Json* purpose, net::object_field(object, "purpose"));
  QORGAN_TRY(terms.purpose, net::text_field(*purpose, "id", limits::name_bytes_max));
  QORGAN_TRY(terms.purpose_version, net::int_field(*purpose, "version", 0, 1'000'000));
  QORGAN_TRY(terms.purpose_name, words_field(*purpose, "name"));
  QORGAN_TRY(terms.purpose_words, words_field(*purpose, "words"));
  QORGAN_TRY(const Json* basis, net::object_field(object, "basis"));
  QORGAN_TRY(terms.basis, net::text_field(*basis, "id", limits::name_bytes_max));
  QORGAN_TRY(terms.basis_words, words_field(*basis, "words"));
  QORGAN_TRY(terms.basis_source, words_field(*basis, "source"));
  QORGAN_TRY(const auto until, net::optional_text_field(object, "until", limits::name_bytes_max));
  if (until) {
    QORGAN_TRY(terms.until_s, parse_utc(*until, "until"));
  }
  return terms;
}

Status read_custodians(const Json& object, EnrolmentReceipt& receipt) {
  QORGAN_TRY(const Json* list, net::array_field(object, "custodians", protocol::kCustodians));
  if (list->size() != protocol::kCustodians)
    return failure(ErrorCode::invalid_input, "a receipt does not name three custodians", "custodians");
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(receipt.custodians[i], custodian_keys_field((*list)[i]));
    QORGAN_TRY(receipt.evidence[i], evidence_field((*list)[i], "evidence"));
    receipt.terms.custodians[i] = receipt.custodians[i].name;
  }
  return {};
}

}  // namespace

void set_purpose(Terms& terms, const policy::Purpose& purpose) {
  terms.purpose = purpose.id;
  terms.purpose_version = purpose.version;
  terms.purpose_name = purpose.name;
  terms.purpose_words = purpose.what;
  terms.basis = purpose.basis.id;
  terms.basis_words = purpose.basis.words;
  terms.basis_source = purpose.basis.source;
}

crypto::Digest terms_digest(const Terms& terms) {
  Json object = terms_json(terms);
  object["custodians"] = terms.custodians;
  return crypto::sha256(as_bytes("qorgan terms v1\n" + object.dump()));
}

std::string EnrolmentReceipt::text() const {
  Json object = terms_json(terms);
  object["qorgan_receipt"] = kVersion;
  object["request"] = to_hex(request);
  object["time"] = utc_text(time_s);
  object["taken"] = to_json(Details{desk, operator_name, fingers, {}});
  Json list = Json::array();
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    Json custodian = to_json(custodians[i]);
    custodian["evidence"] = to_json(evidence[i]);
    list.push_back(std::move(custodian));
  }
  object["custodians"] = std::move(list);
  return object.dump();
}

Result<EnrolmentReceipt> parse_receipt(std::string_view text) {
  if (text.size() > limits::receipt_bytes_max)
    return failure(ErrorCode::invalid_input, "a receipt is longer than any can be");
  QORGAN_TRY(const Json object, net::parse_json_object(text));
  QORGAN_TRY(const std::int64_t version, net::int_field(object, "qorgan_receipt", 0, 1'000'000));
  if (version != kVersion)
    return failure(ErrorCode::version_mismatch, "a receipt of a form that this program does not know", {},
                   "Use a newer version");
  EnrolmentReceipt receipt;
  QORGAN_TRY(receipt.terms, read_terms(object));
  QORGAN_TRY(receipt.request, net::hex_field<16>(object, "request"));
  QORGAN_TRY(const std::string time, net::text_field(object, "time", limits::name_bytes_max));
  QORGAN_TRY(receipt.time_s, parse_utc(time, "time"));
  QORGAN_TRY(const Json* taken, net::object_field(object, "taken"));
  QORGAN_TRY(Details details, details_from_json(*taken));
  receipt.desk = std::move(details.desk);
  receipt.operator_name = std::move(details.operator_name);
  receipt.fingers = std::move(details.fingers);
  QORGAN_CHECK(read_custodians(object, receipt));
  if (receipt.text() != text)
    return failure(ErrorCode::invalid_input, "a receipt is not in its one canonical form", {},
                   "It was changed, or copied badly");
  return receipt;
}

Json to_json(const Terms& terms) {
  return terms_json(terms);
}

Result<Terms> terms_from_json(const Json& object) {
  return read_terms(object);
}

}  // namespace qorgan::rights
