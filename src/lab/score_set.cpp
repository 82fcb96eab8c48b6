#include "lab/score_set.h"

#include <algorithm>

#include "base/result.h"
#include "lab/quick_score.h"

namespace qorgan::lab {
namespace {

// The prints of one subject at one impression, one a finger.
using Sitting = std::vector<std::size_t>;

// Where the prints of each finger begin, and the end.
std::vector<std::size_t> finger_starts(const std::vector<PrintName>& prints) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < prints.size(); ++i)
    if (i == 0 || prints[i].finger != prints[i - 1].finger) starts.push_back(i);
  starts.push_back(prints.size());
  return starts;
}

std::vector<Sitting> sittings_of(const std::vector<PrintName>& prints, std::span<const std::size_t> starts) {
  std::vector<Sitting> sittings;
  for (std::size_t first = starts[0]; first < starts[1]; ++first) {
    Sitting sitting{first};
    for (std::size_t finger = 1; finger + 1 < starts.size(); ++finger)
      for (std::size_t i = starts[finger]; i < starts[finger + 1]; ++i)
        if (prints[i].impression == prints[first].impression) sitting.push_back(i);
    if (sitting.size() + 1 == starts.size()) sittings.push_back(std::move(sitting));
  }
  return sittings;
}

int sum_of(const ScoreTable& table, const Sitting& a, const Sitting& b, ScoreKind kind) {
  int sum = 0;
  for (std::size_t finger = 0; finger < a.size(); ++finger) sum += table.at(a[finger], b[finger]).of(kind);
  return sum;
}

SubjectPair compare(const ScoreTable& table, const std::vector<std::vector<Sitting>>& subjects, std::size_t a,
                    std::size_t b, ScoreKind kind) {
  SubjectPair pair{static_cast<int>(a), static_cast<int>(b), {}};
  for (std::size_t i = 0; i < subjects[a].size(); ++i)
    for (std::size_t j = a == b ? i + 1 : 0; j < subjects[b].size(); ++j)
      pair.scores.push_back(sum_of(table, subjects[a][i], subjects[b][j], kind));
  return pair;
}

}  // namespace

std::optional<PrintName> parse_print_name(std::string_view text) {
  const std::size_t underscore = text.find('_');
  if (underscore == 0 || underscore == std::string_view::npos || underscore + 1 == text.size()) return std::nullopt;
  return PrintName{std::string(text.substr(0, underscore)), std::string(text.substr(underscore + 1))};
}

ScoreTable compare_all(std::string name, std::vector<PrintName> prints,
                       std::span<const std::optional<finger::Template>> templates) {
  QORGAN_ASSERT(prints.size() == templates.size());
  std::vector<QuickGallery> galleries;
  galleries.reserve(templates.size());
  for (const auto& made : templates) galleries.emplace_back(made ? *made : finger::Template{});
  ScoreTable table{std::move(name), std::move(prints), {}};
  table.scores.resize(templates.size() * templates.size());
  for (std::size_t i = 0; i < templates.size(); ++i) {
    if (!templates[i]) continue;
    const QuickProbe probe(*templates[i]);
    for (std::size_t j = i + 1; j < templates.size(); ++j)
      if (templates[j]) table.scores[i * templates.size() + j] = probe.compare(galleries[j]);
  }
  return table;
}

ScoreSet group(const ScoreTable& table, int fingers_per_subject, ScoreKind kind) {
  QORGAN_ASSERT(fingers_per_subject >= 1);
  const auto each = static_cast<std::size_t>(fingers_per_subject);
  const std::vector<std::size_t> starts = finger_starts(table.prints);
  std::vector<std::vector<Sitting>> subjects;
  for (std::size_t first = 0; first + each < starts.size(); first += each)
    subjects.push_back(sittings_of(table.prints, std::span(starts).subspan(first, each + 1)));
  ScoreSet set{table.name, static_cast<int>(subjects.size()), {}};
  for (std::size_t a = 0; a < subjects.size(); ++a)
    for (std::size_t b = a; b < subjects.size(); ++b) set.pairs.push_back(compare(table, subjects, a, b, kind));
  return set;
}

}  // namespace qorgan::lab
