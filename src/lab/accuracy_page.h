// docs/accuracy.md from the trials.
#pragma once

#include <span>
#include <string>

#include "lab/accuracy_trial.h"
#include "lab/page.h"
#include "lab/synthetic_trial.h"
#include "lab/tail.h"

namespace qorgan::lab {

struct AccuracyInput {
  std::vector<JudgedSet> sets;
  TailFit tail;  // of all sets
  RealSearches real_one;
  RealSearches real_two;
  SyntheticOptions synthetic_options;
  SyntheticSearches synthetic;
  std::string reject_table;  // error versus reject, in Markdown
  std::string machine;
  std::string command;
};

Page accuracy_page(const AccuracyInput& input);

}  // namespace qorgan::lab
