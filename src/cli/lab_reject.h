// What rejecting the worst prints does to the errors of the rest (ISO/IEC 29794-1: the error versus reject curve).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace qorgan::cli {

// The shares of prints that are rejected, and the false match rates at which thresholds are set.
inline constexpr std::array<double, 5> kRejected = {0, 0.05, 0.1, 0.2, 0.3};
inline constexpr std::array<double, 2> kFalseMatchRates = {0.001, 0.01};

struct JudgedPrint {
  std::string finger;
  int quality = 0;  // 0..100
};

struct JudgedPair {
  std::size_t a = 0;  // indices of prints
  std::size_t b = 0;
  int score = 0;
};

struct RejectCurve {
  int threshold = 0;  // the lowest score accepted
  // Share of mated pairs below the threshold among the prints that are left; nothing where none is left.
  std::array<std::optional<double>, kRejected.size()> fnmr;
};
using RejectCurves = std::array<RejectCurve, kFalseMatchRates.size()>;

// The threshold of each false match rate is the lowest with no more false matches than that among all pairs, and stays
// when prints are rejected: as many of the lowest quality as the share says, rounded, the earlier first among equals.
// Errors: invalid_input where there is no mated or no other pair.
Result<RejectCurves> error_versus_reject(const std::vector<JudgedPrint>& prints, const std::vector<JudgedPair>& pairs);

}  // namespace qorgan::cli
