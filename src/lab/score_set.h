// The scores of a trial, grouped by whose fingers were compared: comparisons of one finger are not independent of one
// another, so that errors are estimated by drawing whole subjects.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finger/template.h"

namespace qorgan::lab {

// A subject is a finger, or a person of whom several fingers' scores are added up.
struct SubjectPair {
  int a = 0;  // a <= b; mated comparisons where equal
  int b = 0;
  std::vector<int> scores;
};

struct ScoreSet {
  std::string name;
  int subjects = 0;
  std::vector<SubjectPair> pairs;
};

// What is compared: the matched rows of a search's first stage (mpc::sieve_score), or mpc::score.
enum class ScoreKind { rows, score };
struct Scores {
  int rows = 0;
  int score = 0;
  int of(ScoreKind kind) const { return kind == ScoreKind::rows ? rows : score; }
};

// One print of a set: FINGER_IMPRESSION.
struct PrintName {
  std::string finger;
  std::string impression;
  bool operator==(const PrintName&) const = default;
};
// The name's part before the first underscore and the rest; nothing where either would be empty.
std::optional<PrintName> parse_print_name(std::string_view text);

// A set of prints compared with one another: scores[i * prints.size() + j] for i < j, the others unused. Prints stand
// in the order of their names, so that all of one finger are together.
struct ScoreTable {
  std::string name;
  std::vector<PrintName> prints;
  std::vector<Scores> scores;
  const Scores& at(std::size_t i, std::size_t j) const { return scores[i * prints.size() + j]; }
};

// Compares all prints with one another, earlier ones as probes; a print without a template reaches 0 with every other.
ScoreTable compare_all(std::string name, std::vector<PrintName> prints,
                       std::span<const std::optional<finger::Template>> templates);

// Subjects of `fingers_per_subject` fingers that follow one another in the table; a subject's impression n is those of
// its fingers called n, and their scores are added up. Fingers left over at the end, and impressions that not all
// fingers of a subject have, are left out. fingers_per_subject at least 1 (asserted).
ScoreSet group(const ScoreTable& table, int fingers_per_subject, ScoreKind kind);

}  // namespace qorgan::lab
