#include "finger/overlay.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>

namespace qorgan::finger {

namespace {

constexpr int kLegend_px = 44;
constexpr float kStroke_px = 11;

struct Style {
  std::string_view name;
  std::string_view colour;
};

// Told apart without colour too: the ring of a bifurcation is filled.
Style style_of(MinutiaType type) {
  switch (type) {
    case MinutiaType::ending:
      return {"ending", "#c8102e"};
    case MinutiaType::bifurcation:
      return {"bifurcation", "#0057b8"};
    case MinutiaType::other:
      break;
  }
  return {"other", "#5b2a86"};
}

// RFC 4648, section 4.
std::string base64(ByteView bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? kDigits[group >> (18 - 6 * j) & 63U] : '=';
  }
  return text;
}

void draw_mark(std::string& svg, const Minutia& m) {
  const Style style = style_of(m.type);
  const float end_x = m.x_px + kStroke_px * std::cos(m.direction_rad);
  const float end_y = m.y_px - kStroke_px * std::sin(m.direction_rad);
  fmt::format_to(std::back_inserter(svg),
                 "<g stroke=\"{0}\" fill=\"{1}\" opacity=\"{2:.2f}\"><circle cx=\"{3:.1f}\" cy=\"{4:.1f}\" r=\"3\"/>"
                 "<path d=\"M{3:.1f} {4:.1f}L{5:.1f} {6:.1f}\"/><title>{7}, {8:.0f} degrees, quality {9}</title></g>\n",
                 style.colour, m.type == MinutiaType::bifurcation ? style.colour : "none",
                 0.3 + 0.7 * m.quality / 100.0, m.x_px, m.y_px, end_x, end_y, style.name,
                 m.direction_rad * 180 / 3.14159265F, m.quality);
}

void draw_legend(std::string& svg, const Minutiae& minutiae) {
  const int y = minutiae.height_px;
  fmt::format_to(
      std::back_inserter(svg),
      "<g font-family=\"sans-serif\" font-size=\"11\" stroke-width=\"1.3\">"
      "<circle cx=\"10\" cy=\"{0}\" r=\"3\" fill=\"none\" stroke=\"{2}\"/><text x=\"18\" y=\"{1}\">ending</text>"
      "<circle cx=\"72\" cy=\"{0}\" r=\"3\" fill=\"{3}\" stroke=\"{3}\"/><text x=\"80\" y=\"{1}\">bifurcation</text>"
      "<text x=\"6\" y=\"{4}\">{5} minutiae, print quality {6}; faint = less sure</text></g>\n",
      y + 14, y + 18, style_of(MinutiaType::ending).colour, style_of(MinutiaType::bifurcation).colour, y + 36,
      minutiae.points.size(), minutiae.quality);
}

}  // namespace

Result<std::string> draw_overlay(const Image& image, const Minutiae& minutiae) {
  QORGAN_TRY(const Bytes png, encode_png(image));
  const int width = minutiae.width_px;
  const int height = minutiae.height_px + kLegend_px;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{2}\" height=\"{3}\" role=\"img\">\n"
      "<title>A fingerprint and its minutiae</title>\n<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n"
      "<image width=\"{0}\" height=\"{4}\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,{5}\"/>\n"
      "<g stroke-width=\"1.3\">\n",
      width, height, 2 * width, 2 * height, minutiae.height_px, base64(png));
  for (auto m = minutiae.points.rbegin(); m != minutiae.points.rend(); ++m) draw_mark(svg, *m);
  svg += "</g>\n";
  draw_legend(svg, minutiae);
  svg += "</svg>\n";
  return svg;
}

}  // namespace qorgan::finger
