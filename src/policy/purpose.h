// Purposes: what prints may be used for, as data that people read and programs obey (content/purposes/*.json).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"

namespace qorgan::policy {

// What a desk or a subject can ask for. The first four are protocol::Kind by their names, all seven ledger::Event.
enum class Operation { enrol, verify, identify, erase, withdraw, lock, unlock };
inline constexpr std::array kOperations = {Operation::enrol, Operation::verify,   Operation::identify,
                                           Operation::erase, Operation::withdraw, Operation::lock,
                                           Operation::unlock};
std::string_view operation_name(Operation operation);
// Errors: invalid_input.
Result<Operation> operation_from_name(std::string_view name);
constexpr bool is_comparison(Operation operation) {
  return operation == Operation::verify || operation == Operation::identify;
}

// What kind of organisation a relying party is. `subject` is the person themselves, who asks with a receipt and through
// no desk; `trial` is an installation without real people.
enum class PartyKind {
  document_office,
  migration_service,
  consulate,
  bank,
  employer,
  service_counter,
  investigator,
  subject,
  trial
};
// "document-office"
std::string_view party_kind_name(PartyKind kind);
// Errors: invalid_input.
Result<PartyKind> party_kind_from_name(std::string_view name);

// The id of the purpose that a subject asks for with a receipt.
inline constexpr const char* kOwnRequest = "own-request";

// One text in the three languages; none is empty.
struct Words {
  std::string kk, ru, en;
  bool operator==(const Words&) const = default;
};

enum class BasisKind { consent, law };
std::string_view basis_kind_name(BasisKind kind);

struct LegalBasis {
  std::string id;
  BasisKind kind = BasisKind::consent;
  Words words;
  Words source;  // law and article
  bool operator==(const LegalBasis&) const = default;
};

// How often may be asked, 1..limits::quota_max each.
struct Quotas {
  int desk_per_minute = 1;
  int desk_per_day = 1;
  int operator_per_minute = 1;
  int operator_per_day = 1;
  bool operator==(const Quotas&) const = default;
};

struct Purpose {
  std::string id;  // is_id()
  std::int64_t version = 1;
  Words name;  // short
  Words what;  // a sentence or two
  LegalBasis basis;
  std::vector<Operation> operations;  // rising, none twice, at least one
  std::vector<PartyKind> who;         // the same
  // A purpose with `identify` has one of these two: nobody searches everybody and is told who it is without a warrant.
  bool needs_warrant = false;
  bool one_bit = false;         // the answer is whether anybody is alike, not who
  bool overrides_lock = false;  // goes on where the subject has locked the record
  bool hidden_allowed = false;  // a warrant may keep the use hidden until a date; needs_warrant then
  Quotas quotas;
  int retention_days = 0;  // of a record enrolled under it; 0: until consent is withdrawn

  bool allows(Operation operation) const;
  bool open_to(PartyKind kind) const;
  // SHA-256 over "qorgan purpose v1\n" and the canonical JSON form.
  crypto::Digest digest() const;
  bool operator==(const Purpose&) const = default;
};

// A name for programs: 1..limits::policy_id_bytes_max of a-z, 0-9 and single hyphens, beginning with a letter.
bool is_id(std::string_view text);

nlohmann::json to_json(const Purpose& purpose);
// Unknown and missing fields are refused. Errors: invalid_input, naming the field.
Result<Purpose> purpose_from_json(const nlohmann::json& json);
nlohmann::json to_json(const Quotas& quotas);
Result<Quotas> quotas_from_json(const nlohmann::json& json);

// Errors: invalid_input.
Result<Purpose> parse_purpose(std::string_view text);
// Every *.json of a folder in the order of their names. Errors: as read_text_file's and parse_purpose's, with the file;
// invalid_input where a file has not its purpose's id as its name, or there is no file.
Result<std::vector<Purpose>> load_purposes(const std::filesystem::path& folder);
// Those that come with the program.
const std::vector<Purpose>& shipped_purposes();

}  // namespace qorgan::policy
