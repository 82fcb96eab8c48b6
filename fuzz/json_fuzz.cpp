// A message's head and its fields: what is accepted keeps within the limits, and nothing gets through a field's checks.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "net/json_fields.h"
#include "net/message.h"

using qorgan::net::Json;

namespace {

int depth_of(const Json& value) {
  int deepest = 0;
  if (value.is_structured())
    for (const Json& inner : value) deepest = std::max(deepest, depth_of(inner));
  return value.is_structured() ? deepest + 1 : 0;
}

void check_fields(const Json& object, const std::string& name) {
  if (const auto text = qorgan::net::text_field(object, name, 8))
    QORGAN_ASSERT(text->size() <= 8 && qorgan::net::is_plain_text(*text));
  if (const auto number = qorgan::net::int_field(object, name, -3, 1000))
    QORGAN_ASSERT(*number >= -3 && *number <= 1000 && object[name].is_number_integer());
  if (const auto hex = qorgan::net::hex_field<4>(object, name))
    QORGAN_ASSERT(object[name].get_ref<const std::string&>().size() == 8);
  if (const auto list = qorgan::net::array_field(object, name, 2)) QORGAN_ASSERT((*list)->size() <= 2);
  const auto maybe = qorgan::net::optional_bool_field(object, name);
  QORGAN_ASSERT(maybe.has_value() == object[name].is_boolean());
  if (const auto inner = qorgan::net::object_field(object, name))
    for (const auto& item : (*inner)->items()) check_fields(**inner, item.key());
}

void check_error(const Json& head) {
  const auto error = qorgan::net::error_of({head, {}});
  QORGAN_ASSERT(error.has_value() == head.contains("error"));
  if (!error) return;
  for (const std::string& text : {error->what, error->where, error->remedy})
    QORGAN_ASSERT(text.size() <= qorgan::limits::error_text_bytes_max && qorgan::net::is_plain_text(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto head = qorgan::net::parse_json_object(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!head) return 0;
  QORGAN_ASSERT(head->is_object() && depth_of(*head) <= qorgan::limits::json_depth_max);
  for (const auto& item : head->items()) check_fields(*head, item.key());
  check_error(*head);
  return 0;
}
