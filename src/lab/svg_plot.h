// Plots as SVG files that can be read anywhere: labelled axes, colours that the colour-blind tell apart (Okabe, Ito,
// "Color universal design", 2008), and a dash style of its own for each line.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace qorgan::lab {

// linear; log: powers of ten; probit: the normal deviate, as DET curves are drawn (Martin et al., "The DET curve in
// assessment of detection task performance", Eurospeech 1997).
enum class Scale { linear, log, probit };

struct Tick {
  double value = 0;
  std::string label;
};

struct Axis {
  std::string label;
  Scale scale = Scale::linear;
  double low = 0;  // above 0 with log, inside 0..1 with probit
  double high = 1;
  std::vector<Tick> ticks;
};

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;
  bool marks = false;  // a mark at each point
};

struct Plot {
  std::string title;
  std::string description;  // what it shows, for who cannot see it
  Axis x;
  Axis y;
  std::vector<Series> series;
};

// Points outside the axes are moved to their edge. Axes have low < high (asserted).
std::string svg(const Plot& plot);

// 0.1 %, 1 %, ... between two shares, for log and probit axes.
std::vector<Tick> percent_ticks(double low, double high);
// Powers of ten.
std::vector<Tick> power_ticks(int low, int high);
// From low to high by a step.
std::vector<Tick> even_ticks(double low, double high, double step);

}  // namespace qorgan::lab
