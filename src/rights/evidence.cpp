#include "rights/evidence.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "finger/position.h"
#include "ledger/proof.h"

namespace qorgan::rights {
namespace {

using net::Json;

const CustodianKeys& of(const NetworkKeys& keys, int custodian) {
  return keys.custodians[static_cast<std::size_t>(custodian)];
}

// Every key that one custodian has or had, the present one first.
std::vector<CustodianKeys> all_of(const NetworkKeys& keys, int custodian) {
  const auto& former = keys.former[static_cast<std::size_t>(custodian)];
  std::vector<CustodianKeys> all{of(keys, custodian)};
  all.insert(all.end(), former.rbegin(), former.rend());
  return all;
}

std::vector<ledger::VerifierKey> log_keys(const NetworkKeys& keys, int custodian) {
  std::vector<ledger::VerifierKey> logs;
  for (const CustodianKeys& each : all_of(keys, custodian)) logs.push_back(each.log);
  return logs;
}

// By the newest of the custodian's keys that has signed the proof's checkpoint.
Result<ledger::TrustedLog> trusted_log(const NetworkKeys& keys, int custodian, const ledger::LogProof& proof) {
  ledger::TrustedLog trusted{of(keys, custodian).log, {}, 1};
  QORGAN_TRY(const ledger::Note note, ledger::parse_note(proof.checkpoint));
  for (const ledger::VerifierKey& log : log_keys(keys, custodian)) {
    const auto& signatures = note.signatures;
    const bool signed_it = std::any_of(signatures.begin(), signatures.end(),
                                       [&](const auto& signature) { return ledger::names_key(signature, log); });
    if (!signed_it) continue;
    trusted.log = log;
    break;
  }
  for (const int other : {protocol::next_of(custodian), protocol::previous_of(custodian)})
    for (const CustodianKeys& each : all_of(keys, other)) trusted.cosigners.push_back(each.cosigner);
  return trusted;
}

std::vector<std::string> names_of(const std::vector<ledger::VerifiedSignature>& cosignatures, const NetworkKeys& keys) {
  std::vector<std::string> names;
  for (int custodian = 0; custodian < protocol::kCustodians; ++custodian) {
    const std::vector<CustodianKeys> all = all_of(keys, custodian);
    const bool has_signed = std::any_of(cosignatures.begin(), cosignatures.end(), [&](const auto& cosignature) {
      return std::any_of(all.begin(), all.end(),
                         [&](const CustodianKeys& each) { return each.cosigner == cosignature.key; });
    });
    if (has_signed) names.push_back(of(keys, custodian).name);
  }
  return names;
}

Result<std::string> open_details(const std::string& opening_text, const ledger::Leaf& leaf) {
  if (!leaf.details && opening_text.empty()) return std::string();
  if (!leaf.details) return failure(ErrorCode::damaged, "details are shown of an entry that has none");
  if (opening_text.empty()) return failure(ErrorCode::invalid_input, "the details of an entry are not shown");
  QORGAN_TRY(const ledger::DetailsOpening opening, ledger::parse_opening(opening_text));
  if (opening.text() != opening_text)
    return failure(ErrorCode::invalid_input, "the details of an entry are not in their canonical form");
  if (ledger::details_commitment(opening) != *leaf.details)
    return failure(ErrorCode::damaged, "the details that are shown are not those of the entry");
  return opening.details;
}

Result<CheckedEvidence> check(const Evidence& evidence, const NetworkKeys& keys, int custodian) {
  CheckedEvidence checked;
  QORGAN_TRY(checked.leaf, ledger::parse_leaf(evidence.leaf));
  QORGAN_TRY(const ledger::LogProof proof, ledger::parse_log_proof(evidence.proof));
  if (!proof.extra.empty() || proof.text() != evidence.proof)
    return failure(ErrorCode::invalid_input, "a proof is not in its canonical form");
  QORGAN_TRY(const ledger::TrustedLog trusted, trusted_log(keys, custodian, proof));
  QORGAN_TRY(const ledger::SignedCheckpoint checkpoint,
             ledger::verify_log_proof(proof, as_bytes(evidence.leaf), trusted));
  QORGAN_TRY(const auto own, ledger::verify_note(checkpoint.note, log_keys(keys, custodian)));
  // A line that nobody here can check could be changed unnoticed.
  if (checkpoint.note.signatures.size() != own.size() + checkpoint.cosignatures.size())
    return failure(ErrorCode::invalid_input, "a checkpoint carries a signature of an unknown key");
  checked.index = proof.index;
  checked.log_size = checkpoint.checkpoint.size;
  checked.cosigners = names_of(checkpoint.cosignatures, keys);
  QORGAN_TRY(checked.details, open_details(evidence.opening, checked.leaf));
  return checked;
}

bool is_of(const ledger::NoteSignature& signature, const CustodianKeys& keys) {
  return ledger::names_key(signature, keys.log) || ledger::names_key(signature, keys.cosigner);
}

bool is_present(const ledger::NoteSignature& signature, const NetworkKeys& keys) {
  return std::any_of(keys.custodians.begin(), keys.custodians.end(),
                     [&](const CustodianKeys& custodian) { return is_of(signature, custodian); });
}

bool is_former(const ledger::NoteSignature& signature, const NetworkKeys& keys) {
  return std::any_of(keys.former.begin(), keys.former.end(), [&](const std::vector<CustodianKeys>& of_one) {
    return std::any_of(of_one.begin(), of_one.end(),
                       [&](const CustodianKeys& custodian) { return is_of(signature, custodian); });
  });
}

// A log and one who cosigns it, at least.
bool is_enough(const std::vector<ledger::NoteSignature>& signatures, const NetworkKeys& keys) {
  const auto by = [&](const ledger::VerifierKey CustodianKeys::*kind) {
    return std::any_of(signatures.begin(), signatures.end(), [&](const ledger::NoteSignature& signature) {
      return std::any_of(keys.custodians.begin(), keys.custodians.end(),
                         [&](const CustodianKeys& custodian) { return ledger::names_key(signature, custodian.*kind); });
    });
  };
  return by(&CustodianKeys::log) && by(&CustodianKeys::cosigner);
}

Result<std::vector<int>> fingers_field(const Json& object) {
  QORGAN_TRY(const Json* list, net::array_field(object, "fingers", limits::fingers_per_person_max));
  std::vector<int> fingers;
  for (const Json& item : *list) {
    if (!item.is_number_integer() || item < 1 || item > limits::fingers_per_person_max)
      return failure(ErrorCode::invalid_input, "a finger is not a number from 1 to 10", "fingers");
    fingers.push_back(item.get<int>());
  }
  if (!std::is_sorted(fingers.begin(), fingers.end(), std::less_equal<>()))
    return failure(ErrorCode::invalid_input, "the fingers do not rise, or one is named twice", "fingers");
  return fingers;
}

Result<ledger::VerifierKey> key_field(const Json& object, std::string_view name, ledger::KeyType type) {
  QORGAN_TRY(const std::string text, net::text_field(object, name, 2 * limits::name_bytes_max));
  QORGAN_TRY(ledger::VerifierKey key, ledger::parse_verifier_key(text));
  if (key.type != type) return failure(ErrorCode::invalid_input, "a key is of the wrong type", std::string(name));
  return key;
}

}  // namespace

Status check_same_network(const NetworkKeys& own, const NetworkKeys& trusted) {
  if (own.network != trusted.network)
    return failure(ErrorCode::wrong_network, "made in another network than the one that is trusted", "network",
                   "Check that the network file is the right one");
  for (int i = 0; i < protocol::kCustodians; ++i) {
    const std::vector<CustodianKeys> all = all_of(trusted, i);
    if (std::find(all.begin(), all.end(), of(own, i)) == all.end())
      return failure(ErrorCode::wrong_network, "a custodian's name or key is not the trusted network's",
                     fmt::format("custodian {}", i), "Check that the network file is the right one");
  }
  return {};
}

Status check_distinct(const NetworkKeys& keys) {
  for (int i = 0; i < protocol::kCustodians; ++i) {
    const CustodianKeys& one = of(keys, i);
    const CustodianKeys& other = of(keys, protocol::next_of(i));
    if (one.log.key == other.log.key || one.log.name == other.log.name || one.cosigner.key == other.cosigner.key ||
        one.cosigner.key == other.log.key || one.log.key == other.cosigner.key)
      return failure(ErrorCode::invalid_input, "two custodians have one key", fmt::format("custodian {}", i));
  }
  return {};
}

Result<CheckedEvidence> check_evidence(const Evidence& evidence, const NetworkKeys& keys, int custodian) {
  Result<CheckedEvidence> checked = check(evidence, keys, custodian);
  if (!checked) {
    Error error = checked.error();
    const std::string place = fmt::format("custodian {}'s evidence", custodian);
    error.where = error.where.empty() ? place : place + ", " + error.where;
    return tl::unexpected(std::move(error));
  }
  return checked;
}

Result<std::string> only_known(std::string_view proof_text, const NetworkKeys& keys) {
  QORGAN_TRY(ledger::LogProof proof, ledger::parse_log_proof(proof_text));
  QORGAN_TRY(ledger::Note note, ledger::parse_note(proof.checkpoint));
  const bool by_present_keys = is_enough(note.signatures, keys);
  std::erase_if(note.signatures, [&](const ledger::NoteSignature& signature) {
    return !is_present(signature, keys) && (by_present_keys || !is_former(signature, keys));
  });
  proof.extra.clear();
  proof.checkpoint = note.format();
  return proof.text();
}

std::string Details::text() const {
  return to_json(*this).dump();
}

Json to_json(const Details& details) {
  Json object = {{"desk", details.desk}, {"operator", details.operator_name}, {"fingers", details.fingers}};
  if (details.terms) object["terms"] = to_hex(*details.terms);
  if (details.access_key) object["access_key"] = to_hex(*details.access_key);
  return object;
}

Result<Details> parse_details(std::string_view text) {
  QORGAN_TRY(const Json object, net::parse_json_object(text));
  return details_from_json(object);
}

Result<Details> details_from_json(const Json& object) {
  Details details;
  QORGAN_TRY(details.desk, net::text_field(object, "desk", limits::name_bytes_max));
  QORGAN_TRY(details.operator_name, net::text_field(object, "operator", limits::name_bytes_max));
  QORGAN_TRY(details.fingers, fingers_field(object));
  QORGAN_TRY(details.terms, net::optional_hex_field<32>(object, "terms"));
  QORGAN_TRY(details.access_key, net::optional_hex_field<32>(object, "access_key"));
  return details;
}

Json to_json(const CustodianKeys& keys) {
  return {{"name", keys.name}, {"log", keys.log.text()}, {"cosigner", keys.cosigner.text()}};
}

Result<CustodianKeys> custodian_keys_field(const Json& object) {
  CustodianKeys keys;
  QORGAN_TRY(keys.name, net::text_field(object, "name", limits::name_bytes_max));
  QORGAN_TRY(keys.log, key_field(object, "log", ledger::KeyType::ed25519));
  QORGAN_TRY(keys.cosigner, key_field(object, "cosigner", ledger::KeyType::cosignature));
  return keys;
}

Json to_json(const Evidence& evidence) {
  Json object = {{"leaf", evidence.leaf}, {"proof", evidence.proof}};
  if (!evidence.opening.empty()) object["opening"] = evidence.opening;
  return object;
}

Result<Evidence> evidence_field(const Json& object, std::string_view name) {
  QORGAN_TRY(const Json* value, net::object_field(object, name));
  Evidence evidence;
  QORGAN_TRY(evidence.leaf, net::text_field(*value, "leaf", limits::evidence_bytes_max));
  QORGAN_TRY(evidence.proof, lines_field(*value, "proof", limits::evidence_bytes_max));
  QORGAN_TRY(auto opening, net::optional_text_field(*value, "opening", limits::evidence_bytes_max));
  evidence.opening = std::move(opening).value_or("");
  return evidence;
}

Result<std::string> lines_field(const Json& object, std::string_view name, std::size_t max_bytes) {
  const auto wrong = [&](std::string what) {
    return failure(ErrorCode::invalid_input, std::move(what), std::string(name));
  };
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return wrong("a field is missing, or not text");
  const auto& text = found->get_ref<const std::string&>();
  if (text.size() > max_bytes) return wrong(fmt::format("a field is longer than {} bytes", max_bytes));
  std::string without_line_ends = text;
  std::erase(without_line_ends, '\n');
  if (!net::is_plain_text(without_line_ends)) return wrong("a field holds control characters");
  return text;
}

}  // namespace qorgan::rights
