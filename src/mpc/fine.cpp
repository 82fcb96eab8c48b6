#include "mpc/fine.h"

#include <algorithm>
#include <array>

#include "finger/template.h"

namespace qorgan::mpc {
namespace {

constexpr std::size_t kRows = limits::template_rows;
constexpr std::size_t kFine = finger::kFineRows;
constexpr std::size_t kRelations = finger::kRelations;
// Bits about a pair of fingers: one for each fine row of the probe, one for each row.
constexpr std::size_t kFineBytes = kFine / 8;
constexpr std::size_t kAllBytes = kRows / 8;
static_assert(kFine % 8 == 0 && kRows % 8 == 0);

// The comparisons of a batch, in vectors that hold all pairs and the rows of their probes: which of two gallery rows is
// the more similar, whether a gallery row is similar enough, whether it is similar by the coarse score.
constexpr std::size_t kComparisons = (kRelations + kFine) * kFine + kRows * kRows;
static_assert(kFineBatchPairsMax * kComparisons <= kSignValuesMax);
// Two sides of three differences.
constexpr std::size_t kTests = 6;
static_assert((kFineBatchPairsMax * kRelations + 7) / 8 * 8 * kTests <= kSignValuesMax);
constexpr int kFineShift = finger::kSimilarityMin - finger::kFineSimilarityMin;

void copy(SharedBits from, std::size_t size, MutableSharedBits to) {
  std::copy_n(from.own, size, to.own);
  std::copy_n(from.next, size, to.next);
}

SharedBits at(SharedBits bits, std::size_t offset) {
  return {bits.own + offset, bits.next + offset};
}

// A table of kFine x kFine cells as one custodian holds it, widened so that products of two are exact modulo 256: the
// own share, and both shares added up.
struct Table {
  using Row = std::array<std::uint16_t, kFine>;
  std::array<Row, kFine> own{};
  std::array<Row, kFine> sum{};
};

void wipe(Table& table) {
  for (auto* part : {&table.own, &table.sum})
    crypto::wipe({reinterpret_cast<std::uint8_t*>(part->data()), sizeof(*part)});
}

// Row after row, `stride` cells from the beginning of one to that of the next.
void fill(SharedCells cells, std::size_t stride, Table& table) {
  for (std::size_t j = 0; j < kFine; ++j) {
    for (std::size_t k = 0; k < kFine; ++k) {
      const std::size_t from = j * stride + k;
      table.own[j][k] = cells.own[from];
      table.sum[j][k] = static_cast<std::uint16_t>(cells.own[from] + cells.next[from]);
    }
  }
}

// The addends of the product of two tables: out[i][k] is the sum of factor(i, j) right[j][k]. Of a factor, its own and
// its next share.
template <class Factor>
void multiply(const Factor& factor, const Table& right, std::uint8_t* out) {
  for (std::size_t i = 0; i < kFine; ++i) {
    Table::Row sum{};
    for (std::size_t j = 0; j < kFine; ++j) {
      const auto [own, next] = factor(i, j);
      for (std::size_t k = 0; k < kFine; ++k)
        sum[k] = static_cast<std::uint16_t>(sum[k] + own * right.sum[j][k] + next * right.own[j][k]);
    }
    for (std::size_t k = 0; k < kFine; ++k) out[i * kFine + k] = static_cast<std::uint8_t>(sum[k]);
  }
}

constexpr std::size_t kTableCells = kFine * kFine;

// The relations as two tables of cells: distances, and at (j, k) the bearing of row k seen from row j.
void lay_out(const std::uint8_t* relations, std::uint8_t shift, std::uint8_t* distance, std::uint8_t* bearing) {
  for (std::size_t k = 0; k < kFine; ++k) {
    distance[k * kFine + k] = shift;
    bearing[k * kFine + k] = 0;
    for (std::size_t j = 0; j < k; ++j) {
      const std::size_t from = finger::relation_index(j, k);
      distance[j * kFine + k] = static_cast<std::uint8_t>(shift + relations[from]);
      distance[k * kFine + j] = distance[j * kFine + k];
      bearing[j * kFine + k] = relations[kRelations + from];
      bearing[k * kFine + j] = relations[2 * kRelations + from];
    }
  }
}

// kDistanceShift is added to all distances of the gallery: a constant, which belongs to share 0.
void fill(const RelationShare& share, int party, Table& distance, Table& bearing) {
  SharedBuffer relations(limits::relation_bytes);
  using Cells = std::span<std::uint8_t, limits::relation_bytes>;
  share.expand(Cells(relations.own.data(), limits::relation_bytes),
               Cells(relations.next.data(), limits::relation_bytes));
  const auto shift = static_cast<std::uint8_t>(finger::kDistanceShift);
  SharedBuffer cells(2 * kTableCells);
  lay_out(relations.own.data(), party == 0 ? shift : std::uint8_t{0}, cells.own.data(), cells.own.data() + kTableCells);
  lay_out(relations.next.data(), party == kParties - 1 ? shift : std::uint8_t{0}, cells.next.data(),
          cells.next.data() + kTableCells);
  fill(cells.at(0), kFine, distance);
  fill(cells.at(kTableCells), kFine, bearing);
}

}  // namespace

Status FineScore::add_scores(std::span<const FingerPair> pairs, std::uint64_t turn, std::span<std::uint16_t> sums) {
  QORGAN_ASSERT(!pairs.empty() && pairs.size() <= kFineBatchPairsMax && sums.size() == pairs.size());
  const std::size_t count = pairs.size();
  SharedBuffer compared(count * kComparisons / 8);
  QORGAN_CHECK(compare_rows(pairs, turn, compared.at(0)));

  SharedBuffer chosen(count * kFine * kFineBytes);
  SharedBuffer unmatched(count * kAllBytes);
  QORGAN_CHECK(choose(count, {compared.own.data(), compared.next.data()}, chosen.at(0), unmatched.at(0)));

  const std::size_t cells = count * kFine * kFine;
  SharedBuffer chosen_cells(cells);
  QORGAN_CHECK(bits_to_cells(gates_, chosen.at(0), cells, chosen_cells.at(0)));

  const std::size_t relations = (count * kRelations + 7) / 8 * 8;
  SecretBuffer differences(3 * relations);
  QORGAN_CHECK(select(pairs, chosen_cells.at(0), differences.data()));

  SharedBuffer agreeing(relations / 8);
  QORGAN_CHECK(agree(relations, differences.data(), turn + 1, agreeing.at(0)));

  QORGAN_CHECK(add_bits(gates_, agreeing.at(0), kRelations, 1, sums));
  gates_.complement(unmatched.at(0), count * kAllBytes);
  return add_bits(gates_, unmatched.at(0), kRows, finger::kCoarseWeight, sums);
}

// The vectors, each [pair][probe row]: margin_j - margin_k of gallery rows j < k in the order of relation_index;
// margin_j against the threshold of the fine score; margin_j.
Status FineScore::compare_rows(std::span<const FingerPair> pairs, std::uint64_t turn, MutableSharedBits bits) {
  const std::size_t count = pairs.size();
  const int role = signs_.role(turn);
  const Kernel& kernel = gates_.kernel();
  SecretBuffer margins(count * kRows * kRows);
  for (std::size_t p = 0; p < count; ++p)
    margin_addends(kernel, role, pairs[p], kRows, margins.data() + p * kRows, count * kRows);

  const std::size_t vector = count * kFine;
  SecretBuffer fine(kFine * vector);
  for (std::size_t j = 0; j < kFine; ++j) {
    for (std::size_t p = 0; p < count; ++p)
      std::copy_n(margins.data() + (j * count + p) * kRows, kFine, fine.data() + j * vector + p * kFine);
  }
  SecretBuffer values(count * kComparisons);
  std::uint8_t* to = values.data();
  for (std::size_t k = 1; k < kFine; ++k) {
    for (std::size_t j = 0; j < k; ++j) {
      kernel.subtract(fine.data() + j * vector, fine.data() + k * vector, vector, to);
      to += vector;
    }
  }
  const std::uint8_t shift = role == 0 ? static_cast<std::uint8_t>(kFineShift) : std::uint8_t{0};
  to = std::transform(fine.data(), fine.data() + kFine * vector, to,
                      [shift](std::uint8_t margin) { return static_cast<std::uint8_t>(margin + shift); });
  std::copy_n(margins.data(), count * kRows * kRows, to);

  const auto source = [&](std::size_t first, MutableByteView out) {
    std::copy_n(values.data() + first, out.size(), out.data());
  };
  QORGAN_CHECK(signs_.negative(values.size(), turn, source));
  copy(signs_.bits(), values.size() / 8, bits);
  return {};
}

// A gallery row is chosen where it is similar enough, more similar than each row before it, and as similar as each row
// after it. Beside it, in the same exchanges, the coarse score's AND over all gallery rows.
Status FineScore::choose(std::size_t pairs, SharedBits compared, MutableSharedBits chosen,
                         MutableSharedBits unmatched) {
  const std::size_t vector = pairs * kFineBytes;
  const std::size_t layer = kFine * vector;
  const std::size_t coarse = pairs * kAllBytes;
  // Layer n holds, for each gallery row j, the n-th condition for its being chosen; condition j of row j is that it is
  // similar enough.
  SharedBuffer conditions(kFine * layer);
  for (std::size_t j = 0; j < kFine; ++j) {
    for (std::size_t k = 0; k < kFine; ++k) {
      const MutableSharedBits to = conditions.at(k * layer + j * vector);
      const std::size_t from = j == k ? kRelations + j : finger::relation_index(std::min(j, k), std::max(j, k));
      copy(at(compared, from * vector), vector, to);
      if (k >= j) gates_.complement(to, vector);
    }
  }
  SharedBuffer dissimilar(kRows * coarse);
  copy(at(compared, (kRelations + kFine) * vector), kRows * coarse, dissimilar.at(0));

  SharedBuffer left(kFine / 2 * layer + kRows / 2 * coarse);
  SharedBuffer right(kFine / 2 * layer + kRows / 2 * coarse);
  std::size_t layers = kFine;
  std::size_t rows = kRows;
  while (layers > 1 || rows > 1) {
    const std::size_t fine_bytes = layers / 2 * layer;
    const std::size_t coarse_bytes = rows / 2 * coarse;
    // Where the number of layers is odd, the last one waits.
    copy(conditions.at(0), fine_bytes, left.at(0));
    copy(conditions.at(fine_bytes), fine_bytes, right.at(0));
    copy(dissimilar.at(0), coarse_bytes, left.at(fine_bytes));
    copy(dissimilar.at(coarse_bytes), coarse_bytes, right.at(fine_bytes));
    QORGAN_CHECK(gates_.and_into(left.at(0), right.at(0), fine_bytes + coarse_bytes, left.at(0)));
    copy(left.at(0), fine_bytes, conditions.at(0));
    if (layers % 2 == 1) copy(conditions.at(2 * fine_bytes), layer, conditions.at(fine_bytes));
    copy(left.at(fine_bytes), coarse_bytes, dissimilar.at(0));
    layers -= layers / 2;
    rows -= rows / 2;
  }
  copy(conditions.at(0), layer, chosen);
  copy(dissimilar.at(0), coarse, unmatched);
  return {};
}

// The relations of the chosen gallery rows, less those of the probe: addends of three runs of differences, [pair] in
// the order of relation_index: distance, bearing, bearing back.
Status FineScore::select(std::span<const FingerPair> pairs, SharedCells chosen, std::uint8_t* differences) {
  const std::size_t count = pairs.size();
  const std::size_t relations = (count * kRelations + 7) / 8 * 8;
  const int party = gates_.keys().party();
  Table distance;
  Table bearing;
  // Of each pair, for each probe row the rows of the two tables that belong to the gallery row chosen for it.
  SecretBuffer addends(count * 2 * kTableCells);
  for (std::size_t p = 0; p < count; ++p) {
    QORGAN_ASSERT(pairs[p].gallery_relations != nullptr);
    fill(*pairs[p].gallery_relations, party, distance, bearing);
    const auto chosen_for = [&](std::size_t i, std::size_t j) {
      const std::size_t cell = (j * count + p) * kFine + i;
      return std::pair(chosen.own[cell], chosen.next[cell]);
    };
    std::uint8_t* const to = addends.data() + p * 2 * kTableCells;
    multiply(chosen_for, distance, to);
    multiply(chosen_for, bearing, to + kTableCells);
  }
  wipe(distance);
  wipe(bearing);
  SharedBuffer rows(count * 2 * kTableCells);
  QORGAN_CHECK(share_addends(gates_, addends.data(), addends.size(), rows.at(0)));

  Table columns;
  SecretBuffer selected(2 * kTableCells);
  for (std::size_t p = 0; p < count; ++p) {
    fill(at(chosen, p * kFine), count * kFine, columns);
    for (std::size_t table = 0; table < 2; ++table) {
      const SharedCells of_table = rows.at((2 * p + table) * kTableCells);
      const auto cell = [&](std::size_t i, std::size_t j) {
        return std::pair(of_table.own[i * kFine + j], of_table.next[i * kFine + j]);
      };
      multiply(cell, columns, selected.data() + table * kTableCells);
    }
    const std::uint8_t* const distances = selected.data();
    const std::uint8_t* const bearings = selected.data() + kTableCells;
    const std::uint8_t* const probe = pairs[p].probe->relations();
    const auto shift = static_cast<std::uint8_t>(party == 0 ? finger::kDistanceShift : 0);
    for (std::size_t k = 1; k < kFine; ++k) {
      for (std::size_t i = 0; i < k; ++i) {
        const std::size_t at = finger::relation_index(i, k);
        std::uint8_t* const to = differences + p * kRelations + at;
        to[0] = static_cast<std::uint8_t>(distances[i * kFine + k] - probe[at] - shift);
        to[relations] = static_cast<std::uint8_t>(bearings[i * kFine + k] - probe[kRelations + at]);
        to[2 * relations] = static_cast<std::uint8_t>(bearings[k * kFine + i] - probe[2 * kRelations + at]);
      }
    }
  }
  wipe(columns);
  return {};
}

// Six tests for each difference d: d + slack and slack - d are both not negative.
Status FineScore::agree(std::size_t relations, const std::uint8_t* differences, std::uint64_t turn,
                        MutableSharedBits agreeing) {
  const int party = gates_.keys().party();
  const auto slack_of = [&](std::size_t which) {
    const int slack = which == 0 ? finger::kDistanceSlack : finger::kBearingSlack;
    return static_cast<std::uint8_t>(party == 0 ? slack : 0);
  };
  SecretBuffer values(kTests * relations);
  for (std::size_t which = 0; which < 3; ++which) {
    const std::uint8_t* const from = differences + which * relations;
    std::uint8_t* const below = values.data() + which * relations;
    std::uint8_t* const above = below + 3 * relations;
    for (std::size_t i = 0; i < relations; ++i) {
      below[i] = static_cast<std::uint8_t>(from[i] + slack_of(which));
      above[i] = static_cast<std::uint8_t>(slack_of(which) - from[i]);
    }
  }
  const auto source = [&](std::size_t first, MutableByteView out) {
    std::copy_n(values.data() + first, out.size(), out.data());
  };
  QORGAN_CHECK(signs_.negative(values.size(), turn, source));
  const std::size_t plane = relations / 8;
  SharedBuffer tests(kTests * plane);
  copy(signs_.bits(), kTests * plane, tests.at(0));
  gates_.complement(tests.at(0), kTests * plane);
  // Six to three, three to two, two to one.
  QORGAN_CHECK(gates_.and_into(tests.at(0), tests.at(3 * plane), 3 * plane, tests.at(0)));
  QORGAN_CHECK(gates_.and_into(tests.at(0), tests.at(plane), plane, tests.at(0)));
  QORGAN_CHECK(gates_.and_into(tests.at(0), tests.at(2 * plane), plane, tests.at(0)));
  copy(tests.at(0), plane, agreeing);
  return {};
}

}  // namespace qorgan::mpc
