#include "lab/calibration.h"

#include <fmt/format.h>

namespace qorgan::lab {
namespace {

std::string array_source(const char* name, const finger::Tail& tail) {
  constexpr std::size_t kPerLine = 10;
  std::string text = fmt::format("inline constexpr std::array<double, {}> {} = {{\n", tail.size(), name);
  for (std::size_t i = 0; i < tail.size(); ++i) {
    text += i % kPerLine == 0 ? "    " : " ";
    text += fmt::format("{:.3e},", tail[i]);
    if (i % kPerLine == kPerLine - 1 || i + 1 == tail.size()) text += '\n';
  }
  return text + "};\n";
}

}  // namespace

Result<Calibration> calibrate(std::span<const ScoreSet> score, std::span<const ScoreSet> rows, std::uint64_t seed) {
  TailOptions of_score;
  of_score.shape = TailShape::root;
  of_score.score_max = finger::kScoreMax;
  of_score.seed = seed;
  TailOptions of_rows = of_score;
  of_rows.shape = TailShape::linear;
  of_rows.score_max = finger::kRows;
  auto score_fit = fit_tail(score, of_score);
  auto rows_fit = fit_tail(rows, of_rows);
  if (!score_fit || !rows_fit)
    return failure(ErrorCode::invalid_input, "too few comparisons of different fingers to fit a tail", {},
                   "Give the scores of sets with at least some thousand such comparisons");
  return Calibration{*std::move(score_fit), *std::move(rows_fit)};
}

std::string decision_table_source(const Calibration& calibration, const std::string& command, std::size_t sets) {
  std::string text = "// Made by\n";
  text += fmt::format("//   {}\n", command);
  text += fmt::format("// from {:.0f} comparisons of different fingers in {} sets. The model is that of lab/tail.h.\n",
                      calibration.score.comparisons, sets);
  text += "#pragma once\n\n#include <array>\n\n// clang-format off\nnamespace qorgan::finger {\n\n";
  text += "// Share of comparisons of different fingers whose score is at least 0, 1, 2, ...: upper bounds at 95 %.\n";
  text += fmt::format("// Counted up to {}, then falling by exp(-{:.2f}) a square root of the score (estimate).\n",
                      calibration.score.counted_to, calibration.score.rate);
  text += array_source("kScoreTail", calibration.score.upper);
  text += "\n// The same of the matched rows of the sieve: estimates.\n";
  text += fmt::format("// Counted up to {}, then falling by exp(-{:.2f}) a row.\n", calibration.rows.counted_to,
                      calibration.rows.rate);
  text += array_source("kRowsTail", calibration.rows.estimate);
  return text + "\n}  // namespace qorgan::finger\n// clang-format on\n";
}

}  // namespace qorgan::lab
