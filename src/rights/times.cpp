#include "rights/times.h"

#include <array>
#include <charconv>

#include "base/clock.h"
#include "rights/phrases.h"

namespace qorgan::rights {
namespace {

constexpr std::int64_t kZone_s = 5 * 3600;
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};

// The digits at `at` in "2026-11-23T04:06:49Z"; -1 where there is something else.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  int value = -1;
  const char* end = text.data() + at + digits;
  const auto [stopped, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc() && stopped == end ? value : -1;
}

}  // namespace

std::string utc_text(std::int64_t time_s) {
  return format_utc(time_s * 1000);
}

Result<std::int64_t> parse_utc(std::string_view text, std::string_view field) {
  using namespace std::chrono;
  constexpr std::size_t kLength = 20;
  const auto wrong = [&] {
    return failure(ErrorCode::invalid_input, "not a time such as 2026-11-23T04:06:49Z", std::string(field));
  };
  if (text.size() != kLength) return wrong();
  const int year_number = number_at(text, 0, 4);
  if (year_number < 1970) return wrong();
  const year_month_day date = year(year_number) / month(static_cast<unsigned>(number_at(text, 5, 2))) /
                              day(static_cast<unsigned>(number_at(text, 8, 2)));
  if (!date.ok()) return wrong();
  const std::int64_t time_s = sys_days(date).time_since_epoch().count() * std::int64_t{86400} +
                              number_at(text, 11, 2) * 3600 + number_at(text, 14, 2) * 60 + number_at(text, 17, 2);
  // Whatever was read wrongly on the way comes out differently.
  if (time_s < 0 || utc_text(time_s) != text) return wrong();
  return time_s;
}

std::string local_date_text(std::int64_t time_s, Language language) {
  const std::string iso = utc_text(time_s + kZone_s).substr(0, 10);
  if (language == Language::en)
    return std::to_string(number_at(iso, 8, 2)) + " " +
           std::string(kMonths[static_cast<std::size_t>(number_at(iso, 5, 2) - 1)]) + " " + iso.substr(0, 4);
  return iso.substr(8, 2) + "." + iso.substr(5, 2) + "." + iso.substr(0, 4);
}

std::string local_clock_text(std::int64_t time_s, Language language) {
  return local_date_text(time_s, language) + ", " + utc_text(time_s + kZone_s).substr(11, 5);
}

std::string local_time_text(std::int64_t time_s, Language language) {
  return local_clock_text(time_s, language) + " (" + phrase(language, "zone") + ")";
}

}  // namespace qorgan::rights
