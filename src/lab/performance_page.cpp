#include "lab/performance_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace qorgan::lab {
namespace {

// A search takes fixed_s and us_per_comparison for each comparison: the least-squares line through the sizes.
struct Line {
  double fixed_s = 0;
  double us_per_comparison = 0;
  double deviation = 0;  // of a search from the line, the largest, as a share of its time
};

// By least squares of relative distances, since it is relative distances that are judged.
Line line_through(const std::vector<SearchPoint>& searches) {
  double weight = 0;
  double mean_x = 0;
  double mean_y = 0;
  for (const SearchPoint& point : searches) {
    const double own = 1 / (point.seconds * point.seconds);
    weight += own;
    mean_x += own * point.fingers;
    mean_y += own * point.seconds;
  }
  mean_x /= weight;
  mean_y /= weight;
  double xx = 0;
  double xy = 0;
  for (const SearchPoint& point : searches) {
    const double own = 1 / (point.seconds * point.seconds);
    xx += own * (point.fingers - mean_x) * (point.fingers - mean_x);
    xy += own * (point.fingers - mean_x) * (point.seconds - mean_y);
  }
  const double slope = xx > 0 ? xy / xx : mean_y / mean_x;
  Line line{mean_y - slope * mean_x, 1e6 * slope, 0};
  for (const SearchPoint& point : searches)
    line.deviation =
        std::max(line.deviation, std::abs(point.seconds - line.fixed_s - slope * point.fingers) / point.seconds);
  return line;
}

// Link delays that follow one another in a verification.
double delays_in_a_row(const VerifyPoint& plain, const VerifyPoint& delayed) {
  return (delayed.median_ms - plain.median_ms) / delayed.link_delay_ms;
}

std::string goals_table(const PerformanceInput& input) {
  const SearchPoint& largest = input.searches.back();
  const VerifyPoint& plain = input.verifications.front();
  std::string text = table_head({"what", "measured", "goal"});
  text += table_row({fmt::format("comparisons of fingers a second, {} fingers", largest.fingers),
                     fmt::format("{:.0f}", largest.comparisons_per_second), "at least 80,000; aim 150,000"});
  const Line line = line_through(input.searches);
  text += table_row({"largest distance of a search's time from a straight line over the sizes", percent(line.deviation),
                     "at most 10 %"});
  const double first = input.searches.front().comparisons_per_second / largest.comparisons_per_second;
  text += table_row(
      {fmt::format("throughput with {} fingers over that with {}", input.searches.front().fingers, largest.fingers),
       fmt::format("{:.2f}", first), "1 but for the fixed part of a search"});
  text += table_row({"sent a comparison and custodian, TLS included", fmt::format("{:.0f} bytes", largest.bytes_sent),
                     "at most 2,200"});
  text +=
      table_row({"memory a finger and custodian", fmt::format("{:.0f} bytes", largest.memory_bytes), "at most 10,240"});
  text += table_row({"verification on loopback, p95", fmt::format("{:.1f} ms", plain.p95_ms), "under 200 ms"});
  for (const VerifyPoint& point : input.verifications)
    if (point.link_delay_ms > 0)
      text += table_row({fmt::format("verification with {} ms added to each link, p95", point.link_delay_ms),
                         fmt::format("{:.0f} ms", point.p95_ms), "under 600 ms"});
  text +=
      table_row({"extraction of one picture, median", fmt::format("{:.1f} ms", input.extraction_ms), "under 25 ms"});
  return text + '\n';
}

std::string searches_table(const PerformanceInput& input) {
  std::string text = table_head({"fingers in the gallery", "comparisons a second", "a search takes", "sent, bytes",
                                 "memory, bytes", "gallery loads in", "planted probes found"});
  for (const SearchPoint& point : input.searches)
    text += table_row({fmt::format("{}", point.fingers), fmt::format("{:.0f}", point.comparisons_per_second),
                       fmt::format("{:.2f} s", point.seconds), fmt::format("{:.0f}", point.bytes_sent),
                       fmt::format("{:.0f}", point.memory_bytes), fmt::format("{:.1f} s", point.load_s),
                       fmt::format("{} of {}", point.found, point.probes)});
  return text + '\n';
}

double round_up(double value) {
  const double step = std::pow(10.0, std::floor(std::log10(std::max(value, 1.0)))) / 2;
  return step * std::ceil(value / step);
}

PlotFile throughput_plot(const PerformanceInput& input) {
  double most = 0;
  Series series{"three custodians, TLS", {}, true};
  for (const SearchPoint& point : input.searches) {
    series.points.emplace_back(point.fingers, point.comparisons_per_second);
    most = std::max(most, point.comparisons_per_second);
  }
  const double widest = round_up(input.searches.back().fingers);
  const double top = round_up(most);
  return {"performance-throughput",
          {"Comparisons a second against the size of the gallery",
           "Comparisons a second, which rise towards a level as the fixed part of a search weighs less.",
           {"fingers in the gallery", Scale::linear, 0, widest, even_ticks(0, widest, widest / 5)},
           {"comparisons a second", Scale::linear, 0, top, even_ticks(0, top, top / 5)},
           {std::move(series)}}};
}

PlotFile duration_plot(const PerformanceInput& input) {
  double most = 0;
  Series series{"a search", {}, true};
  Series loading{"loading", {}, true};
  for (const SearchPoint& point : input.searches) {
    series.points.emplace_back(point.fingers, point.seconds);
    loading.points.emplace_back(point.fingers, point.load_s);
    most = std::max({most, point.seconds, point.load_s});
  }
  const double widest = round_up(input.searches.back().fingers);
  const double top = round_up(most);
  return {"performance-duration",
          {"Seconds that a search and a start take",
           "Both grow in a straight line with the gallery.",
           {"fingers in the gallery", Scale::linear, 0, widest, even_ticks(0, widest, widest / 5)},
           {"seconds", Scale::linear, 0, top, even_ticks(0, top, top / 5)},
           {std::move(series), std::move(loading)}}};
}

std::string stages_table(const PerformanceInput& input) {
  // All cores compute for the three custodians while a search runs.
  const double all_us = 1e6 * input.cores / (3 * input.searches.back().comparisons_per_second);
  std::string text = table_head({"stage of the sieve", "us of one core, a comparison and custodian", "share"});
  double named_us = 0;
  for (const StageTime& stage : input.stages) {
    named_us += stage.us;
    text += table_row({stage.name, fmt::format("{:.2f}", stage.us), fmt::format("{:.0f} %", 100 * stage.us / all_us)});
  }
  const double rest_us = std::max(0.0, all_us - named_us);
  text += table_row({"the rest: TLS, copies, waiting, the second stage, the desk", fmt::format("{:.2f}", rest_us),
                     fmt::format("{:.0f} %", 100 * rest_us / all_us)});
  return text + table_row({"all, from the throughput above", fmt::format("{:.2f}", all_us), "100 %"}) + '\n';
}

std::string verifications(const PerformanceInput& input) {
  std::string text = "## Verification\n\n";
  text += fmt::format(
      "{} finger(s) of artificial people, one request after another, from the desk's call to its checked answer: all "
      "three custodians have agreed, written it down, compared and stored the result. The delay is added to each "
      "link, each way, by a relay in front of every custodian, for desks and custodians alike.\n\n",
      input.fingers_per_person);
  text += table_head({"delay added to each link", "median", "p95", "delays in a row", "mated accepted"});
  const VerifyPoint& plain = input.verifications.front();
  for (const VerifyPoint& point : input.verifications)
    text += table_row({fmt::format("{} ms", point.link_delay_ms), fmt::format("{:.1f} ms", point.median_ms),
                       fmt::format("{:.1f} ms", point.p95_ms),
                       point.link_delay_ms > 0 ? fmt::format("{:.0f}", delays_in_a_row(plain, point)) : std::string{},
                       fmt::format("{} of {}", point.accepted, point.rounds)});
  return text +
         "\n\"Delays in a row\" is what the delay adds to the median, divided by it: messages of which each waits for "
         "the one before, most of them the private match's exchanges.\n\n";
}

}  // namespace

