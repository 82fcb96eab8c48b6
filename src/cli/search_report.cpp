#include "cli/search_report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace qorgan::cli {
namespace {

std::string in_words(const desk::SearchProgress& progress) {
  if (!progress.running)
    return progress.before == 0 ? "waiting, next" : fmt::format("waiting, {} before", progress.before);
  const std::int64_t percent = progress.pairs_all == 0 ? 100 : 100 * progress.pairs_done / progress.pairs_all;
  return fmt::format("comparing {}/{} ({} %)", progress.pairs_done, progress.pairs_all, percent);
}

nlohmann::json in_json(const desk::SearchProgress& progress) {
  if (!progress.running) return {{"progress", {{"state", "waiting"}, {"before", progress.before}}}};
  return {{"progress", {{"state", "running"}, {"pairs_done", progress.pairs_done}, {"pairs_all", progress.pairs_all}}}};
}

}  // namespace

ProgressForm progress_form(const std::string& option) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  if (option == "json") return ProgressForm::json;
  if (terminal) return ProgressForm::line;
  return option.empty() ? ProgressForm::none : ProgressForm::lines;
}

SearchReport::~SearchReport() {
  if (form_ == ProgressForm::line && shown_) std::fputs("\r\033[K", stderr);
}

void SearchReport::show(const desk::SearchProgress& progress) {
  if (form_ == ProgressForm::none || (shown_ && progress == last_)) return;
  last_ = progress;
  shown_ = true;
  if (form_ == ProgressForm::json) {
    fmt::print(stderr, "{}\n", in_json(progress).dump());
  } else if (form_ == ProgressForm::lines) {
    fmt::print(stderr, "{}\n", in_words(progress));
  } else {
    fmt::print(stderr, "\r\033[K{}", in_words(progress));
  }
  std::fflush(stderr);
}

}  // namespace qorgan::cli
