// qorgan lab bench: how fast three local custodians compare.
#include "cli/lab_bench.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/lab_bench_log.h"
#include "cli/lab_bench_refresh.h"
#include "cli/lab_bench_trace.h"

namespace qorgan::cli {
namespace {

Result<int> identify(const Context& context, const BenchOptions& options) {
  QORGAN_TRY(const auto all, measure_searches(options, std::span(&options.gallery, 1)));
  const SearchFigures& figures = all.front();
  if (context.json) {
    print_json({{"gallery", options.gallery},
                {"fingers_per_person", options.fingers},
                {"comparisons_per_second", figures.comparisons_per_second},
                {"bytes_sent_per_comparison", figures.bytes_sent},
                {"memory_bytes_per_finger", figures.memory_bytes},
                {"planted", figures.probes},
                {"found", figures.found},
                {"other_candidates", figures.others},
                {"seconds_median", figures.seconds_median},
                {"one_bit_ratio", figures.one_bit_ratio},
                {"making_seconds", figures.making_s},
                {"load_seconds", figures.load_s}});
    return 0;
  }
  fmt::print("gallery                          {} fingers of {} people, made in {:.1f} s, loaded in {:.1f} s\n",
             options.gallery, options.gallery / options.fingers, figures.making_s, figures.load_s);
  fmt::print("comparisons per second           {:.0f} (median of {} searches; three custodians together)\n",
             figures.comparisons_per_second, figures.probes);
  fmt::print("bytes sent per comparison        {:.0f} (each custodian, TLS included)\n", figures.bytes_sent);
  fmt::print("memory per finger                {:.0f} bytes (each custodian)\n", figures.memory_bytes);
  fmt::print("planted probes found             {} of {}; other candidates: {}\n", figures.found, figures.probes,
             figures.others);
  if (options.one_bit)
    fmt::print("time of a search for one bit     {:.3f} of the same search's (median)\n", figures.one_bit_ratio);
  return 0;
}

Result<int> verify(const Context& context, const BenchOptions& options) {
  QORGAN_TRY(const VerifyFigures figures, measure_verifications(options));
  if (context.json) {
    print_json({{"fingers", options.fingers},
                {"rounds", figures.rounds},
                {"link_delay_ms", options.link_delay_ms},
                {"median_ms", figures.median_ms},
                {"p95_ms", figures.p95_ms},
                {"mated_accepted", figures.accepted}});
    return 0;
  }
  fmt::print(
      "verification of {} finger(s), {} ms added to each link: median {:.1f} ms, p95 {:.1f} ms over {} requests; ",
      options.fingers, options.link_delay_ms, figures.median_ms, figures.p95_ms, figures.rounds);
  fmt::print("{} of {} mated accepted\n", figures.accepted, figures.rounds);
  return 0;
}

}  // namespace

void add_lab_bench(CLI::App& lab, Context& context) {
  CLI::App* bench = lab.add_subcommand("bench", "Measure three custodians, or a log, on this machine");
  bench->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, auto run) {
    CLI::App* command = bench->add_subcommand(name, help);
    auto options = std::make_shared<BenchOptions>();
    command->add_option("--fingers", options->fingers, "Fingers a person")
        ->check(CLI::Range(1, 2))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Of the artificial people")->capture_default_str();
    add_json_option(*command, context);
    command->callback([&context, options, run] {
      const Result<int> ended = run(context, *options);
      context.exit_code = ended ? *ended : report(context, ended.error());
    });
    return std::pair(command, options);
  };
  const auto [search, search_options] = add("identify", "Search an artificial gallery for planted probes", identify);
  search->add_option("--gallery", search_options->gallery, "Fingers in the gallery")
      ->check(CLI::Range(2, 1'000'000))
      ->capture_default_str();
  search->add_option("--probes", search_options->probes, "Searches, each for a planted mated probe")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  search->add_flag("--one-bit", search_options->one_bit, "Search once more for an answer of one bit, to compare");
  const auto [single, single_options] = add("verify", "Verify artificial people one after another", verify);
  single->add_option("--rounds", single_options->rounds, "Verifications")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  single->add_option("--link-delay-ms", single_options->link_delay_ms, "Added to every link, each way")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  add_lab_bench_log(*bench, context);
  add_lab_bench_refresh(*bench, context);
  add_lab_bench_trace(*bench, context);
}

}  // namespace qorgan::cli
