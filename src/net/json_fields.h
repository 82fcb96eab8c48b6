// JSON from outside, read as hostile: parsed within limits, fields taken one at a time with their type and range.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace qorgan::net {

using Json = nlohmann::json;

// Parses exactly one JSON object (RFC 8259) and nothing after it. Errors, all invalid_input: not JSON (with the
// position), not an object, text that is not UTF-8, a name twice in one object, nested deeper than
// limits::json_depth_max, more values than limits::json_values_max.
Result<Json> parse_json_object(std::string_view text);

// True where `text` holds no control characters (U+0000..001F, U+007F..009F): such text cannot steer a terminal or
// forge a line of a log. `text` is UTF-8.
bool is_plain_text(std::string_view text);

// Every function below takes one field of a JSON object. A missing field, another type, or a value out of range gives
// invalid_input with the field's name in `where`. An `object` that is no object has no fields.

// A string of at most max_bytes bytes of UTF-8 without control characters. May be empty.
Result<std::string> text_field(const Json& object, std::string_view name, std::size_t max_bytes);
// A whole number, min..max, written without point or exponent.
Result<std::int64_t> int_field(const Json& object, std::string_view name, std::int64_t min, std::int64_t max);
Result<bool> bool_field(const Json& object, std::string_view name);
// Hexadecimal digits for at most max_bytes bytes.
Result<Bytes> hex_bytes_field(const Json& object, std::string_view name, std::size_t max_bytes);
// The pointers are into `object`.
Result<const Json*> object_field(const Json& object, std::string_view name);
Result<const Json*> array_field(const Json& object, std::string_view name, std::size_t max_items);

// Exactly N bytes as 2 N hexadecimal digits.
template <std::size_t N>
Result<std::array<std::uint8_t, N>> hex_field(const Json& object, std::string_view name) {
  QORGAN_TRY(const Bytes bytes, hex_bytes_field(object, name, N));
  if (bytes.size() != N)
    return failure(ErrorCode::invalid_input, "a field does not have " + std::to_string(2 * N) + " hexadecimal digits",
                   std::string(name));
  std::array<std::uint8_t, N> out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// The same for fields that may be left out: nothing where the field is missing, and every other error as above (null is
// not missing).
Result<std::optional<std::string>> optional_text_field(const Json& object, std::string_view name,
                                                       std::size_t max_bytes);
Result<std::optional<std::int64_t>> optional_int_field(const Json& object, std::string_view name, std::int64_t min,
                                                       std::int64_t max);
Result<std::optional<bool>> optional_bool_field(const Json& object, std::string_view name);

template <std::size_t N>
Result<std::optional<std::array<std::uint8_t, N>>> optional_hex_field(const Json& object, std::string_view name) {
  using Value = std::optional<std::array<std::uint8_t, N>>;
  if (!object.is_object() || !object.contains(name)) return Value();
  QORGAN_TRY(const auto bytes, hex_field<N>(object, name));
  return Value(bytes);
}

}  // namespace qorgan::net
