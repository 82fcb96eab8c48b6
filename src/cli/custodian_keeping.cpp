// qorgan custodian recover, backup, restore: what keeps a custodian's data from being lost.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/custodian_commands.h"
#include "custodian/backup.h"
#include "custodian/recovery.h"

namespace qorgan::cli {
namespace {

struct BackupWords {
  CustodianFiles files;
  std::filesystem::path file;
};

void print_report(const custodian::RecoveryReport& report) {
  const custodian::RecoveredDatabase& database = report.database;
  if (report.made_pseudonym_key) fmt::print("pseudonym key: from the two others\n");
  fmt::print("log: {} entries, {}\n", report.log_entries,
             report.adopted_log ? "from the mirrors of the two others" : "as it was");
  fmt::print("database: {} people after {} decisions; {} decisions came from the two others{}\n", database.people,
             database.applied, database.taken_up, database.was_empty ? ", and nothing from an earlier one" : "");
  fmt::print("custodian {} is recovered; start it\n", report.custodian);
}

nlohmann::json to_json(const custodian::RecoveryReport& report) {
  return {{"custodian", report.custodian},
          {"pseudonym_key", report.made_pseudonym_key ? "recovered" : "kept"},
          {"log", report.adopted_log ? "recovered" : "kept"},
          {"log_entries", report.log_entries},
          {"database", report.database.was_empty ? "recovered" : "kept"},
          {"taken_up", report.database.taken_up},
          {"sequence", report.database.applied},
          {"people", report.database.people}};
}

int run_recover(const Context& context, const CustodianFiles& files) {
  custodian::RecoveryOptions options;
  options.folder = files.folder;
  options.network_file = files.network_file;
  if (!context.json) options.on_progress = [](std::int64_t applied) { fmt::print(stderr, "{} decisions\n", applied); };
  const auto recovered = custodian::recover(options);
  if (!recovered) return report(context, recovered.error());
  if (context.json) {
    print_json(to_json(*recovered));
  } else {
    print_report(*recovered);
  }
  return 0;
}

int run_backup(const Context& context, const BackupWords& words) {
  const Status done = custodian::back_up({words.files.folder, words.files.network_file, words.file});
  if (!done) return report(context, done.error());
  if (context.json) {
    print_json({{"file", words.file.string()}});
  } else {
    fmt::print(
        "{}\nIt opens with this custodian's storage key alone, which is not in it. Destroy it when you make "
        "the next one.\n",
        words.file.string());
  }
  return 0;
}

int run_restore(const Context& context, const BackupWords& words) {
  const Status done = custodian::restore({words.files.folder, words.files.network_file, words.file});
  if (!done) return report(context, done.error());
  if (context.json) {
    print_json({{"file", words.file.string()}, {"next", "recover"}});
  } else {
    fmt::print(
        "The database is that of the backup. What was enrolled or erased since then is missing:\n"
        "  qorgan custodian recover --dir {} --network {}\n",
        words.files.folder.string(), words.files.network_file.string());
  }
  return 0;
}

}  // namespace

void add_custodian_recover(CLI::App& custodian, Context& context) {
  CLI::App* command = custodian.add_subcommand(
      "recover", "Bring this custodian's lost or old database, log or pseudonym key back from the two others");
  auto files = std::make_shared<CustodianFiles>();
  add_custodian_files(*command, *files);
  add_json_option(*command, context);
  command->callback([&context, files] { context.exit_code = run_recover(context, *files); });
}

void add_custodian_backup(CLI::App& custodian, Context& context) {
  CLI::App* command = custodian.add_subcommand("backup", "Copy this custodian's database, also while it runs");
  auto words = std::make_shared<BackupWords>();
  add_custodian_files(*command, words->files);
  command->add_option("--out", words->file, "The copy")->required();
  add_json_option(*command, context);
  command->callback([&context, words] { context.exit_code = run_backup(context, *words); });
}

void add_custodian_restore(CLI::App& custodian, Context& context) {
  CLI::App* command = custodian.add_subcommand("restore", "Put a backup in the place of this custodian's database");
  auto words = std::make_shared<BackupWords>();
  add_custodian_files(*command, words->files);
  command->add_option("--from", words->file, "The copy")->required();
  add_json_option(*command, context);
  command->callback([&context, words] { context.exit_code = run_restore(context, *words); });
}

}  // namespace qorgan::cli
