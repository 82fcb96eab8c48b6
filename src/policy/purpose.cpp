#include "policy/purpose.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "base/limits.h"
#include "net/json_fields.h"
#include "policy/fields.h"
#include "policy/purpose_data.h"

namespace qorgan::policy {
namespace {

using net::Json;

constexpr std::array<std::string_view, 7> kOperationNames = {"enrol",    "verify", "identify", "erase",
                                                             "withdraw", "lock",   "unlock"};
constexpr std::array<std::string_view, 9> kPartyKindNames = {
    "document-office", "migration-service", "consulate", "bank", "employer",
    "service-counter", "investigator",      "subject",   "trial"};
constexpr std::array<std::string_view, 2> kBasisKindNames = {"consent", "law"};

// The value of an enumeration whose names stand in its order.
template <class Enum, std::size_t N>
Result<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name, const char* field) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return failure(ErrorCode::invalid_input, "a word that is not known here", field);
  return static_cast<Enum>(found - names.begin());
}

template <class Value>
Json names_of(const std::vector<Value>& values, std::string_view (*name)(Value)) {
  Json names = Json::array();
  for (const Value value : values) names.push_back(name(value));
  return names;
}

template <class Value>
Result<std::vector<Value>> values_field(const Json& object, const char* field,
                                        Result<Value> (*value_of)(std::string_view)) {
  QORGAN_TRY(const auto names, names_field(object, field, 16, limits::policy_id_bytes_max));
  std::vector<Value> values;
  for (const std::string& name : names) {
    QORGAN_TRY(const Value value, value_of(name));
    values.push_back(value);
  }
  if (values.empty() || !std::is_sorted(values.begin(), values.end(), std::less_equal<>()))
    return failure(ErrorCode::invalid_input, "a list is empty, or not in its fixed order, or names something twice",
                   field);
  return values;
}

Json to_json(const Words& words) {
  return {{"kk", words.kk}, {"ru", words.ru}, {"en", words.en}};
}

Result<std::string> word_field(const Json& object, const char* language, std::size_t bytes_max) {
  QORGAN_TRY(std::string text, net::text_field(object, language, bytes_max));
  if (text.find_first_not_of(' ') == std::string::npos)
    return failure(ErrorCode::invalid_input, "a text is empty", language);
  return text;
}

Result<Words> words_field(const Json& object, const char* name, std::size_t bytes_max) {
  QORGAN_TRY(const Json* json, net::object_field(object, name));
  const auto read = [&]() -> Result<Words> {
    QORGAN_CHECK(check_fields(*json, {"kk", "ru", "en"}));
    Words words;
    QORGAN_TRY(words.kk, word_field(*json, "kk", bytes_max));
    QORGAN_TRY(words.ru, word_field(*json, "ru", bytes_max));
    QORGAN_TRY(words.en, word_field(*json, "en", bytes_max));
    return words;
  };
  return within(name, read());
}

Json to_json(const LegalBasis& basis) {
  return {{"id", basis.id},
          {"kind", basis_kind_name(basis.kind)},
          {"words", to_json(basis.words)},
          {"source", to_json(basis.source)}};
}

Result<LegalBasis> basis_from_json(const Json& json) {
  QORGAN_CHECK(check_fields(json, {"id", "kind", "words", "source"}));
  LegalBasis basis;
  QORGAN_TRY(basis.id, id_field(json, "id"));
  QORGAN_TRY(const std::string kind, net::text_field(json, "kind", limits::policy_id_bytes_max));
  QORGAN_TRY(basis.kind, from_name<BasisKind>(kBasisKindNames, kind, "kind"));
  QORGAN_TRY(basis.words, words_field(json, "words", limits::purpose_words_bytes_max));
  QORGAN_TRY(basis.source, words_field(json, "source", limits::purpose_words_bytes_max));
  return basis;
}

Result<int> quota_field(const Json& json, const char* name) {
  QORGAN_TRY(const std::int64_t value, net::int_field(json, name, 1, limits::quota_max));
  return static_cast<int>(value);
}

