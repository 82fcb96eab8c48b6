// qorgan log fsck: checks a log's folder from its entries up to its signatures.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/log_commands.h"
#include "ledger/fsck.h"
#include "protocol/log_keys.h"

namespace qorgan::cli {
namespace {

struct LogFsckOptions {
  std::string folder;
  std::string network_file;
  int custodian = 0;
  std::vector<std::string> keys;
  std::vector<std::string> cosigners;
  int cosignatures_min = 0;
  bool entries = false;
};

void print_report_as_json(const ledger::FsckReport& report) {
  nlohmann::json object = {
      {"origin", report.origin},           {"size", report.size},   {"published_size", report.published_size},
      {"bundles", report.bundles},         {"tiles", report.tiles}, {"partial_tiles_left", report.partial_left},
      {"cosigned_by", report.cosigned_by}, {"notes", report.notes}, {"whole", !report.wrong}};
  if (report.wrong) {
    object["error"] = {{"code", error_code_name(report.wrong->code)},
                       {"what", report.wrong->what},
                       {"where", report.wrong->where},
                       {"remedy", report.wrong->remedy}};
  }
  print_json(object);
}

void print_report_as_text(const ledger::FsckReport& report) {
  fmt::print("{}: {} entries, {} of them published, in {} bundles under {} tiles\n", report.origin, report.size,
             report.published_size, report.bundles, report.tiles);
  fmt::print("cosigned by {}\n", report.cosigned_by.empty() ? "nobody whose key was given"
                                                            : fmt::format("{}", fmt::join(report.cosigned_by, ", ")));
  if (report.partial_left > 0) fmt::print("note: {} partial tiles of former sizes are left\n", report.partial_left);
  for (const std::string& note : report.notes) fmt::print("note: {}\n", note);
  if (!report.wrong) fmt::print("whole\n");
}

// Those of the network file, where it is given.
Status take_keys(LogFsckOptions& options) {
  if (options.network_file.empty()) {
    if (options.keys.empty())
      return failure(ErrorCode::invalid_input, "no key is named", {}, "Give --key, or --network and --custodian");
    return {};
  }
  QORGAN_TRY(const protocol::Network network, protocol::load_network(options.network_file));
  const ledger::TrustedLog trusted = protocol::trusted_log(network, options.custodian);
  options.keys.push_back(trusted.log.text());
  for (const ledger::VerifierKey& key : trusted.cosigners) options.cosigners.push_back(key.text());
  return {};
}

Status run_fsck(const LogFsckOptions& options, Context& context) {
  ledger::FsckOptions checks;
  QORGAN_TRY(checks.log_keys, parse_verifier_keys(options.keys));
  QORGAN_TRY(checks.cosigners, parse_verifier_keys(options.cosigners));
  checks.cosignatures_min = options.cosignatures_min;
  checks.check_leaves = options.entries;
  QORGAN_TRY(const ledger::FsckReport report, ledger::fsck(options.folder, checks));
  if (context.json) {
    print_report_as_json(report);
  } else {
    print_report_as_text(report);
  }
  if (!report.wrong) return {};
  fmt::print(stderr, "qorgan: {}\n", report.wrong->message());
  context.exit_code = exit_code_of(report.wrong->code);
  return {};
}

}  // namespace

void add_log_fsck(CLI::App& log, Context& context) {
  auto options = std::make_shared<LogFsckOptions>();
  CLI::App* command = log.add_subcommand("fsck", "Check a log's folder, or a copy: entries, tiles, root, signatures");
  command->add_option("DIR", options->folder, "The log's folder")->required();
  command->add_option("--key", options->keys, "The log's key (name+id+key); again for a former one");
  command->add_option("--network", options->network_file, "The public network file, instead of keys");
  command->add_option("--custodian", options->custodian, "Whose log of that network it is")->check(CLI::Range(0, 2));
  command->add_option("--cosigner", options->cosigners, "A witness's key; again for each");
  command->add_option("--cosignatures", options->cosignatures_min, "How many of them must have cosigned")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  command->add_flag("--entries", options->entries, "Also that each entry is what a custodian writes");
  add_json_option(*command, context);
  command->callback([options, &context] {
    if (const Status named = take_keys(*options); !named) {
      context.exit_code = report(context, named.error());
      return;
    }
    if (const Status done = run_fsck(*options, context); !done) context.exit_code = report(context, done.error());
  });
}

}  // namespace qorgan::cli