Page performance_page(const PerformanceInput& input) {
  Page page{"performance", {}, {throughput_plot(input), duration_plot(input)}};
  page.text = fmt::format(
      "# Performance\n\nThree custodians, each a process of its own, and a desk, all on one machine over TLS on "
      "loopback. This page is made by\n\n    {}\n\nMachine: {}. Custodians on machines of their own have its cores "
      "each to themselves, and a network between them.\n\n## In short\n\n",
      input.command, input.machine);
  page.text += goals_table(input);
  page.text += fmt::format(
      "## Search\n\nArtificial people with {} fingers each, every person compared. A comparison is one finger of the "
      "probe with one finger of the gallery, done by the three together; bytes and memory are those of the custodian "
      "that needs most. The gallery loads from the database, sealed record by sealed record, when a custodian "
      "starts. Before the searches that count, one is made that does not: memory that has lain idle comes back.\n\n",
      input.fingers_per_person);
  const Line line = line_through(input.searches);
  page.text += searches_table(input);
  page.text += fmt::format(
      "By the straight line through these a search takes {:.3f} s whatever the size of the gallery (agreeing, writing "
      "down, the second stage with the people drawn by lot), and {:.2f} us for each comparison: {:.0f} a second beyond "
      "the fixed part.\n\n",
      std::max(0.0, line.fixed_s), line.us_per_comparison, 1e6 / line.us_per_comparison);
  page.text += image(page.plots[0]) + image(page.plots[1]);
  page.text += "### Where the time goes\n\n" + stages_table(input);
  page.text += verifications(input);
  page.text += fmt::format(
      "## Extraction\n\nFrom a picture of an artificial print to its template, one thread, {} pictures: median {:.1f} "
      "ms, p95 {:.1f} ms. `qorgan lab quality` gives the time on folders of real prints.\n\n",
      input.pictures, input.extraction_ms, input.extraction_p95_ms);
  page.text +=
      "## Beside others\n\nWhat matchers reach that have both prints in the clear, thousand non-mated comparisons a "
      "second on this kind of core; given with the sets of prints, nothing here runs them.\n\n"
      "| matcher | thousand comparisons a second | |\n|---|---|---|\n"
      "| NIST bozorth3 | 0.4-3.7 | in the clear |\n| SourceAFIS | 13-18 | in the clear, the most accurate of the three "
      "|\n| OpenAFIS | 26-120 | in the clear, the least accurate |\n";
  page.text += fmt::format("| Qorgan, three custodians on {} cores | {:.0f} | on shares |\n", input.cores,
                           input.searches.back().comparisons_per_second / 1000);
  return page;
}

}  // namespace qorgan::lab
