// qorgan lab quality: how well a print's quality foretells that it will not match, and what extraction costs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/command.h"
#include "cli/lab_prints.h"
#include "cli/lab_reject.h"
#include "finger/load.h"
#include "finger/make_template.h"
#include "mpc/reference.h"

namespace qorgan::cli {
namespace {

struct Folder {
  std::filesystem::path path;
  std::optional<int> dpi;
};

struct Set {
  std::string name;
  std::vector<JudgedPrint> prints;
  std::vector<std::optional<finger::Template>> templates;
  std::vector<double> times_ms;
  RejectCurves curves;
};

// FOLDER or FOLDER=DPI.
Result<Folder> parse_folder(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos) return Folder{text, {}};
  int dpi = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + equals + 1, end, dpi);
  if (error != std::errc() || stop != end)
    return failure(ErrorCode::invalid_input, "the resolution is not a number", text, "Write DIR=DPI, say prints=569");
  return Folder{text.substr(0, equals), dpi};
}

double processor_ms() {
  return static_cast<double>(std::clock()) * 1000 / CLOCKS_PER_SEC;
}

// A print that yields no minutiae or no template has quality 0 and matches nothing.
Status add_print(const PrintFile& file, std::optional<int> dpi, Set& set) {
  const double begin_ms = processor_ms();
  const auto minutiae = finger::load_minutiae(file.path, dpi);
  set.times_ms.push_back(processor_ms() - begin_ms);
  if (!minutiae && minutiae.error().code != ErrorCode::low_quality) return tl::unexpected<Error>(minutiae.error());
  std::optional<finger::Template> made;
  if (minutiae) {
    if (auto result = finger::make_template(*minutiae)) made = *result;
  }
  set.prints.push_back({file.name.substr(0, file.name.find('_')), made ? minutiae->quality : 0});
  set.templates.push_back(made);
  return {};
}

std::vector<JudgedPair> compare_all(const Set& set) {
  std::vector<JudgedPair> pairs;
  for (std::size_t a = 0; a < set.prints.size(); ++a) {
    for (std::size_t b = a + 1; b < set.prints.size(); ++b) {
      const bool both = set.templates[a] && set.templates[b];
      pairs.push_back({a, b, both ? mpc::score(*set.templates[a], *set.templates[b]) : 0});
    }
  }
  return pairs;
}

Result<Set> judge(const Folder& folder) {
  QORGAN_TRY(const auto files, list_prints(folder.path));
  Set set;
  set.name = std::filesystem::weakly_canonical(folder.path).filename().string();
  Progress progress(set.name, files.size());
  for (const PrintFile& file : files) {
    QORGAN_CHECK(add_print(file, folder.dpi, set));
    progress.advance();
  }
  auto curves = error_versus_reject(set.prints, compare_all(set));
  if (!curves) {
    curves.error().where = folder.path.string();
    return tl::unexpected<Error>(std::move(curves).error());
  }
  set.curves = *curves;
  return set;
}

struct Spread {
  double mean = 0;
  double median = 0;
  double worst = 0;
};

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {sum / static_cast<double>(values.size()), values[values.size() / 2], values.back()};
}

