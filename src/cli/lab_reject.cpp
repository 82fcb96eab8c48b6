#include "cli/lab_reject.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qorgan::cli {
namespace {

int threshold_of(std::vector<int> other_scores, double rate) {
  std::sort(other_scores.begin(), other_scores.end());
  const auto accepted_max = static_cast<std::size_t>(rate * static_cast<double>(other_scores.size()));
  return other_scores[other_scores.size() - accepted_max - 1] + 1;
}

// For each print, how many are rejected before it.
std::vector<std::size_t> ranks_of(const std::vector<JudgedPrint>& prints) {
  std::vector<std::size_t> order(prints.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return prints[a].quality < prints[b].quality; });
  std::vector<std::size_t> ranks(prints.size());
  for (std::size_t i = 0; i < order.size(); ++i) ranks[order[i]] = i;
  return ranks;
}

std::optional<double> fnmr(const std::vector<JudgedPair>& mated, const std::vector<std::size_t>& ranks,
                           std::size_t rejected, int threshold) {
  int left = 0;
  int failed = 0;
  for (const JudgedPair& pair : mated) {
    if (std::min(ranks[pair.a], ranks[pair.b]) < rejected) continue;
    ++left;
    failed += pair.score < threshold ? 1 : 0;
  }
  if (left == 0) return std::nullopt;
  return static_cast<double>(failed) / left;
}

}  // namespace

Result<RejectCurves> error_versus_reject(const std::vector<JudgedPrint>& prints, const std::vector<JudgedPair>& pairs) {
  std::vector<JudgedPair> mated;
  std::vector<int> other_scores;
  for (const JudgedPair& pair : pairs) {
    if (prints[pair.a].finger == prints[pair.b].finger) {
      mated.push_back(pair);
    } else {
      other_scores.push_back(pair.score);
    }
  }
  if (mated.empty() || other_scores.empty())
    return failure(ErrorCode::invalid_input, "error rates need two prints of one finger, and one of another", {},
                   "Name the prints FINGER_IMPRESSION, for example 101_3.png");
  const std::vector<std::size_t> ranks = ranks_of(prints);
  RejectCurves curves;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    curves[i].threshold = threshold_of(other_scores, kFalseMatchRates[i]);
    for (std::size_t j = 0; j < kRejected.size(); ++j) {
      const auto rejected = static_cast<std::size_t>(std::lround(kRejected[j] * static_cast<double>(prints.size())));
      curves[i].fnmr[j] = fnmr(mated, ranks, rejected, curves[i].threshold);
    }
  }
  return curves;
}

}  // namespace qorgan::cli
