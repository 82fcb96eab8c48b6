#include "lab/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"

namespace qorgan::lab {

Status write_page(const Page& page, const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder / "plots", problem);
  if (problem)
    return failure(ErrorCode::unavailable, "cannot make the folder: " + problem.message(), (folder / "plots").string(),
                   "Give --out a place that you may write to");
  for (const PlotFile& plot : page.plots)
    QORGAN_CHECK(write_file_atomically(folder / "plots" / (plot.name + ".svg"), as_bytes(svg(plot.plot)),
                                       FileMode::public_file));
  return write_file_atomically(folder / (page.name + ".md"), as_bytes(page.text), FileMode::public_file);
}

std::string table_row(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) row += ' ' + cell + " |";
  return row + '\n';
}

std::string table_head(const std::vector<std::string>& cells) {
  std::string rule = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) rule += "---|";
  return table_row(cells) + rule + '\n';
}

std::string percent(double share) {
  return fmt::format("{:.2f} %", 100 * std::max(0.0, share));
}

std::string percent(double share, const Interval& interval) {
  return fmt::format("{:.2f} % ({:.1f}-{:.1f})", 100 * share, 100 * interval.low, 100 * interval.high);
}

std::string image(const PlotFile& plot) {
  return fmt::format("![{}](plots/{}.svg)\n\n", plot.plot.description, plot.name);
}

}  // namespace qorgan::lab
