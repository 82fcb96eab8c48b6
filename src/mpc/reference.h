// The private match in the clear: what the custodians together must compute, to the last bit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "finger/template.h"

namespace qorgan::mpc {

// <probe_form(p), g> - kSimilarityMin for every pair of rows, row-major, [probe row][gallery row], as plain integers
// (not modulo 256). Templates are well formed (finger/template.h).
std::array<int, finger::kRows * finger::kRows> similarity_margins(const finger::Template& probe,
                                                                  const finger::Template& gallery);

// The coarse score: how many rows of the probe have at least one similar row in the gallery template. 0..32.
int coarse_score(const finger::Template& probe, const finger::Template& gallery);

// The sieve score of a search: how many rows of the probe have at least one similar row among the first
// limits::sieve_rows of the gallery template. 0..32.
int sieve_score(const finger::Template& probe, const finger::Template& gallery);

// The gallery row that each of the first kFineRows rows of the probe is matched with, step 1 of the fine score
// (finger/template.h); empty where none. Differences of similarities are compared as the private match does, modulo
// 256 between -128 and 127, which for templates made of prints changes nothing.
std::array<std::optional<std::size_t>, finger::kFineRows> matched_rows(const finger::Template& probe,
                                                                       const finger::Template& gallery);

// How many pairs of matched rows agree. 0..kRelations.
int fine_score(const finger::Template& probe, const finger::Template& gallery);

// fine_score + kCoarseWeight coarse_score: what is added up over a person's fingers and compared with the threshold.
// 0..kScoreMax.
int score(const finger::Template& probe, const finger::Template& gallery);

// The answer of one bit: whether anybody was accepted.
bool any_accepted(const std::vector<bool>& accepted);

}  // namespace qorgan::mpc
