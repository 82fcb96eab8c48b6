#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "custodian/files.h"

namespace qorgan::cli {
namespace {

struct Options {
  std::string out = "state";
  std::string host = "127.0.0.1";
  std::vector<std::string> hosts;
  std::uint16_t port = 7310;
  std::vector<std::string> names = {"First custodian", "Second custodian", "Third custodian"};
  int search_lanes = limits::search_lanes_default;
  std::string desk = "desk";
  std::string relying_party = "Trial office";
};

int init(const Context& context, const Options& options) {
  custodian::NetworkPlan plan;
  for (std::size_t i = 0; i < protocol::kCustodians; ++i) {
    plan.names[i] = options.names[i];
    plan.hosts[i] = options.hosts.empty() ? options.host : options.hosts[i];
    plan.ports[i] = static_cast<std::uint16_t>(options.port + i);
    plan.web_ports[i] = static_cast<std::uint16_t>(options.port + protocol::kCustodians + i);
    plan.log_ports[i] = static_cast<std::uint16_t>(options.port + 2 * protocol::kCustodians + i);
  }
  plan.search_lanes = options.search_lanes;
  plan.desk_name = options.desk;
  plan.relying_party = options.relying_party;
  const auto network = custodian::create_network(plan, options.out);
  if (!network) return report(context, network.error());
  if (context.json) {
    print_json({{"network_id", to_hex(network->id())}, {"folder", options.out}});
    return 0;
  }
  fmt::print("Made a network of three custodians and one desk in {}.\n", options.out);
  for (int i = 0; i < protocol::kCustodians; ++i)
    fmt::print("  start {}:  qorgan custodian --dir {}/custodian-{} --network {}/network.json\n", network->describe(i),
               options.out, i, options.out);
  fmt::print("Each custodian-N folder holds that custodian's secret keys: give each to its institution alone.\n");
  fmt::print("{}/court holds the keys of a trial court and of one officer of each custodian, for warrants.\n",
             options.out);
  return 0;
}

}  // namespace

void add_network(CLI::App& app, Context& context) {
  CLI::App* network = app.add_subcommand("network", "Make a network of three custodians");
  network->require_subcommand(1);
  CLI::App* command =
      network->add_subcommand("init", "Make the keys of three custodians and a desk, and the public network file");
  auto options = std::make_shared<Options>();
  command->add_option("--out", options->out, "New folder to make them in")->capture_default_str();
  command->add_option("--host", options->host, "Host of all three custodians")->capture_default_str();
  command->add_option("--hosts", options->hosts, "Their three hosts, where they differ")->expected(3);
  command
      ->add_option("--port", options->port,
                   "Port of custodian 0; the others take the two after it, the six after those "
                   "are for people's requests (HTTPS) and the logs (HTTP)")
      ->check(CLI::Range(1, 65527))
      ->capture_default_str();
  command
      ->add_option("--search-lanes", options->search_lanes,
                   "Among how many lanes each search is cut: as many as a "
                   "custodian has cores")
      ->check(CLI::Range(1, limits::search_lanes_max))
      ->capture_default_str();
  command->add_option("--names", options->names, "The three institutions")->expected(3);
  command->add_option("--desk", options->desk, "Name of the desk")->capture_default_str();
  command->add_option("--relying-party", options->relying_party, "The organisation behind the desk")
      ->capture_default_str();
  add_json_option(*command, context);
  command->callback([&context, options] { context.exit_code = init(context, *options); });
}

}  // namespace qorgan::cli
