#include "net/json_fields.h"

#include <fmt/format.h>

#include <limits>

namespace qorgan::net {
namespace {

tl::unexpected<Error> wrong_field(std::string what, std::string_view name) {
  return failure(ErrorCode::invalid_input, std::move(what), std::string(name));
}

Result<const Json*> find_field(const Json& object, std::string_view name) {
  if (!object.is_object()) return wrong_field("a field is missing", name);
  const auto found = object.find(name);
  if (found == object.end()) return wrong_field("a field is missing", name);
  return &*found;
}

bool is_absent(const Json& object, std::string_view name) {
  return !object.is_object() || !object.contains(name);
}

}  // namespace

bool is_plain_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return false;
    // U+0080..009F are C2 80 .. C2 9F.
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

Result<std::string> text_field(const Json& object, std::string_view name, std::size_t max_bytes) {
  QORGAN_TRY(const Json* value, find_field(object, name));
  if (!value->is_string()) return wrong_field("a field is not text", name);
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() > max_bytes) return wrong_field(fmt::format("a field is longer than {} bytes", max_bytes), name);
  if (!is_plain_text(text)) return wrong_field("a field holds control characters", name);
  return text;
}

Result<std::int64_t> int_field(const Json& object, std::string_view name, std::int64_t min, std::int64_t max) {
  QORGAN_TRY(const Json* value, find_field(object, name));
  if (!value->is_number_integer()) return wrong_field("a field is not a whole number", name);
  const bool too_large = value->is_number_unsigned() &&
                         value->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (too_large || value->get<std::int64_t>() < min || value->get<std::int64_t>() > max)
    return wrong_field(fmt::format("a field is not between {} and {}", min, max), name);
  return value->get<std::int64_t>();
}

Result<bool> bool_field(const Json& object, std::string_view name) {
  QORGAN_TRY(const Json* value, find_field(object, name));
  if (!value->is_boolean()) return wrong_field("a field is neither true nor false", name);
  return value->get<bool>();
}

Result<Bytes> hex_bytes_field(const Json& object, std::string_view name, std::size_t max_bytes) {
  QORGAN_TRY(const std::string text, text_field(object, name, 2 * max_bytes));
  Result<Bytes> bytes = from_hex(text);
  if (!bytes) return wrong_field(bytes.error().what, name);
  return bytes;
}

Result<const Json*> object_field(const Json& object, std::string_view name) {
  QORGAN_TRY(const Json* value, find_field(object, name));
  if (!value->is_object()) return wrong_field("a field is not an object", name);
  return value;
}

Result<const Json*> array_field(const Json& object, std::string_view name, std::size_t max_items) {
  QORGAN_TRY(const Json* value, find_field(object, name));
  if (!value->is_array()) return wrong_field("a field is not a list", name);
  if (value->size() > max_items) return wrong_field(fmt::format("a list has more than {} items", max_items), name);
  return value;
}

Result<std::optional<std::string>> optional_text_field(const Json& object, std::string_view name,
                                                       std::size_t max_bytes) {
  if (is_absent(object, name)) return std::optional<std::string>();
  QORGAN_TRY(std::string text, text_field(object, name, max_bytes));
  return std::optional<std::string>(std::move(text));
}

Result<std::optional<std::int64_t>> optional_int_field(const Json& object, std::string_view name, std::int64_t min,
                                                       std::int64_t max) {
  if (is_absent(object, name)) return std::optional<std::int64_t>();
  QORGAN_TRY(const std::int64_t value, int_field(object, name, min, max));
  return std::optional<std::int64_t>(value);
}

Result<std::optional<bool>> optional_bool_field(const Json& object, std::string_view name) {
  if (is_absent(object, name)) return std::optional<bool>();
  QORGAN_TRY(const bool value, bool_field(object, name));
  return std::optional<bool>(value);
}

}  // namespace qorgan::net
