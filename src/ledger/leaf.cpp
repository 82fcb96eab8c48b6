#include "ledger/leaf.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/clock.h"
#include "base/limits.h"
#include "ledger/leaf_form.h"
#include "ledger/text.h"
#include "net/json_fields.h"

namespace qorgan::ledger {
namespace {

using net::Json;

constexpr int kVersion = 1;
constexpr std::int64_t kIntegerMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kTimeMax_s = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr int kCustodianMax = 2;

constexpr std::array<std::string_view, 19> kEventNames = {
    "enrol",   "verify", "identify", "erase",   "withdraw", "lock",    "unlock", "refused",  "aborted", "erased",
    "expired", "opened", "policy",   "refresh", "recover",  "restore", "rotate", "notified", "absence"};
static_assert(kEventNames.size() == static_cast<std::size_t>(Event::absence) + 1);

tl::unexpected<Error> wrong_leaf(std::string what, std::string_view field = {}) {
  return failure(ErrorCode::invalid_input, std::move(what), std::string(field));
}

Result<std::int64_t> parse_time(std::string_view text, std::string_view field) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  const auto fits = [](char c, char form) { return form == '0' ? c >= '0' && c <= '9' : c == form; };
  if (!std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), fits))
    return wrong_leaf("a time has another form than 2026-11-23T04:06:49Z", field);
  const auto number = [text](std::size_t at, std::size_t digits) {
    int value = 0;
    for (char c : text.substr(at, digits)) value = 10 * value + (c - '0');
    return value;
  };
  using namespace std::chrono;
  const year_month_day date{year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                            day(static_cast<unsigned>(number(8, 2)))};
  const hours hour(number(11, 2));
  const minutes minute(number(14, 2));
  const seconds second(number(17, 2));
  const std::int64_t time_s = sys_seconds(sys_days(date) + hour + minute + second).time_since_epoch().count();
  if (!date.ok() || hour >= days(1) || minute >= hours(1) || second >= minutes(1) || time_s < 0)
    return wrong_leaf("a time is no moment since 1970", field);
  return time_s;
}

std::string format_time(std::int64_t time_s) {
  QORGAN_ASSERT(time_s >= 0 && time_s <= kTimeMax_s);
  return format_utc(1000 * time_s);
}

// The texts are as long as they may be, and can be shown.
Status check_texts(const Leaf& leaf) {
  struct Text {
    const char* name;
    const std::string& value;
    std::size_t bytes_max;
  };
  const Text texts[] = {{"party", leaf.party, limits::name_bytes_max},
                        {"purpose", leaf.purpose, limits::name_bytes_max},
                        {"basis", leaf.basis, limits::name_bytes_max},
                        {"reason", leaf.reason, limits::name_bytes_max},
                        {"kind", leaf.kind, limits::name_bytes_max},
                        {"key", leaf.key, limits::leaf_key_bytes_max},
                        {"opening", leaf.opening, limits::leaf_opening_bytes_max}};
  for (const Text& text : texts) {
    if (text.value.size() > text.bytes_max)
      return wrong_leaf(fmt::format("a field is longer than {} bytes", text.bytes_max), text.name);
    if (!is_utf8(text.value) || !net::is_plain_text(text.value))
      return wrong_leaf("a field is not UTF-8, or holds control characters", text.name);
  }
  return {};
}

Status check_numbers(const Leaf& leaf) {
  const auto is_time = [](std::int64_t time_s) { return time_s >= 0 && time_s <= kTimeMax_s; };
  if (!is_time(leaf.time_s)) return wrong_leaf("a time is before 1970 or after 9999", "time");
  if (!is_time(leaf.hidden_until_s)) return wrong_leaf("a time is before 1970 or after 9999", "hidden_until");
  if (leaf.purpose_version < 0) return wrong_leaf("a version is negative", "purpose_version");
  if (leaf.entry.value_or(0) < 0) return wrong_leaf("an index is negative", "entry");
  if (leaf.epoch.value_or(0) < 0) return wrong_leaf("an epoch is negative", "epoch");
  const int custodian = leaf.custodian.value_or(0);
  if (custodian < 0 || custodian > kCustodianMax) return wrong_leaf("no custodian has this number", "custodian");
  return {};
}

template <std::size_t N>
void put_hex(Json& object, const char* name, const std::optional<std::array<std::uint8_t, N>>& bytes) {
  if (bytes) object[name] = to_hex(*bytes);
}

void put_text(Json& object, const char* name, const std::string& text) {
  if (!text.empty()) object[name] = text;
}

Status read_text(const Json& object, const char* name, std::size_t bytes_max, std::string& out) {
  QORGAN_TRY(const auto text, net::optional_text_field(object, name, bytes_max));
  out = text.value_or("");
  return {};
}

Status read_texts(const Json& object, Leaf& leaf) {
  QORGAN_CHECK(read_text(object, "party", limits::name_bytes_max, leaf.party));
  QORGAN_CHECK(read_text(object, "purpose", limits::name_bytes_max, leaf.purpose));
  QORGAN_CHECK(read_text(object, "basis", limits::name_bytes_max, leaf.basis));
  QORGAN_CHECK(read_text(object, "reason", limits::name_bytes_max, leaf.reason));
  QORGAN_CHECK(read_text(object, "kind", limits::name_bytes_max, leaf.kind));
  QORGAN_CHECK(read_text(object, "key", limits::leaf_key_bytes_max, leaf.key));
  return read_text(object, "opening", limits::leaf_opening_bytes_max, leaf.opening);
}

