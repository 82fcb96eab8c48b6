// The prints in a folder, for the lab commands.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "finger/minutia.h"

namespace qorgan::cli {

struct PrintFile {
  std::string name;  // the file's name without its ending, FINGER_IMPRESSION by custom
  std::filesystem::path path;
};

// The pictures of a folder (png, tif, tiff, bmp, pgm), or where there is none its .txt files, by name. Errors:
// not_found, invalid_input (no print in it, two of one name).
Result<std::vector<PrintFile>> list_prints(const std::filesystem::path& folder);

// Of every print, its minutiae; nothing where too few were found (low_quality), which is said on standard error.
// Shows progress. Any other error ends the work.
Result<std::vector<std::optional<finger::Minutiae>>> load_prints(const std::vector<PrintFile>& files,
                                                                 std::optional<int> dpi);

}  // namespace qorgan::cli
