// Measurements of three custodians on this machine, each a process of its own, over TLS on loopback.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace qorgan::cli {

struct BenchOptions {
  int gallery = 20'000;  // fingers
  int probes = 5;
  int fingers = 2;  // a person
  int rounds = 100;
  bool one_bit = false;   // each search once more, for an answer of one bit
  int link_delay_ms = 0;  // added to every link, each way
  std::uint64_t seed = 1;
};

struct SearchFigures {
  int gallery = 0;  // fingers
  double making_s = 0;
  double load_s = 0;                  // from the start of the three until all answer
  double comparisons_per_second = 0;  // median of the searches, the three together
  double seconds_median = 0;
  double one_bit_ratio = 0;  // of the time of the same search for one bit, to that; median; 0: not measured
  double bytes_sent = 0;     // a comparison and custodian, TLS included, of the one that sends most
  double memory_bytes = 0;   // a finger and custodian, of the one that needs most
  int probes = 0;
  int found = 0;
  std::size_t others = 0;  // candidates that are not the mate
};

// Searches in galleries of growing sizes (fingers): one network, stopped, filled up and started again for each.
Result<std::vector<SearchFigures>> measure_searches(const BenchOptions& options, std::span<const int> galleries);

struct VerifyFigures {
  double median_ms = 0;
  double p95_ms = 0;
  int rounds = 0;
  int accepted = 0;  // all are mated
};

// Verifications of twenty enrolled people one after another.
Result<VerifyFigures> measure_verifications(const BenchOptions& options);

}  // namespace qorgan::cli