Status check_rules(const Purpose& purpose) {
  const auto wrong = [](const char* what, const char* where) { return failure(ErrorCode::invalid_input, what, where); };
  if (purpose.allows(Operation::identify) && !purpose.needs_warrant && !purpose.one_bit)
    return wrong("a purpose that searches everybody needs a warrant, or answers one bit", "needs_warrant");
  if (purpose.one_bit && purpose.operations != std::vector{Operation::identify})
    return wrong("only a purpose for identify alone can answer one bit", "one_bit");
  if (purpose.hidden_allowed && !purpose.needs_warrant)
    return wrong("only what a warrant allows may be hidden", "hidden_allowed");
  if (purpose.open_to(PartyKind::subject) && purpose.who.size() > 1)
    return wrong("what a subject asks for is a purpose of its own", "who");
  if (purpose.retention_days > 0 && !purpose.allows(Operation::enrol))
    return wrong("only what is enrolled is kept for a time", "retention_days");
  return {};
}

Result<std::vector<Purpose>> read_shipped() {
  const ByteView data = purpose_data();
  QORGAN_TRY(const Json json, net::parse_json_object({reinterpret_cast<const char*>(data.data()), data.size()}));
  QORGAN_TRY(const Json* list, net::array_field(json, "purposes", limits::purposes_max));
  std::vector<Purpose> purposes;
  for (const Json& item : *list) {
    QORGAN_TRY(Purpose purpose, purpose_from_json(item));
    purposes.push_back(std::move(purpose));
  }
  return purposes;
}

}  // namespace

std::string_view operation_name(Operation operation) {
  return kOperationNames[static_cast<std::size_t>(operation)];
}

Result<Operation> operation_from_name(std::string_view name) {
  return from_name<Operation>(kOperationNames, name, "operation");
}

std::string_view party_kind_name(PartyKind kind) {
  return kPartyKindNames[static_cast<std::size_t>(kind)];
}

Result<PartyKind> party_kind_from_name(std::string_view name) {
  return from_name<PartyKind>(kPartyKindNames, name, "kind");
}

std::string_view basis_kind_name(BasisKind kind) {
  return kBasisKindNames[static_cast<std::size_t>(kind)];
}

bool is_id(std::string_view text) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > limits::policy_id_bytes_max || !letter(text.front()) || text.back() == '-')
    return false;
  return text.find("--") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || digit(c) || c == '-'; });
}

bool Purpose::allows(Operation operation) const {
  return std::find(operations.begin(), operations.end(), operation) != operations.end();
}

bool Purpose::open_to(PartyKind kind) const {
  return std::find(who.begin(), who.end(), kind) != who.end();
}

crypto::Digest Purpose::digest() const {
  return crypto::sha256(as_bytes("qorgan purpose v1\n" + policy::to_json(*this).dump()));
}

Json to_json(const Quotas& quotas) {
  return {{"desk_per_minute", quotas.desk_per_minute},
          {"desk_per_day", quotas.desk_per_day},
          {"operator_per_minute", quotas.operator_per_minute},
          {"operator_per_day", quotas.operator_per_day}};
}

Result<Quotas> quotas_from_json(const Json& json) {
  QORGAN_CHECK(check_fields(json, {"desk_per_minute", "desk_per_day", "operator_per_minute", "operator_per_day"}));
  Quotas quotas;
  QORGAN_TRY(quotas.desk_per_minute, quota_field(json, "desk_per_minute"));
  QORGAN_TRY(quotas.desk_per_day, quota_field(json, "desk_per_day"));
  QORGAN_TRY(quotas.operator_per_minute, quota_field(json, "operator_per_minute"));
  QORGAN_TRY(quotas.operator_per_day, quota_field(json, "operator_per_day"));
  return quotas;
}

