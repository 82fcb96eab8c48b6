#include "lab/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/result.h"

namespace qorgan::lab {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 480;
constexpr double kLeft = 84;
constexpr double kRight = 220;
constexpr double kTop = 48;
constexpr double kBottom = 64;

struct Style {
  const char* colour;
  const char* dashes;
};
constexpr std::array<Style, 7> kStyles = {{{"#0072B2", ""},
                                           {"#D55E00", "8 4"},
                                           {"#009E73", "2 3"},
                                           {"#CC79A7", "12 4 2 4"},
                                           {"#000000", "5 5"},
                                           {"#E69F00", "1 5"},
                                           {"#56B4E9", "14 6"}}};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

// The inverse of the normal distribution, by halving: a plot needs no more.
double probit(double share) {
  double low = -6;
  double high = 6;
  for (int i = 0; i < 50; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(-middle / std::sqrt(2.0)) / 2 < share ? low : high) = middle;
  }
  return (low + high) / 2;
}

double scaled(Scale scale, double value) {
  if (scale == Scale::log) return std::log10(value);
  if (scale == Scale::probit) return probit(value);
  return value;
}

// 0 at the axis's low end, 1 at its high end.
double place(const Axis& axis, double value) {
  const double low = scaled(axis.scale, axis.low);
  const double high = scaled(axis.scale, axis.high);
  return (scaled(axis.scale, std::clamp(value, axis.low, axis.high)) - low) / (high - low);
}

double x_of(const Plot& plot, double value) {
  return kLeft + place(plot.x, value) * (kWidth - kLeft - kRight);
}
double y_of(const Plot& plot, double value) {
  return kHeight - kBottom - place(plot.y, value) * (kHeight - kTop - kBottom);
}

std::string axes(const Plot& plot) {
  std::string out;
  for (const Tick& tick : plot.x.ticks) {
    const double x = x_of(plot, tick.value);
    out +=
        fmt::format("<line x1='{0:.1f}' y1='{1}' x2='{0:.1f}' y2='{2}' stroke='#ddd'/>\n", x, kTop, kHeight - kBottom);
    out += fmt::format("<text x='{:.1f}' y='{}' text-anchor='middle'>{}</text>\n", x, kHeight - kBottom + 18,
                       escaped(tick.label));
  }
  for (const Tick& tick : plot.y.ticks) {
    const double y = y_of(plot, tick.value);
    out +=
        fmt::format("<line x1='{0}' y1='{1:.1f}' x2='{2}' y2='{1:.1f}' stroke='#ddd'/>\n", kLeft, y, kWidth - kRight);
    out += fmt::format("<text x='{}' y='{:.1f}' text-anchor='end'>{}</text>\n", kLeft - 8, y + 4, escaped(tick.label));
  }
  out += fmt::format("<rect x='{}' y='{}' width='{}' height='{}' fill='none' stroke='#444'/>\n", kLeft, kTop,
                     kWidth - kLeft - kRight, kHeight - kTop - kBottom);
  out += fmt::format("<text x='{:.1f}' y='{}' text-anchor='middle'>{}</text>\n", (kLeft + kWidth - kRight) / 2,
                     kHeight - 20, escaped(plot.x.label));
  const double middle = (kTop + kHeight - kBottom) / 2;
  out += fmt::format("<text x='20' y='{0:.1f}' text-anchor='middle' transform='rotate(-90 20 {0:.1f})'>{1}</text>\n",
                     middle, escaped(plot.y.label));
  return out;
}

std::string line(const Plot& plot, std::size_t number) {
  const Series& series = plot.series[number];
  const Style& style = kStyles[number % kStyles.size()];
  std::string points;
  std::string marks;
  for (const auto& [x, y] : series.points) {
    points += fmt::format("{:.1f},{:.1f} ", x_of(plot, x), y_of(plot, y));
    if (series.marks)
      marks += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='4' fill='{}'/>\n", x_of(plot, x), y_of(plot, y),
                           style.colour);
  }
  const std::string stroke =
      fmt::format("fill='none' stroke='{}' stroke-width='2' stroke-dasharray='{}'", style.colour, style.dashes);
  std::string out = fmt::format("<polyline {} points='{}'/>\n{}", stroke, points, marks);
  const double y = kTop + 12 + 22 * static_cast<double>(number);
  out += fmt::format("<line {} x1='{}' y1='{}' x2='{}' y2='{}'/>\n", stroke, kWidth - kRight + 12, y,
                     kWidth - kRight + 48, y);
  out += fmt::format("<text x='{}' y='{}'>{}</text>\n", kWidth - kRight + 54, y + 4, escaped(series.name));
  return out;
}

}  // namespace

std::string svg(const Plot& plot) {
  QORGAN_ASSERT(plot.x.low < plot.x.high && plot.y.low < plot.y.high);
  std::string out = fmt::format(
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0} {1}' width='{0}' height='{1}' role='img' "
      "aria-labelledby='title desc' font-family='sans-serif' font-size='13'>\n",
      kWidth, kHeight);
  out += fmt::format("<title id='title'>{}</title>\n<desc id='desc'>{}</desc>\n", escaped(plot.title),
                     escaped(plot.description));
  out += fmt::format("<rect width='{}' height='{}' fill='#fff'/>\n", kWidth, kHeight);
  out += fmt::format("<text x='{}' y='28' font-size='16'>{}</text>\n", kLeft, escaped(plot.title));
  out += axes(plot);
  for (std::size_t i = 0; i < plot.series.size(); ++i) out += line(plot, i);
  return out + "</svg>\n";
}

std::vector<Tick> percent_ticks(double low, double high) {
  std::vector<Tick> ticks;
  for (const double percent : {0.001, 0.01, 0.1, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0})
    if (percent / 100 >= low * 0.999 && percent / 100 <= high * 1.001)
      ticks.push_back({percent / 100, fmt::format("{} %", percent)});
  return ticks;
}

std::vector<Tick> power_ticks(int low, int high) {
  std::vector<Tick> ticks;
  for (int power = low; power <= high; ++power) ticks.push_back({std::pow(10.0, power), fmt::format("1e{}", power)});
  return ticks;
}

std::vector<Tick> even_ticks(double low, double high, double step) {
  std::vector<Tick> ticks;
  for (double value = low; value <= high + step / 1000; value += step)
    ticks.push_back({value, fmt::format("{:g}", value)});
  return ticks;
}

}  // namespace qorgan::lab
