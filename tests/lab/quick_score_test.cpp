#include "lab/quick_score.h"

#include <gtest/gtest.h>

#include "finger/make_template.h"
#include "finger/synth/finger.h"
#include "finger/synth/minutiae.h"
#include "lab/synthetic_trial.h"
#include "mpc/reference.h"

namespace qorgan::lab {
namespace {

constexpr std::uint64_t kSeed = 4711;

std::vector<finger::Template> some_templates() {
  std::vector<finger::Template> made;
  for (std::size_t person = 0; person < 6; ++person)
    for (int impression = 0; impression < 3; ++impression) {
      const auto one = artificial_person(kSeed, person, 2, 1, impression);
      EXPECT_TRUE(one) << "seed " << kSeed;
      if (one) made.push_back(one->front());
    }
  made.emplace_back();  // a template without a row
  return made;
}

TEST(QuickScore, EqualsTheReferenceOnEveryKernel) {
  const std::vector<finger::Template> all = some_templates();
  int mated_rows = 0;
  for (const mpc::Kernel* kernel : mpc::supported_kernels()) {
    for (const finger::Template& probe : all) {
      const QuickProbe quick(probe, *kernel);
      for (const finger::Template& gallery : all) {
        const Scores scores = quick.compare(QuickGallery(gallery));
        ASSERT_EQ(scores.rows, mpc::sieve_score(probe, gallery)) << kernel->name << ", seed " << kSeed;
        ASSERT_EQ(scores.score, mpc::score(probe, gallery)) << kernel->name << ", seed " << kSeed;
        mated_rows = std::max(mated_rows, scores.rows);
      }
    }
  }
  EXPECT_GT(mated_rows, 5) << "the templates were alike in nothing: the comparison above says little";
}

}  // namespace
}  // namespace qorgan::lab