Json to_json(const Purpose& purpose) {
  return {{"id", purpose.id},
          {"version", purpose.version},
          {"name", to_json(purpose.name)},
          {"what", to_json(purpose.what)},
          {"basis", to_json(purpose.basis)},
          {"operations", names_of(purpose.operations, operation_name)},
          {"who", names_of(purpose.who, party_kind_name)},
          {"needs_warrant", purpose.needs_warrant},
          {"one_bit", purpose.one_bit},
          {"overrides_lock", purpose.overrides_lock},
          {"hidden_allowed", purpose.hidden_allowed},
          {"quotas", to_json(purpose.quotas)},
          {"retention_days", purpose.retention_days}};
}

Result<Purpose> purpose_from_json(const Json& json) {
  QORGAN_CHECK(check_fields(json, {"id", "version", "name", "what", "basis", "operations", "who", "needs_warrant",
                                   "one_bit", "overrides_lock", "hidden_allowed", "quotas", "retention_days"}));
  Purpose purpose;
  QORGAN_TRY(purpose.id, id_field(json, "id"));
  QORGAN_TRY(purpose.version, net::int_field(json, "version", 1, kVersionMax));
  QORGAN_TRY(purpose.name, words_field(json, "name", limits::name_bytes_max));
  QORGAN_TRY(purpose.what, words_field(json, "what", limits::purpose_words_bytes_max));
  QORGAN_TRY(const Json* basis, net::object_field(json, "basis"));
  QORGAN_TRY(purpose.basis, within("basis", basis_from_json(*basis)));
  QORGAN_TRY(purpose.operations, values_field(json, "operations", operation_from_name));
  QORGAN_TRY(purpose.who, values_field(json, "who", party_kind_from_name));
  QORGAN_TRY(purpose.needs_warrant, net::bool_field(json, "needs_warrant"));
  QORGAN_TRY(purpose.one_bit, net::bool_field(json, "one_bit"));
  QORGAN_TRY(purpose.overrides_lock, net::bool_field(json, "overrides_lock"));
  QORGAN_TRY(purpose.hidden_allowed, net::bool_field(json, "hidden_allowed"));
  QORGAN_TRY(const Json* quotas, net::object_field(json, "quotas"));
  QORGAN_TRY(purpose.quotas, within("quotas", quotas_from_json(*quotas)));
  QORGAN_TRY(const std::int64_t days, net::int_field(json, "retention_days", 0, limits::retention_days_max));
  purpose.retention_days = static_cast<int>(days);
  QORGAN_CHECK(check_rules(purpose));
  return purpose;
}

Result<Purpose> parse_purpose(std::string_view text) {
  if (text.size() > limits::purpose_bytes_max)
    return failure(ErrorCode::invalid_input, "a purpose is longer than any that people would read");
  QORGAN_TRY(const Json json, net::parse_json_object(text));
  return purpose_from_json(json);
}

Result<std::vector<Purpose>> load_purposes(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (auto entry = std::filesystem::directory_iterator(folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".json") files.push_back(entry->path());
  }
  if (error)
    return failure(ErrorCode::not_found, "cannot read the folder of purposes (" + error.message() + ")",
                   folder.string());
  if (files.empty() || files.size() > limits::purposes_max)
    return failure(ErrorCode::invalid_input, "a folder with no purposes, or too many", folder.string());
  std::sort(files.begin(), files.end());
  std::vector<Purpose> purposes;
  for (const auto& file : files) {
    QORGAN_TRY(const std::string text, read_text_file(file, limits::purpose_bytes_max));
    QORGAN_TRY(Purpose purpose, within(file.string(), parse_purpose(text)));
    if (file.stem() != purpose.id)
      return failure(ErrorCode::invalid_input, "a purpose stands in a file of another name", file.string());
    purposes.push_back(std::move(purpose));
  }
  return purposes;
}

const std::vector<Purpose>& shipped_purposes() {
  static const std::vector<Purpose> purposes = [] {
    auto read = read_shipped();
    QORGAN_ASSERT(read.has_value());
    return std::move(*read);
  }();
  return purposes;
}

}  // namespace qorgan::policy
