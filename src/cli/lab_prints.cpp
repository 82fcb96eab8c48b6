#include "cli/lab_prints.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "finger/load.h"
#include "finger/minutiae_text.h"

namespace qorgan::cli {
namespace {

constexpr std::array<std::string_view, 5> kPictureEndings = {".png", ".tif", ".tiff", ".bmp", ".pgm"};
constexpr std::string_view kTextEnding = ".txt";

std::string lower_ending(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return ending;
}

Result<std::vector<std::filesystem::path>> files_in(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    files.push_back(it->path());
  if (error) return failure(ErrorCode::not_found, "the folder cannot be read", folder.string(), error.message());
  return files;
}

Result<finger::Minutiae> load_print(const PrintFile& file, std::optional<int> dpi) {
  if (lower_ending(file.path) != kTextEnding) return finger::load_minutiae(file.path, dpi);
  QORGAN_TRY(const std::string text, read_text_file(file.path, limits::minutiae_text_bytes_max));
  return finger::parse_minutiae_text(text, file.path.string());
}

}  // namespace

Result<std::vector<PrintFile>> list_prints(const std::filesystem::path& folder) {
  QORGAN_TRY(const auto files, files_in(folder));
  std::vector<PrintFile> pictures;
  std::vector<PrintFile> texts;
  for (const std::filesystem::path& path : files) {
    const std::string ending = lower_ending(path);
    const bool picture = std::find(kPictureEndings.begin(), kPictureEndings.end(), ending) != kPictureEndings.end();
    if (picture) pictures.push_back({path.stem().string(), path});
    if (ending == kTextEnding) texts.push_back({path.stem().string(), path});
  }
  std::vector<PrintFile> prints = pictures.empty() ? std::move(texts) : std::move(pictures);
  if (prints.empty())
    return failure(ErrorCode::invalid_input, "there is no print in the folder", folder.string(),
                   "Give a folder of png, tif, bmp or pgm pictures, or of txt minutiae");
  std::sort(prints.begin(), prints.end(), [](const PrintFile& a, const PrintFile& b) { return a.name < b.name; });
  const auto twice = std::adjacent_find(prints.begin(), prints.end(),
                                        [](const PrintFile& a, const PrintFile& b) { return a.name == b.name; });
  if (twice != prints.end())
    return failure(ErrorCode::invalid_input, "two prints have one name", twice->path.string(), "Rename one of them");
  return prints;
}

Result<std::vector<std::optional<finger::Minutiae>>> load_prints(const std::vector<PrintFile>& files,
                                                                 std::optional<int> dpi) {
  std::vector<std::optional<finger::Minutiae>> prints;
  Progress progress("Reading prints", files.size());
  for (const PrintFile& file : files) {
    auto minutiae = load_print(file, dpi);
    if (minutiae) {
      prints.emplace_back(*std::move(minutiae));
    } else if (minutiae.error().code == ErrorCode::low_quality) {
      std::fprintf(stderr, "%s: %s\n", file.name.c_str(), minutiae.error().message().c_str());
      prints.emplace_back();
    } else {
      return tl::unexpected<Error>(std::move(minutiae).error());
    }
    progress.advance();
  }
  return prints;
}

}  // namespace qorgan::cli
