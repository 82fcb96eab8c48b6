#include <fmt/format.h>

#include <algorithm>

#include "rights/phrases.h"
#include "rights/receipt.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

std::string place(std::size_t custodian) {
  return fmt::format("custodian {}'s entry", custodian);
}

tl::unexpected<Error> differs(std::string what, std::size_t custodian) {
  return failure(ErrorCode::damaged, std::move(what), place(custodian), "The receipt was changed, or badly made");
}

Status check_leaf(const EnrolmentReceipt& receipt, const ledger::Leaf& leaf, std::size_t custodian) {
  if (leaf.event != ledger::Event::enrol) return differs("an entry is not that of an enrolment", custodian);
  if (leaf.request != receipt.request) return differs("an entry is of another request", custodian);
  if (leaf.hidden_until_s != 0 || !leaf.tag) return differs("an entry hides whose enrolment it is", custodian);
  const Terms& terms = receipt.terms;
  if (leaf.party != terms.party) return differs("an entry names another relying party", custodian);
  if (leaf.purpose != terms.purpose || leaf.purpose_version != terms.purpose_version)
    return differs("an entry names another purpose", custodian);
  if (leaf.basis != terms.basis) return differs("an entry names another legal basis", custodian);
  return {};
}

tl::unexpected<Error> other_secret(std::string what, std::size_t custodian) {
  return failure(ErrorCode::refused, std::move(what), place(custodian),
                 "Compare handle and secret with the paper, group by group");
}

// `access_key`: the one that the secret gives; null where there is no secret.
Status check_details(const EnrolmentReceipt& receipt, const std::string& text, const crypto::Digest& terms,
                     const crypto::SignPublicKey* access_key, std::size_t custodian) {
  if (text.empty()) return differs("an entry has no details", custodian);
  QORGAN_TRY(const Details details, parse_details(text));
  if (details.desk != receipt.desk) return differs("an entry's details name another desk", custodian);
  if (details.operator_name != receipt.operator_name)
    return differs("an entry's details name another operator", custodian);
  if (details.fingers != receipt.fingers) return differs("an entry's details name other fingers", custodian);
  if (details.terms != terms)
    return differs("what the receipt says of purpose, basis, party or time is not what was logged", custodian);
  if (!details.access_key) return differs("an entry does not say whose requests the record obeys", custodian);
  if (access_key != nullptr && *details.access_key != *access_key)
    return other_secret("the record does not obey requests that are made with this secret", custodian);
  return {};
}

Status check_tag(const SubjectSecret& secret, const EnrolmentReceipt& receipt, const ledger::Leaf& leaf,
                 std::size_t custodian) {
  const crypto::Key key = ledger::view_key_of(view_key(secret, receipt.terms.handle), static_cast<int>(custodian));
  const ledger::Hash tag = ledger::subject_tag(key, receipt.request);
  if (!leaf.tag || !crypto::equal_constant_time(tag, *leaf.tag))
    return other_secret("the secret is not the one that this receipt was made with", custodian);
  return {};
}

Status check_handle(const EnrolmentReceipt& receipt) {
  protocol::Request request;
  request.id = receipt.request;
  if (request.record_id() != receipt.terms.handle)
    return failure(ErrorCode::damaged, "the handle is not that of the request", "handle",
                   "The receipt was changed, or badly made");
  return {};
}

Status check_names(const EnrolmentReceipt& receipt) {
  for (std::size_t i = 0; i < protocol::kCustodians; ++i)
    if (receipt.custodians[i].name != receipt.terms.custodians[i])
      return failure(ErrorCode::invalid_input, "the terms name other custodians", fmt::format("custodian {}", i));
  return {};
}

}  // namespace

Result<VerifiedReceipt> verify_receipt(const EnrolmentReceipt& receipt, const NetworkKeys* trusted,
                                       const SubjectSecret* secret) {
  const NetworkKeys keys = receipt.keys();
  QORGAN_CHECK(check_names(receipt));
  QORGAN_CHECK(check_distinct(keys));
  QORGAN_CHECK(check_handle(receipt));
  VerifiedReceipt verified;
  if (trusted != nullptr) {
    QORGAN_CHECK(check_same_network(keys, *trusted));
    verified.network_trusted = true;
  }
  const crypto::Digest terms = terms_digest(receipt.terms);
  std::optional<crypto::SignPublicKey> own_key;
  if (secret != nullptr) own_key = access_key(*secret, receipt.terms.handle).public_key;
  std::int64_t earliest_s = INT64_MAX;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(verified.entries[i], check_evidence(receipt.evidence[i], keys, static_cast<int>(i)));
    const CheckedEvidence& entry = verified.entries[i];
    QORGAN_CHECK(check_leaf(receipt, entry.leaf, i));
    if (secret != nullptr) QORGAN_CHECK(check_tag(*secret, receipt, entry.leaf, i));
    QORGAN_CHECK(check_details(receipt, entry.details, terms, own_key ? &*own_key : nullptr, i));
    earliest_s = std::min(earliest_s, entry.leaf.time_s);
  }
  if (receipt.time_s != earliest_s)
    return failure(ErrorCode::damaged, "the receipt's time is not that of the earliest entry", "time");
  verified.secret_fits = secret != nullptr;
  return verified;
}

Result<EnrolmentReceipt> make_receipt(const NetworkKeys& keys, const Terms& terms,
                                      const std::array<Evidence, protocol::kCustodians>& evidence) {
  EnrolmentReceipt receipt;
  receipt.terms = terms;
  receipt.custodians = keys.custodians;
  receipt.evidence = evidence;
  receipt.time_s = INT64_MAX;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    QORGAN_TRY(const CheckedEvidence entry, check_evidence(evidence[i], keys, static_cast<int>(i)));
    receipt.time_s = std::min(receipt.time_s, entry.leaf.time_s);
    if (i > 0) continue;
    if (!entry.leaf.request) return failure(ErrorCode::damaged, "an entry is of no request", place(i));
    receipt.request = *entry.leaf.request;
    QORGAN_TRY(Details details, parse_details(entry.details));
    receipt.desk = std::move(details.desk);
    receipt.operator_name = std::move(details.operator_name);
    receipt.fingers = std::move(details.fingers);
  }
  QORGAN_CHECK(verify_receipt(receipt, &keys, nullptr));
  return receipt;
}

Findings findings_of(const EnrolmentReceipt& receipt, const VerifiedReceipt& verified, Language language) {
  const auto say = [&](std::string_view name) { return phrase(language, name); };
  Findings findings;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    const CheckedEvidence& entry = verified.entries[i];
    findings.proven.push_back(phrase(language, "proven-logged",
                                     {{"name", receipt.custodians[i].name},
                                      {"time", local_time_text(entry.leaf.time_s, language)},
                                      {"entry", std::to_string(entry.index)},
                                      {"cosigners", fmt::format("{}", fmt::join(entry.cosigners, ", "))}}));
  }
  findings.proven.push_back(say("proven-agree"));
  findings.proven.push_back(say("proven-details"));
  if (verified.secret_fits)
    for (const char* name : {"proven-secret", "proven-access"}) findings.proven.push_back(say(name));
  if (verified.network_trusted) {
    findings.proven.push_back(say("proven-network"));
  } else {
    findings.not_proven.push_back(say("unproven-network"));
  }
  if (!verified.secret_fits) findings.not_proven.push_back(say("unproven-secret"));
  for (const char* name : {"unproven-prints", "unproven-photograph", "unproven-collusion"})
    findings.not_proven.push_back(say(name));
  return findings;
}

}  // namespace qorgan::rights
