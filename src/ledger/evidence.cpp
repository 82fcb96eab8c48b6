#include "ledger/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "net/json_fields.h"

namespace qorgan::ledger {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 16> kNames = {
    "malformed-checkpoint",
    "bad-signature",
    "missing-cosignature",
    "forked",
    "rolled-back",
    "stands-still",
    "forged-entry",
    "forged-tile",
    "reordered",
    "malformed-leaf",
    "time-back",
    "false-opening",
    "not-opened",
    "missing-use",
    "unended",
    "fields-differ",
};
// Three logs, a few entries each.
constexpr std::size_t kItemsMax = 16;
constexpr std::size_t kProofHashesMax = 128;

tl::unexpected<Error> wrong(const std::string& what) {
  return failure(ErrorCode::invalid_input, "not an evidence that can be read", what);
}

// Notes and proofs have line ends, which net's text fields may not have.
Result<std::string> lines_of(const json& value, const char* name) {
  if (!value.is_string()) return wrong(name);
  return value.get<std::string>();
}

Result<std::string> lines_field(const json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) return wrong(name);
  return lines_of(object[name], name);
}

Result<VerifierKey> key_field(const json& object, const char* name) {
  QORGAN_TRY(const std::string text, lines_field(object, name));
  return parse_verifier_key(text);
}

Result<Hash> hash_of(const json& value) {
  QORGAN_TRY(const std::string text, lines_of(value, "proof"));
  QORGAN_TRY(const Bytes bytes, from_hex(text));
  Hash hash{};
  if (bytes.size() != hash.size()) return wrong("a hash");
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

Result<EvidenceEntry> parse_entry(const json& object) {
  EvidenceEntry entry;
  QORGAN_TRY(entry.log, key_field(object, "log"));
  QORGAN_TRY(const std::string bytes, lines_field(object, "entry"));
  QORGAN_TRY(entry.entry, from_base64(bytes));
  QORGAN_TRY(entry.proof, lines_field(object, "proof"));
  return entry;
}

Status parse_lists(const json& object, Evidence& evidence) {
  QORGAN_TRY(const json* const cosigners, net::array_field(object, "cosigners", kItemsMax));
  for (const json& one : *cosigners) {
    QORGAN_TRY(const std::string text, lines_of(one, "cosigners"));
    QORGAN_TRY(VerifierKey key, parse_verifier_key(text));
    evidence.cosigners.push_back(std::move(key));
  }
  QORGAN_TRY(const json* const notes, net::array_field(object, "checkpoints", kItemsMax));
  for (const json& one : *notes) {
    QORGAN_TRY(std::string note, lines_of(one, "checkpoints"));
    evidence.checkpoints.push_back(std::move(note));
  }
  QORGAN_TRY(const json* const proof, net::array_field(object, "proof", kProofHashesMax));
  for (const json& one : *proof) {
    QORGAN_TRY(const Hash hash, hash_of(one));
    evidence.proof.push_back(hash);
  }
  QORGAN_TRY(const json* const entries, net::array_field(object, "entries", kItemsMax));
  for (const json& one : *entries) {
    QORGAN_TRY(EvidenceEntry entry, parse_entry(one));
    evidence.entries.push_back(std::move(entry));
  }
  return {};
}

bool is_same_finding(const std::filesystem::path& path, const Evidence& evidence) {
  const auto text = read_text_file(path, limits::log_evidence_bytes_max);
  if (!text) return false;
  const auto other = parse_evidence(*text);
  return other && other->kind == evidence.kind && other->claim == evidence.claim && other->log == evidence.log;
}

// "20261123T040649Z"
std::string compact_time(std::int64_t time_s) {
  std::string text = format_utc(1000 * time_s);
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '-' || c == ':'; }), text.end());
  return text;
}

}  // namespace

std::string_view evidence_kind_name(EvidenceKind kind) {
  return kNames.at(static_cast<std::size_t>(kind));
}

Result<EvidenceKind> evidence_kind_from_name(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return wrong("kind");
  return static_cast<EvidenceKind>(found - kNames.begin());
}

std::string Evidence::text() const {
  json object = {{"v", 1},
                 {"kind", evidence_kind_name(kind)},
                 {"time_s", time_s},
                 {"claim", claim},
                 {"log", log.text()},
                 {"cosigners", json::array()},
                 {"cosignatures_min", cosignatures_min},
                 {"checkpoints", checkpoints},
                 {"proof", json::array()},
                 {"entries", json::array()}};
  for (const VerifierKey& key : cosigners) object["cosigners"].push_back(key.text());
  for (const Hash& hash : proof) object["proof"].push_back(to_hex(hash));
  if (root) object["root"] = to_hex(*root);
  for (const EvidenceEntry& one : entries)
    object["entries"].push_back({{"log", one.log.text()}, {"entry", to_base64(one.entry)}, {"proof", one.proof}});
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<Evidence> parse_evidence(std::string_view text) {
  if (text.size() > limits::log_evidence_bytes_max) return wrong("too large");
  QORGAN_TRY(const json object, net::parse_json_object(text));
  QORGAN_CHECK(net::int_field(object, "v", 1, 1));
  Evidence evidence;
  QORGAN_TRY(const std::string kind, net::text_field(object, "kind", limits::name_bytes_max));
  QORGAN_TRY(evidence.kind, evidence_kind_from_name(kind));
  // Up to the year 9999, as times are written.
  QORGAN_TRY(evidence.time_s, net::int_field(object, "time_s", 0, 253'402'300'799));
  QORGAN_TRY(evidence.claim, net::text_field(object, "claim", limits::log_evidence_bytes_max));
  QORGAN_TRY(evidence.log, key_field(object, "log"));
  QORGAN_TRY(const std::int64_t cosignatures, net::int_field(object, "cosignatures_min", 0, kItemsMax));
  evidence.cosignatures_min = static_cast<int>(cosignatures);
  QORGAN_TRY(evidence.root, net::optional_hex_field<32>(object, "root"));
  QORGAN_CHECK(parse_lists(object, evidence));
  return evidence;
}

Result<std::filesystem::path> save_evidence(const std::filesystem::path& folder, const Evidence& evidence) {
  const std::string ending = fmt::format("-{}.json", evidence_kind_name(evidence.kind));
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = file.path().filename().string();
    if (name.starts_with("evidence-") && name.ends_with(ending) && is_same_finding(file.path(), evidence))
      return file.path();
  }
  // Several findings of a kind in one second.
  for (int number = 0;; ++number) {
    const std::string more = number == 0 ? "" : fmt::format("-{}", number);
    const auto path = folder / fmt::format("evidence-{}{}{}", compact_time(evidence.time_s), more, ending);
    if (std::filesystem::exists(path, error)) continue;
    QORGAN_CHECK(write_file_atomically(path, as_bytes(evidence.text()), FileMode::public_file));
    return path;
  }
}

}  // namespace qorgan::ledger
