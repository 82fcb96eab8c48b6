#include "lab/score_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

namespace qorgan::lab {
namespace {

struct Line {
  PrintName probe;
  PrintName gallery;
  Scores scores;
};

std::string_view next_word(std::string_view& line) {
  const std::size_t begins = std::min(line.find_first_not_of(" \t\r"), line.size());
  const std::size_t ends = std::min(line.find_first_of(" \t\r", begins), line.size());
  const std::string_view word = line.substr(begins, ends - begins);
  line.remove_prefix(ends);
  return word;
}

std::optional<int> number(std::string_view word, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value < 0 || value > max) return std::nullopt;
  return value;
}

std::optional<Line> parse_line(std::string_view text) {
  const auto probe = parse_print_name(next_word(text));
  const auto gallery = parse_print_name(next_word(text));
  const auto score = number(next_word(text), finger::kScoreMax);
  const auto rows = number(next_word(text), finger::kRows);
  if (!probe || !gallery || !score || !rows || !next_word(text).empty()) return std::nullopt;
  return Line{*probe, *gallery, {*rows, *score}};
}

class Collector {
 public:
  void add(const Line& line) {
    const int a = subject(line.probe.finger);
    const int b = subject(line.gallery.finger);
    Scored& scored = pairs_[{std::min(a, b), std::max(a, b)}];
    scored.score.push_back(line.scores.score);
    scored.rows.push_back(line.scores.rows);
  }
  BothScores take(const std::string& name) {
    const int subjects = static_cast<int>(subjects_.size());
    BothScores both{{name, subjects, {}}, {name, subjects, {}}};
    for (auto& [who, scored] : pairs_) {
      both.score.pairs.push_back({who.first, who.second, std::move(scored.score)});
      both.rows.pairs.push_back({who.first, who.second, std::move(scored.rows)});
    }
    return both;
  }
  bool empty() const { return pairs_.empty(); }

 private:
  struct Scored {
    std::vector<int> score;
    std::vector<int> rows;
  };
  int subject(const std::string& finger) {
    return subjects_.try_emplace(finger, static_cast<int>(subjects_.size())).first->second;
  }
  std::map<std::string, int> subjects_;
  std::map<std::pair<int, int>, Scored> pairs_;
};

}  // namespace

Result<BothScores> parse_scores(std::string_view text, const std::string& name) {
  Collector collector;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::optional<Line> parsed = parse_line(line);
    if (!parsed)
      return failure(ErrorCode::invalid_input, "a line is not of the form PROBE GALLERY SCORE ROWS",
                     fmt::format("{}, line {}", name, number), "Give what `qorgan lab score --score both` wrote");
    collector.add(*parsed);
  }
  if (collector.empty())
    return failure(ErrorCode::invalid_input, "there is no comparison in the file", name,
                   "Give what `qorgan lab score --score both` wrote");
  return collector.take(name);
}

std::string format_scores(const ScoreTable& table) {
  std::string text;
  const auto name = [&](std::size_t i) { return table.prints[i].finger + '_' + table.prints[i].impression; };
  for (std::size_t i = 0; i < table.prints.size(); ++i)
    for (std::size_t j = i + 1; j < table.prints.size(); ++j)
      text += fmt::format("{} {} {} {}\n", name(i), name(j), table.at(i, j).score, table.at(i, j).rows);
  return text;
}

}  // namespace qorgan::lab
