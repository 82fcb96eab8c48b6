#include "net/json_fields.h"
#include "net/message.h"

namespace qorgan::net {
namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Cut between two characters, so that what remains is UTF-8 if the whole was.
std::string cut(const std::string& text) {
  if (text.size() <= limits::error_text_bytes_max) return text;
  std::size_t end = limits::error_text_bytes_max;
  while (end > 0 && is_continuation(text[end])) --end;
  return text.substr(0, end);
}

// Both bytes of a two-byte control character are replaced by one question mark.
std::string plain(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool two_bytes = text[i] == '\xc2' && i + 1 < text.size();
    const std::string_view character(text.data() + i, two_bytes ? 2 : 1);
    if (is_plain_text(character))
      out += character;
    else
      out += '?';
    if (two_bytes) ++i;
  }
  return out;
}

// The library replaces what is not UTF-8 when it writes, and reading back what it wrote gives clean text.
std::string clean(const std::string& text) {
  using Handler = nlohmann::json::error_handler_t;
  const std::string quoted = nlohmann::json(text).dump(-1, ' ', false, Handler::replace);
  return cut(plain(nlohmann::json::parse(quoted).get<std::string>()));
}

std::optional<std::string> text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  return clean(found->get<std::string>());
}

}  // namespace

Message error_message(const Error& error) {
  Message message;
  message.head["error"] = {{"code", std::string(error_code_name(error.code))},
                           {"what", clean(error.what)},
                           {"where", clean(error.where)},
                           {"remedy", clean(error.remedy)}};
  return message;
}

std::optional<Error> error_of(const Message& message) {
  const auto found = message.head.find("error");
  if (found == message.head.end()) return {};
  Error unreadable{ErrorCode::damaged, "the other end reported an error that cannot be read", "", ""};
  if (!found->is_object()) return unreadable;
  const auto code = text_of(*found, "code");
  const auto what = text_of(*found, "what");
  if (!code || !what) return unreadable;
  return Error{error_code_from_name(*code), *what, text_of(*found, "where").value_or(""),
               text_of(*found, "remedy").value_or("")};
}

}  // namespace qorgan::net
