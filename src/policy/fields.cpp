#include "policy/fields.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/clock.h"
#include "net/json_fields.h"
#include "policy/purpose.h"

namespace qorgan::policy {
namespace {

using net::Json;

tl::unexpected<Error> wrong(std::string what, std::string_view where) {
  return failure(ErrorCode::invalid_input, std::move(what), std::string(where));
}

// Exactly `text.size()` digits.
std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return value;
}

}  // namespace

Status check_fields(const Json& object, std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return failure(ErrorCode::invalid_input, "not a JSON object");
  for (const auto& item : object.items())
    if (std::find(known.begin(), known.end(), item.key()) == known.end())
      return wrong("a field that is not known here", item.key());
  return {};
}

Result<std::string> id_field(const Json& object, const char* name) {
  QORGAN_TRY(std::string id, net::text_field(object, name, 256));
  if (!is_id(id)) return wrong("a name is not made of a-z, 0-9 and single hyphens, or too long", name);
  return id;
}

Result<std::vector<std::string>> names_field(const Json& object, const char* name, std::size_t items_max,
                                             std::size_t bytes_max) {
  QORGAN_TRY(const Json* list, net::array_field(object, name, items_max));
  std::vector<std::string> names;
  std::set<std::string_view> seen;
  names.reserve(list->size());
  for (const Json& item : *list) {
    if (!item.is_string()) return wrong("a list holds something else than texts", name);
    const auto& text = item.get_ref<const std::string&>();
    if (text.empty() || text.size() > bytes_max || !net::is_plain_text(text))
      return wrong("a list holds a text that is empty, too long, or has control characters", name);
    if (!seen.insert(text).second) return wrong("a list holds the same text twice", name);
    names.push_back(text);
  }
  return names;
}

Result<std::int64_t> time_field(const Json& object, const char* name) {
  QORGAN_TRY(const std::string text, net::text_field(object, name, 32));
  return within(name, parse_utc_s(text));
}

Result<std::int64_t> parse_utc_s(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  const auto failed = [] { return failure(ErrorCode::invalid_input, "not a time like 2026-11-23T04:06:49Z"); };
  if (text.size() != kForm.size()) return failed();
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2));
  const auto hour = digits(text.substr(11, 2)), minute = digits(text.substr(14, 2)),
             second = digits(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return failed();
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1970) return failed();
  const auto at = sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
  const std::int64_t time_s = duration_cast<seconds>(at.time_since_epoch()).count();
  // Written again it must be the same: no hour 24, no other marks between the numbers.
  if (format_utc_s(time_s) != text) return failed();
  return time_s;
}

std::string format_utc_s(std::int64_t unix_time_s) {
  return format_utc(unix_time_s * 1000);
}

Result<Json> open_canonical(std::string_view text, std::string_view title) {
  const auto failed = [&] {
    return failure(ErrorCode::invalid_input, "not a line \"" + std::string(title) + "\" and one of canonical JSON");
  };
  if (!text.starts_with(title) || text.size() < title.size() + 2 || text[title.size()] != '\n' || text.back() != '\n')
    return failed();
  const std::string_view line = text.substr(title.size() + 1);
  QORGAN_TRY(Json object, net::parse_json_object(line));
  if (canonical_text(title, object) != text) return failed();
  return object;
}

std::string canonical_text(std::string_view title, const Json& object) {
  // What is no UTF-8 is replaced, so that it cannot pass for the same when it is read again.
  return std::string(title) + '\n' + object.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

Error placed(std::string place, Error error) {
  error.where = error.where.empty() ? std::move(place) : std::move(place) + ", " + error.where;
  return error;
}

}  // namespace qorgan::policy
