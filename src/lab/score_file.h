// Scores as text: a line PROBE GALLERY SCORE ROWS for each comparison, as `qorgan lab score --score both` writes them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "lab/score_set.h"

namespace qorgan::lab {

// The same comparisons by either score; subjects are fingers.
struct BothScores {
  ScoreSet score;
  ScoreSet rows;
};

// Empty lines are skipped. Errors: invalid_input, with `name` and the line: another form, a name that is not
// FINGER_IMPRESSION, a score outside 0..finger::kScoreMax or rows outside 0..finger::kRows, no comparison at all.
Result<BothScores> parse_scores(std::string_view text, const std::string& name);
std::string format_scores(const ScoreTable& table);

}  // namespace qorgan::lab
