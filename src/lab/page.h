// Pages of figures: text in Markdown and the plots beside it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/bootstrap.h"
#include "lab/svg_plot.h"

namespace qorgan::lab {

struct PlotFile {
  std::string name;  // without ending
  Plot plot;
};

struct Page {
  std::string name;  // accuracy: accuracy.md
  std::string text;
  std::vector<PlotFile> plots;
};

// Writes folder/NAME.md and folder/plots/*.svg. Errors: unavailable, storage_full.
Status write_page(const Page& page, const std::filesystem::path& folder);

// "| a | b |" and a line end; the first row of a table is followed by the rule under it.
std::string table_row(const std::vector<std::string>& cells);
std::string table_head(const std::vector<std::string>& cells);
// "2.01 %"
std::string percent(double share);
// "2.01 % (1.12-3.30)"
std::string percent(double share, const Interval& interval);
// A Markdown image with its description.
std::string image(const PlotFile& plot);

}  // namespace qorgan::lab
