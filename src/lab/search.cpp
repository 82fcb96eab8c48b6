#include "lab/search.h"

#include <algorithm>

#include "base/result.h"

namespace qorgan::lab {

std::vector<Candidate> survivors(const ProbePerson& probe, std::span<const GalleryPerson> gallery,
                                 const finger::DecisionModel& decision) {
  QORGAN_ASSERT(!probe.empty());
  const int rows_min = decision.survivor_rows_min(static_cast<int>(probe.size()));
  const std::vector<QuickProbe> fingers(probe.begin(), probe.end());
  std::vector<Candidate> found;
  for (std::size_t person = 0; person < gallery.size(); ++person) {
    QORGAN_ASSERT(gallery[person].size() == fingers.size());
    int rows = 0;
    for (std::size_t f = 0; f < fingers.size(); ++f) rows += fingers[f].rows(gallery[person][f]);
    if (rows < rows_min) continue;
    int score = 0;
    for (std::size_t f = 0; f < fingers.size(); ++f) score += fingers[f].compare(gallery[person][f]).score;
    found.push_back({person, score});
  }
  return found;
}

SearchOutcome outcome_of(std::span<const Candidate> found, std::size_t mate) {
  SearchOutcome outcome;
  for (const Candidate& candidate : found) {
    if (candidate.person == mate) {
      outcome.mate_survived = true;
      outcome.mate_score = candidate.score;
    } else {
      outcome.other_best = std::max(outcome.other_best, candidate.score);
    }
  }
  if (!outcome.mate_survived) return outcome;
  const auto before = [&](const Candidate& one) { return one.person != mate && one.score >= outcome.mate_score; };
  outcome.mate_rank = 1 + static_cast<int>(std::count_if(found.begin(), found.end(), before));
  return outcome;
}

}  // namespace qorgan::lab
