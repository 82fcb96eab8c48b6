#include "rights/absence.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "rights/phrases.h"
#include "rights/statement.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

using net::Json;

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kAbsence = "qorgan absence v1";

}  // namespace

Result<std::string> sign_absence(const AbsenceStatement& statement, const ledger::VerifierKey& key,
                                 crypto::Signer& signer) {
  const Json content = {{"custodian", statement.custodian},     {"name", statement.name},
                        {"network", to_hex(statement.network)}, {"subject", to_hex(statement.subject)},
                        {"time", utc_text(statement.time_s)},   {"sequence", statement.sequence}};
  return sign_statement(kAbsence, content, key, signer);
}

Result<AbsenceStatement> open_absence(std::string_view note, const ledger::VerifierKey& key) {
  QORGAN_TRY(const Json content, open_statement(note, kAbsence, key));
  QORGAN_CHECK(only_fields(content, {"custodian", "name", "network", "subject", "time", "sequence"}));
  AbsenceStatement statement;
  QORGAN_TRY(const std::int64_t custodian, net::int_field(content, "custodian", 0, protocol::kCustodians - 1));
  statement.custodian = static_cast<int>(custodian);
  QORGAN_TRY(statement.name, net::text_field(content, "name", limits::name_bytes_max));
  QORGAN_TRY(statement.network, net::hex_field<32>(content, "network"));
  QORGAN_TRY(statement.subject, net::hex_field<32>(content, "subject"));
  QORGAN_TRY(const std::string time, net::text_field(content, "time", limits::name_bytes_max));
  QORGAN_TRY(statement.time_s, parse_utc(time, "time"));
  QORGAN_TRY(const std::int64_t sequence, net::int_field(content, "sequence", 0, INT64_MAX));
  statement.sequence = static_cast<std::uint64_t>(sequence);
  return statement;
}

std::string Absence::text() const {
  Json list = Json::array();
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    Json custodian = to_json(custodians[i]);
    custodian["statement"] = statements[i];
    list.push_back(std::move(custodian));
  }
  return Json{{"qorgan_absence", kVersion},
              {"network", to_hex(network)},
              {"subject", to_hex(subject)},
              {"custodians", std::move(list)}}
      .dump();
}

Result<Absence> parse_absence(std::string_view text) {
  if (text.size() > limits::receipt_bytes_max)
    return failure(ErrorCode::invalid_input, "a statement is longer than any can be");
  QORGAN_TRY(const Json object, net::parse_json_object(text));
  QORGAN_TRY(const std::int64_t version, net::int_field(object, "qorgan_absence", 0, 1'000'000));
  if (version != kVersion)
    return failure(ErrorCode::version_mismatch, "a statement of a form that this program does not know", {},
                   "Use a newer version");
  Absence absence;
  QORGAN_TRY(absence.network, net::hex_field<32>(object, "network"));
  QORGAN_TRY(absence.subject, net::hex_field<32>(object, "subject"));
  QORGAN_TRY(const Json* list, net::array_field(object, "custodians", protocol::kCustodians));
  if (list->size() != protocol::kCustodians)
    return failure(ErrorCode::invalid_input, "a statement does not name three custodians", "custodians");
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(absence.custodians[i], custodian_keys_field((*list)[i]));
    QORGAN_TRY(absence.statements[i], lines_field((*list)[i], "statement", limits::evidence_bytes_max));
  }
  if (absence.text() != text)
    return failure(ErrorCode::invalid_input, "a statement is not in its one canonical form", {},
                   "It was changed, or copied badly");
  return absence;
}

Result<VerifiedAbsence> verify_absence(const Absence& absence, const NetworkKeys* trusted) {
  const NetworkKeys keys = absence.keys();
  QORGAN_CHECK(check_distinct(keys));
  VerifiedAbsence verified;
  if (trusted != nullptr) {
    QORGAN_CHECK(check_same_network(keys, *trusted));
    verified.network_trusted = true;
  }
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(verified.statements[i], open_absence(absence.statements[i], absence.custodians[i].log));
    const AbsenceStatement& statement = verified.statements[i];
    if (statement.custodian != static_cast<int>(i) || statement.name != absence.custodians[i].name ||
        statement.network != absence.network || statement.subject != absence.subject)
      return failure(ErrorCode::damaged, "a statement is another custodian's, or about another person",
                     fmt::format("custodian {}", i), "The statement was changed, or badly made");
  }
  return verified;
}

Findings findings_of(const Absence& absence, const VerifiedAbsence& verified, Language language) {
  Findings findings;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i)
    findings.proven.push_back(phrase(
        language, "proven-absent",
        {{"name", absence.custodians[i].name}, {"time", local_time_text(verified.statements[i].time_s, language)}}));
  if (verified.network_trusted) {
    findings.proven.push_back(phrase(language, "proven-network"));
  } else {
    findings.not_proven.push_back(phrase(language, "unproven-network"));
  }
  for (const char* name : {"unproven-code", "unproven-later", "unproven-others"})
    findings.not_proven.push_back(phrase(language, name));
  return findings;
}

}  // namespace qorgan::rights
