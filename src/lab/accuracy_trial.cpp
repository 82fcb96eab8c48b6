#include "lab/accuracy_trial.h"

#include <algorithm>

#include "finger/learn_projection.h"
#include "finger/make_template.h"
#include "lab/calibration.h"

namespace qorgan::lab {
namespace {

std::optional<finger::Template> template_of(const std::optional<finger::Minutiae>& minutiae,
                                            const finger::Projection& projection) {
  if (!minutiae) return std::nullopt;
  auto made = finger::make_template(*minutiae, projection);
  return made ? std::optional(*std::move(made)) : std::nullopt;
}

Result<finger::Projection> learn_on_others(const std::vector<PrintSet>& sets, std::size_t without) {
  std::vector<finger::Minutiae> prints;
  std::string command = "qorgan lab report accuracy";
  for (std::size_t s = 0; s < sets.size(); ++s) {
    if (s == without) continue;
    command += ' ' + sets[s].name;
    for (const auto& minutiae : sets[s].minutiae)
      if (minutiae) prints.push_back(*minutiae);
  }
  return finger::learn_projection(prints, command);
}

struct Compared {
  finger::Projection projection;
  std::vector<std::optional<finger::Template>> templates;
  ScoreTable table;
};

Result<Compared> compare_set(const std::vector<PrintSet>& sets, std::size_t index) {
  Compared compared;
  QORGAN_TRY(compared.projection, learn_on_others(sets, index));
  for (const auto& minutiae : sets[index].minutiae)
    compared.templates.push_back(template_of(minutiae, compared.projection));
  compared.table = compare_all(sets[index].name, sets[index].prints, compared.templates);
  return compared;
}

template <class T>
std::vector<T> all_but(const std::vector<T>& all, std::size_t without) {
  std::vector<T> others;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i != without) others.push_back(all[i]);
  return others;
}

// A subject's prints at one impression.
struct Sitting {
  std::size_t set = 0;
  std::size_t subject = 0;  // of all sets
  bool enrolled = false;
  std::vector<std::size_t> prints;
};

std::vector<Sitting> sittings_of(const PrintSet& set, std::size_t set_index, std::size_t fingers,
                                 std::size_t first_subject) {
  std::vector<std::vector<std::size_t>> by_finger;
  for (std::size_t i = 0; i < set.prints.size(); ++i) {
    if (i == 0 || set.prints[i].finger != set.prints[i - 1].finger) by_finger.emplace_back();
    by_finger.back().push_back(i);
  }
  std::vector<Sitting> sittings;
  for (std::size_t from = 0; from + fingers <= by_finger.size(); from += fingers) {
    std::size_t impressions = by_finger[from].size();
    for (std::size_t f = from; f < from + fingers; ++f) impressions = std::min(impressions, by_finger[f].size());
    for (std::size_t i = 0; i < impressions; ++i) {
      Sitting sitting{set_index, first_subject + from / fingers, i == 0, {}};
      for (std::size_t f = from; f < from + fingers; ++f) sitting.prints.push_back(by_finger[f][i]);
      sittings.push_back(std::move(sitting));
    }
  }
  return sittings;
}

std::vector<Sitting> all_sittings(std::span<const JudgedSet> sets, std::size_t fingers) {
  std::vector<Sitting> all;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    const std::size_t first = all.empty() ? 0 : all.back().subject + 1;
    const auto more = sittings_of(sets[s].source, s, fingers, first);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

ProbePerson templates_of(const JudgedSet& set, const Sitting& sitting, const finger::Projection& projection) {
  ProbePerson templates;
  for (const std::size_t print : sitting.prints)
    templates.push_back(template_of(set.source.minutiae[print], projection).value_or(finger::Template{}));
  return templates;
}

}  // namespace

Result<std::vector<JudgedSet>> judge(std::vector<PrintSet> sets) {
  if (sets.size() < 2)
    return failure(ErrorCode::invalid_input, "fewer than two sets of prints", {},
                   "Give a folder with one folder of FINGER_IMPRESSION prints for each set");
  std::vector<Compared> compared;
  std::vector<ScoreSet> scores;
  std::vector<ScoreSet> rows;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    QORGAN_TRY(Compared one, compare_set(sets, s));
    scores.push_back(group(one.table, 1, ScoreKind::score));
    rows.push_back(group(one.table, 1, ScoreKind::rows));
    compared.push_back(std::move(one));
  }
  std::vector<JudgedSet> judged;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    QORGAN_TRY(const Calibration others, calibrate(all_but(scores, s), all_but(rows, s)));
    judged.push_back({std::move(sets[s]), compared[s].projection, std::move(compared[s].templates),
                      std::move(compared[s].table), others.decision()});
  }
  return judged;
}

RealSearches search_real(std::span<const JudgedSet> sets, int fingers_per_subject) {
  const std::vector<Sitting> sittings = all_sittings(sets, static_cast<std::size_t>(fingers_per_subject));
  RealSearches result;
  for (std::size_t s = 0; s < sets.size(); ++s) {
    std::vector<GalleryPerson> gallery;
    for (const Sitting& sitting : sittings) {
      if (!sitting.enrolled) continue;
      GalleryPerson person;
      for (const finger::Template& made : templates_of(sets[sitting.set], sitting, sets[s].projection))
        person.emplace_back(made);
      gallery.push_back(std::move(person));
    }
    result.gallery_people = gallery.size();
    const int score_min = sets[s].decision.identification_score_min(fingers_per_subject, gallery.size());
    for (const Sitting& sitting : sittings) {
      if (sitting.enrolled || sitting.set != s) continue;
      const auto found = survivors(templates_of(sets[s], sitting, sets[s].projection), gallery, sets[s].decision);
      result.searches.push_back({outcome_of(found, sitting.subject), score_min});
    }
  }
  return result;
}

}  // namespace qorgan::lab
