// qorgan lab report performance: docs/performance.md from three custodians on this machine.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/lab_bench.h"
#include "cli/lab_report.h"
#include "finger/extract.h"
#include "finger/make_template.h"
#include "finger/synth/impression.h"
#include "lab/bootstrap.h"
#include "lab/machine.h"
#include "lab/performance_page.h"

namespace qorgan::cli {
namespace {

namespace synth = finger::synth;

struct Options {
  std::string out;
  std::vector<int> galleries = {10'000, 20'000, 50'000, 100'000};
  int link_delay_ms = 10;
  BenchOptions bench;
};

constexpr int kPictures = 60;

// One thread; a picture that yields no template took its time all the same.
std::vector<double> extraction_times_ms() {
  std::vector<double> times;
  for (int i = 0; i < kPictures; ++i) {
    const auto finger = synth::make_finger(synth::finger_seed(synth::person_seed(1, static_cast<std::uint64_t>(i)), 2));
    const finger::Image image = synth::impression(finger, synth::impression_seed(finger.seed, 1));
    const auto began = std::chrono::steady_clock::now();
    const auto minutiae = finger::extract(image);
    if (minutiae) (void)finger::make_template(*minutiae);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count());
  }
  return times;
}

lab::SearchPoint point_of(const SearchFigures& figures) {
  return {figures.gallery,        figures.making_s,   figures.load_s,       figures.comparisons_per_second,
          figures.seconds_median, figures.bytes_sent, figures.memory_bytes, figures.found,
          figures.probes};
}

Status add_verification(const BenchOptions& bench, int link_delay_ms, lab::PerformanceInput& input) {
  BenchOptions options = bench;
  options.link_delay_ms = link_delay_ms;
  QORGAN_TRY(const VerifyFigures figures, measure_verifications(options));
  input.verifications.push_back({link_delay_ms, figures.median_ms, figures.p95_ms, figures.rounds, figures.accepted});
  return {};
}

Result<lab::PerformanceInput> measure(const Options& options) {
  lab::PerformanceInput input;
  const lab::Machine machine = lab::this_machine();
  input.machine = lab::describe(machine);
  input.cores = machine.cores;
  input.command = "qorgan lab report performance --out docs";
  input.fingers_per_person = options.bench.fingers;
  input.stages = lab::stage_times();
  const std::vector<double> times = extraction_times_ms();
  input.pictures = kPictures;
  input.extraction_ms = lab::quantile(times, 0.5);
  input.extraction_p95_ms = lab::quantile(times, 0.95);
  QORGAN_CHECK(add_verification(options.bench, 0, input));
  QORGAN_CHECK(add_verification(options.bench, options.link_delay_ms, input));
  QORGAN_TRY(const auto searches, measure_searches(options.bench, options.galleries));
  for (const SearchFigures& figures : searches) input.searches.push_back(point_of(figures));
  return input;
}

Status run(const Options& options, const Context& context) {
  QORGAN_TRY(const lab::PerformanceInput input, measure(options));
  const lab::Page page = lab::performance_page(input);
  QORGAN_CHECK(lab::write_page(page, options.out));
  const std::string file = (std::filesystem::path(options.out) / (page.name + ".md")).string();
  if (context.json) {
    print_json({{"out", file},
                {"comparisons_per_second", input.searches.back().comparisons_per_second},
                {"verify_p95_ms", input.verifications.front().p95_ms}});
  } else {
    fmt::print("{:.0f} comparisons a second among {} fingers: {}\n", input.searches.back().comparisons_per_second,
               input.searches.back().fingers, file);
  }
  return {};
}

}  // namespace

void add_report_performance(CLI::App& report_command, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      report_command.add_subcommand("performance", "Speed and size of three custodians: performance.md and its plots");
  command->add_option("--out", options->out, "Folder to write to")->required();
  command->add_option("--galleries", options->galleries, "Sizes of galleries in fingers, the smallest first")
      ->delimiter(',')
      ->check(CLI::Range(100, 1'000'000))
      ->capture_default_str();
  command->add_option("--probes", options->bench.probes, "Searches in each gallery")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--rounds", options->bench.rounds, "Verifications")
      ->check(CLI::Range(10, 10'000))
      ->capture_default_str();
  command->add_option("--link-delay-ms", options->link_delay_ms, "Added to every link, each way, in the second run")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status status = run(*options, context); !status) context.exit_code = report(context, status.error());
  });
}

}  // namespace qorgan::cli
