// Commands of a custodian's operator, under `qorgan custodian`.
#pragma once

#include <filesystem>

namespace CLI {
class App;
}

namespace qorgan::cli {

struct Context;

// Where a custodian's files are.
struct CustodianFiles {
  std::filesystem::path folder;
  std::filesystem::path network_file;
};
void add_custodian_files(CLI::App& command, CustodianFiles& files);

void add_custodian_refresh(CLI::App& custodian, Context& context);
void add_custodian_rotate(CLI::App& custodian, Context& context);
void add_custodian_recover(CLI::App& custodian, Context& context);
void add_custodian_backup(CLI::App& custodian, Context& context);
void add_custodian_restore(CLI::App& custodian, Context& context);

}  // namespace qorgan::cli
