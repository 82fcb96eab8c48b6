#include "base/limits.h"
#include "rights/erasure.h"
#include "rights/statement.h"
#include "rights/times.h"

namespace qorgan::rights {
namespace {

using net::Json;

constexpr std::string_view kErasure = "qorgan erasure v1";
constexpr std::string_view kNotices = "qorgan notices v1";

const Json& destroyed() {
  static const Json kDestroyed = {"key", "shares"};
  return kDestroyed;
}

// The fields that both kinds have.
template <class Statement>
Json common_json(const Statement& statement) {
  return {{"custodian", statement.custodian},
          {"network", to_hex(statement.network)},
          {"handle", to_hex(statement.handle)},
          {"request", to_hex(statement.request)},
          {"time", utc_text(statement.time_s)}};
}

template <class Statement>
Status read_common(const Json& object, Statement& statement) {
  QORGAN_TRY(const std::int64_t custodian, net::int_field(object, "custodian", 0, protocol::kCustodians - 1));
  statement.custodian = static_cast<int>(custodian);
  QORGAN_TRY(statement.network, net::hex_field<32>(object, "network"));
  QORGAN_TRY(statement.handle, net::hex_field<16>(object, "handle"));
  QORGAN_TRY(statement.request, net::hex_field<16>(object, "request"));
  QORGAN_TRY(const std::string time, net::text_field(object, "time", limits::name_bytes_max));
  QORGAN_TRY(statement.time_s, parse_utc(time, "time"));
  return {};
}

Json party_json(const PartyNotice& notice) {
  Json object = {{"id", notice.party}, {"name", notice.name}};
  if (notice.told_s != 0) object["told"] = utc_text(notice.told_s);
  if (notice.acknowledged_s) object["acknowledged"] = utc_text(*notice.acknowledged_s);
  return object;
}

Result<PartyNotice> read_party(const Json& object) {
  QORGAN_CHECK(only_fields(object, {"id", "name", "told", "acknowledged"}));
  PartyNotice notice;
  QORGAN_TRY(notice.party, net::text_field(object, "id", limits::name_bytes_max));
  QORGAN_TRY(notice.name, net::text_field(object, "name", limits::name_bytes_max));
  QORGAN_TRY(const auto told, net::optional_text_field(object, "told", limits::name_bytes_max));
  if (told) {
    QORGAN_TRY(notice.told_s, parse_utc(*told, "told"));
  }
  QORGAN_TRY(const auto acknowledged, net::optional_text_field(object, "acknowledged", limits::name_bytes_max));
  if (acknowledged) {
    QORGAN_TRY(notice.acknowledged_s, parse_utc(*acknowledged, "acknowledged"));
  }
  return notice;
}

}  // namespace

Result<std::string> sign_erasure(const ErasureStatement& statement, const ledger::VerifierKey& key,
                                 crypto::Signer& signer) {
  Json content = common_json(statement);
  content["name"] = statement.name;
  content["entry"] = statement.entry;
  content["destroyed"] = destroyed();
  return sign_statement(kErasure, content, key, signer);
}

Result<ErasureStatement> open_erasure(std::string_view note, const ledger::VerifierKey& key) {
  QORGAN_TRY(const Json content, open_statement(note, kErasure, key));
  QORGAN_CHECK(
      only_fields(content, {"custodian", "network", "handle", "request", "time", "name", "entry", "destroyed"}));
  ErasureStatement statement;
  QORGAN_CHECK(read_common(content, statement));
  QORGAN_TRY(statement.name, net::text_field(content, "name", limits::name_bytes_max));
  QORGAN_TRY(const std::int64_t entry, net::int_field(content, "entry", 0, INT64_MAX));
  statement.entry = static_cast<std::uint64_t>(entry);
  QORGAN_TRY(const Json* list, net::array_field(content, "destroyed", destroyed().size()));
  if (*list != destroyed())
    return failure(ErrorCode::invalid_input, "a statement does not say that key and shares are destroyed", "destroyed");
  return statement;
}

Result<std::string> sign_notices(const NoticesStatement& statement, const ledger::VerifierKey& key,
                                 crypto::Signer& signer) {
  Json content = common_json(statement);
  content["parties"] = Json::array();
  for (const PartyNotice& notice : statement.parties) content["parties"].push_back(party_json(notice));
  return sign_statement(kNotices, content, key, signer);
}

Result<NoticesStatement> open_notices(std::string_view note, const ledger::VerifierKey& key) {
  QORGAN_TRY(const Json content, open_statement(note, kNotices, key));
  QORGAN_CHECK(only_fields(content, {"custodian", "network", "handle", "request", "time", "parties"}));
  NoticesStatement statement;
  QORGAN_CHECK(read_common(content, statement));
  QORGAN_TRY(const Json* list, net::array_field(content, "parties", limits::parties_told_max));
  for (const Json& item : *list) {
    QORGAN_TRY(PartyNotice notice, read_party(item));
    statement.parties.push_back(std::move(notice));
  }
  return statement;
}

}  // namespace qorgan::rights