// Of those sets that have a value there.
std::optional<double> mean_fnmr(const std::vector<Set>& sets, std::size_t rate, std::size_t rejected) {
  double sum = 0;
  int count = 0;
  for (const Set& set : sets) {
    const std::optional<double> value = set.curves[rate].fnmr[rejected];
    if (!value) continue;
    sum += *value;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

nlohmann::json as_json(std::optional<double> value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

nlohmann::json as_json(const Set& set) {
  nlohmann::json curves = nlohmann::json::array();
  for (std::size_t i = 0; i < kFalseMatchRates.size(); ++i) {
    nlohmann::json fnmr = nlohmann::json::array();
    for (const auto& value : set.curves[i].fnmr) fnmr.push_back(as_json(value));
    curves.push_back({{"fmr", kFalseMatchRates[i]}, {"threshold", set.curves[i].threshold}, {"fnmr", fnmr}});
  }
  const Spread time = spread_of(set.times_ms);
  return {{"set", set.name},
          {"prints", set.prints.size()},
          {"without_template", std::count(set.templates.begin(), set.templates.end(), std::nullopt)},
          {"curves", curves},
          {"extraction_ms", {{"mean", time.mean}, {"median", time.median}, {"worst", time.worst}}}};
}

void print_as_json(const std::vector<Set>& sets) {
  nlohmann::json all = nlohmann::json::array();
  for (const Set& set : sets) all.push_back(as_json(set));
  nlohmann::json mean = nlohmann::json::array();
  for (std::size_t i = 0; i < kFalseMatchRates.size(); ++i) {
    nlohmann::json fnmr = nlohmann::json::array();
    for (std::size_t j = 0; j < kRejected.size(); ++j) fnmr.push_back(as_json(mean_fnmr(sets, i, j)));
    mean.push_back({{"fmr", kFalseMatchRates[i]}, {"fnmr", fnmr}});
  }
  print_json({{"rejected", kRejected}, {"sets", all}, {"mean", mean}});
}

void print_row(const std::string& name, const std::string& threshold, const auto& fnmr_at) {
  fmt::print("{:<20}{:>10}", name, threshold);
  for (std::size_t j = 0; j < kRejected.size(); ++j) {
    const std::optional<double> value = fnmr_at(j);
    fmt::print("{:>9}", value ? fmt::format("{:.2f} %", 100 * *value) : "-");
  }
  fmt::print("\n");
}

void print_text(const std::vector<Set>& sets) {
  for (std::size_t i = 0; i < kFalseMatchRates.size(); ++i) {
    fmt::print("FNMR at FMR {} %, of the prints that stay when the worst by quality are rejected\n{:<20}{:>10}",
               100 * kFalseMatchRates[i], "set", "threshold");
    for (const double share : kRejected) fmt::print("{:>7} %", 100 * share);
    fmt::print("\n");
    for (const Set& set : sets)
      print_row(set.name, std::to_string(set.curves[i].threshold), [&](auto j) { return set.curves[i].fnmr[j]; });
    print_row("mean of sets", "", [&](auto j) { return mean_fnmr(sets, i, j); });
    fmt::print("\n");
  }
  fmt::print("Processor time from a picture file to minutiae\n{:<20}{:>10}{:>10}{:>10}\n", "set", "mean", "median",
             "worst");
  double sum_ms = 0;
  for (const Set& set : sets) {
    const Spread time = spread_of(set.times_ms);
    sum_ms += time.mean;
    fmt::print("{:<20}{:>7.1f} ms{:>7.1f} ms{:>7.1f} ms\n", set.name, time.mean, time.median, time.worst);
  }
  fmt::print("{:<20}{:>7.1f} ms\n", "mean of sets", sum_ms / static_cast<double>(sets.size()));
}

Status run(const std::vector<std::string>& folders, const Context& context) {
  std::vector<Set> sets;
  for (const std::string& text : folders) {
    QORGAN_TRY(const Folder folder, parse_folder(text));
    QORGAN_TRY(Set set, judge(folder));
    sets.push_back(std::move(set));
  }
  if (context.json) {
    print_as_json(sets);
  } else {
    print_text(sets);
  }
  return {};
}

}  // namespace

void add_lab_quality(CLI::App& lab, Context& context) {
  auto folders = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      lab.add_subcommand("quality", "Compare a folder's prints, leaving out those of low quality, and time extraction");
  command->add_option("DIR", *folders, "Folders of FINGER_IMPRESSION pictures; DIR=DPI where they do not say it")
      ->required();
  add_json_option(*command, context);
  command->callback([folders, &context] {
    if (const Status status = run(*folders, context); !status) context.exit_code = report(context, status.error());
  });
}

}  // namespace qorgan::cli
