// docs/performance.md from measurements.
#pragma once

#include <string>
#include <vector>

#include "lab/page.h"
#include "lab/stage_times.h"

namespace qorgan::lab {

struct SearchPoint {
  int fingers = 0;
  double making_s = 0;
  double load_s = 0;
  double comparisons_per_second = 0;
  double seconds = 0;
  double bytes_sent = 0;
  double memory_bytes = 0;
  int found = 0;
  int probes = 0;
};

struct VerifyPoint {
  int link_delay_ms = 0;
  double median_ms = 0;
  double p95_ms = 0;
  int rounds = 0;
  int accepted = 0;
};

struct PerformanceInput {
  std::vector<SearchPoint> searches;       // growing galleries; at least one
  std::vector<VerifyPoint> verifications;  // without delay first; at least one
  std::vector<StageTime> stages;
  double extraction_ms = 0;  // median of one picture
  double extraction_p95_ms = 0;
  int pictures = 0;
  int fingers_per_person = 2;
  int cores = 1;
  std::string machine;
  std::string command;
};

Page performance_page(const PerformanceInput& input);

}  // namespace qorgan::lab
