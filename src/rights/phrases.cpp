#include "rights/phrases.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "finger/position.h"

namespace qorgan::rights {
namespace {

using Table = std::map<std::string, std::string, std::less<>>;

Table read_table(ByteView file) {
  const auto json = nlohmann::json::parse(file.begin(), file.end(), nullptr, false);
  QORGAN_ASSERT(json.is_object());
  Table table;
  for (const auto& item : json.items()) {
    QORGAN_ASSERT(item.value().is_string());
    table.emplace(item.key(), item.value().get<std::string>());
  }
  return table;
}

const Table& table_of(Language language) {
  static const std::array<Table, 3> kTables = {read_table(receipt_words_kk()), read_table(receipt_words_ru()),
                                               read_table(receipt_words_en())};
  return kTables[static_cast<std::size_t>(language)];
}

}  // namespace

const std::string& phrase(Language language, std::string_view name) {
  const Table& table = table_of(language);
  const auto found = table.find(name);
  QORGAN_ASSERT(found != table.end());
  return found->second;
}

std::string phrase(Language language, std::string_view name,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> places) {
  std::string_view rest = phrase(language, name);
  std::string text;
  while (!rest.empty()) {
    const std::size_t open = std::min(rest.find('{'), rest.size());
    text += rest.substr(0, open);
    rest.remove_prefix(open);
    const std::size_t close = rest.find('}');
    if (close == std::string_view::npos) break;
    const std::string_view place = rest.substr(1, close - 1);
    const auto given =
        std::find_if(places.begin(), places.end(), [&](const auto& candidate) { return candidate.first == place; });
    text += given == places.end() ? rest.substr(0, close + 1) : given->second;
    rest.remove_prefix(close + 1);
  }
  return text + std::string(rest);
}

std::string finger_text(Language language, int position) {
  const auto known = finger::position_from_code(position);
  QORGAN_ASSERT(known);
  return phrase(language, "finger-" + std::string(finger::position_name(*known)));
}

}  // namespace qorgan::rights
