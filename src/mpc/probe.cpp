#include "mpc/probe.h"

#include "finger/template.h"

namespace qorgan::mpc {
namespace {

// Where the transposed layout keeps an entry of a row.
std::size_t position(std::size_t row, std::size_t entry) {
  constexpr std::size_t kEntriesPerLane = 4;
  return entry / kEntriesPerLane * (kEntriesPerLane * limits::template_rows) + row * kEntriesPerLane +
         entry % kEntriesPerLane;
}

}  // namespace

PreparedProbe::PreparedProbe() : operands_(3 * limits::template_bytes), relations_(limits::relation_bytes) {}

PreparedProbe::PreparedProbe(const StoredShare& share) : PreparedProbe() {
  SecretBuffer rows(kExpandedBytes);
  const std::span<std::uint8_t, kExpandedBytes> expanded(rows.data(), kExpandedBytes);
  expand(share, expanded);
  prepare(expanded);
  SecretBuffer next(limits::relation_bytes);
  using Cells = std::span<std::uint8_t, limits::relation_bytes>;
  RelationShare(share).expand(Cells(relations_.data(), limits::relation_bytes),
                              Cells(next.data(), limits::relation_bytes));
}

PreparedProbe PreparedProbe::in_the_clear(const finger::Template& whole) {
  PreparedProbe probe;
  SecretBuffer rows(kExpandedBytes);
  const std::span<std::uint8_t, kExpandedBytes> expanded(rows.data(), kExpandedBytes);
  expand_in_the_clear(whole, expanded);
  probe.prepare(expanded);
  const finger::Relations& relations = whole.relations;
  std::uint8_t* to = probe.relations_.data();
  for (const auto* cells : {&relations.distance, &relations.bearing, &relations.bearing_back})
    to = std::copy(cells->begin(), cells->end(), to);
  return probe;
}

void PreparedProbe::prepare(std::span<const std::uint8_t, kExpandedBytes> expanded) {
  constexpr std::size_t kWidth = limits::template_width;
  std::array<std::uint8_t, kWidth> own{};
  std::array<std::uint8_t, kWidth> next{};
  for (std::size_t row = 0; row < limits::template_rows; ++row) {
    const auto shares = expanded.subspan(row * kExpandedRowBytes, kExpandedRowBytes);
    finger::probe_form(shares.first<kWidth>(), own);
    finger::probe_form(shares.last<kWidth>(), next);
    for (std::size_t entry = 0; entry < kWidth; ++entry) {
      std::uint8_t* const out = operands_.data() + position(row, entry);
      out[0] = own[entry];
      out[limits::template_bytes] = next[entry];
      out[2 * limits::template_bytes] = static_cast<std::uint8_t>(own[entry] + next[entry]);
    }
  }
  crypto::wipe(own);
  crypto::wipe(next);
}

}  // namespace qorgan::mpc
