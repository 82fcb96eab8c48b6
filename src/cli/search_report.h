// How far a search is, on standard error.
#pragma once

#include <string>

#include "desk/desk.h"

namespace qorgan::cli {

enum class ProgressForm {
  none,
  line,   // one line that is rewritten, on a terminal
  lines,  // a line for each change
  json,   // one JSON object a change
};

// What `--progress` says, or where it is not given (empty), what suits standard error: a line on a terminal, else
// nothing.
ProgressForm progress_form(const std::string& option);

// Used by one thread at a time.
class SearchReport {
 public:
  explicit SearchReport(ProgressForm form) : form_(form) {}
  // Clears the line.
  ~SearchReport();
  SearchReport(const SearchReport&) = delete;
  SearchReport& operator=(const SearchReport&) = delete;

  // Says nothing where nothing has changed.
  void show(const desk::SearchProgress& progress);

 private:
  const ProgressForm form_;
  desk::SearchProgress last_;
  bool shown_ = false;
};

}  // namespace qorgan::cli
