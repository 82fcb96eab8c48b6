#include "finger/decision.h"

#include <algorithm>

#include "finger/decision_model.h"
#include "finger/decision_table.h"
#include "finger/template.h"

namespace qorgan::finger {
namespace {

static_assert(kScoreTail.size() == std::size_t{kScoreMax} + 1, "calibrated for other scores: run qorgan lab calibrate");
static_assert(kRowsTail.size() == std::size_t{kRows} + 1, "calibrated for other templates: run qorgan lab calibrate");

const DecisionModel& model() {
  static const DecisionModel made(kScoreTail, kRowsTail);
  return made;
}

}  // namespace

int verification_score_min(int fingers) {
  return model().verification_score_min(fingers);
}

int identification_score_min(int fingers, std::size_t gallery_people) {
  return model().identification_score_min(fingers, gallery_people);
}

int survivor_rows_min(int fingers) {
  return model().survivor_rows_min(fingers);
}

double false_match_rate(int fingers, int score) {
  return model().false_match_rate(fingers, score);
}

}  // namespace qorgan::finger
