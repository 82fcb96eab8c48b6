#include "mpc/reference.h"

#include <algorithm>

namespace qorgan::mpc {
namespace {

using finger::kRows;
using finger::kWidth;

// probe_form() of finger/template.h in plain integers.
std::array<std::int16_t, kWidth> integer_probe_form(std::span<const std::int8_t, kWidth> row) {
  std::array<std::int16_t, kWidth> form{};
  for (std::size_t k = 0; k < finger::kSignCount; ++k) form[k] = static_cast<std::int16_t>(2 * row[k]);
  form[finger::kCountEntry] = static_cast<std::int16_t>(-row[finger::kUsedEntry]);
  form[finger::kUsedEntry] =
      static_cast<std::int16_t>(finger::kSignCount / 2 * row[finger::kUsedEntry] - row[finger::kCountEntry]);
  form[finger::kCosEntry] = row[finger::kCosEntry];
  form[finger::kSinEntry] = row[finger::kSinEntry];
  return form;
}

int product(const std::array<std::int16_t, kWidth>& form, const std::int8_t* row) {
  int sum = 0;
  for (std::size_t k = 0; k < kWidth; ++k) sum += form[k] * static_cast<std::int16_t>(row[k]);
  return sum;
}

using Margins = std::array<int, kRows * kRows>;

// What is left of an integer when bytes are computed with.
int wrapped(int value) {
  return static_cast<std::int8_t>(value);
}

struct Relation {
  int distance = 0;
  int bearing = 0;
  int bearing_back = 0;
};

// Of rows j and k in either order; zeros where they are the same.
Relation relation_of(const finger::Relations& relations, std::size_t j, std::size_t k) {
  if (j == k) return {};
  const std::size_t at = finger::relation_index(std::min(j, k), std::max(j, k));
  Relation found{relations.distance[at], relations.bearing[at], relations.bearing_back[at]};
  if (j > k) std::swap(found.bearing, found.bearing_back);
  return found;
}

bool within(int difference, int slack) {
  return wrapped(difference + slack) >= 0 && wrapped(slack - difference) >= 0;
}

bool agree(const Relation& probe, const Relation& gallery) {
  return within(gallery.distance - probe.distance, finger::kDistanceSlack) &&
         within(gallery.bearing - probe.bearing, finger::kBearingSlack) &&
         within(gallery.bearing_back - probe.bearing_back, finger::kBearingSlack);
}

int rows_with_a_similar_one(const Margins& margins, std::size_t gallery_rows) {
  int score = 0;
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto row = std::span(margins).subspan(i * kRows, gallery_rows);
    score += std::any_of(row.begin(), row.end(), [](int margin) { return margin >= 0; });
  }
  return score;
}

std::array<std::optional<std::size_t>, finger::kFineRows> matched_rows(const Margins& margins) {
  std::array<std::optional<std::size_t>, finger::kFineRows> matched;
  for (std::size_t i = 0; i < finger::kFineRows; ++i) {
    const auto row = std::span(margins).subspan(i * kRows, finger::kFineRows);
    for (std::size_t j = 0; j < finger::kFineRows; ++j) {
      bool best = row[j] >= finger::kFineSimilarityMin - finger::kSimilarityMin;
      for (std::size_t k = 0; k < finger::kFineRows; ++k) {
        if (k < j) best = best && wrapped(row[k] - row[j]) < 0;
        if (k > j) best = best && wrapped(row[j] - row[k]) >= 0;
      }
      if (best) matched[i] = j;
    }
  }
  return matched;
}

int fine_score(const Margins& margins, const finger::Template& probe, const finger::Template& gallery) {
  const auto matched = matched_rows(margins);
  int score = 0;
  for (std::size_t k = 1; k < finger::kFineRows; ++k) {
    for (std::size_t j = 0; j < k; ++j) {
      if (!matched[j] || !matched[k] || *matched[j] == *matched[k]) continue;
      score += agree(relation_of(probe.relations, j, k), relation_of(gallery.relations, *matched[j], *matched[k]));
    }
  }
  return score;
}

}  // namespace

std::array<int, kRows * kRows> similarity_margins(const finger::Template& probe, const finger::Template& gallery) {
  std::array<int, kRows * kRows> margins{};
  for (int i = 0; i < kRows; ++i) {
    const auto form = integer_probe_form(probe.row(i));
    for (int j = 0; j < kRows; ++j)
      margins[static_cast<std::size_t>(i * kRows + j)] = product(form, gallery.row(j).data()) - finger::kSimilarityMin;
  }
  return margins;
}

int coarse_score(const finger::Template& probe, const finger::Template& gallery) {
  return rows_with_a_similar_one(similarity_margins(probe, gallery), kRows);
}

int sieve_score(const finger::Template& probe, const finger::Template& gallery) {
  return rows_with_a_similar_one(similarity_margins(probe, gallery), limits::sieve_rows);
}

std::array<std::optional<std::size_t>, finger::kFineRows> matched_rows(const finger::Template& probe,
                                                                       const finger::Template& gallery) {
  return matched_rows(similarity_margins(probe, gallery));
}

int fine_score(const finger::Template& probe, const finger::Template& gallery) {
  return fine_score(similarity_margins(probe, gallery), probe, gallery);
}

int score(const finger::Template& probe, const finger::Template& gallery) {
  const Margins margins = similarity_margins(probe, gallery);
  return fine_score(margins, probe, gallery) + finger::kCoarseWeight * rows_with_a_similar_one(margins, kRows);
}

bool any_accepted(const std::vector<bool>& accepted) {
  return std::any_of(accepted.begin(), accepted.end(), [](bool one) { return one; });
}

}  // namespace qorgan::mpc
