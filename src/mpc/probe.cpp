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

PreparedProbe::PreparedProbe(std::span<const std::uint8_t, kExpandedBytes> expanded)
    : operands_(3 * limits::template_bytes) {
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
