#include "lab/svg_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace qorgan::lab {
namespace {

using testing::HasSubstr;
using testing::Not;

Plot small_plot() {
  return {"A & B",
          "rates < 1",
          {"x", Scale::probit, 0.001, 0.4, percent_ticks(0.001, 0.4)},
          {"y", Scale::log, 1e-4, 1, power_ticks(-4, 0)},
          {{"one", {{0, 0}, {0.5, 2}}, true}, {"two", {}, false}}};
}

TEST(SvgPlot, SaysWhatItShowsAndEscapesIt) {
  const std::string text = svg(small_plot());
  EXPECT_THAT(text, HasSubstr("<title id='title'>A &amp; B</title>"));
  EXPECT_THAT(text, HasSubstr("<desc id='desc'>rates &lt; 1</desc>"));
  EXPECT_THAT(text, HasSubstr("role='img'"));
}

TEST(SvgPlot, KeepsPointsInsideTheAxes) {
  const std::string text = svg(small_plot());
  EXPECT_THAT(text, HasSubstr("points='84.0,416.0 540.0,48.0 '"));
  EXPECT_THAT(text, Not(HasSubstr("nan")));
  EXPECT_THAT(text, Not(HasSubstr("inf")));
}

TEST(SvgPlot, TellsLinesApartWithoutColour) {
  const std::string text = svg(small_plot());
  EXPECT_THAT(text, HasSubstr("stroke-dasharray=''"));
  EXPECT_THAT(text, HasSubstr("stroke-dasharray='8 4'"));
}

}  // namespace
}  // namespace qorgan::lab
