#include "finger/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/file.h"
#include "base/limits.h"
#include "finger/extract.h"
#include "finger/image.h"
#include "finger/iso.h"
#include "finger/minutiae_text.h"

namespace qorgan::finger {
namespace {

// Pictures that begin with printable characters (BM, P5, II*) do not begin with these alone.
bool looks_like_text(std::string_view start) {
  return start.find_first_not_of("0123456789.+-eE# \t\r\n") == std::string_view::npos || start.starts_with('#');
}

Result<Minutiae> minutiae_of_record(ByteView file, const std::string& name) {
  QORGAN_TRY(IsoRecord record, read_iso_record(file, name));
  if (record.views.size() != 1) {
    return failure(ErrorCode::invalid_input,
                   fmt::format("the minutiae record holds {} views, and one is expected", record.views.size()), name,
                   "Export one record for each finger");
  }
  return std::move(record.views.front().minutiae);
}

}  // namespace

Result<Minutiae> load_minutiae(const std::filesystem::path& path, std::optional<int> dpi) {
  const std::string name = path.string();
  QORGAN_TRY(const Bytes file, read_file(path, limits::image_file_bytes_max));
  if (file.empty()) return failure(ErrorCode::invalid_input, "the file is empty", name);
  if (looks_like_iso_record(file)) return minutiae_of_record(file, name);
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (looks_like_text(text.substr(0, 256))) return parse_minutiae_text(text, name);
  QORGAN_TRY(const Image image, decode_image(file, name, dpi));
  auto minutiae = extract(image);
  if (!minutiae && minutiae.error().where.empty()) minutiae.error().where = name;
  return minutiae;
}

}  // namespace qorgan::finger
