#include "rights/erasure.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "rights/phrases.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

using net::Json;

constexpr std::int64_t kVersion = 1;

Status read_custodian(const Json& object, ErasureCertificate& certificate, std::size_t i) {
  QORGAN_TRY(certificate.custodians[i], custodian_keys_field(object));
  QORGAN_TRY(certificate.evidence[i], evidence_field(object, "evidence"));
  QORGAN_TRY(certificate.statements[i], lines_field(object, "statement", limits::evidence_bytes_max));
  return {};
}

tl::unexpected<Error> differs(std::string what, std::size_t custodian) {
  return failure(ErrorCode::damaged, std::move(what), fmt::format("custodian {}", custodian),
                 "The certificate was changed, or badly made");
}

Status check_statement(const ErasureCertificate& certificate, const ErasureStatement& statement,
                       const CheckedEvidence& entry, std::size_t i) {
  if (statement.custodian != static_cast<int>(i) || statement.name != certificate.custodians[i].name)
    return differs("a statement is another custodian's", i);
  if (statement.network != certificate.network) return differs("a statement is of another network", i);
  if (statement.handle != certificate.handle) return differs("a statement is about another record", i);
  if (statement.request != certificate.request) return differs("a statement is about another request", i);
  if (statement.entry != entry.index) return differs("a statement names another entry", i);
  if (statement.time_s < entry.leaf.time_s) return differs("a statement was signed before the erasure was logged", i);
  return {};
}

Status check_leaf(const ErasureCertificate& certificate, const ledger::Leaf& leaf, std::size_t i) {
  if (leaf.event != ledger::Event::erased && leaf.event != ledger::Event::expired)
    return differs("an entry is not that of an erasure", i);
  if (leaf.request != certificate.request) return differs("an entry is of another request", i);
  return {};
}

// Nothing is proven by a secret where an entry has no tag.
Result<bool> tag_fits(const ErasureCertificate& certificate, const ledger::Leaf& leaf, const SubjectSecret& secret,
                      std::size_t i) {
  if (!leaf.tag) return false;
  const crypto::Key key = ledger::view_key_of(view_key(secret, certificate.handle), static_cast<int>(i));
  if (!crypto::equal_constant_time(ledger::subject_tag(key, certificate.request), *leaf.tag))
    return failure(ErrorCode::refused, "the secret is not the one of the record that was erased",
                   fmt::format("custodian {}'s entry", i), "Compare handle and secret with the paper, group by group");
  return true;
}

Result<NoticesStatement> check_notices(const ErasureCertificate& certificate) {
  const auto by = static_cast<std::size_t>(certificate.told_by);
  QORGAN_TRY(NoticesStatement notices, open_notices(certificate.notices, certificate.custodians[by].log));
  if (notices.custodian != certificate.told_by || notices.network != certificate.network ||
      notices.handle != certificate.handle || notices.request != certificate.request)
    return differs("the list of who was told is of another erasure", by);
  return notices;
}

}  // namespace

std::string ErasureCertificate::text() const {
  Json list = Json::array();
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    Json custodian = to_json(custodians[i]);
    custodian["evidence"] = to_json(evidence[i]);
    custodian["statement"] = statements[i];
    list.push_back(std::move(custodian));
  }
  Json object = {{"qorgan_erasure", kVersion},
                 {"network", to_hex(network)},
                 {"handle", to_hex(handle)},
                 {"request", to_hex(request)},
                 {"custodians", std::move(list)}};
  if (!notices.empty()) object["told"] = {{"by", told_by}, {"statement", notices}};
  return object.dump();
}

