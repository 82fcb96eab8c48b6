// The fine score on shares (docs/protocol-match.md, 6): equal to mpc/reference.h bit for bit.
#pragma once

#include <span>
#include <vector>

#include "mpc/arithmetic.h"
#include "mpc/sign.h"
#include "mpc/similarity.h"

namespace qorgan::mpc {

// Pairs of fingers of one batch of the fine score: what a SignBits takes at once.
inline constexpr std::size_t kFineBatchPairsMax = 30;

class FineScore {
 public:
  // Both outlive it. About 1 MiB of working memory for each call, wiped at its end.
  FineScore(SignBits& signs, Gates& gates) : signs_(signs), gates_(gates) {}

  // Adds to sums[p] this custodian's addend, modulo 2^16, of the score (finger/template.h) of pair p: as many sums as
  // pairs, 1..kFineBatchPairsMax (asserted). The addends are not hidden: for a step that hides them. Uses the turns
  // `turn` and `turn` + 1. 28 exchanges. Errors: those of the ring.
  Status add_scores(std::span<const FingerPair> pairs, std::uint64_t turn, std::span<std::uint16_t> sums);

 private:
  Status compare_rows(std::span<const FingerPair> pairs, std::uint64_t turn, MutableSharedBits bits);
  Status choose(std::size_t pairs, SharedBits compared, MutableSharedBits chosen, MutableSharedBits unmatched);
  Status select(std::span<const FingerPair> pairs, SharedCells chosen, std::uint8_t* differences);
  Status agree(std::size_t relations, const std::uint8_t* differences, std::uint64_t turn, MutableSharedBits agreeing);

  SignBits& signs_;
  Gates& gates_;
};

}  // namespace qorgan::mpc