Status read_numbers(const Json& object, Leaf& leaf) {
  QORGAN_TRY(const auto version, net::optional_int_field(object, "purpose_version", 1, kIntegerMax));
  leaf.purpose_version = version.value_or(0);
  QORGAN_TRY(leaf.entry, net::optional_int_field(object, "entry", 0, kIntegerMax));
  QORGAN_TRY(leaf.epoch, net::optional_int_field(object, "epoch", 0, kIntegerMax));
  QORGAN_TRY(const auto custodian, net::optional_int_field(object, "custodian", 0, kCustodianMax));
  if (custodian) leaf.custodian = static_cast<int>(*custodian);
  return {};
}

Status read_bytes(const Json& object, Leaf& leaf) {
  QORGAN_TRY(leaf.request, net::optional_hex_field<16>(object, "request"));
  QORGAN_TRY(leaf.warrant, net::optional_hex_field<16>(object, "warrant"));
  QORGAN_TRY(leaf.tag, net::optional_hex_field<32>(object, "tag"));
  QORGAN_TRY(leaf.details, net::optional_hex_field<32>(object, "details"));
  QORGAN_TRY(leaf.digest, net::optional_hex_field<32>(object, "digest"));
  return {};
}

Status read_times(const Json& object, Leaf& leaf) {
  QORGAN_TRY(const std::string time, net::text_field(object, "time", limits::name_bytes_max));
  QORGAN_TRY(leaf.time_s, parse_time(time, "time"));
  QORGAN_TRY(const auto hidden_until, net::optional_text_field(object, "hidden_until", limits::name_bytes_max));
  if (hidden_until) {
    QORGAN_TRY(leaf.hidden_until_s, parse_time(*hidden_until, "hidden_until"));
  }
  return {};
}

}  // namespace

std::string_view event_name(Event event) {
  return kEventNames[static_cast<std::size_t>(event)];
}

Result<Event> event_from_name(std::string_view name) {
  const auto found = std::find(kEventNames.begin(), kEventNames.end(), name);
  if (found == kEventNames.end()) return wrong_leaf("no event of a log has this name", "event");
  return static_cast<Event>(found - kEventNames.begin());
}

std::string Leaf::text() const {
  Json object = {{"v", kVersion}, {"time", format_time(time_s)}, {"event", event_name(event)}};
  put_hex(object, "request", request);
  put_text(object, "party", party);
  put_text(object, "purpose", purpose);
  if (purpose_version != 0) object["purpose_version"] = purpose_version;
  put_text(object, "basis", basis);
  put_hex(object, "warrant", warrant);
  put_hex(object, "tag", tag);
  put_hex(object, "details", details);
  if (hidden_until_s != 0) object["hidden_until"] = format_time(hidden_until_s);
  put_text(object, "reason", reason);
  put_hex(object, "digest", digest);
  if (entry) object["entry"] = *entry;
  put_text(object, "opening", opening);
  if (epoch) object["epoch"] = *epoch;
  if (custodian) object["custodian"] = *custodian;
  put_text(object, "kind", kind);
  put_text(object, "key", key);
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Status check_leaf(const Leaf& leaf) {
  QORGAN_CHECK(check_numbers(leaf));
  QORGAN_CHECK(check_texts(leaf));
  const bool hidden = leaf.hidden_until_s != 0;
  if (hidden && !is_agreed(leaf.event)) return wrong_leaf("an entry of this event cannot be hidden", "hidden_until");
  if (hidden && leaf.hidden_until_s <= leaf.time_s)
    return wrong_leaf("an entry is hidden until a time before its own", "hidden_until");
  const LeafForm form = form_of(leaf.event, hidden);
  const unsigned fields = fields_of(leaf);
  if ((form.needed & ~fields) != 0)
    return wrong_leaf("an entry lacks a field that its event has", event_name(leaf.event));
  if ((fields & ~(form.needed | form.allowed)) != 0)
    return wrong_leaf("an entry has a field that its event has not", event_name(leaf.event));
  return {};
}

Result<Leaf> parse_leaf(std::string_view text) {
  if (text.size() > limits::log_entry_bytes_max) return wrong_leaf("an entry is longer than a log takes");
  QORGAN_TRY(const Json object, net::parse_json_object(text));
  QORGAN_TRY(const std::int64_t version, net::int_field(object, "v", 0, kIntegerMax));
  if (version != kVersion)
    return failure(ErrorCode::version_mismatch, fmt::format("an entry is of version {}", version), "v",
                   "Use a newer version of this program");
  Leaf leaf;
  QORGAN_TRY(const std::string event, net::text_field(object, "event", limits::name_bytes_max));
  QORGAN_TRY(leaf.event, event_from_name(event));
  QORGAN_CHECK(read_times(object, leaf));
  QORGAN_CHECK(read_bytes(object, leaf));
  QORGAN_CHECK(read_numbers(object, leaf));
  QORGAN_CHECK(read_texts(object, leaf));
  QORGAN_CHECK(check_leaf(leaf));
  // Whatever else a text may say in its own way, an unknown field, a space, another order, is lost in writing it.
  if (leaf.text() != text) return wrong_leaf("an entry is not written in the one form that it has");
  return leaf;
}

}  // namespace qorgan::ledger
