// Times as they are written: UTC in files, Kazakhstan's time on paper.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "rights/language.h"

namespace qorgan::rights {

// "2026-11-23T04:06:49Z" for unix time in seconds.
std::string utc_text(std::int64_t time_s);
// Accepts exactly what utc_text() writes, of the years 1970 to 9999. Errors: invalid_input with `field` as the place.
Result<std::int64_t> parse_utc(std::string_view text, std::string_view field);

// "23.11.2026, 09:06 (время Казахстана, UTC+5)": one zone in the whole country since 1 March 2024.
std::string local_time_text(std::int64_t time_s, Language language);
// The same without the zone.
std::string local_clock_text(std::int64_t time_s, Language language);
// "23.11.2026"; in English "23 November 2026".
std::string local_date_text(std::int64_t time_s, Language language);

}  // namespace qorgan::rights