Result<ErasureCertificate> parse_certificate(std::string_view text) {
  if (text.size() > limits::receipt_bytes_max)
    return failure(ErrorCode::invalid_input, "a certificate is longer than any can be");
  QORGAN_TRY(const Json object, net::parse_json_object(text));
  QORGAN_TRY(const std::int64_t version, net::int_field(object, "qorgan_erasure", 0, 1'000'000));
  if (version != kVersion)
    return failure(ErrorCode::version_mismatch, "a certificate of a form that this program does not know", {},
                   "Use a newer version");
  ErasureCertificate certificate;
  QORGAN_TRY(certificate.network, net::hex_field<32>(object, "network"));
  QORGAN_TRY(certificate.handle, net::hex_field<16>(object, "handle"));
  QORGAN_TRY(certificate.request, net::hex_field<16>(object, "request"));
  QORGAN_TRY(const Json* list, net::array_field(object, "custodians", protocol::kCustodians));
  if (list->size() != protocol::kCustodians)
    return failure(ErrorCode::invalid_input, "a certificate does not name three custodians", "custodians");
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) QORGAN_CHECK(read_custodian((*list)[i], certificate, i));
  if (object.contains("told")) {
    QORGAN_TRY(const Json* told, net::object_field(object, "told"));
    QORGAN_TRY(const std::int64_t by, net::int_field(*told, "by", 0, protocol::kCustodians - 1));
    certificate.told_by = static_cast<int>(by);
    QORGAN_TRY(certificate.notices, lines_field(*told, "statement", limits::receipt_bytes_max));
  }
  if (certificate.text() != text)
    return failure(ErrorCode::invalid_input, "a certificate is not in its one canonical form", {},
                   "It was changed, or copied badly");
  return certificate;
}

Result<VerifiedCertificate> verify_certificate(const ErasureCertificate& certificate, const NetworkKeys* trusted,
                                               const SubjectSecret* secret) {
  const NetworkKeys keys = certificate.keys();
  QORGAN_CHECK(check_distinct(keys));
  VerifiedCertificate verified;
  if (trusted != nullptr) {
    QORGAN_CHECK(check_same_network(keys, *trusted));
    verified.network_trusted = true;
  }
  verified.secret_fits = secret != nullptr;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(verified.entries[i], check_evidence(certificate.evidence[i], keys, static_cast<int>(i)));
    QORGAN_CHECK(check_leaf(certificate, verified.entries[i].leaf, i));
    QORGAN_TRY(verified.statements[i], open_erasure(certificate.statements[i], certificate.custodians[i].log));
    QORGAN_CHECK(check_statement(certificate, verified.statements[i], verified.entries[i], i));
    if (secret == nullptr) continue;
    QORGAN_TRY(const bool fits, tag_fits(certificate, verified.entries[i].leaf, *secret, i));
    verified.secret_fits = verified.secret_fits && fits;
  }
  if (!certificate.notices.empty()) {
    QORGAN_TRY(verified.notices, check_notices(certificate));
  }
  return verified;
}

Findings findings_of(const ErasureCertificate& certificate, const VerifiedCertificate& verified, Language language) {
  const auto say = [&](std::string_view name) { return phrase(language, name); };
  Findings findings;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    const CheckedEvidence& entry = verified.entries[i];
    findings.proven.push_back(phrase(language, "proven-destroyed",
                                     {{"name", certificate.custodians[i].name},
                                      {"time", local_time_text(verified.statements[i].time_s, language)},
                                      {"entry", std::to_string(entry.index)},
                                      {"cosigners", fmt::format("{}", fmt::join(entry.cosigners, ", "))}}));
  }
  if (verified.notices) {
    const auto by = static_cast<std::size_t>(certificate.told_by);
    findings.proven.push_back(phrase(language, "proven-told", {{"name", certificate.custodians[by].name}}));
  }
  if (verified.secret_fits) findings.proven.push_back(say("proven-secret"));
  if (verified.network_trusted) {
    findings.proven.push_back(say("proven-network"));
  } else {
    findings.not_proven.push_back(say("unproven-network"));
  }
  for (const char* name : {"unproven-copies", "unproven-collusion-before", "unproven-parties"})
    findings.not_proven.push_back(say(name));
  return findings;
}

}  // namespace qorgan::rights
