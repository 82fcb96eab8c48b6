// Searches among artificial people (finger/synth/minutiae.h), in the clear, with the decision that the program ships.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "lab/search.h"

namespace qorgan::lab {

struct SyntheticOptions {
  std::size_t people = 10'000;
  int fingers = 2;
  std::size_t searches = 500;  // of people in the gallery, and as many of people who are not
  std::uint64_t seed = 2026;
  int threads = 1;
};

struct SyntheticSearches {
  std::vector<SearchOutcome> mated;
  std::vector<SearchOutcome> nonmated;
};

// The same seed gives the same outcomes, whatever the threads. Errors: low_quality where twenty impressions of a finger
// in a row yield no template.
Result<SyntheticSearches> search_synthetic(const SyntheticOptions& options, const finger::DecisionModel& decision);

// Two impressions of an artificial person's fingers are numbered; an impression without a template is taken again, as
// at a counter. positions are those of finger/synth/finger.h, from first_position on.
Result<ProbePerson> artificial_person(std::uint64_t population_seed, std::size_t person, int first_position,
                                      int fingers, int impression);

// Calls work(0) .. work(count - 1) on so many threads.
void for_each_index(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

}  // namespace qorgan::lab
