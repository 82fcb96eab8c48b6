// qorgan custodian rotate: a new key within the same network.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/custodian_commands.h"
#include "custodian/key_rotation.h"

namespace qorgan::cli {
namespace {

struct Options {
  CustodianFiles files;
  std::filesystem::path out;
  bool log = false;
  bool tls = false;
};

int run(const Context& context, const Options& options) {
  custodian::RotationPlan plan;
  plan.folder = options.files.folder;
  plan.network_file = options.files.network_file;
  plan.out = options.out;
  plan.kind = options.log ? protocol::KeyKind::log : protocol::KeyKind::tls;
  const auto network = custodian::rotate(plan);
  if (!network) return report(context, network.error());
  if (context.json) {
    print_json({{"network_id", to_hex(network->id())},
                {"kind", protocol::key_kind_name(plan.kind)},
                {"rotations", network->rotations.size()},
                {"out", options.out.string()}});
    return 0;
  }
  fmt::print("Made a new {} key, and {}, which names it.\n", protocol::key_kind_name(plan.kind), options.out.string());
  fmt::print(
      "The old key is in use until then: stop this custodian, give the new network file to the two others and to "
      "every desk, and start all of them with it.\n");
  if (options.log)
    fmt::print(
        "From then on sign.key.old signs the log as well, for those who know the old key alone; remove it when "
        "they have the new file.\n");
  return 0;
}

}  // namespace

void add_custodian_rotate(CLI::App& custodian, Context& context) {
  CLI::App* command = custodian.add_subcommand("rotate", "Make a new key of this custodian's, within the same network");
  auto options = std::make_shared<Options>();
  add_custodian_files(*command, options->files);
  CLI::Option_group* kind = command->add_option_group("key");
  kind->add_flag("--log", options->log, "The key of its log, its cosignatures and its receipts");
  kind->add_flag("--tls", options->tls, "The key that the others and the desks know its connections by");
  kind->require_option(1);
  command->add_option("--out", options->out, "The new network file")->required();
  add_json_option(*command, context);
  command->callback([&context, options] { context.exit_code = run(context, *options); });
}

}  // namespace qorgan::cli
