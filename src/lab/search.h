// Identification in the clear with the decision that the custodians take: first who survives on matched rows, then who
// of them reaches the score.
#pragma once

#include <span>
#include <vector>

#include "finger/decision_model.h"
#include "lab/quick_score.h"

namespace qorgan::lab {

// A person of a gallery, or the probes of a search: fingers in one order for all.
using GalleryPerson = std::vector<QuickGallery>;
using ProbePerson = std::vector<finger::Template>;

struct Candidate {
  std::size_t person = 0;
  int score = 0;  // of all fingers together
};

// The survivors of the first stage with their scores, in the order of the gallery. The probe has at least one finger
// and every person as many as the probe (asserted).
std::vector<Candidate> survivors(const ProbePerson& probe, std::span<const GalleryPerson> gallery,
                                 const finger::DecisionModel& decision);

// What came of searches of which the mate's place in the gallery is known, or that have no mate there.
struct SearchOutcome {
  bool mate_survived = false;
  int mate_score = 0;
  int mate_rank = 0;   // 1 is the best; equals count before the mate. 0 where it did not survive
  int other_best = 0;  // the highest score of any other survivor
};
// Without a mate: `mate` is gallery.size().
SearchOutcome outcome_of(std::span<const Candidate> found, std::size_t mate);

}  // namespace qorgan::lab
