#include "lab/synthetic_trial.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "finger/make_template.h"
#include "finger/synth/finger.h"
#include "finger/synth/minutiae.h"

namespace qorgan::lab {
namespace {

namespace synth = finger::synth;

constexpr int kFirstPosition = 2;  // the right index finger

Result<finger::Template> take(const synth::MinutiaeFinger& finger, int impression) {
  constexpr int kTries = 20;
  Error last;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    auto made = finger::make_template(
        synth::minutiae_impression(finger, synth::impression_seed(finger.seed, kTries * impression + attempt)));
    if (made) return made;
    last = made.error();
  }
  return tl::unexpected(last);
}

}  // namespace

Result<ProbePerson> artificial_person(std::uint64_t population_seed, std::size_t person, int first_position,
                                      int fingers, int impression) {
  ProbePerson templates;
  const std::uint64_t person_seed = synth::person_seed(population_seed, person);
  for (int finger = 0; finger < fingers; ++finger) {
    const auto skin = synth::make_minutiae(synth::finger_seed(person_seed, first_position + finger));
    QORGAN_TRY(finger::Template taken, take(skin, impression));
    templates.push_back(taken);
  }
  return templates;
}

void for_each_index(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(run);
  run();
}

Result<SyntheticSearches> search_synthetic(const SyntheticOptions& options, const finger::DecisionModel& decision) {
  std::vector<GalleryPerson> gallery(options.people);
  std::vector<Status> made(options.people + 2 * options.searches);
  for_each_index(options.people, options.threads, [&](std::size_t person) {
    const auto taken = artificial_person(options.seed, person, kFirstPosition, options.fingers, 0);
    if (taken) {
      gallery[person] = GalleryPerson(taken->begin(), taken->end());
    } else {
      made[person] = tl::unexpected(taken.error());
    }
  });
  SyntheticSearches result;
  result.mated.resize(options.searches);
  result.nonmated.resize(options.searches);
  const bool complete = std::all_of(made.begin(), made.end(), [](const Status& one) { return one.has_value(); });
  if (complete) {
    for_each_index(2 * options.searches, options.threads, [&](std::size_t search) {
      const bool mated = search < options.searches;
      // Mated probes are spread over the gallery; the others come from people beyond it.
      const std::size_t person = mated ? search * (options.people / std::max<std::size_t>(options.searches, 1))
                                       : options.people + (search - options.searches);
      const auto probe = artificial_person(options.seed, person, kFirstPosition, options.fingers, 1);
      if (!probe) {
        made[options.people + search] = tl::unexpected(probe.error());
        return;
      }
      auto& outcome = mated ? result.mated[search] : result.nonmated[search - options.searches];
      outcome = outcome_of(survivors(*probe, gallery, decision), mated ? person : options.people);
    });
  }
  for (const Status& one : made) QORGAN_CHECK(one);
  return result;
}

}  // namespace qorgan::lab
