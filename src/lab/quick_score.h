// The scores of mpc/reference.h in the clear, quick enough for millions of comparisons: the products by the kernel of
// the private match, on a gallery whose second share is zero. A test keeps it equal to the reference.
#pragma once

#include "finger/template.h"
#include "lab/score_set.h"
#include "mpc/kernel.h"
#include "mpc/probe.h"

namespace qorgan::lab {

// A template of a gallery: 13 KiB.
class QuickGallery {
 public:
  explicit QuickGallery(const finger::Template& made);
  const std::uint8_t* rows() const { return rows_.data(); }
  const finger::Template& made() const { return made_; }

 private:
  finger::Template made_;
  mpc::SecretBuffer rows_;  // mpc::kExpandedBytes
};

// Not thread-safe.
class QuickProbe {
 public:
  explicit QuickProbe(const finger::Template& made, const mpc::Kernel& kernel = mpc::best_kernel());
  // mpc::sieve_score: about 1 us.
  int rows(const QuickGallery& gallery) const;
  // Both scores: some tens of microseconds.
  Scores compare(const QuickGallery& gallery) const;

 private:
  finger::Template made_;
  const mpc::Kernel* kernel_;
  mpc::PreparedProbe prepared_;
};

}  // namespace qorgan::lab
