// The private match on real prints: all pairs of one set, each exactly as the clear reference has it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "finger/load.h"
#include "finger/make_template.h"
#include "mpc/reference.h"
#include "tests/mpc/support.h"
#include "tests/support/source_folder.h"

namespace qorgan::mpc::test {
namespace {

namespace fs = std::filesystem;

std::vector<finger::Template> load_templates(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<finger::Template> templates;
  for (const fs::path& path : paths) {
    const auto minutiae = finger::load_minutiae(path);
    if (!minutiae) continue;
    if (const auto made = finger::make_template(*minutiae)) templates.push_back(*made);
  }
  return templates;
}

// The answers at a score and one above it pin the score down.
TEST(RealSet, EveryPairGivesTheReferencesScore) {
  const fs::path folder = qorgan::test::source_folder() / "../shared/fingerprints/fvc2000_db2";
  if (!fs::exists(folder)) GTEST_SKIP() << "no real prints here";
  const std::vector<finger::Template> templates = load_templates(folder);
  ASSERT_GE(templates.size(), 70U);
  constexpr std::uint64_t kSeed = 20261123;
  Random random(kSeed);
  for (std::size_t i = 0; i < templates.size(); ++i) {
    std::vector<ClearPerson> people;
    std::vector<bool> expected;
    for (std::size_t j = i + 1; j < templates.size(); ++j) {
      const int rows = sieve_score(templates[i], templates[j]);
      const int value = score(templates[i], templates[j]);
      people.push_back({{{&templates[i], &templates[j]}}, rows, value});
      people.push_back({{{&templates[i], &templates[j]}}, rows + 1, value + 1});
      expected.insert(expected.end(), {true, false});
    }
    EXPECT_EQ(match_privately(random, people), expected) << "sieve, print " << i << ", seed " << kSeed;
    EXPECT_EQ(match_privately(random, people, best_kernel(), by_score), expected)
        << "score, print " << i << ", seed " << kSeed;
  }
}

}  // namespace
}  // namespace qorgan::mpc::test
