// qorgan lab bench refresh: how fast three local custodians give everyone new shares, with searches going on.
#include "cli/lab_bench_refresh.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/lab_bench.h"
#include "cli/lab_bench_gallery.h"
#include "custodian/operator_client.h"
#include "lab/bootstrap.h"
#include "net/json_fields.h"
#include "protocol/message_types.h"

namespace qorgan::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kStartTimeoutMs = 600'000;
constexpr int kSearchesMax = 1000;

struct RefreshFigures {
  std::size_t people = 0;
  double seconds = 0;
  double search_before_s = 0;  // median of some searches before
  double search_during_s = 0;  // and of those that ran meanwhile
  std::size_t searches = 0;
};

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

Result<bool> is_under_way(custodian::OperatorClient& client, const char* type) {
  net::Message question;
  question.head["type"] = type;
  QORGAN_TRY(const net::Message answer, client.call(question, Deadline::after_ms(limits::verify_timeout_ms)));
  QORGAN_TRY(const auto under_way, net::optional_bool_field(answer.head, "under_way"));
  return under_way.value_or(false);
}

Result<double> refresh_everyone(const LocalNetwork& network) {
  QORGAN_TRY(auto client, custodian::OperatorClient::open(network.custodian_folder(0), network.network_file()));
  const auto began = Clock::now();
  QORGAN_TRY(bool under_way, is_under_way(client, protocol::type::refresh));
  while (under_way) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    QORGAN_TRY(under_way, is_under_way(client, protocol::type::refresh_progress));
  }
  return seconds_since(began);
}

// Searches one after another until `stop`, `count_min` at least. Gives how long each took.
Result<std::vector<double>> search(const BenchOptions& options, desk::Desk& desk, const std::string& warrant,
                                   std::size_t count_min, const std::atomic<bool>& stop) {
  desk::Asking asking{"bench", "identification", {}};
  asking.warrant = warrant;
  std::vector<double> seconds;
  while (seconds.size() < count_min || !stop) {
    QORGAN_TRY(const auto probe, prints_of_person(options, seconds.size() % 2, 1));
    const auto began = Clock::now();
    QORGAN_CHECK(desk.identify(probe, asking));
    seconds.push_back(seconds_since(began));
  }
  return seconds;
}

Result<RefreshFigures> measure(const BenchOptions& options, bool with_searches) {
  QORGAN_TRY(const GalleryMaker maker, GalleryMaker::make(options, 2));
  QORGAN_TRY(LocalNetwork network, LocalNetwork::create());
  RefreshFigures figures;
  figures.people = static_cast<std::size_t>(options.gallery / options.fingers);
  QORGAN_CHECK(fill(network, maker, 0, figures.people));
  QORGAN_CHECK(network.start(Deadline::after_ms(kStartTimeoutMs)));
  if (!with_searches) {
    QORGAN_TRY(figures.seconds, refresh_everyone(network));
    return figures;
  }
  QORGAN_TRY(desk::Desk desk, network.open_desk());
  QORGAN_TRY(const std::string warrant, network.make_warrant(kSearchesMax));
  std::atomic<bool> stop = true;
  QORGAN_TRY(const std::vector<double> before, search(options, desk, warrant, 4, stop));
  stop = false;
  Result<std::vector<double>> during;
  Result<double> refreshed;
  {
    const std::jthread searching([&] { during = search(options, desk, warrant, 1, stop); });
    refreshed = refresh_everyone(network);
    stop = true;
  }
  QORGAN_TRY(figures.seconds, std::move(refreshed));
  QORGAN_TRY(const std::vector<double> seconds, std::move(during));
  figures.searches = seconds.size();
  figures.search_before_s = lab::quantile({before.begin() + 1, before.end()}, 0.5);
  figures.search_during_s = lab::quantile(seconds, 0.5);
  return figures;
}

int run(const Context& context, const BenchOptions& options, bool with_searches) {
  const auto figures = measure(options, with_searches);
  if (!figures) return report(context, figures.error());
  const double per_second = static_cast<double>(figures->people) / figures->seconds;
  if (context.json) {
    print_json({{"people", figures->people},
                {"fingers_per_person", options.fingers},
                {"seconds", figures->seconds},
                {"people_per_second", per_second},
                {"searches", figures->searches},
                {"search_seconds_before", figures->search_before_s},
                {"search_seconds_during", figures->search_during_s}});
    return 0;
  }
  fmt::print("refreshed                        {} people of {} finger(s) in {:.1f} s, {:.0f} a second\n",
             figures->people, options.fingers, figures->seconds, per_second);
  if (with_searches)
    fmt::print("searches meanwhile               {}, median {:.2f} s; before it {:.2f} s\n", figures->searches,
               figures->search_during_s, figures->search_before_s);
  return 0;
}

}  // namespace

void add_lab_bench_refresh(CLI::App& bench, Context& context) {
  CLI::App* command = bench.add_subcommand("refresh", "Give everyone of an artificial gallery new shares");
  auto options = std::make_shared<BenchOptions>();
  auto alone = std::make_shared<bool>(false);
  command->add_option("--gallery", options->gallery, "Fingers in the gallery")
      ->check(CLI::Range(4, 1'000'000))
      ->capture_default_str();
  command->add_option("--fingers", options->fingers, "Fingers a person")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Of the artificial people")->capture_default_str();
  command->add_flag("--alone", *alone, "Without searches meanwhile");
  add_json_option(*command, context);
  command->callback([&context, options, alone] { context.exit_code = run(context, *options, !*alone); });
}

}  // namespace qorgan::cli
