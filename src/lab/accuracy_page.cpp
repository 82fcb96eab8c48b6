#include "lab/accuracy_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "finger/decision.h"
#include "lab/bootstrap.h"
#include "lab/error_rates.h"

namespace qorgan::lab {
namespace {

constexpr std::array kFingers = {1, 2, 5};

std::vector<ScoreSet> grouped(std::span<const JudgedSet> sets, int fingers, ScoreKind kind) {
  std::vector<ScoreSet> all;
  for (const JudgedSet& set : sets) all.push_back(group(set.table, fingers, kind));
  return all;
}

std::vector<Counts> counts_of(std::span<const ScoreSet> sets) {
  std::vector<Counts> counts(sets.size());
  for (std::size_t i = 0; i < sets.size(); ++i) add(counts[i], sets[i]);
  return counts;
}

Counts pooled(std::span<const ScoreSet> sets) {
  Counts counts;
  for (const ScoreSet& set : sets) add(counts, set);
  return counts;
}

double mean_of(std::span<const Counts> sets, double (*figure)(const Counts&)) {
  double sum = 0;
  for (const Counts& counts : sets) sum += figure(counts);
  return sum / static_cast<double>(sets.size());
}

double eer(const Counts& counts) {
  return figures(counts).eer;
}
double fnmr_1(const Counts& counts) {
  return fnmr_at(counts, 0.01);
}
double fnmr_01(const Counts& counts) {
  return fnmr_at(counts, 0.001);
}
constexpr std::array<double (*)(const Counts&), 3> kFigures = {eer, fnmr_1, fnmr_01};

// EER, FNMR at 1 % and at 0.1 % with their intervals, of the mean over the sets given.
std::vector<std::string> figure_cells(std::span<const ScoreSet> sets) {
  const std::vector<Counts> counts = counts_of(sets);
  std::vector<Statistic> statistics;
  for (const auto figure : kFigures)
    statistics.emplace_back([figure](std::span<const Counts> drawn) { return mean_of(drawn, figure); });
  const auto intervals = bootstrap(sets, statistics);
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < kFigures.size(); ++i)
    cells.push_back(percent(mean_of(counts, kFigures[i]), intervals[i]));
  return cells;
}

std::vector<std::string> with_first(std::string first, std::vector<std::string> rest) {
  rest.insert(rest.begin(), std::move(first));
  return rest;
}

std::string sets_table(std::span<const JudgedSet> sets, ScoreKind kind) {
  std::string text = table_head({"set", "EER", "FNMR at FMR 1 %", "FNMR at FMR 0.1 %"});
  const std::vector<ScoreSet> all = grouped(sets, 1, kind);
  for (const ScoreSet& set : all) text += table_row(with_first(set.name, figure_cells(std::span(&set, 1))));
  return text + table_row(with_first("**mean of sets**", figure_cells(all))) + '\n';
}

std::string several_table(std::span<const JudgedSet> sets) {
  std::string text = table_head({"fingers", "people", "comparisons mated / not", "EER", "FNMR at FMR 1 %",
                                 "FNMR at FMR 0.1 %", "pooled FNMR at FMR 0.1 %"});
  for (const int fingers : kFingers) {
    const std::vector<ScoreSet> all = grouped(sets, fingers, ScoreKind::score);
    const Counts together = pooled(all);
    int people = 0;
    for (const ScoreSet& set : all) people += set.subjects;
    std::vector<std::string> cells = {
        fmt::format("{}", fingers), fmt::format("{}", people),
        fmt::format("{:.0f} / {:.0f}", together.mated.total(), together.nonmated.total())};
    for (std::string& cell : figure_cells(all)) cells.push_back(std::move(cell));
    cells.push_back(percent(fnmr_01(together)));
    text += table_row(cells);
  }
  return text + '\n';
}

Series det_series(std::span<const JudgedSet> sets, int fingers, ScoreKind kind) {
  const std::vector<ScoreSet> all = grouped(sets, fingers, kind);
  Series series{
      fmt::format("{}, {} finger{}", kind == ScoreKind::score ? "score" : "sieve", fingers, fingers == 1 ? "" : "s"),
      {},
      false};
  double last_fnmr = -1;
  for (const RatePoint& point : rate_points(pooled(all))) {
    // Steps, as thresholds are whole numbers.
    if (last_fnmr >= 0) series.points.emplace_back(point.fmr, last_fnmr);
    series.points.emplace_back(point.fmr, point.fnmr);
    last_fnmr = point.fnmr;
    if (point.fmr <= 0) break;
  }
  return series;
}

PlotFile det_plot(std::span<const JudgedSet> sets) {
  constexpr double kLow = 5e-5;
  constexpr double kHigh = 0.4;
  Plot plot{"Detection error trade-off, all sets together",
            "False non-match rate against false match rate for one, two and five fingers, by the score and by the "
            "sieve, on probit axes: the score lies below the sieve, and each finger more lies far below.",
            {"false match rate", Scale::probit, kLow, kHigh, percent_ticks(kLow, kHigh)},
            {"false non-match rate", Scale::probit, kLow, kHigh, percent_ticks(kLow, kHigh)},
            {}};
  for (const ScoreKind kind : {ScoreKind::score, ScoreKind::rows})
    for (const int fingers : kFingers) plot.series.push_back(det_series(sets, fingers, kind));
  return {"accuracy-det", std::move(plot)};
}

PlotFile tail_plot(const AccuracyInput& input) {
  constexpr int kLast = 100;
  Plot plot{"How rarely strangers' scores get high, one finger",
            "Share of comparisons of different fingers that reach a score, on a logarithmic axis: counted to about 23, "
            "the fitted model, and its upper bound by which thresholds are set.",
            {"score", Scale::linear, 0, kLast, even_ticks(0, kLast, 20)},
            {"share that reaches it", Scale::log, 1e-9, 1, power_ticks(-9, 0)},
            {{"counted", {}, true}, {"model", {}, false}, {"upper bound, 95 %", {}, false}}};
  const Counts counts = pooled(grouped(input.sets, 1, ScoreKind::score));
  for (int score = 0; score < counts.nonmated.end(); ++score)
    plot.series[0].points.emplace_back(score, counts.nonmated.share_from(score));
  for (int score = 0; score <= kLast; ++score) {
    plot.series[1].points.emplace_back(score, input.tail.estimate[static_cast<std::size_t>(score)]);
    plot.series[2].points.emplace_back(score, input.tail.upper[static_cast<std::size_t>(score)]);
  }
  return {"accuracy-tail", std::move(plot)};
}

std::string shipped_table() {
  std::string text = table_head({"fingers", "verification: score at least", "search of 1,000 people", "10,000",
                                 "100,000", "1,000,000", "first stage: matched rows at least"});
  for (const int fingers : {1, 2, 4, 10}) {
    std::vector<std::string> cells = {
        fmt::format("{}", fingers),
        fmt::format("{} (FMR at most {:.0e})", finger::verification_score_min(fingers),
                    fingers == 1 ? finger::kVerificationFmrOneFinger : finger::kVerificationFmrManyFingers)};
    for (const std::size_t people : {1'000U, 10'000U, 100'000U, 1'000'000U})
      cells.push_back(fmt::format("{}", finger::identification_score_min(fingers, people)));
    cells.push_back(fmt::format("{}", finger::survivor_rows_min(fingers)));
    text += table_row(cells);
  }
  return text + '\n';
}

struct AtThreshold {
  double fnmr = 0;
  double false_matches = 0;
  double nonmated = 0;
};

AtThreshold at_threshold(const ScoreSet& set, int score_min) {
  Counts counts;
  add(counts, set);
  return {1 - counts.mated.share_from(score_min), counts.nonmated.share_from(score_min) * counts.nonmated.total(),
          counts.nonmated.total()};
}

std::string others_table(std::span<const JudgedSet> sets) {
  std::string text = table_head({"set", "one finger: score at least", "FNMR", "false matches",
                                 "two fingers: score at least", "FNMR", "false matches"});
  std::array<double, 2> fnmr{};
  std::array<double, 2> wrong{};
  std::array<double, 2> tried{};
  for (const JudgedSet& set : sets) {
    std::vector<std::string> cells = {set.source.name};
    for (std::size_t i = 0; i < 2; ++i) {
      const int fingers = static_cast<int>(i) + 1;
      const int score_min = set.decision.verification_score_min(fingers);
      const AtThreshold found = at_threshold(group(set.table, fingers, ScoreKind::score), score_min);
      cells.push_back(fmt::format("{}", score_min));
      cells.push_back(percent(found.fnmr));
      cells.push_back(fmt::format("{:.0f} of {:.0f}", found.false_matches, found.nonmated));
      fnmr[i] += found.fnmr / static_cast<double>(sets.size());
      wrong[i] += found.false_matches;
      tried[i] += found.nonmated;
    }
    text += table_row(cells);
  }
  std::vector<std::string> cells = {"**mean, sum**"};
  for (std::size_t i = 0; i < 2; ++i) {
    cells.emplace_back("");
    cells.push_back(percent(fnmr[i]));
    const int errors = static_cast<int>(std::lround(wrong[i]));
    cells.push_back(fmt::format("{} of {:.0f}: {} (at most {} at 95 %)", errors, tried[i], percent(wrong[i] / tried[i]),
                                percent(clopper_pearson_upper(errors, static_cast<int>(std::lround(tried[i]))))));
  }
  return text + table_row(cells) + '\n';
}

struct SearchRates {
  std::array<double, 3> rank{};  // share found at rank 1, within 5, within 10
  double survived = 0;
  double fnir = 0;
  int false_searches = 0;  // without a mate, a candidate all the same
  std::size_t count = 0;
};

constexpr std::array kRanks = {1, 5, 10};

void add_mated(SearchRates& rates, const SearchOutcome& outcome, int score_min, std::size_t count) {
  const double one = 1.0 / static_cast<double>(count);
  for (std::size_t i = 0; i < kRanks.size(); ++i)
    rates.rank[i] += outcome.mate_survived && outcome.mate_rank <= kRanks[i] ? one : 0;
  rates.survived += outcome.mate_survived ? one : 0;
  rates.fnir += outcome.mate_survived && outcome.mate_score >= score_min ? 0 : one;
}

SearchRates rates_of(const RealSearches& real) {
  SearchRates rates;
  rates.count = real.searches.size();
  for (const RealSearches::Search& search : real.searches) {
    add_mated(rates, search.outcome, search.score_min, rates.count);
    rates.false_searches += search.outcome.other_best >= search.score_min;
  }
  return rates;
}

SearchRates rates_of(const SyntheticSearches& synthetic, int score_min) {
  SearchRates rates;
  rates.count = synthetic.mated.size();
  for (const SearchOutcome& outcome : synthetic.mated) add_mated(rates, outcome, score_min, rates.count);
  for (const SearchOutcome& outcome : synthetic.nonmated) rates.false_searches += outcome.other_best >= score_min;
  return rates;
}

std::string search_row(const std::string& what, std::size_t people, const SearchRates& rates) {
  std::vector<std::string> cells = {what, fmt::format("{}", people), fmt::format("{}", rates.count)};
  for (const double share : rates.rank) cells.push_back(percent(share));
  cells.push_back(percent(1 - rates.survived));
  cells.push_back(percent(rates.fnir));
  const int trials = std::max(1, static_cast<int>(rates.count));
  cells.push_back(fmt::format("{} of {} (at most {} at 95 %)", rates.false_searches, rates.count,
                              percent(clopper_pearson_upper(rates.false_searches, trials))));
  return table_row(cells);
}

PlotFile cmc_plot(const AccuracyInput& input) {
  Plot plot{"Cumulative match characteristic of the two-stage search",
            "Share of searches whose mate is among the first candidates, by the number of candidates looked at: nearly "
            "all that are found at all are found first.",
            {"candidates looked at", Scale::linear, 1, 10, even_ticks(1, 10, 1)},
            {"share of searches that find the mate", Scale::linear, 0.8, 1, even_ticks(0.8, 1, 0.05)},
            {}};
  const auto add_series = [&](std::string name, const std::vector<SearchOutcome>& outcomes) {
    Series series{std::move(name), {}, true};
    for (int rank = 1; rank <= 10; ++rank) {
      const auto hit = [&](const SearchOutcome& one) { return one.mate_survived && one.mate_rank <= rank; };
      const auto hits = std::count_if(outcomes.begin(), outcomes.end(), hit);
      series.points.emplace_back(rank, static_cast<double>(hits) / static_cast<double>(outcomes.size()));
    }
    plot.series.push_back(std::move(series));
  };
  const auto outcomes = [](const RealSearches& real) {
    std::vector<SearchOutcome> all;
    for (const auto& search : real.searches) all.push_back(search.outcome);
    return all;
  };
  add_series(fmt::format("artificial, {} people", input.synthetic_options.people), input.synthetic.mated);
  add_series(fmt::format("real, 2 fingers, {}", input.real_two.gallery_people), outcomes(input.real_two));
  add_series(fmt::format("real, 1 finger, {}", input.real_one.gallery_people), outcomes(input.real_one));
  return {"accuracy-cmc", std::move(plot)};
}

PlotFile open_set_plot(const AccuracyInput& input) {
  constexpr double kLow = 1e-3;
  Plot plot{"Searches of people who are there and who are not",
            "False negative against false positive identification rate as the threshold moves, for artificial people "
            "and the real sets.",
            {"FPIR: a candidate where there is none", Scale::log, kLow, 1, percent_ticks(kLow, 1)},
            {"FNIR: the mate is missed", Scale::log, kLow, 1, percent_ticks(kLow, 1)},
            {}};
  const auto add_series = [&](std::string name, const auto& mated, const auto& others) {
    Series series{std::move(name), {}, false};
    int end = 1;
    for (const int score : others) end = std::max(end, score + 2);
    for (int score = 1; score <= end; ++score) {
      const auto reached = [score](int one) { return one >= score; };
      const auto found = std::count_if(mated.begin(), mated.end(), reached);
      const auto wrong = std::count_if(others.begin(), others.end(), reached);
      series.points.emplace_back(static_cast<double>(wrong) / static_cast<double>(others.size()),
                                 1 - static_cast<double>(found) / static_cast<double>(mated.size()));
    }
    plot.series.push_back(std::move(series));
  };
  const auto split = [&](std::string name, const std::vector<SearchOutcome>& with,
                         const std::vector<SearchOutcome>& without) {
    std::vector<int> mated;
    std::vector<int> others;
    for (const SearchOutcome& one : with) mated.push_back(one.mate_survived ? one.mate_score : 0);
    for (const SearchOutcome& one : without) others.push_back(one.other_best);
    add_series(std::move(name), mated, others);
  };
  split(fmt::format("artificial, {} people", input.synthetic_options.people), input.synthetic.mated,
        input.synthetic.nonmated);
  for (const RealSearches* real : {&input.real_two, &input.real_one}) {
    std::vector<SearchOutcome> outcomes;
    for (const auto& search : real->searches) outcomes.push_back(search.outcome);
    split(fmt::format("real, {}, {}", real == &input.real_two ? "2 fingers" : "1 finger", real->gallery_people),
          outcomes, outcomes);
  }
  return {"accuracy-open-set", std::move(plot)};
}

std::string goals_table(std::span<const JudgedSet> sets) {
  const std::vector<Counts> one = counts_of(grouped(sets, 1, ScoreKind::score));
  const std::vector<Counts> two = counts_of(grouped(sets, 2, ScoreKind::score));
  std::string text = table_head({"mean of sets", "reached", "goal", "NIST NBIS", "SourceAFIS"});
  text += table_row({"EER, one finger", percent(mean_of(one, eer)), "at most 5.5 %", "8.28 %", "8.06 %"});
  text += table_row({"FNMR at FMR 1 %", percent(mean_of(one, fnmr_1)), "at most 9 %", "16.0 %", "12.0 %"});
  text += table_row({"FNMR at FMR 0.1 %", percent(mean_of(one, fnmr_01)), "at most 13 %", "23.5 %", "17.4 %"});
  text += table_row({"FNMR at FMR 0.1 %, two fingers", percent(mean_of(two, fnmr_01)), "at most 3 %", "", ""});
  return text + '\n';
}

std::size_t without_template(std::span<const JudgedSet> sets) {
  std::size_t count = 0;
  for (const JudgedSet& set : sets)
    count += static_cast<std::size_t>(
        std::count_if(set.templates.begin(), set.templates.end(), [](const auto& made) { return !made; }));
  return count;
}

std::size_t prints_of(std::span<const JudgedSet> sets) {
  std::size_t count = 0;
  for (const JudgedSet& set : sets) count += set.templates.size();
  return count;
}

std::string introduction(const AccuracyInput& input) {
  std::string text = "# Accuracy\n\n";
  text += fmt::format(
      "How often the comparison errs, measured on {} prints of {} sets of real fingers. The private match gives the "
      "same "
      "scores bit for bit as the comparison in the clear that is measured here (tests of mpc), so that these are its "
      "errors too. This page is made by\n\n    {}\n\nMachine: {}.\n\n",
      prints_of(input.sets), input.sets.size(), input.command, input.machine);
  text += "## In short\n\n" + goals_table(input.sets);
  text +=
      "NIST NBIS (mindtct and bozorth3) and SourceAFIS, the most accurate open-source matcher, were run on the same "
      "pictures, every pair of a set, a print without a template matching nothing, and judged alike.\n\n";
  return text;
}

std::string one_finger(const AccuracyInput& input) {
  std::string text = "## One finger\n\n";
  text += fmt::format(
      "Every pair of a set, the projection of the templates learnt on the other sets. {} prints gave no template; each "
      "counts as matching nothing. In brackets the 95 % interval of a bootstrap over fingers (1000 replicates): "
      "comparisons of one finger depend on one another, so that the rule of 3 and Clopper-Pearson would come out too "
      "narrow. The score, which decides:\n\n",
      without_template(input.sets));
  text += sets_table(input.sets, ScoreKind::score);
  text += "The sieve, the first stage of a search: matched rows alone, in half of the gallery rows:\n\n";
  text += sets_table(input.sets, ScoreKind::rows);
  text +=
      "The extractor's constants and the score's were chosen while looking at these sets; the projection leaves the "
      "set "
      "out, the constants cannot. Other readers may give other figures.\n\n";
  return text;
}

std::string several_fingers(const AccuracyInput& input) {
  std::string text = "## Several fingers of a person\n\n";
  text +=
      "Fingers of a set that follow one another count as one person's (101 and 102, 103 and 104, ...; 101 to 105, 106 "
      "to "
      "110), and their scores are added up. With so few non-mated comparisons in a set, an FMR of 0.1 % means none of "
      "them with two fingers or more. Where no error was seen among n people, the rule of 3 allows 3/n all the same. "
      "The last column takes one threshold for all sets.\n\n";
  text += several_table(input.sets);
  return text;
}

std::string thresholds(const AccuracyInput& input) {
  std::string text = "## Thresholds\n\n";
  text += fmt::format(
      "Calibrated on all sets by `qorgan lab calibrate` (`src/finger/decision_table.h`): {:.0f} comparisons of "
      "different "
      "fingers. Up to a score of {}, which at least a hundred of them reach, shares are counted; beyond, they fall by "
      "exp(-{:.2f}) with each unit of the square root of the score. A tail in the square root is the careful choice: k "
      "minutiae that fit together by chance give about k*k/2 pairs. Thresholds stand on the upper bound, the 95 % "
      "quantile of that fit over 1000 draws of sets, then of fingers. Fingers of a person count as independent.\n\n",
      input.tail.comparisons, input.tail.counted_to, input.tail.rate);
  text += shipped_table();
  text += fmt::format(
      "A search aims at one false candidate in {:.0f} searches of people who are not there; its first stage lets at "
      "most "
      "{:.2f} % of other people through. Rates below about 1e-4 are extrapolations: no set here can count them.\n\n",
      1 / finger::kIdentificationFpir, 100 * finger::kSurvivorShareMax);
  text +=
      "### What such thresholds do to a set they have not seen\n\nEach set at the thresholds calibrated on the others. "
      "The bound in the last line is Clopper-Pearson's, which takes comparisons as independent and is narrow "
      "therefore.\n\n";
  return text + others_table(input.sets);
}

std::string searches(const AccuracyInput& input) {
  std::string text = "## Identification\n\n";
  text += fmt::format(
      "The two stages of a search as the custodians take them, in the clear. Real: the first impression of each "
      "subject "
      "of all sets is the gallery, the others are searched for, with the projection and thresholds of the sets they do "
      "not belong to; for the last column the mate is left out. Artificial: {} people with {} fingers "
      "(docs/synthetic-prints.md), {} searches of people who are there and as many of people who are not, with the "
      "thresholds shipped. Their strangers are less alike than real ones, so that their FPIR says little of real "
      "people's; how errors grow with the gallery it does show.\n\n",
      input.synthetic_options.people, input.synthetic_options.fingers, input.synthetic_options.searches);
  text += table_head({"", "people", "searches", "mate is first", "among 5", "among 10", "lost in the first stage",
                      "FNIR", "FPIR: searches with a false candidate"});
  text += search_row("real, one finger", input.real_one.gallery_people, rates_of(input.real_one));
  text += search_row("real, two fingers", input.real_two.gallery_people, rates_of(input.real_two));
  const int score_min =
      finger::identification_score_min(input.synthetic_options.fingers, input.synthetic_options.people);
  text += search_row(fmt::format("artificial, {} fingers", input.synthetic_options.fingers),
                     input.synthetic_options.people, rates_of(input.synthetic, score_min));
  return text + '\n';
}

std::string meaning(std::span<const JudgedSet> sets) {
  const double one = mean_of(counts_of(grouped(sets, 1, ScoreKind::score)), fnmr_01);
  const double two = mean_of(counts_of(grouped(sets, 2, ScoreKind::score)), fnmr_01);
  std::string text = "## What it means\n\n";
  text += fmt::format(
      "- With one finger, about {:.0f} in a hundred honest tries are turned away where one stranger in a thousand "
      "would "
      "get in. A second try or a better press helps most of them.\n",
      100 * one);
  text += fmt::format(
      "- With two fingers about {:.1f} in a hundred are turned away, and a stranger gets in less than once in a "
      "hundred "
      "thousand by the model. Ask for two.\n",
      100 * two);
  text +=
      "- Prints of poor readers and dry skin carry most of the errors: compare the sets. Rejecting the worst prints at "
      "enrolment is the cheapest improvement there is.\n"
      "- Ten fingers a set are a small sample, and none of the sets is of people who do manual work, of old people or "
      "of "
      "children. Whoever deploys this should measure on their own readers, with consent, before trusting a "
      "threshold.\n\n";
  return text;
}

std::string compared_with() {
  return "## Beside others\n\n"
         "| | EER | FNMR at FMR 1 % | at 0.1 % | source |\n|---|---|---|---|---|\n"
         "| NIST NBIS | 8.28 % | 16.0 % | 23.5 % | mindtct and bozorth3 run on the same pictures |\n"
         "| SourceAFIS | 8.06 % | 12.0 % | 17.4 % | run on the same pictures |\n\n"
         "Both work on templates in the clear. Figures are means of the seven sets, given with the sets; nothing here "
         "runs those programs.\n\n";
}

}  // namespace

Page accuracy_page(const AccuracyInput& input) {
  Page page{"accuracy", {}, {det_plot(input.sets), tail_plot(input), cmc_plot(input), open_set_plot(input)}};
  page.text = introduction(input) + one_finger(input) + image(page.plots[0]) + several_fingers(input) +
              thresholds(input) + image(page.plots[1]) + "## Rejecting poor prints\n\n" + input.reject_table +
              searches(input) + image(page.plots[2]) + image(page.plots[3]) + meaning(input.sets) + compared_with();
  page.text +=
      "## To repeat\n\nThe real prints are not in this repository. With a folder that holds one folder a set, of "
      "FINGER_IMPRESSION pictures, the command at the top makes this page and its plots; `--scores DIR` writes the "
      "comparisons of each set, from which `qorgan lab calibrate DIR/*.txt --out src/finger/decision_table.h` makes "
      "the "
      "thresholds.\n";
  return page;
}

}  // namespace qorgan::lab
