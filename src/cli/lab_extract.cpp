// qorgan lab extract: what the extractor sees in one picture.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "finger/extract.h"
#include "finger/image.h"
#include "finger/iso.h"
#include "finger/minutiae_text.h"
#include "finger/overlay.h"

namespace qorgan::cli {
namespace {

struct ExtractOptions {
  std::string image;
  std::optional<int> dpi;
  std::string svg;
  std::string iso;
};

constexpr float kDegreesPerRadian = 180 / 3.14159265F;

const char* type_name(finger::MinutiaType type) {
  switch (type) {
    case finger::MinutiaType::ending:
      return "ending";
    case finger::MinutiaType::bifurcation:
      return "bifurcation";
    case finger::MinutiaType::other:
      break;
  }
  return "other";
}

Status write_iso(const finger::Minutiae& minutiae, const std::string& path) {
  finger::IsoView view;
  view.minutiae = minutiae;
  finger::IsoRecord record;
  record.views.push_back(std::move(view));
  QORGAN_TRY(const Bytes file, finger::write_iso_record(record));
  return write_file_atomically(path, file, FileMode::private_file);
}

nlohmann::json as_json(const finger::Minutiae& minutiae) {
  nlohmann::json points = nlohmann::json::array();
  for (const finger::Minutia& m : minutiae.points) {
    points.push_back({{"x_px", m.x_px},
                      {"y_px", m.y_px},
                      {"direction_degrees", m.direction_rad * kDegreesPerRadian},
                      {"quality", m.quality},
                      {"type", type_name(m.type)}});
  }
  return {{"width_px", minutiae.width_px},
          {"height_px", minutiae.height_px},
          {"quality", minutiae.quality},
          {"minutiae", std::move(points)}};
}

void print_text(const finger::Minutiae& minutiae) {
  fmt::print("# {} minutiae, print quality {}, {} x {} pixels at {} dpi\n# x y theta_deg quality type\n",
             minutiae.points.size(), minutiae.quality, minutiae.width_px, minutiae.height_px,
             limits::image_dpi_default);
  fmt::print("{}", finger::format_minutiae_text(minutiae));
}

Status run_extract(const ExtractOptions& options, bool json) {
  QORGAN_TRY(const finger::Image image, finger::load_image(options.image, options.dpi));
  auto extracted = finger::extract(image);
  if (!extracted) {
    extracted.error().where = options.image;
    return tl::unexpected<Error>(std::move(extracted).error());
  }
  if (!options.svg.empty()) {
    QORGAN_TRY(const std::string svg, finger::draw_overlay(image, *extracted));
    QORGAN_CHECK(write_file_atomically(options.svg, as_bytes(svg), FileMode::private_file));
  }
  if (!options.iso.empty()) QORGAN_CHECK(write_iso(*extracted, options.iso));
  if (json) {
    print_json(as_json(*extracted));
  } else {
    print_text(*extracted);
  }
  return {};
}

}  // namespace

void add_lab_extract(CLI::App& lab, Context& context) {
  auto options = std::make_shared<ExtractOptions>();
  CLI::App* command = lab.add_subcommand("extract", "Print the minutiae of one picture of a finger");
  command->add_option("image", options->image, "PNG, TIFF, BMP or PGM")->required();
  command->add_option("--dpi", options->dpi, "Its resolution, where the file does not say it or is wrong")
      ->check(CLI::Range(limits::image_dpi_min, limits::image_dpi_max));
  command->add_option("--svg", options->svg, "Write the picture with the minutiae drawn on it");
  command->add_option("--iso", options->iso, "Write an ISO/IEC 19794-2:2005 record");
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status done = run_extract(*options, context.json); !done)
      context.exit_code = report(context, done.error());
  });
}

}  // namespace qorgan::cli
