// Reading the JSON of purposes, policies and warrants: what net/json_fields.h has not.
#pragma once

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace qorgan::policy {

// Every number below 2^53 is the same in every JSON reader.
inline constexpr std::int64_t kVersionMax = (std::int64_t{1} << 53) - 1;

// Every function below gives invalid_input with the field in `where`.

// That an object has no other fields than these, so that nothing is signed that nobody reads.
Status check_fields(const nlohmann::json& object, std::initializer_list<std::string_view> known);
// is_id() (policy/purpose.h)
Result<std::string> id_field(const nlohmann::json& object, const char* name);
// A list of different texts, none empty.
Result<std::vector<std::string>> names_field(const nlohmann::json& object, const char* name, std::size_t items_max,
                                             std::size_t bytes_max);
// "2026-11-23T04:06:49Z", as seconds.
Result<std::int64_t> time_field(const nlohmann::json& object, const char* name);

// The reverse of format_utc() for the years 1970 to 9999. Errors: invalid_input.
Result<std::int64_t> parse_utc_s(std::string_view text);
std::string format_utc_s(std::int64_t unix_time_s);

// A signed text here is a title line and one line of JSON in canonical form: sorted names, no spaces. Takes the title
// off and gives the object. Errors: invalid_input.
Result<nlohmann::json> open_canonical(std::string_view text, std::string_view title);
std::string canonical_text(std::string_view title, const nlohmann::json& object);

// Puts the place before the error's own: "basis, words, kk".
Error placed(std::string place, Error error);
template <class T>
Result<T> within(std::string place, Result<T> result) {
  if (!result) return tl::unexpected(placed(std::move(place), std::move(result).error()));
  return result;
}

}  // namespace qorgan::policy
